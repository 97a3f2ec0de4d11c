"""The current experiment as six steps of short Keras code: import, data, model, compile, fit,
summary.

It is the code one would write oneself: the same choices, its own random numbers. The script of a
run, which repeats it to the digit, is made in `playground.script`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.experiment import Experiment
from playground.labs.six_steps_data import imports, section, share
from playground.labs.six_steps_model import model
from playground.optimizers import OPTIMIZERS
from playground.script import data as whole
from playground.script.listing import spaced
from playground.script.training import (
    CLIPPING,
    early_stopping,
    has_schedule,
    loss,
    own_plateau,
    plateau,
    schedule,
    watches_plateaus,
)

FORMS = {"sequential": "Sequential", "subclass": "Model subclass"}

NAME = "six_steps.py"

# The course's own examples; its MNIST is validated on the test images, which here stay unseen.
EXAMPLES: dict[str, tuple[str, Experiment]] = {
    "iris": (
        "Iris: one layer, 15 parameters",
        Experiment().change(
            dataset="iris", train_size=96, validation_size=24, standardise=False, hidden=(),
            l2=0.01, optimizer="sgd", learning_rate=0.1, batch_size=32, epochs=500,
        ),
    ),
    "mnist": (
        "MNIST: 128 units",
        Experiment().change(
            dataset="mnist", train_size=55_000, validation_size=5_000, hidden=(128,),
            optimizer="adam", batch_size=32, epochs=5,
        ),
    ),
    "fashion_mnist": (
        "Fashion-MNIST: 300 and 100 units",
        Experiment().change(
            dataset="fashion_mnist", train_size=55_000, validation_size=5_000, hidden=(300, 100),
            optimizer="sgd", learning_rate=0.01, batch_size=32, epochs=30,
        ),
    ),
}  # fmt: skip

# Arguments that are left out where they have their usual value, which is Keras' own.
SILENT = ("rho", "beta_1", "beta_2", "epsilon", "initial_accumulator_value", "weight_decay",
          "centered", "amsgrad")  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One of the six: its code, what it does, and the fields of the experiment that decide it."""

    title: str
    code: str
    says: str
    fields: tuple[str, ...]


def steps(experiment: Experiment, form: str) -> tuple[Step, ...]:
    """The six steps of an experiment in one of FORMS."""
    return (
        Step("Import", _import(experiment), SAYS["import"], ("seed",)),
        Step("Data, split", _data(experiment), SAYS["data"], DATA_FIELDS),
        Step("Model", model(experiment, form), SAYS[form], _model_fields(experiment)),
        Step("Compile", _compile(experiment), SAYS["compile"], _compile_fields(experiment)),
        Step("Fit", _fit(experiment), SAYS["fit"], FIT_FIELDS),
        Step("Summary", "model.summary()", SAYS["summary"], ()),
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

DATA_FIELDS = ("dataset", "train_size", "validation_size", "noise", "shuffled_labels",
               "standardise", "data_seed")  # fmt: skip
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
