"""Cures that several faults have in common: smaller steps, a better start, other inputs."""

import numpy as np

from playground.analysis.diagnosis.rule import Changes, FixStep
from playground.analysis.diagnosis.run_summary import RunSummary
from playground.analysis.inspection.signal_propagation import chosen, recommended
from playground.datasets.preprocessing import LARGE_INPUT
from playground.nn.optimizers import OPTIMIZERS

RATES = (1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)


def nearest_rate(rate: float) -> float:
    """The learning rate of the series 1, 3, 10, … that is nearest to `rate`, by their ratio."""
    return min(RATES, key=lambda each: abs(np.log(each / max(rate, 1e-9))))


def usual_rate(course: RunSummary) -> float:
    """The learning rate that people begin with for this optimizer."""
    return float(OPTIMIZERS[course.experiment.training.optimizer].defaults["learning_rate"])


def slower(factor: float) -> FixStep:
    """A learning rate `factor` times smaller, for a run that goes on."""
    return FixStep(
        "The steps are too large: each one leaps over the valley that it should descend into.",
        lambda c: {"learning_rate": nearest_rate(c.experiment.training.learning_rate / factor)},
        lambda c: c.experiment.training.learning_rate > usual_rate(c) / 100,
    )


def slower_afresh(factor: float, applies: float = 0.0) -> FixStep:
    """The same for a new network, where the rate is more than `applies` times the usual one."""
    cure = slower(factor)
    return FixStep(
        cure.reason,
        cure.changes,
        lambda c: cure.applies(c) and c.experiment.training.learning_rate > applies * usual_rate(c),
        fresh=True,
    )


def large_inputs(course: RunSummary) -> bool:
    """Whether inputs are so large that ordinary learning rates are too large."""
    large = course.look is not None and course.look.largest_input > LARGE_INPUT
    return large and not course.experiment.data.standardize


STANDARDISE = FixStep(
    "The inputs are large numbers of different size: every step is too large for some weights.",
    lambda _: {"standardize": True},
    large_inputs,
    "Standardise the inputs",
)
CLIP = FixStep(
    "Some updates are enormous: cut down, they cannot throw the weights out of all bounds.",
    lambda _: {"clipping": "global_norm", "clip_limit": 1.0},
    lambda c: c.experiment.training.clipping == "none",
    "Clip the gradients",
)


def ordinary_start(course: RunSummary) -> Changes:
    """The initializer made for the activation."""
    return {
        "kernel_initializer": recommended(chosen(course.experiment)), "bias_initializer": "zeros"
    }  # fmt: skip


def wide_start(course: RunSummary) -> bool:
    """Whether the first weights are drawn by a rule that does not look at the layers' sizes."""
    network = course.experiment.network
    names = {network.kernel_initializer, network.bias_initializer} - {"zeros"}
    fixed = bool(names & {"random_normal", "ones"}) and bool(network.hidden)
    return fixed or network.kernel_initializer in ("zeros", "ones")


START = FixStep(
    "The first weights have the wrong size for layers as wide as these, so that signals grow or "
    "fade from layer to layer.",
    ordinary_start,
    lambda c: wide_start(c) and bool(c.experiment.network.hidden),
    "Begin with suitable weights",
)


def descends(course: RunSummary) -> bool:
    """Whether the optimizer takes steps of one size for all weights."""
    return "beta_2" not in OPTIMIZERS[course.experiment.training.optimizer].defaults


ADAM = FixStep(
    "Adam finds a step of its own for every weight, and passes where the slope is small.",
    lambda _: {"optimizer": "adam", "learning_rate": 0.003},
    descends,
    "Try Adam",
)


def linear(course: RunSummary) -> bool:
    """Whether the network can only draw straight lines: no hidden layer, or only linear ones."""
    return set(course.experiment.network.layer_activations) <= {"linear"}


def bent(course: RunSummary) -> Changes:
    """The same with a hidden layer that is not linear."""
    if not course.experiment.network.hidden:
        return {"hidden": (16,), "activation": "relu", "activations": ()}
    return {"activation": "relu", "activations": ()}


LINEAR = FixStep(
    "Without a hidden layer that bends its answer a network can only draw one straight line.",
    bent,
    linear,
)
SORTED = FixStep(
    "The examples are sorted: those it is judged on are not like those it learns from.",
    lambda _: {"split_without_shuffle": False},
    lambda c: c.experiment.data.split_without_shuffle,
    "Shuffle before the split",
)
TRUE_LABELS = FixStep(
    "Random labels can only be learnt by heart.",
    lambda _: {"label_noise": 0.0},
    lambda c: c.experiment.data.label_noise > 0.05,
    "Use the true labels",
)
