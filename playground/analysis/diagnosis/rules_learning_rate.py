"""Faults of pace: steps so small that it takes too long, or so large that the loss jumps.

Faults of progress: the loss is no number any more, or it does not fall.
"""

import numpy as np

from playground.analysis.diagnosis.fixes import (
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
from playground.analysis.diagnosis.rule import Changes, FixStep, Rule
from playground.analysis.diagnosis.run_summary import (
    GOOD,
    RunSummary,
    capital,
    mean_of_last,
    score_at,
)
from playground.nn.optimizers import OPTIMIZERS

SLOW_EPOCHS = 5
SMALL_STEP = 1e-3  # update beside weight, as root mean squares: about this is a good one
FALLING = 0.8  # share of the steps in which a slow loss falls
STEADY = 0.03  # of its pace at the beginning: less is a loss that has come to rest
STUCK = 0.9  # of the loss of not looking at the examples
JUMP = 0.05  # rise of a loss, in units of the baseline
JUMPS, JUMP_STEPS = 2, 5
TINY_BATCH, MANY_EXAMPLES = 4, 500
MUCH_MOMENTUM = 0.97
UNUSUAL = 10.0  # times the usual learning rate of the optimizer


def step_size(course: RunSummary) -> float:
    """Update beside weight of the layer that moves most; NaN where nothing is known."""
    ratios = [s.update / s.weight for s in course.layers if s.weight > 0]
    return max(ratios, default=float("nan"))


def horizon(course: RunSummary) -> int:
    """Epochs that a run may still be given: those left, or half of all."""
    planned = course.experiment.training.epochs
    done = int(course.epoch[-1]) if len(course) else 0
    return max(planned - done, planned // 2, 1)


def slow(course: RunSummary) -> str | None:
    """A loss that falls steadily, in steps so small that it will not come far."""
    if not course.rate > course.experiment.training.learning_rate / 2:
        return None  # its schedule makes it slow, as it is meant to
    reach = GOOD * (1 - course.experiment.data.label_noise)
    if len(course) < SLOW_EPOCHS or not course.skill < reach:
        return None
    pace = course.pace()
    if not (pace > 0 and step_size(course) < 2 * SMALL_STEP):
        return None
    tail = course.training[-course.width :]
    if (np.diff(tail) < 0).mean() < FALLING:
        return None
    beginning = course.training[: course.width]
    if np.log(beginning[0] / beginning[-1]) / (len(beginning) - 1) * STEADY > pace:
        return None
    halving = np.log(2) / pace
    if halving <= 2 * horizon(course):
        return None
    return (
        f"The training loss, {course.training[-1]:.3g} after epoch {course.epoch[-1]:,}, falls by "
        f"{1 - np.exp(-pace):.2%} in an epoch: to halve it would take {_epochs(halving)} more, and "
        f"{course.experiment.training.epochs:,} are planned in all."
    )


def _epochs(number: float) -> str:
    return f"about {float(f'{min(number, 1e9):.2g}'):,.0f}"


def faster(course: RunSummary) -> Changes:
    """A learning rate that makes steps of the usual size, or halves the loss in time."""
    rate = course.experiment.training.learning_rate
    step, pace = step_size(course), course.pace()
    by_step = SMALL_STEP / step if step > 0 else 1.0
    by_pace = np.log(2) / pace / (horizon(course) / 4) if pace > 0 else 1.0
    factor = float(np.clip(max(by_step, by_pace), 3.0, 100.0))
    most = max(UNUSUAL * usual_rate(course), 3 * rate)
    return {"learning_rate": nearest_rate(min(rate * factor, most))}


def stuck(course: RunSummary) -> bool:
    """Whether an ordinary learning rate has hardly led away from where it began."""
    ordinary = course.experiment.training.learning_rate >= usual_rate(course)
    return bool(len(course)) and ordinary and course.training[-1] > STUCK * course.baseline.loss


def idle(course: RunSummary) -> bool:
    """Whether the weights hardly move."""
    return step_size(course) < SMALL_STEP


def jumping(course: RunSummary) -> str | None:
    """The loss rises again and again, on what it learns from as well."""
    if len(course) <= JUMP_STEPS:
        return None
    rises = course.rises(course.seen, JUMP_STEPS)
    own = course.rises(course.training, JUMP_STEPS)
    jumps = rises[rises > JUMP]
    if len(jumps) < JUMPS or not (own > JUMP).any():
        return None
    loss = course.seen[-JUMP_STEPS - 1 :]
    return (
        f"In the last {JUMP_STEPS} epochs the {course.part} loss rose {len(jumps)} times, by up "
        f"to {jumps.max() * course.baseline.loss:.2g}: it was between {loss.min():.3g} and "
        f"{loss.max():.3g}."
    )


def tiny_batch(course: RunSummary) -> bool:
    """Batches so small that their gradient is mostly chance."""
    return (
        course.experiment.training.batch_size <= TINY_BATCH
        and course.experiment.data.train_size >= MANY_EXAMPLES
    )


def heavy(course: RunSummary) -> bool:
    """So much momentum that it carries far beyond the goal."""
    training = course.experiment.training
    uses = "momentum" in OPTIMIZERS[training.optimizer].defaults
    return uses and training.momentum >= MUCH_MOMENTUM


RATE_RULES: dict[str, Rule] = {
    "too_slow": Rule(
        "Too slow",
        "warning",
        "descent",
        "The steps are small beside the weights: the way is right, but it takes too many of them.",
        slow,
        (
            FixStep(ADAM.reason, ADAM.changes, lambda c: ADAM.applies(c) and stuck(c), ADAM.label),
            FixStep("Larger steps go the same way in fewer epochs.", faster),
            ADAM,
            FixStep(
                "More updates in each epoch, from smaller batches, go the same way.",
                lambda c: {"batch_size": max(c.experiment.training.batch_size // 4, 1)},
            ),
        ),
        ("gradients", "saturated_units", "regularisation"),
    ),
    "jumping": Rule(
        "Jumping",
        "warning",
        "descent",
        "An update goes further than the goal, and the next one has to come back.",
        jumping,
        (
            FixStep(
                "A batch of so few examples points another way than the next one.",
                lambda _: {"batch_size": 32},
                tiny_batch,
            ),
            FixStep(
                "So much of the last updates is kept that it cannot turn in time.",
                lambda _: {"momentum": 0.9},
                heavy,
            ),
            slower(3),
            FixStep(
                "Larger batches point more nearly where all examples together would.",
                lambda c: {"batch_size": min(4 * c.experiment.training.batch_size, 256)},
            ),
        ),
    ),
}


# As skill, an accuracy of .25 on ten classes.
NOT_LEARNING = (0.25 - 0.1) / 0.9
LEARNING_EPOCHS = 3
LEARNING_UPDATES = 100  # three epochs of a thousand examples in batches of 32
FLAT = 0.005  # of the loss in eight epochs: a plateau
FLAT_EPOCHS = 8


def diverged(course: RunSummary) -> str | None:
    """The loss was no finite number."""
    end = course.diverged
    if end is None:
        return None
    rate = course.experiment.training.learning_rate
    return f"The loss of update {end.step:,} was no finite number, at " + (
        f"learning rate {rate:g}; the run has stopped there."
    )


def falls(course: RunSummary) -> float:
    """By which share the training loss has fallen in the last epochs (FLAT_EPOCHS at least)."""
    tail = course.training[-max(FLAT_EPOCHS, course.width) :]
    half = len(tail) // 2
    if not half or not tail[:half].mean() > 0:
        return 0.0
    return float(1 - tail[-half:].mean() / tail[:half].mean())


def not_learning(course: RunSummary) -> str | None:
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
    return f"{capital(score_at(course))}; and the loss does not fall any more."


def _alike(course: RunSummary) -> bool:
    return bool(course.look and course.look.alike) and bool(course.experiment.network.hidden)


def above(course: RunSummary) -> bool:
    """Whether the loss is worse than that of an answer that does not look."""
    return bool(len(course)) and mean_of_last(course.training) > 1.05 * course.baseline.loss


def restless(course: RunSummary) -> bool:
    """Whether the training loss goes up and down by more than chance."""
    return bool((course.rises(course.training, 10) > JUMP / 2).any())


PROGRESS_RULES: dict[str, Rule] = {
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
            FixStep(
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
            FixStep(
                "The labels are drawn at random: there is nothing to learn from them.",
                lambda _: {"label_noise": 0.0},
                lambda c: c.experiment.data.label_noise >= 0.5,
                "Use the true labels",
            ),
            FixStep(
                "All units of a layer have the same weights: they get the same gradients, and stay "
                "alike for good.",
                ordinary_start,
                _alike,
                "Begin with random weights",
            ),
            STANDARDISE,
            SORTED,
            LINEAR,
            FixStep(
                slower(10).reason,
                slower(10).changes,
                lambda c: restless(c) and c.experiment.training.learning_rate > usual_rate(c),
                fresh=True,
            ),
            FixStep(
                "The loss is worse than that of not looking at all: steps this large undo each "
                "other.",
                slower(10).changes,
                above,
                fresh=True,
            ),
            FixStep(
                "The weights hardly move: an update changes them by far less than a thousandth.",
                lambda c: {"learning_rate": nearest_rate(10 * c.experiment.training.learning_rate)},
                idle,
            ),
            FixStep(
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
