"""The second of the six steps: the examples of an experiment, in the fewest lines.

The third of the six steps: the layers of an experiment, as a list or as a class.

The current experiment as six steps of short Keras code: import, data, model, compile, fit,
summary.

It is the code one would write oneself: the same choices, its own random numbers. The script of a
run, which repeats it to the digit, is made in `playground.export.script`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Any

from playground.datasets.images import IMAGES
from playground.datasets.synthetic import GENERATORS
from playground.datasets.tabular import coffee
from playground.experiment.model import Data, Experiment
from playground.export.script import data as whole
from playground.export.script.model import activation, initializer, regularizer
from playground.export.script.source import listing, spaced
from playground.export.script.training import (
    CLIPPING,
    early_stopping,
    has_schedule,
    loss,
    own_plateau,
    plateau,
    schedule,
    watches_plateaus,
)
from playground.nn.losses import CLASSIFICATION
from playground.nn.optimizers import OPTIMIZERS

ORDER = "order = random.permutation(len(x))\nx, y = x[order], y[order]"


def has_short(data: Data) -> bool:
    """Whether nothing was done to the examples that takes more lines than the rest together."""
    plain = not (whole.needs_file(data) or data.label_noise)
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
    ] * data.standardize


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


def takes_images(experiment: Experiment) -> bool:
    """Whether the first layer of the code lays images flat, because it gets them as they are."""
    return bool(experiment.data.source.shape) and has_short(experiment.data)


LONGEST = 64  # characters of a layer on one line


@dataclass(frozen=True)
class ModelCode:
    """One layer as it is written: its class with arguments, and its name in a subclass."""

    text: str
    name: str
    drops: bool = False


def layers(experiment: Experiment) -> list[ModelCode]:
    """The layers from the first to the last."""
    network = experiment.network
    names = [*network.layer_activations, experiment.output_activation]
    made = [ModelCode("layers.Flatten()", "flatten")] * takes_images(experiment)
    for i, (units, name) in enumerate(zip(experiment.layer_sizes[1:], names, strict=True), 1):
        arguments = [str(units)]
        if name != "linear":
            arguments.append(f"activation={activation(experiment, name)}")
        for argument, chosen, usual in (
            ("kernel_initializer", network.kernel_initializer, "glorot_uniform"),
            ("bias_initializer", network.bias_initializer, "zeros"),
        ):
            if chosen != usual:
                arguments.append(f"{argument}={initializer(experiment, chosen)}")
        if network.l1 or network.l2:
            arguments.append(f"kernel_regularizer={regularizer(network.l1, network.l2)}")
        made.append(ModelCode(_dense(arguments), f"d{i}"))
        if network.dropout and i < len(names):
            made.append(ModelCode(f"layers.Dropout({network.dropout!r})", f"drop{i}", True))
    return made


def _dense(arguments: list[str]) -> str:
    """On one line, or with its arguments below each other where this is too long."""
    one = f"layers.Dense({', '.join(arguments)})"
    if len(one) <= LONGEST:
        return one
    return "layers.Dense(\n" + "".join(f"    {each},\n" for each in arguments) + ")"


def model(experiment: Experiment, form: str) -> str:
    """Code that makes `model`: a list of layers ("sequential"), or a class of one's own."""
    made = layers(experiment)
    if form == "sequential":
        return (
            "model = keras.Sequential([\n"
            + "".join(indent(f"{each.text},\n", " " * 4) for each in made)
            + "])"
        )
    drops = any(each.drops for each in made)
    lines = ["class MyModel(keras.Model):", "    def __init__(self):", "        super().__init__()"]
    lines += [indent(f"self.{each.name} = {each.text}", " " * 8) for each in made]
    lines += ["", f"    def call(self, x{', training=False' * drops}):"]
    for each in made:
        more = ", training=training" if each.drops else ""
        lines.append(f"        x = self.{each.name}(x{more})")
    return "\n".join([*lines, "        return x", "", "model = MyModel()"])


FORMS = {"sequential": "Sequential", "subclass": "Model subclass"}

NAME = "six_steps.py"

# The course's own examples; its MNIST is validated on the test images, which here stay unseen.
EXAMPLES: dict[str, tuple[str, Experiment]] = {
    "iris": (
        "Iris: one layer, 15 parameters",
        Experiment().replace(
            dataset="iris", train_size=96, validation_size=24, standardize=False, hidden=(),
            l2=0.01, optimizer="sgd", learning_rate=0.1, batch_size=32, epochs=500,
        ),
    ),
    "mnist": (
        "MNIST: 128 units",
        Experiment().replace(
            dataset="mnist", train_size=55_000, validation_size=5_000, hidden=(128,),
            optimizer="adam", batch_size=32, epochs=5,
        ),
    ),
    "fashion_mnist": (
        "Fashion-MNIST: 300 and 100 units",
        Experiment().replace(
            dataset="fashion_mnist", train_size=55_000, validation_size=5_000, hidden=(300, 100),
            optimizer="sgd", learning_rate=0.01, batch_size=32, epochs=30,
        ),
    ),
}  # fmt: skip

# Arguments that are left out where they have their usual value, which is Keras' own.
SILENT = ("rho", "beta_1", "beta_2", "epsilon", "initial_accumulator_value", "weight_decay",
          "centered", "amsgrad")  # fmt: skip


@dataclass(frozen=True)
class CodeStep:
    """One of the six: its code, what it does, and the fields of the experiment that decide it."""

    title: str
    code: str
    says: str
    fields: tuple[str, ...]


def steps(experiment: Experiment, form: str) -> tuple[CodeStep, ...]:
    """The six steps of an experiment in one of FORMS."""
    return (
        CodeStep("Import", _import(experiment), SAYS["import"], ("seed",)),
        CodeStep("Data, split", _data(experiment), SAYS["data"], DATA_FIELDS),
        CodeStep("Model", model(experiment, form), SAYS[form], _model_fields(experiment)),
        CodeStep("Compile", _compile(experiment), SAYS["compile"], _compile_fields(experiment)),
        CodeStep("Fit", _fit(experiment), SAYS["fit"], FIT_FIELDS),
        CodeStep("Summary", "model.summary()", SAYS["summary"], ()),
    )


def code(experiment: Experiment, form: str) -> str:
    """The whole script, its six sections marked."""
    parts = [
        f"# {i}. {step.title} {'-' * (70 - len(step.title))}\n{step.code}"
        for i, step in enumerate(steps(experiment, form), start=1)
    ]
    return spaced("\n\n".join(parts)) + "\n"


def files(experiment: Experiment, form: str) -> dict[str, bytes]:
    """The script, and the examples beside it where nobody else has them."""
    found = {NAME: code(experiment, form).encode()}
    if whole.needs_file(experiment.data):
        found[whole.FILE] = whole.file(experiment.data)
    return found


SAYS = {
    "import": "Brings Keras, and sets one seed for everything random: first weights, order, "
    "dropout. Another seed is another try.",
    "data": "Loads the examples and sets some aside. The network learns from the training part "
    "only; the validation part tells how it does on examples it has not seen.",
    "sequential": "A list of layers: each one takes what the one before gives. Enough for any "
    "network without branches, and the shortest way to write one.",
    "subclass": "A class of one's own: `__init__` makes the layers, `call` says how an example "
    "passes them. More to write, but `call` is Python: branches, loops and skips are possible.",
    "compile": "Says how to learn: the optimizer turns gradients into new weights, the loss is "
    "what it makes small, the metrics are only looked at.",
    "fit": "Learns: goes `epochs` times through the training examples, `batch_size` of them for "
    "each update, and measures on the validation examples after each epoch.",
    "summary": "Prints every layer with its parameters. Before `fit`, a model that has not been "
    "told the shape of its inputs is not built and has none.",
}

DATA_FIELDS = ("dataset", "train_size", "validation_size", "noise", "label_noise",
               "standardize", "data_seed")  # fmt: skip
FIT_FIELDS = ("epochs", "batch_size", "shuffle", "early_stopping")


def _model_fields(experiment: Experiment) -> tuple[str, ...]:
    names = ("hidden", "activation", "dropout", "l1", "l2", "kernel_initializer",
             "bias_initializer")  # fmt: skip
    return names if experiment.network.hidden else ("hidden", *names[3:])


def _compile_fields(experiment: Experiment) -> tuple[str, ...]:
    used = tuple(OPTIMIZERS[experiment.training.optimizer].defaults)
    return ("loss", "optimizer", *used, "clipping", "schedule", "warmup_epochs")


def _import(experiment: Experiment) -> str:
    standard, others = imports(experiment.data)
    training = experiment.training
    if watches_plateaus(training) and has_schedule(training):
        standard.add("import math")
    needed = {"import keras", "from keras import layers"} | others
    if has_schedule(training):
        needed.add("import numpy as np")
    blocks = [sorted(each, key=lambda line: (line.startswith("from"), line))
              for each in (standard, needed) if each]  # fmt: skip
    text = "\n\n".join("\n".join(block) for block in blocks)
    return f"{text}\n\nkeras.utils.set_random_seed({experiment.network.seed})"


def _data(experiment: Experiment) -> str:
    return section(experiment.data, experiment.training.loss)


def optimizer(experiment: Experiment) -> str:
    """The optimizer with every argument that is not Keras' own default."""
    training = experiment.training
    entry = OPTIMIZERS[training.optimizer]
    given: dict[str, Any] = {}
    for name, usual in entry.defaults.items():
        value = getattr(training, name)
        if not (name in SILENT and value == usual) and not (name == "momentum" and value == 0):
            given[name] = repr(value)
    if has_schedule(training):
        given["learning_rate"] = "schedule"
    given |= {name: repr(value) for name, value in entry.constants.items()}
    if training.clipping in CLIPPING:
        given[CLIPPING[training.clipping]] = repr(training.clip_limit)
    return f"keras.optimizers.{entry.keras}({_listed(given)})"


def _listed(given: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in given.items())


def _compile(experiment: Experiment) -> str:
    training = experiment.training
    parts = []
    if has_schedule(training):
        parts.append(
            f"STEPS = {experiment.steps_per_epoch}  # updates in an epoch\n"
            f"PLANNED = {training.epochs}  # epochs\n"
            f"LEARNING_RATE = {training.learning_rate!r}\n\n{schedule(training)}"
        )
    metric = "accuracy" if experiment.data.source.classes else "mean_absolute_error"
    parts.append(
        f"model.compile(\n    optimizer={optimizer(experiment)},\n"
        f'    loss="{loss(experiment)}",\n    metrics=["{metric}"],\n)'
    )
    return "\n\n".join(parts)


def _fit(experiment: Experiment) -> str:
    training, data = experiment.training, experiment.data
    callbacks, before = [], ""
    if watches_plateaus(training) and has_schedule(training):
        before = own_plateau(experiment) + "\n\n"
        callbacks.append("ReduceOnPlateau()")
    elif watches_plateaus(training):
        callbacks.append(plateau(experiment))
    if training.early_stopping:
        callbacks.append(early_stopping(experiment))
    arguments = [
        "x_train, y_train",
        f"batch_size={training.batch_size}",
        f"epochs={training.epochs}",
    ]
    if not training.shuffle:
        arguments.append("shuffle=False")
    split = share(data)
    if split is not None:
        arguments.append(f"validation_split={split!r}")
    elif data.validation_size:
        arguments.append("validation_data=(x_validation, y_validation)")
    if callbacks:
        arguments.append(f"callbacks=[{', '.join(callbacks)}]")
    return before + "model.fit(\n" + "".join(f"    {each},\n" for each in arguments) + ")"
