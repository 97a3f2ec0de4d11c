"""Code of the data: the same examples as in the run, split, scaled and in the loss's form."""

import io
from collections.abc import Callable

import numpy as np

from playground.datasets import load
from playground.datasets.download import FULL_SETS, OWN_FOLDER
from playground.datasets.images import IMAGES
from playground.datasets.preprocessing import Purpose, noisy_images, stratified
from playground.datasets.tabular import coffee
from playground.experiment.model import Data
from playground.export.script.source import listing, quoted, wrapped
from playground.nn.losses import CLASSIFICATION

FILE = "data.npz"


def needs_file(data: Data) -> bool:
    """Whether the examples are a file beside the script: of custom tables and unusual splits."""
    return data.table is not None or data.flawed or data.validate_on_test


def file(data: Data) -> bytes:
    """The content of FILE: raw inputs and targets of training and validation, and the scaling."""
    dataset = load(data)
    arrays = {
        "x_train": dataset.train.x, "y_train": dataset.train.y,
        "x_validation": dataset.validation.x, "y_validation": dataset.validation.y,
        "shift": dataset.shift, "scale": dataset.scale,
    }  # fmt: skip
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def imports(data: Data) -> tuple[set[str], set[str]]:
    """Imports of the section from the standard library and from other packages."""
    own = {"from pathlib import Path"} if needs_file(data) else set()
    if data.dataset in IMAGES and not needs_file(data):
        own = {"import os", "import sys", "from pathlib import Path"}
    bunch = {"digits", "iris"} & {data.dataset}
    return own, {f"from sklearn.datasets import load_{name}" for name in bunch}


def section(data: Data, loss: str) -> str:
    """Code that sets x_train, y_train, x_validation and y_validation as inputs of the network."""
    if needs_file(data):
        parts = [_from_file(data)]
    else:
        parts = [f"DATA_SEED = {data.data_seed}", _raw(data), _types(data)]
        parts += [_label_noise(data)] * (data.label_noise > 0)
        parts += [_scaling(data)]
    return "\n\n".join([*parts, _ready(data, loss)])


def _from_file(data: Data) -> str:
    why = "a custom table" if data.table is not None else "with the errors of their split"
    return f"""\
# The examples of the run ({why}), from the file beside this script.
data = np.load(Path(__file__).with_name("{FILE}"))
x_train, y_train = data["x_train"], data["y_train"]
x_validation, y_validation = data["x_validation"], data["y_validation"]
shift, scale = data["shift"], data["scale"]"""


def _raw(data: Data) -> str:
    """Code of the raw training and validation examples, with noise."""
    draw, info = data.source.generator, data.source
    if data.dataset in IMAGES:
        text = _images(data)
    elif draw is not None:
        arguments = [
            f"{data.train_size + data.validation_size}", repr(data.noise),
            _stream(Purpose.POINTS), _stream(Purpose.NOISE),
        ]  # fmt: skip
        text = f"""\
{listing(draw, stratified)}


# Each purpose has its own random numbers: the points, their noise, and the split.
{wrapped(f"x, y = {draw.__name__}(", arguments)}
{_split(data)}"""
        return text  # the noise is in the points
    else:
        functions = (coffee, stratified) if data.dataset == "coffee" else (stratified,)
        text = f"{listing(*functions)}\n\n\n{READERS[data.dataset](data)}\n{_split(data)}"
    if not data.noise:
        return text
    return text + (_image_noise(data) if info.shape else _table_noise(data))


def _images(data: Data) -> str:
    first, end = data.validation_size, data.validation_size + data.train_size
    return f"""\
{_load_images(data.dataset)}


# The first rows are for validation, the rows after them for training.
images, labels = load_images()
x_validation, y_validation = images[:{first}], labels[:{first}]
x_train, y_train = images[{first}:{end}], labels[{first}:{end}]"""


def _load_images(name: str) -> str:
    """A function that reads a cached file: Keras deletes one whose digest it does not know."""
    files = [FULL_SETS[name].repacked.name, *FULL_SETS[name].files]
    cached = [f"{OWN_FOLDER}/{files[0]}", *(file for file in files[1:] if file.endswith(".npz"))]
    return f"""\
def load_images():
    \"\"\"Training images and labels, from Keras' folder or else downloaded by Keras.\"\"\"
    folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets"
    for path in (folder / name for name in {cached!r}):
        if path.exists():
            try:
                with np.load(path) as file:
                    return file["x_train"], file["y_train"]
            except Exception as error:
                sys.exit(f"{{path}} cannot be read ({{error}}): move it away and start again.")
    return keras.datasets.{name}.load_data()[0]"""


def _image_noise(data: Data) -> str:
    return f"""


{listing(noisy_images)}


# Each part has its noise from its own random numbers.
x_train = noisy_images(x_train, {data.noise!r}, {data.source.maximum!r}, {_stream(Purpose.NOISE)})
x_validation = noisy_images(
    x_validation, {data.noise!r}, {data.source.maximum!r}, {_stream(Purpose.NOISE, 1)}
)"""


READERS: dict[str, Callable[[Data], str]] = {
    "coffee": lambda data: "x, y = coffee(200, np.random.default_rng(2))  # always the same roasts",
    "iris": lambda data: "x, y = load_iris(return_X_y=True)\n" + _without_test(data),
    "digits": lambda data: (
        "bunch = load_digits()\n"
        "x, y = bunch.images.astype(np.uint8), bunch.target\n" + _without_test(data)
    ),
}


def _split(data: Data) -> str:
    sizes = data.train_size, data.validation_size
    return f"""\
train, validation = stratified(y, {sizes}, {_stream(Purpose.SPLIT)})
x_train, y_train = x[train], y[train]
x_validation, y_validation = x[validation], y[validation]"""


def _without_test(data: Data) -> str:
    rows = data.source.rows
    return (
        "# A fifth is the test split, not used here.\n"
        f"(rest,) = stratified(y, ({rows},), {_stream(Purpose.TEST)})\n"
        "x, y = x[rest], y[rest]"
    )


def _table_noise(data: Data) -> str:
    return f"""

# Normal noise on every feature, relative to its standard deviation.
sigma = {data.noise!r} * x_train.std(axis=0)
noise, more = {_stream(Purpose.NOISE)}, {_stream(Purpose.NOISE, 1)}
x_train = x_train + sigma * noise.standard_normal(x_train.shape)
x_validation = x_validation + sigma * more.standard_normal(x_validation.shape)"""


def _types(data: Data) -> str:
    x = "" if data.source.shape else ".astype(np.float32)"
    y = "np.int32" if data.source.classes else "np.float32"
    lines = [f"x_train, x_validation = x_train{x}, x_validation{x}"] * bool(x)
    lines.append(f"y_train, y_validation = y_train.astype({y}), y_validation.astype({y})")
    return "\n".join(lines)


def _label_noise(data: Data) -> str:
    n_classes = len(data.source.classes)
    drawn = f"labels.integers({n_classes}, size=len(chosen))"
    new = drawn if n_classes else "labels.permutation(y_train[chosen])"
    return f"""\
# A fraction of the training examples gets a random target.
labels = {_stream(Purpose.LABELS)}
chosen = labels.permutation(len(y_train))[: round({data.label_noise!r} * len(y_train))]
y_train[chosen] = {new}"""


def _scaling(data: Data) -> str:
    """shift and scale: the network's input is (x − shift) / scale."""
    if not data.standardize:
        scale = data.source.maximum if data.source.shape else 1.0
        return f"shift, scale = np.float32(0), np.float32({scale!r})"
    axis = "" if data.source.shape else "axis=0, "
    constant = (
        "scale = scale if scale else np.float32(1)"
        if data.source.shape
        else "scale[x_train.max(axis=0) == x_train.min(axis=0)] = 1  # constant features"
    )
    return f"""\
# Mean 0 and standard deviation 1, fitted on the training split only.
shift = x_train.mean({axis}dtype=np.float64).astype(np.float32)
scale = x_train.std({axis}dtype=np.float64).astype(np.float32)
{constant}"""


def _ready(data: Data, loss: str) -> str:
    source = data.source
    flat = f".reshape(len(x), {source.n_features})" if source.shape else ""
    text = f"""\
def scaled(x):
    \"\"\"Raw inputs → inputs of the network.\"\"\"
    return (x{flat}.astype(np.float32) - shift) / scale


x_train, x_validation = scaled(x_train), scaled(x_validation)"""
    if source.n_outputs == 1:
        text += """
y_train, y_validation = (y.astype(np.float32)[:, None] for y in (y_train, y_validation))"""
    elif loss != "cross_entropy" and source.task == CLASSIFICATION:
        text += f"""
one_hot = np.eye({source.n_outputs}, dtype=np.float32)
y_train, y_validation = one_hot[y_train], one_hot[y_validation]"""
    if source.classes:
        text += "\n\n" + wrapped("CLASSES = [", [quoted(name) for name in source.classes], "]", 90)
    return text


def _stream(purpose: Purpose, part: int = 0) -> str:
    return f"np.random.default_rng([DATA_SEED, {int(purpose)}, {part}])"
