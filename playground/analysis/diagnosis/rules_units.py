"""Faults of units: dead ones that say the same of everything, saturated ones that hardly learn.

Gradients that are lost on their way to the first layer, or grow beyond measure.
"""

import numpy as np

from playground.analysis.diagnosis.fixes import CLIP, STANDARDISE, START, slower_afresh, wide_start
from playground.analysis.diagnosis.rule import Changes, FixStep, Rule
from playground.analysis.diagnosis.run_summary import ENOUGH, FAR, RunSummary
from playground.analysis.inspection.activations import is_flat
from playground.analysis.inspection.signal_propagation import (
    MOST_DEAD,
    TOLERATED,
    chosen,
    recommended,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.network import Layer

FEWEST_UPDATES = 20
MOST_SATURATED = MOST_DEAD  # share of the units of a layer
MUCH = 31.0  # times the usual learning rate: it alone may have killed units


def begun(course: RunSummary) -> bool:
    return len(course) >= 2 and course.updates >= FEWEST_UPDATES


def _flat(course: RunSummary, sides: tuple[float, ...]) -> list[bool]:
    """Of each hidden layer, whether its activation is flat far out on all `sides`."""
    parameters = course.experiment.network
    found = []
    for name in parameters.layer_activations:
        taken = {each: getattr(parameters, each) for each in ACTIVATIONS[name].parameters}
        layer = Layer(np.zeros((1, 1)), np.zeros(1), name, taken)
        found.append(bool(is_flat(layer, np.array(sides)).all()))
    return found


def _layers(shares: list[float], most: float) -> str:
    """ "62% of the units of hidden layer 1"."""
    share, i = max((share, -i) for i, share in enumerate(shares))
    others = sum(each >= most for each in shares) - 1
    more = f", and {others} more {'layers' if others > 1 else 'layer'} like it" if others else ""
    return f"{share:.0%} of the units of hidden layer {1 - i}{more}"


def _dead(course: RunSummary) -> list[float]:
    return [layer.dead for layer in course.layers if layer.dead is not None]


def dead(course: RunSummary) -> str | None:
    """Units that say the same of every example."""
    shares = _dead(course)
    if not (begun(course) and shares and max(shares) >= MOST_DEAD):
        return None
    if course.experiment.network.l1 > 0 and course.skill >= ENOUGH:
        return None  # that is what L1 is for
    return (
        f"After epoch {course.epoch[-1]:,}, {_layers(shares, MOST_DEAD)} say the same of every "
        "example: their output varies by less than 0.001."
    )


def one_sided(course: RunSummary) -> bool:
    """Whether a layer with dead units has an activation that is flat below zero only."""
    flat = zip(_flat(course, (-FAR, -FAR / 2)), _flat(course, (FAR,)), _dead(course), strict=False)
    return any(left and not right and share >= MOST_DEAD for left, right, share in flat)


def _leaky(course: RunSummary) -> Changes:
    """Leaky ReLU in place of what is flat below zero."""
    network = course.experiment.network
    left, right = _flat(course, (-FAR, -FAR / 2)), _flat(course, (FAR,))
    names = [
        "leaky_relu" if a and not b else name
        for a, b, name in zip(left, right, network.layer_activations, strict=True)
    ]
    if len(set(names)) == 1:
        return {"activation": names[0], "activations": ()}
    return {"activations": tuple(names)}


def saturated(course: RunSummary) -> str | None:
    """Units that are in a flat zone for nearly every example."""
    shares = list(course.look.saturated) if course.look else []
    fresh = course.look is not None and course.look.epoch > course.since
    if not (begun(course) and fresh and shares and max(shares) >= MOST_SATURATED):
        return None
    if course.skill >= ENOUGH:
        return None
    return (
        f"For at least 95% of the examples {_layers(shares, MOST_SATURATED)} are where their "
        "activation is flat: hardly any gradient comes through them."
    )


def to_relu(course: RunSummary) -> Changes:
    return {"activation": "relu", "activations": (), "kernel_initializer": "he_normal"}


UNBOUNDED = FixStep(
    "ReLU is not flat where z is positive, and there the whole gradient comes through.",
    to_relu,
    lambda c: any(_flat(c, (-FAR, FAR))),
)


UNIT_RULES: dict[str, Rule] = {
    "dead_units": Rule(
        "Dead units",
        "warning",
        "activations",
        "A ReLU whose z is negative for every example answers 0 and gets no gradient: it cannot "
        "come back, and the network is smaller than it looks. One large step is enough for that.",
        dead,
        (
            FixStep(
                "All units of a layer began with the same weights, and get the same gradients.",
                START.changes,
                lambda c: bool(c.look and c.look.alike) and wide_start(c),
                "Begin with random weights",
            ),
            STANDARDISE,
            slower_afresh(10, MUCH),
            FixStep(
                "With a small slope where z is negative a unit keeps its gradient, and can return.",
                _leaky,
                one_sided,
            ),
            START,
            UNBOUNDED,
            slower_afresh(10),
        ),
        ("gradients", "regularisation"),
    ),
    "saturated_units": Rule(
        "Saturated units",
        "warning",
        "activations",
        "Far from zero sigmoid and tanh are flat: whatever z is there, the answer is nearly the "
        "same, and the gradient is multiplied by nearly 0.",
        saturated,
        (STANDARDISE, START, slower_afresh(10, MUCH), UNBOUNDED, slower_afresh(10)),
    ),
}


# Of gradients per weight from the first to the last layer: inputs and outputs of a layer differ by
# up to TOLERATED each.
FADED = TOLERATED**2
HUGE = 1.0  # gradient per weight, as a root mean square
WORSE = 3.0  # times the loss of not looking at all


def gradients(course: RunSummary) -> str | None:
    """Gradients that are lost on their way to the first layer, or grow beyond measure."""
    return _vanishing(course) or _exploding(course)


def _vanishing(course: RunSummary) -> str | None:
    sizes = course.gradients
    if len(sizes) < 3 or not begun(course) or not course.training_skill < ENOUGH:
        return None
    first, last = sizes[0], sizes[-1]
    if not (np.isfinite(sizes).all() and first * FADED < last) or one_sided(course):
        return None
    times = f"{last / first:,.0f} times" if first > 0 else "infinitely"
    return (
        f"A weight of the first layer gets a gradient of {first:.1e}, one of the last layer "
        f"{last:.1e}: {times} more. The first layers hardly learn."
    )


def _exploding(course: RunSummary) -> str | None:
    sizes = course.gradients
    if len(sizes) < 2 or not begun(course) or not np.isfinite(sizes).all():
        return None
    loss = course.training[-1]
    if not (max(sizes) > HUGE and loss > WORSE * course.baseline.loss):
        return None
    return (
        f"Gradients per weight are as large as {max(sizes):.2g} (often about 0.01), and the "
        f"training loss is {loss:.3g}, where not looking at the examples gives "
        f"{course.baseline.loss:.3g}."
    )


def _fading(course: RunSummary) -> bool:
    return _vanishing(course) is not None


def _unsuited(course: RunSummary) -> bool:
    network = course.experiment.network
    return network.kernel_initializer != recommended(chosen(course.experiment))


GRADIENT_RULES: dict[str, Rule] = {
    "gradients": Rule(
        "Vanishing or exploding gradients",
        "warning",
        "activations",
        "On the way back every layer multiplies the gradient by its weights and by the slope of "
        "its activation (0.25 at most for sigmoid). Over many layers the product is next to "
        "nothing, or enormous.",
        gradients,
        (
            START,
            FixStep(UNBOUNDED.reason, to_relu, lambda c: UNBOUNDED.applies(c) and _fading(c)),
            FixStep(START.reason, START.changes, _unsuited, START.label),
            CLIP,
            FixStep(
                "Fewer layers are fewer factors.",
                lambda c: {
                    "hidden": c.experiment.network.hidden[:2],
                    "activations": c.experiment.network.activations[:2],
                },
                _fading,
            ),
            slower_afresh(10),
        ),
    ),
}
