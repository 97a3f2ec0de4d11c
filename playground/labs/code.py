"""The experiment as short Keras code in six steps: import, data, model, compile, fit, summary.

It has the settings of the experiment and its own random numbers. The script that repeats a run
exactly is `playground.export.script`.
"""

from dataclasses import dataclass
from textwrap import indent
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.images import IMAGES
from playground.datasets.tabular import coffee, iris
from playground.experiment.model import Data, Experiment
from playground.export.script import data as exact
from playground.export.script import training
from playground.export.script.model import dense
from playground.export.script.source import import_block, listing, spaced, wrapped
from playground.nn.losses import CLASSIFICATION
from playground.nn.optimizers import OPTIMIZERS

Array = NDArray[Any]

FORMS = {"sequential": "Sequential", "add": "Sequential, add()", "subclass": "Model subclass"}

NAME = "six_steps.py"
WIDTH = 64  # characters of a layer on one line

# The examples of the course: its iris and its MNIST have no test set, as they validate on it.
EXAMPLES: dict[str, tuple[str, Experiment]] = {
    "iris": (
        "Iris: one layer, 15 parameters",
        Experiment().replace(
            dataset="iris", train_size=120, validation_size=30, validate_on_test=True,
            standardize=False, hidden=(), l2=0.01, optimizer="sgd", learning_rate=0.1,
            batch_size=32, epochs=500, validation_freq=20,
        ),
    ),
    "mnist": (
        "MNIST: 128 units, validated on the test set",
        Experiment().replace(
            dataset="mnist", train_size=60_000, validation_size=10_000, validate_on_test=True,
            hidden=(128,), optimizer="adam", batch_size=32, epochs=5,
        ),
    ),
    "mnist_split": (
        "MNIST with a validation split",
        Experiment().replace(
            dataset="mnist", train_size=55_000, validation_size=5_000, hidden=(128,),
            optimizer="adam", batch_size=32, epochs=5,
        ),
    ),
    "fashion_mnist": (
        "Fashion-MNIST: 300 and 100 units",
        Experiment().replace(
            dataset="fashion_mnist", train_size=55_000, validation_size=5_000, hidden=(300, 100),
            optimizer="sgd", learning_rate=0.01, batch_size=32, epochs=10,
        ),
    ),
}  # fmt: skip

SAYS = {
    "import": "Imports Keras and sets the seed of everything random: initial weights, order of "
    "the examples, dropout.",
    "data": "Loads the examples and splits them: the network is trained on the training split "
    "and evaluated on the validation split.",
    "sequential": "A list of layers, each taking the output of the one before. Enough for any "
    "network without branches, and the shortest form. `Flatten` makes a row of an image, `Dense` "
    "is a layer of this program. Other layers, for other data: `Conv2D` slides small filters over "
    "an image, `LSTM` reads a sequence with a memory.",
    "add": "The same list, one `add` a layer: the model of the form `Sequential([…])`, weight by "
    "weight.",
    "subclass": "A subclass of Model: `__init__` makes the layers, `call` is the forward pass. "
    "Longer, but `call` is Python: branches, loops and skip connections are possible.",
    "compile": "Sets the optimizer, which turns gradients into updates, the loss, which it "
    "minimizes, and the metrics, which are only reported. Each may be a string, as in "
    '`optimizer="sgd"`, which takes Keras\' own defaults, or an object, which sets its '
    "arguments.",
    "fit": "Trains for `epochs` passes over the training examples with one update per "
    "`batch_size` of them, and evaluates on the validation examples after each epoch, or every "
    "`validation_freq` epochs.",
    "summary": "Prints every layer with its parameters. Before `fit`, a model without an input "
    "shape is not built and has none.",
}

DATA_FIELDS = ("dataset", "train_size", "validation_size", "label_noise",
               "standardize", "validate_on_test", "data_seed")  # fmt: skip
FIT_FIELDS = ("epochs", "batch_size", "shuffle", "validation_freq", "early_stopping",
              "target_metric", "time_limit")  # fmt: skip


@dataclass(frozen=True)
class CodeStep:
    """One of the six steps; `fields` of the experiment determine its code."""

    title: str
    code: str
    says: str
    fields: tuple[str, ...]


def steps(experiment: Experiment, form: str) -> tuple[CodeStep, ...]:
    """The six steps of an experiment in one of FORMS."""
    data = section(experiment.data, experiment.training.loss)
    weights = ("kernel_initializer", "bias_initializer")
    of_model = ("hidden", *("activation", "dropout") * bool(experiment.network.hidden))
    used = tuple(OPTIMIZERS[experiment.training.optimizer].defaults)
    of_compile = ("loss", "optimizer", *used, "clipping", "schedule", "warmup_epochs")
    return (
        CodeStep("Import", _imports(experiment), SAYS["import"], ("seed",)),
        CodeStep("Data, split", data, SAYS["data"], (*DATA_FIELDS, experiment.data.source.noise)),
        CodeStep("Model", model(experiment, form), SAYS[form], (*of_model, "l1", "l2", *weights)),
        CodeStep("Compile", _compile(experiment), SAYS["compile"], of_compile),
        CodeStep("Fit", _fit(experiment), SAYS["fit"], FIT_FIELDS),
        CodeStep("Summary", "model.summary()", SAYS["summary"], ()),
    )


def code(experiment: Experiment, form: str) -> str:
    """The whole script, with a heading for each step."""
    parts = [
        f"# {i}. {step.title} {'-' * (70 - len(step.title))}\n{step.code}"
        for i, step in enumerate(steps(experiment, form), start=1)
    ]
    return spaced("\n\n".join(parts)) + "\n"


def files(experiment: Experiment, form: str) -> dict[str, bytes]:
    """The script, and the examples beside it where they cannot be loaded from elsewhere."""
    contents = {NAME: code(experiment, form).encode()}
    if needs_file(experiment.data):
        contents[exact.FILE] = exact.file(experiment.data)
    return contents


# ---- data --------------------------------------------------------------------------------


def has_short(data: Data) -> bool:
    """Whether few lines make the data: no custom table, no label noise, no noise on real data."""
    on_test = data.validate_on_test
    if on_test and (data.dataset == "coffee" or (data.dataset in IMAGES and data.standardize)):
        return False
    plain = not (data.table is not None or data.flawed or data.label_noise)
    return plain and (data.source.generator is not None or not data.noise)


def needs_file(data: Data) -> bool:
    """Whether the examples are a file beside the code."""
    return exact.needs_file(data) and not has_short(data)


def validation_split(data: Data) -> float | None:
    """`validation_split` with two decimals that gives the same number of examples, or None.

    Keras takes the last examples, and rounds down the number of training examples.
    """
    rows = data.train_size + data.validation_size
    split = round(data.validation_size / rows, 2)
    equal = int(rows * (1.0 - split)) == data.train_size
    short = has_short(data) and data.dataset not in IMAGES
    return split if data.validation_size and equal and short else None


OWN_NAME = "# Under another name, as Keras deletes an mnist.npz that is not the one it knows."


def section(data: Data, loss: str) -> str:
    """Code that sets x_train, y_train and, if needed, x_validation, y_validation."""
    if not has_short(data):
        return exact.section(data, loss)
    rows = data.train_size + data.validation_size
    own_name = '"mnist-keras.npz"' if data.dataset == "mnist" else ""
    if data.dataset in IMAGES and data.validate_on_test:
        return "\n".join(_validated_on_test(data, loss, own_name))
    if data.dataset in IMAGES:
        lines = [
            *[OWN_NAME] * bool(own_name),
            f"(x, y), _ = keras.datasets.{data.dataset}.load_data({own_name})",
            f'x, y = x[:{rows}].astype("float32") / 255, y[:{rows}]',
        ]
    else:
        lines = [*_shuffled_rows(data, rows), 'x = x.astype("float32")']
    images_first = data.validation_size if data.dataset in IMAGES else 0
    train = f"{images_first or ''}:{images_first + data.train_size}"
    if data.standardize:
        axis = "" if data.source.shape else "axis=0"
        lines += [
            f"known = x[{train}]  # fitted on the training split only",
            f"x = (x - known.mean({axis})) / (known.std({axis}) + 1e-7)",
        ]
    if data.source.n_outputs == 1:
        lines.append('y = y.astype("float32").reshape(-1, 1)')
    elif data.source.task == CLASSIFICATION and loss != "cross_entropy":
        lines.append(f"y = keras.utils.to_categorical(y, {data.source.n_outputs})")
    if validation_split(data) is not None:
        lines.append(f"x_train, y_train = x[:{rows}], y[:{rows}]  # fit takes some for validation")
        return "\n".join(lines)
    lines.append(f"x_train, y_train = x[{train}], y[{train}]")
    if data.validation_size:
        kept = f":{images_first}" if images_first else f"{data.train_size}:{rows}"
        lines.append(f"x_validation, y_validation = x[{kept}], y[{kept}]")
    return "\n".join(lines)


def _validated_on_test(data: Data, loss: str, own_name: str) -> list[str]:
    """Code that validates on the test images, as many course texts do."""
    n, n_test = data.train_size, data.validation_size
    lines = [
        *[OWN_NAME] * bool(own_name),
        "(x_train, y_train), (x_test, y_test) = "
        f"keras.datasets.{data.dataset}.load_data({own_name})",
        "x_train, x_test = x_train / 255.0, x_test / 255.0",
        f"x_train, y_train = x_train[:{n}], y_train[:{n}]",
        "# The test images decide here when to stop: no other ones are left for a last score.",
        f"x_validation, y_validation = x_test[:{n_test}], y_test[:{n_test}]",
    ]
    if loss != "cross_entropy":
        lines += [
            f"{name} = keras.utils.to_categorical({name}, {data.source.n_outputs})"
            for name in ("y_train", "y_validation")
        ]
    return lines


def _shuffled_rows(data: Data, rows: int) -> list[str]:
    """Code that sets x and y in random order."""
    random, draw = f"random = np.random.default_rng({data.data_seed})", data.source.generator
    if draw is not None:
        call = f"x, y = {draw.__name__}({rows}, {data.noise!r}, random, random)"
        read = [f"{listing(draw)}\n\n", random, call]
    elif data.dataset == "coffee":
        call = "x, y = coffee(200, np.random.default_rng(2))  # always the same roasts"
        read = [f"{listing(coffee)}\n\n", random, call]
    elif data.dataset == "iris":
        read = [random, "x, y = load_iris(return_X_y=True)"]
    else:
        read = [random, "bunch = load_digits()", "x, y = bunch.images / 16, bunch.target"]
    return [*read, "order = random.permutation(len(x))", "x, y = x[order], y[order]"]


def takes_images(experiment: Experiment) -> bool:
    """Whether the inputs are images, which the first layer flattens."""
    return bool(experiment.data.source.shape) and has_short(experiment.data)


# ---- the other steps ---------------------------------------------------------------------


def model(experiment: Experiment, form: str) -> str:
    """Code that makes `model` in one of FORMS."""
    layers = [("layers.Flatten()", "flatten")] * takes_images(experiment)  # code and attribute
    for i in range(1, len(experiment.layer_sizes)):
        arguments = dense(experiment, i - 1, seeded=False)
        layers.append((wrapped("layers.Dense(", arguments, width=WIDTH), f"d{i}"))
        if experiment.network.dropout and i < len(experiment.layer_sizes) - 1:
            layers.append((f"layers.Dropout({experiment.network.dropout!r})", f"drop{i}"))
    if form == "sequential":
        entries = "".join(indent(f"{text},\n", " " * 4) for text, _ in layers)
        return f"model = keras.Sequential([\n{entries}])"
    if form == "add":
        return "\n".join(
            ["model = keras.Sequential()", *(f"model.add({text})" for text, _ in layers)]
        )
    drops = any(name.startswith("drop") for _, name in layers)
    lines = ["class MyModel(keras.Model):", "    def __init__(self):", "        super().__init__()"]
    lines += [indent(f"self.{name} = {text}", " " * 8) for text, name in layers]
    lines += ["", f"    def call(self, x{', training=False' * drops}):"]
    for _, name in layers:
        more = ", training=training" * name.startswith("drop")
        lines.append(f"        x = self.{name}(x{more})")
    return "\n".join([*lines, "        return x", "", "model = MyModel()"])


def _imports(experiment: Experiment) -> str:
    standard, others = exact.imports(experiment.data)
    scheduled = training.has_schedule(experiment.training)
    if has_short(experiment.data):
        standard = set()
    if experiment.data.dataset not in IMAGES or not has_short(experiment.data) or scheduled:
        others.add("import numpy as np")
    if scheduled:
        standard |= training.imports(experiment.training)
    if experiment.training.time_limit:
        standard |= {"import time"}
    if experiment.training.target_metric != "none":
        others.add("import numpy as np")
    block = import_block(standard, others | {"import keras", "from keras import layers"})
    return f"{block}\n\nkeras.utils.set_random_seed({experiment.network.seed})"


def _compile(experiment: Experiment) -> str:
    parts = []
    if training.has_schedule(experiment.training):
        parts.append(
            f"STEPS = {experiment.steps_per_epoch}  # updates in an epoch\n"
            f"PLANNED = {experiment.training.epochs}  # epochs\n"
            f"LEARNING_RATE = {experiment.training.learning_rate!r}\n\n"
            f"{training.schedule(experiment.training)}"
        )
    arguments = [
        f"optimizer={training.optimizer(experiment, exact=False)}",
        f'loss="{training.loss(experiment)}"',
        f'metrics=["{training.metric(experiment)}"]',
    ]
    return "\n\n".join([*parts, wrapped("model.compile(", arguments, width=0)])


def _fit(experiment: Experiment) -> str:
    definitions, callbacks = training.callbacks_of(experiment)
    if experiment.training.time_limit:
        definitions.append(training.time_limit(experiment.training))
        callbacks.append("TimeLimit()")
    split = validation_split(experiment.data)
    arguments = [
        "x_train, y_train",
        f"batch_size={experiment.training.batch_size}",
        f"epochs={experiment.training.epochs}",
    ]
    if not experiment.training.shuffle:
        arguments.append("shuffle=False")
    if split is not None:
        arguments.append(f"validation_split={split!r}")
    elif experiment.data.validation_size:
        arguments.append("validation_data=(x_validation, y_validation)")
    if experiment.data.validation_size and experiment.training.validation_freq > 1:
        arguments.append(f"validation_freq={experiment.training.validation_freq}")
    if callbacks:
        arguments.append(f"callbacks=[{', '.join(callbacks)}]")
    return "\n\n".join([*definitions, wrapped("model.fit(", arguments, width=0)])


# ---- shuffling ---------------------------------------------------------------------------


def shuffled_iris(seed_x: int, seed_y: int) -> tuple[Array, Array, Array]:
    """Iris as the course shuffles it: rows of x, of y, and the true class of each row of x.

    `np.random.seed(seed)` before each `np.random.shuffle`: with equal seeds both move alike.
    """
    x, y = iris()
    order_x, order_y = (
        np.random.RandomState(seed).permutation(len(y)) for seed in (seed_x, seed_y)
    )
    return x[order_x], y[order_y], y[order_x]
