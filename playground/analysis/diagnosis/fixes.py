"""Fixes that several rules share: learning rate, initialization, inputs, optimizer, data."""

import numpy as np

from playground.analysis.diagnosis.rule import Changes, FixStep
from playground.analysis.diagnosis.run_window import RunWindow
from playground.analysis.inspection.signal_propagation import chosen, recommended
from playground.datasets.preprocessing import LARGE_INPUT
from playground.nn.optimizers import OPTIMIZERS

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
    return large and not run.experiment.data.standardize


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
    network = run.experiment.network
    names = {network.kernel_initializer, network.bias_initializer} - {"zeros"}
    fixed = bool(names & {"random_normal", "ones"}) and bool(network.hidden)
    return fixed or network.kernel_initializer in ("zeros", "ones")


INITIALIZE = FixStep(
    "The initial weights have the wrong scale for layers of this width, so that signals grow or "
    "vanish from layer to layer.",
    suitable_initializer,
    lambda run: fixed_scale_weights(run) and bool(run.experiment.network.hidden),
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
    return set(run.experiment.network.layer_activations) <= {"linear"}


def nonlinear_layer(run: RunWindow) -> Changes:
    """ReLU hidden layers, a new one if there is none."""
    hidden = {} if run.experiment.network.hidden else {"hidden": (16,)}
    return {**hidden, "activation": "relu", "activations": ()}


LINEAR = FixStep(
    "Without a nonlinear hidden layer the decision boundary is a single straight line.",
    nonlinear_layer,
    linear,
)
SORTED = FixStep(
    "The examples were split in sorted order: validation examples differ from training examples.",
    lambda _: {"split_without_shuffle": False},
    lambda run: run.experiment.data.split_without_shuffle,
    "Shuffle before the split",
)
TRUE_LABELS = FixStep(
    "Random labels can only be memorized.",
    lambda _: {"label_noise": 0.0},
    lambda run: run.experiment.data.label_noise > 0.05,
    "Use the true labels",
)
