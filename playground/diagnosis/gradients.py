"""Gradients that are lost on their way to the first layer, or grow beyond measure."""

import numpy as np

from playground.diagnosis.course import Course
from playground.diagnosis.remedies import CLIP, START, slower_afresh
from playground.diagnosis.rule import Cure, Rule
from playground.diagnosis.scores import ENOUGH
from playground.diagnosis.units import UNBOUNDED, begun, one_sided, to_relu
from playground.preflight import TOLERATED, chosen, recommended

# Of gradients per weight from the first to the last layer: inputs and outputs of a layer differ by
# up to TOLERATED each.
FADED = TOLERATED**2
HUGE = 1.0  # gradient per weight, as a root mean square
WORSE = 3.0  # times the loss of not looking at all


def gradients(course: Course) -> str | None:
    """Gradients that are lost on their way to the first layer, or grow beyond measure."""
    return _vanishing(course) or _exploding(course)


def _vanishing(course: Course) -> str | None:
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


def _exploding(course: Course) -> str | None:
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


def _fading(course: Course) -> bool:
    return _vanishing(course) is not None


def _unsuited(course: Course) -> bool:
    network = course.experiment.network
    return network.kernel_initializer != recommended(chosen(course.experiment))


RULES: dict[str, Rule] = {
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
            Cure(UNBOUNDED.reason, to_relu, lambda c: UNBOUNDED.applies(c) and _fading(c)),
            Cure(START.reason, START.changes, _unsuited, START.label),
            CLIP,
            Cure(
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
