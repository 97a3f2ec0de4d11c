"""A diagnosis rule detects one problem of a run; its fixes are changed experiments."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from playground.analysis.diagnosis.run_window import RunWindow
from playground.experiment.model import (
    SECTION_OF,
    TUNABLE_WHILE_TRAINING,
    Experiment,
    format_value,
    text_label,
)

Kind = Literal["error", "warning", "info"]
Changes = Mapping[str, Any]

# Changes of these give other initial weights.
_WEIGHT_FIELDS = {"hidden", "kernel_initializer", "bias_initializer", "stddev", "seed", "dataset"}
_COUNTS = ("train_size", "validation_size", "epochs")  # their value is written first


def always(_: RunWindow) -> bool:
    """A fix that suits every run."""
    return True


@dataclass(frozen=True)
class FixStep:
    """One fix of a problem: `changes` gives the fields it sets, where it `applies`.

    `reason`: why this is the cause, or why the fix helps. `new_run`: the weights are spoilt, so
    that a new network is needed even where the change could be made while training.
    """

    reason: str
    changes: Callable[[RunWindow], Changes]
    applies: Callable[[RunWindow], bool] = always
    label: str = ""  # of the button; empty: "Try" and the changed settings
    new_run: bool = False


@dataclass(frozen=True)
class Fix:
    """The changed experiment behind a button.

    `live`: a run that is still training can take it up with its weights.
    """

    experiment: Experiment
    label: str
    reason: str
    change: str  # "Learning rate 3 → 1"
    kept: str  # what a new run keeps of this one
    live: bool

    def sentence(self, at_once: bool) -> str:
        """What it changes and keeps; `at_once`: the run continues with its weights."""
        return f"{self.change}; {'the run continues with its weights' if at_once else self.kept}."


@dataclass(frozen=True)
class Rule:
    """One problem: its name, why it happens and what fixes it, the best fix first.

    `detect` returns a sentence with the numbers, or None where the problem is absent. Problems are
    shown by rising `severity`, but behind those in `explained_by`, which are their causes.
    """

    severity: int  # 1 is the most serious
    label: str
    kind: Kind
    lab: str  # the lab that explains it: a key of the Labs page
    reason: str
    detect: Callable[[RunWindow], str | None]
    fixes: tuple[FixStep, ...]
    explained_by: tuple[str, ...] = ()
    needs_fix: bool = False  # only shown where a fix applies: otherwise the data may be the cause

    def fix(self, run: RunWindow) -> Fix | None:
        """The first fix that applies and changes anything."""
        steps = (step for step in self.fixes if step.applies(run))
        made = (make_fix(run.experiment, step, step.changes(run)) for step in steps)
        return next((fix for fix in made if fix is not None), None)


def make_fix(experiment: Experiment, step: FixStep, changes: Changes) -> Fix | None:
    """`experiment` with `changes`; None where that changes nothing, or is invalid."""
    try:
        changed = experiment.replace(**changes)
    except ValidationError:
        return None
    before, after = experiment.to_dict(), changed.to_dict()
    names = [name for name in after if after[name] != before[name]]
    if not names:
        return None
    # Fields that follow from a choice (the default values of an optimizer) are not listed.
    shown = [name for name in names if name in changes] or names
    values = [_named(name, format_value(name, after[name])) for name in shown]
    arrows = [
        f"{text_label(n)} {format_value(n, before[n])} → {format_value(n, after[n])}" for n in shown
    ]
    sentence = ", ".join(arrows)
    return Fix(
        changed,
        step.label or f"Try {' and '.join(values)}",
        step.reason,
        sentence[0].upper() + sentence[1:],
        _kept(set(names)),
        live=not step.new_run and set(names) <= set(TUNABLE_WHILE_TRAINING),
    )


def _named(name: str, value: str) -> str:
    """ "learning rate 0.1", "600 training examples"."""
    return f"{value} {text_label(name)}" if name in _COUNTS else f"{text_label(name)} {value}"


def _kept(names: set[str]) -> str:
    weights = "same initial weights"
    if names & _WEIGHT_FIELDS:
        weights = "other initial weights from the same seed"
    data = "" if any(SECTION_OF[name] == "data" for name in names) else ", same data"
    return f"a new run: {weights}{data}, all other settings unchanged"
