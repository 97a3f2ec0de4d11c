"""A diagnosis rule detects one problem of a run; its fixes are changed experiments.

Fixes that several rules share are at the end: learning rate, initialization, inputs, data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError

from playground.analysis.diagnosis.run_window import RunWindow
from playground.analysis.inspection.signal_propagation import chosen, recommended
from playground.datasets.preprocessing import LARGE_INPUT
from playground.experiment.model import (
    SECTION_OF,
    TUNABLE_WHILE_TRAINING,
    Experiment,
    format_value,
    text_label,
)
from playground.nn.optimizers import OPTIMIZERS

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


# ---- fixes that several rules share ------------------------------------------------------

RATES = (1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def nearest_rate(rate: float) -> float:
    """The learning rate of the series 1, 3, 10, … nearest to `rate` by ratio."""
    return min(RATES, key=lambda candidate: abs(np.log(candidate / max(rate, 1e-9))))


def default_rate(run: RunWindow) -> float:
    """The default learning rate of the run's optimizer."""
    return float(OPTIMIZERS[run.experiment.training.optimizer].defaults["learning_rate"])


def slower(factor: float) -> FixStep:
    """A learning rate `factor` times smaller, for a run that continues."""
    return FixStep(
        "The steps are too large: each update overshoots the minimum.",
        lambda run: {"learning_rate": nearest_rate(run.experiment.training.learning_rate / factor)},
        lambda run: run.experiment.training.learning_rate > default_rate(run) / 100,
    )


def slower_new_run(factor: float, applies: float = 0.0) -> FixStep:
    """The same for a new network, where the rate is more than `applies` times the default."""
    fix = slower(factor)
    return FixStep(
        fix.reason,
        fix.changes,
        lambda run: (
            fix.applies(run) and run.experiment.training.learning_rate > applies * default_rate(run)
        ),
        new_run=True,
    )


def large_inputs(run: RunWindow) -> bool:
    """Whether inputs are so large that ordinary learning rates are too large."""
    large = run.inspection is not None and run.inspection.largest_input > LARGE_INPUT
    return large and not run.data.standardize


STANDARDIZE = FixStep(
    "The inputs are large numbers on different scales: every step is too large for some weights.",
    lambda _: {"standardize": True},
    large_inputs,
    "Standardize the inputs",
)
CLIP = FixStep(
    "Some updates are enormous: clipping bounds them.",
    lambda _: {"clipping": "global_norm", "clip_limit": 1.0},
    lambda run: run.experiment.training.clipping == "none",
    "Clip the gradients",
)


def suitable_initializer(run: RunWindow) -> Changes:
    """The initializer that suits the activation."""
    kernel = recommended(chosen(run.experiment))
    return {"kernel_initializer": kernel, "bias_initializer": "zeros"}


def fixed_scale_weights(run: RunWindow) -> bool:
    """Whether the initial weights ignore the sizes of the layers."""
    network = run.network
    names = {network.kernel_initializer, network.bias_initializer} - {"zeros"}
    fixed = bool(names & {"random_normal", "ones"}) and bool(network.hidden)
    return fixed or network.kernel_initializer in ("zeros", "ones")


INITIALIZE = FixStep(
    "The initial weights have the wrong scale for layers of this width, so that signals grow or "
    "vanish from layer to layer.",
    suitable_initializer,
    lambda run: fixed_scale_weights(run) and bool(run.network.hidden),
    "Use a suitable initializer",
)


def one_step_size(run: RunWindow) -> bool:
    """Whether the optimizer uses one step size for all weights."""
    return "beta_2" not in OPTIMIZERS[run.experiment.training.optimizer].defaults


ADAM = FixStep(
    "Adam adapts the step size of every weight, also where the gradient is small.",
    lambda _: {"optimizer": "adam", "learning_rate": 0.003},
    one_step_size,
    "Try Adam",
)


def linear(run: RunWindow) -> bool:
    """Whether the network is a linear model: no hidden layer, or only linear ones."""
    return set(run.network.layer_activations) <= {"linear"}


def nonlinear_layer(run: RunWindow) -> Changes:
    """ReLU hidden layers, a new one if there is none."""
    hidden = {} if run.network.hidden else {"hidden": (16,)}
    return {**hidden, "activation": "relu", "activations": ()}


LINEAR = FixStep(
    "Without a nonlinear hidden layer the decision boundary is a single straight line.",
    nonlinear_layer,
    linear,
)
SORTED = FixStep(
    "The examples were split in sorted order: validation examples differ from training examples.",
    lambda _: {"split_without_shuffle": False},
    lambda run: run.data.split_without_shuffle,
    "Shuffle before the split",
)
TRUE_LABELS = FixStep(
    "Random labels can only be memorized.",
    lambda _: {"label_noise": 0.0},
    lambda run: run.data.label_noise > 0.05,
    "Use the true labels",
)
