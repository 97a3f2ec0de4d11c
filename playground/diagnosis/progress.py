"""Faults of progress: the loss is no number any more, or it does not fall."""

import numpy as np

from playground.diagnosis.course import Course, mean_of_last
from playground.diagnosis.pace import JUMP, SLOW_EPOCHS, idle, slow
from playground.diagnosis.remedies import (
    ADAM,
    CLIP,
    LINEAR,
    SORTED,
    STANDARDISE,
    START,
    nearest_rate,
    ordinary_start,
    slower,
    slower_afresh,
    usual_rate,
)
from playground.diagnosis.rule import Cure, Rule
from playground.diagnosis.scores import capital, score

# As skill, an accuracy of .25 on ten classes.
NOT_LEARNING = (0.25 - 0.1) / 0.9
LEARNING_EPOCHS = 3
LEARNING_UPDATES = 100  # three epochs of a thousand examples in batches of 32
FLAT = 0.005  # of the loss in eight epochs: a plateau
FLAT_EPOCHS = 8


def diverged(course: Course) -> str | None:
    """The loss was no finite number."""
    end = course.diverged
    if end is None:
        return None
    rate = course.experiment.training.learning_rate
    return f"The loss of update {end.step:,} was no finite number, at " + (
        f"learning rate {rate:g}; the run has stopped there."
    )


def falls(course: Course) -> float:
    """By which share the training loss has fallen in the last epochs (FLAT_EPOCHS at least)."""
    tail = course.training[-max(FLAT_EPOCHS, course.width) :]
    half = len(tail) // 2
    if not half or not tail[:half].mean() > 0:
        return 0.0
    return float(1 - tail[-half:].mean() / tail[:half].mean())


def not_learning(course: Course) -> str | None:
    """Hardly better than answering without looking, and not on the way to anything better."""
    warming = len(course) and course.epoch[-1] <= course.experiment.training.warmup_epochs
    if warming or len(course) < LEARNING_EPOCHS or course.updates < LEARNING_UPDATES:
        return None
    if not (course.skill < NOT_LEARNING and course.training_skill < 2 * NOT_LEARNING):
        return None
    if course.is_share and mean_of_last(course.seen) < (1 - NOT_LEARNING) * course.baseline.loss:
        return None  # the probabilities have begun to tell the classes apart
    if len(course) < SLOW_EPOCHS and (np.diff(course.training) < 0).all():
        return None  # it may be slow
    if slow(course) is not None or falls(course) > FLAT * (1 + 3 * (len(course) < FLAT_EPOCHS)):
        return None
    return f"{capital(score(course))}; and the loss does not fall any more."


def _alike(course: Course) -> bool:
    return bool(course.look and course.look.alike) and bool(course.experiment.network.hidden)


def above(course: Course) -> bool:
    """Whether the loss is worse than that of an answer that does not look."""
    return bool(len(course)) and mean_of_last(course.training) > 1.05 * course.baseline.loss


def restless(course: Course) -> bool:
    """Whether the training loss goes up and down by more than chance."""
    return bool((course.rises(course.training, 10) > JUMP / 2).any())


RULES: dict[str, Rule] = {
    "diverged": Rule(
        "Diverged",
        "error",
        "descent",
        "Each step went further beyond the goal than the one before, until the numbers were too "
        "large to be written.",
        diverged,
        (
            STANDARDISE,
            START,
            Cure(
                "It failed within the first epoch: the steps are far too large.",
                slower(10).changes,
                lambda c: not len(c) and slower(10).applies(c),
                fresh=True,
            ),
            slower_afresh(3),
            CLIP,
            slower_afresh(10, 0.001),
        ),
    ),
    "not_learning": Rule(
        "Not learning",
        "error",
        "descent",
        "What it answers has hardly anything to do with what it is shown.",
        not_learning,
        (
            Cure(
                "The labels are drawn at random: there is nothing to learn from them.",
                lambda _: {"shuffled_labels": 0.0},
                lambda c: c.experiment.data.shuffled_labels >= 0.5,
                "Use the true labels",
            ),
            Cure(
                "All units of a layer have the same weights: they get the same gradients, and stay "
                "alike for good.",
                ordinary_start,
                _alike,
                "Begin with random weights",
            ),
            STANDARDISE,
            SORTED,
            LINEAR,
            Cure(
                slower(10).reason,
                slower(10).changes,
                lambda c: restless(c) and c.experiment.training.learning_rate > usual_rate(c),
                fresh=True,
            ),
            Cure(
                "The loss is worse than that of not looking at all: steps this large undo each "
                "other.",
                slower(10).changes,
                above,
                fresh=True,
            ),
            Cure(
                "The weights hardly move: an update changes them by far less than a thousandth.",
                lambda c: {"learning_rate": nearest_rate(10 * c.experiment.training.learning_rate)},
                idle,
            ),
            Cure(
                "So few units cannot tell the examples apart.",
                lambda c: {"hidden": (64,) * max(1, len(c.experiment.network.hidden))},
                lambda c: max(c.experiment.network.hidden, default=0) < 64,
            ),
            ADAM,
            slower_afresh(10),
        ),
        ("gradients", "dead_units", "saturated_units", "regularisation"),
    ),
}
