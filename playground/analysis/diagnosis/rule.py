"""A rule that finds one fault in the course of a run, and the changed experiments that cure it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from playground.analysis.diagnosis.run_summary import RunSummary
from playground.experiment.describe import said, words
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment

Kind = Literal["error", "warning", "info"]
Changes = Mapping[str, Any]

# With these other, there are other first weights.
_SHAPES = {"hidden", "kernel_initializer", "bias_initializer", "stddev", "seed", "dataset"}
_DATA = {"train_size", "validation_size", "noise", "label_noise", "standardize", "split_without_shuffle"}
_DATA |= {"leaked_fraction", "data_seed"}


_COUNTS = ("train_size", "validation_size", "epochs")


def always(_: RunSummary) -> bool:
    """A cure that suits every course."""
    return True


@dataclass(frozen=True)
class FixStep:
    """One way to cure a fault: `changes` gives the fields it sets, where it `applies`.

    `reason`: why this is the cause, or why it helps. `fresh`: the weights are spoilt, so that a
    new network must begin, even where the change could be made while the run goes on.
    """

    reason: str
    changes: Callable[[RunSummary], Changes]
    applies: Callable[[RunSummary], bool] = always
    label: str = ""  # what the button says; empty: "Try" and the changed settings
    fresh: bool = False


@dataclass(frozen=True)
class Fix:
    """The changed experiment that a button makes.

    `live`: a run that can go on takes it up with the weights it has.
    """

    experiment: Experiment
    label: str
    reason: str
    change: str  # "Learning rate 3 → 1"
    kept: str  # what a new run keeps of this one
    live: bool

    def sentence(self, at_once: bool) -> str:
        """What it changes and keeps; `at_once`: the run goes on with the weights it has."""
        return f"{self.change}; {'the run goes on with its weights' if at_once else self.kept}."


@dataclass(frozen=True)
class Rule:
    """One fault: how it is told, why it happens and what cures it, the best cure first.

    `evidence` gives a sentence with the numbers, or None where the fault is not there. A fault
    stands behind those in `explained_by` where they are there as well: they are its causes.
    """

    label: str
    kind: Kind
    lab: str  # that explains it, by its address
    reason: str
    evidence: Callable[[RunSummary], str | None]
    cures: tuple[FixStep, ...]
    explained_by: tuple[str, ...] = ()
    curable: bool = False  # only told where a cure applies: otherwise it may lie in the data

    def fix(self, course: RunSummary) -> Fix | None:
        """The first cure that applies and changes anything."""
        for cure in self.cures:
            if cure.applies(course):
                found = fix(course.experiment, cure, cure.changes(course))
                if found is not None:
                    return found
        return None


def fix(experiment: Experiment, cure: FixStep, changes: Changes) -> Fix | None:
    """`experiment` with `changes`; None where that is no other one, or breaks a rule."""
    try:
        changed = experiment.replace(**changes)
    except ValidationError:
        return None
    before, after = experiment.to_dict(), changed.to_dict()
    names = [name for name in after if after[name] != before[name]]
    if not names:
        return None
    # What came along with a choice (the usual values of an optimizer) is not said.
    told = [name for name in names if name in changes] or names
    parts = [_named(name, said(name, after[name])) for name in told]
    steps = [f"{words(n)} {said(n, before[n])} → {said(n, after[n])}" for n in told]
    sentence = ", ".join(steps)
    return Fix(
        changed,
        cure.label or f"Try {' and '.join(parts)}",
        cure.reason,
        sentence[0].upper() + sentence[1:],
        _kept(set(names)),
        live=not cure.fresh and set(names) <= set(TUNABLE_WHILE_TRAINING),
    )


def _named(name: str, value: str) -> str:
    """ "learning rate 0.1", "600 training examples"."""
    return f"{value} {words(name)}" if name in _COUNTS else f"{words(name)} {value}"


def _kept(names: set[str]) -> str:
    weights = "other first weights, of the same seed" if names & _SHAPES else "same first weights"
    data = "" if names & _DATA else ", same data"
    return f"a new run: {weights}{data}, every other setting as it is"
