"""Cures against overfitting: what each one changes of an experiment, and how strongly."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.datasets.download import BUNDLED
from playground.experiment.model import Experiment

MOST_ROWS = 60_000  # where any number of examples can be generated

Change = Callable[[Experiment, float], dict[str, Any]]


@dataclass(frozen=True)
class Regularizer:
    """One cure: `change` gives the fields it sets for a strength between `low` and `high`.

    `usual` is a strength that works with the recipes; `strength` says what the number is. `live`:
    the field of a playing run that is the strength; where there is none a new run is needed.
    """

    label: str
    explanation: str
    text: str  # the cure with its strength
    strength: str
    low: float
    high: float
    usual: float
    step: float
    change: Change
    live: str = ""

    def told(self, strength: float) -> str:
        """The cure with its strength, short: "dropout 0.5"."""
        return self.text.format(f"{strength:g}")


def _set(field: str) -> Change:
    return lambda experiment, strength: {field: strength}


def _early(experiment: Experiment, strength: float) -> dict[str, Any]:
    return {"early_stopping": True, "patience": int(strength), "restore_best": True}


def _more(experiment: Experiment, strength: float) -> dict[str, Any]:
    """`strength` times the examples, as far as there are so many."""
    data = experiment.data
    most = data.source.rows or MOST_ROWS
    if data.source.shape:
        most = min(most, BUNDLED)  # more would have to be fetched first
    most -= data.validation_size
    return {"train_size": min(int(strength) * data.train_size, most)}


def _smaller(experiment: Experiment, strength: float) -> dict[str, Any]:
    return {"hidden": (int(strength),), "activations": ()}


REGULARIZERS: dict[str, Regularizer] = {
    "l2": Regularizer(
        "L2",
        "Adds λ·Σw² to the loss: large weights cost something, so the network answers more evenly.",
        "L2 {}", "λ of L2", 0.0, 0.1, 0.01, 0.001, _set("l2"), "l2",
    ),
    "l1": Regularizer(
        "L1",
        "Adds λ·Σ|w| to the loss: weights that are not worth it go to zero, and fewer are left to "
        "learn by heart with.",
        "L1 {}", "λ of L1", 0.0, 0.01, 0.001, 0.0001, _set("l1"), "l1",
    ),
    "dropout": Regularizer(
        "Dropout",
        "Switches hidden units off at random in every training step, so that none can rely on "
        "another one to remember an example.",
        "dropout {}", "share switched off", 0.0, 0.9, 0.5, 0.05, _set("dropout"), "dropout",
    ),
    "early_stopping": Regularizer(
        "Early stopping",
        "Stops when the validation loss has not improved for some epochs, and goes back to the "
        "weights of the best epoch.",
        "early stopping (patience {})", "epochs without improvement", 1, 50, 8, 1, _early,
    ),
    "more_data": Regularizer(
        "More data",
        "Gives the same network more examples: too many to learn by heart.",
        "{} times the data", "times as many examples", 2, 16, 5, 1, _more,
    ),
    "smaller": Regularizer(
        "Smaller network",
        "Takes one hidden layer of few units: too few to remember every example.",
        "only {} hidden units", "hidden units", 1, 100, 8, 1, _smaller,
    ),
}  # fmt: skip


def without(experiment: Experiment) -> Experiment:
    """The experiment with none of the cures that are settings of its own."""
    return experiment.replace(l1=0.0, l2=0.0, dropout=0.0, early_stopping=False)


def cured(experiment: Experiment, name: str, strength: float) -> Experiment:
    """`experiment` without any cure but this one; ValueError if its strength is out of range."""
    cure = REGULARIZERS[name]
    if not cure.low <= strength <= cure.high:
        rule = f"between {cure.low:g} and {cure.high:g}"
        raise ValueError(f"{cure.strength} must be {rule}, got {strength:g}")
    plain = without(experiment)
    return plain.replace(**cure.change(plain, strength))


def recognised(plain: Experiment, treated: Experiment) -> tuple[str, float] | None:
    """The cure and its strength by which `treated` differs from `plain`; None if by none."""
    before, after = plain.to_dict(), treated.to_dict()
    for name, cure in REGULARIZERS.items():
        if cure.live and after[cure.live] != before[cure.live]:
            return name, after[cure.live]
    if treated.training.early_stopping and not plain.training.early_stopping:
        return "early_stopping", treated.training.patience
    if treated.data.train_size != plain.data.train_size:
        return "more_data", round(treated.data.train_size / plain.data.train_size)
    if treated.network.hidden != plain.network.hidden:
        return "smaller", sum(treated.network.hidden)
    return None


def live_changes(name: str, strength: float) -> dict[str, float]:
    """What a playing run is told to take up this cure, and to give up the other live ones."""
    fields = [cure.live for cure in REGULARIZERS.values() if cure.live]
    return {field: strength if field == REGULARIZERS[name].live else 0.0 for field in fields}
