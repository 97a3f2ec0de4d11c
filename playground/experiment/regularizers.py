"""Regularization methods: the fields each one changes for a given strength."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.datasets.images import BUNDLED
from playground.experiment.model import Experiment
from playground.nn.format import format_number

MOST_ROWS = 60_000  # of a generated data set

Change = Callable[[Experiment, float], dict[str, Any]]


@dataclass(frozen=True)
class Regularizer:
    """A method against overfitting: `change` gives the fields for a strength from `low` to `high`.

    `default` is a strength that works with the overfitting presets. `tunable_field`: the field of a
    playing run that is the strength; without one a new run is needed.
    """

    label: str
    explanation: str
    text: str  # the method with its strength
    strength_label: str
    low: float
    high: float
    default: float
    step: float
    change: Change
    tunable_field: str = ""

    def describe(self, strength: float) -> str:
        """The method with its strength: "dropout 0.5"."""
        return self.text.format(format_number(strength))


def _set(field: str) -> Change:
    return lambda experiment, strength: {field: strength}


def _early_stopping(experiment: Experiment, strength: float) -> dict[str, Any]:
    return {"early_stopping": True, "patience": int(strength), "restore_best": True}


def _more_data(experiment: Experiment, strength: float) -> dict[str, Any]:
    """`strength` times the examples, at most as many as there are."""
    data = experiment.data
    most = data.source.rows or MOST_ROWS
    if data.source.shape:
        most = min(most, BUNDLED)  # more would be downloaded
    return {"train_size": min(int(strength) * data.train_size, most - data.validation_size)}


def _smaller_network(experiment: Experiment, strength: float) -> dict[str, Any]:
    return {"hidden": (int(strength),), "activations": ()}


REGULARIZERS: dict[str, Regularizer] = {
    "l2": Regularizer(
        "L2",
        "Adds λ·Σw² to the loss: large weights are penalized, so that the output varies less.",
        "L2 {}", "λ of L2", 0.0, 0.1, 0.01, 0.001, _set("l2"), "l2",
    ),
    "l1": Regularizer(
        "L1",
        "Adds λ·Σ|w| to the loss: unneeded weights become 0, and fewer remain to memorize with.",
        "L1 {}", "λ of L1", 0.0, 0.01, 0.001, 0.0001, _set("l1"), "l1",
    ),
    "dropout": Regularizer(
        "Dropout",
        "Switches hidden units off at random in every training step, so that none can rely on "
        "another one to memorize an example.",
        "dropout {}", "fraction switched off", 0.0, 0.9, 0.5, 0.05, _set("dropout"), "dropout",
    ),
    "early_stopping": Regularizer(
        "Early stopping",
        "Stops when the validation loss has not improved for some epochs, and restores the weights "
        "of the best epoch.",
        "early stopping (patience {})", "epochs without improvement", 1, 50, 8, 1, _early_stopping,
    ),
    "more_data": Regularizer(
        "More data",
        "Trains the same network on more examples: too many to memorize.",
        "{} times the data", "times as many examples", 2, 16, 5, 1, _more_data,
    ),
    "smaller": Regularizer(
        "Smaller network",
        "One hidden layer of few units: too few to memorize every example.",
        "only {} hidden units", "hidden units", 1, 100, 8, 1, _smaller_network,
    ),
}  # fmt: skip


def without_regularizer(experiment: Experiment) -> Experiment:
    """The experiment without L1, L2, dropout and early stopping."""
    return experiment.replace(l1=0.0, l2=0.0, dropout=0.0, early_stopping=False)


def with_regularizer(experiment: Experiment, name: str, strength: float) -> Experiment:
    """`experiment` with this regularizer alone; ValueError if its strength is out of range."""
    regularizer = REGULARIZERS[name]
    low, high = regularizer.low, regularizer.high
    if not low <= strength <= high:
        rule = f"between {format_number(low)} and {format_number(high)}"
        raise ValueError(f"{regularizer.strength_label} must be {rule}, got {strength:g}")
    plain = without_regularizer(experiment)
    return plain.replace(**regularizer.change(plain, strength))


def detect_regularizer(plain: Experiment, regularized: Experiment) -> tuple[str, float] | None:
    """The regularizer and its strength by which two experiments differ; None if by none."""
    before, after = plain.to_dict(), regularized.to_dict()
    for name, regularizer in REGULARIZERS.items():
        field = regularizer.tunable_field
        if field and after[field] != before[field]:
            return name, after[field]
    if after["early_stopping"] and not before["early_stopping"]:
        return "early_stopping", after["patience"]
    if after["train_size"] != before["train_size"]:
        return "more_data", round(after["train_size"] / before["train_size"])
    if after["hidden"] != before["hidden"]:
        return "smaller", sum(after["hidden"])
    return None


def tunable_changes(name: str, strength: float) -> dict[str, float]:
    """The changes that give a playing run this regularizer and take the other tunable ones away."""
    fields = [entry.tunable_field for entry in REGULARIZERS.values() if entry.tunable_field]
    chosen = REGULARIZERS[name].tunable_field
    return {field: strength if field == chosen else 0.0 for field in fields}
