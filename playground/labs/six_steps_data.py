"""The second of the six steps: the examples of an experiment, in the fewest lines."""

from playground.datasets.images import IMAGES
from playground.datasets.plane import GENERATORS
from playground.datasets.tables import coffee
from playground.experiment import Data
from playground.losses import CLASSIFICATION
from playground.script import data as whole
from playground.script.listing import listing

ORDER = "order = random.permutation(len(x))\nx, y = x[order], y[order]"


def has_short(data: Data) -> bool:
    """Whether nothing was done to the examples that takes more lines than the rest together."""
    plain = not (whole.needs_file(data) or data.shuffled_labels)
    return plain and (data.dataset in GENERATORS or not data.noise)


def share(data: Data) -> float | None:
    """`validation_split` with two decimals that sets just as many aside; None: there is none.

    Keras takes the last examples, and rounds down how many are left to train on.
    """
    rows = data.train_size + data.validation_size
    split = round(data.validation_size / rows, 2)
    exact = int(rows * (1.0 - split)) == data.train_size
    short = has_short(data) and data.dataset not in IMAGES
    return split if data.validation_size and exact and short else None


def imports(data: Data) -> tuple[set[str], set[str]]:
    """Modules of the standard library and others that the section needs."""
    standard, others = whole.imports(data)
    if data.dataset not in IMAGES or not has_short(data):
        others.add("import numpy as np")
    return standard, others


def section(data: Data, loss: str) -> str:
    """Code that sets x_train, y_train, and x_validation, y_validation if they are needed."""
    if not has_short(data):
        return whole.section(data, loss)
    if data.dataset in IMAGES:
        return "\n".join([*_images(data), *_targets(data, loss), *_cut(data)])
    lines = [*_rows(data), 'x = x.astype("float32")', *_targets(data, loss)]
    lines += _standardised(data)
    return "\n".join([*lines, *_cut(data)])


def _images(data: Data) -> list[str]:
    rows = data.train_size + data.validation_size
    lines = [
        f"(x, y), _ = keras.datasets.{data.dataset}.load_data()",
        f'x, y = x[:{rows}].astype("float32") / 255, y[:{rows}]',
    ]
    return [*lines, *_standardised(data)]


def _standardised(data: Data) -> list[str]:
    """Mean 0 and standard deviation 1: of each feature, or of all pixels together."""
    axis = "" if data.source.shape else "axis=0"
    return [
        f"known = x[{_training(data)}]  # learnt from the training part only",
        f"x = (x - known.mean({axis})) / (known.std({axis}) + 1e-7)",
    ] * data.standardise


def _training(data: Data) -> str:
    """The rows to train on, as a slice: of images those after the validation part, as usual."""
    if data.dataset in IMAGES and data.validation_size:
        return f"{data.validation_size}:{data.validation_size + data.train_size}"
    return f":{data.train_size}"


def _rows(data: Data) -> list[str]:
    """x and y in a random order."""
    rows = data.train_size + data.validation_size
    random = f"random = np.random.default_rng({data.data_seed})"
    if data.dataset in GENERATORS:
        draw = GENERATORS[data.dataset]
        call = f"x, y = {draw.__name__}({rows}, {data.noise!r}, random, random)"
        return [f"{listing(draw)}\n\n", random, call, ORDER]
    if data.dataset == "coffee":
        call = "x, y = coffee(200, np.random.default_rng(2))  # always the same roasts"
        return [f"{listing(coffee)}\n\n", random, call, ORDER]
    read = {
        "iris": ["x, y = load_iris(return_X_y=True)"],
        "digits": ["bunch = load_digits()", "x, y = bunch.images / 16, bunch.target"],
    }
    return [random, *read[data.dataset], ORDER]


def _targets(data: Data, loss: str) -> list[str]:
    """Targets in the form that the loss takes."""
    source = data.source
    if source.n_outputs == 1:
        return ['y = y.astype("float32").reshape(-1, 1)']
    if source.task == CLASSIFICATION and loss != "cross_entropy":
        return [f"y = keras.utils.to_categorical(y, {source.n_outputs})"]
    return []


def _cut(data: Data) -> list[str]:
    """The rows to train on and those for validation; what is left is not used."""
    train, validation = data.train_size, data.validation_size
    if share(data) is not None:
        rows = train + validation
        return [f"x_train, y_train = x[:{rows}], y[:{rows}]  # fit sets some aside"]
    lines = [f"x_train, y_train = x[{_training(data)}], y[{_training(data)}]"]
    if validation:
        kept = f":{validation}" if data.dataset in IMAGES else f"{train}:{train + validation}"
        lines.append(f"x_validation, y_validation = x[{kept}], y[{kept}]")
    return lines
