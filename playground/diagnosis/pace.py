"""Faults of pace: steps so small that it takes too long, or so large that the loss jumps."""

import numpy as np

from playground.diagnosis.course import Course
from playground.diagnosis.remedies import ADAM, nearest_rate, slower, usual_rate
from playground.diagnosis.rule import Changes, Cure, Rule
from playground.diagnosis.scores import GOOD
from playground.optimizers import OPTIMIZERS

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


def step_size(course: Course) -> float:
    """Update beside weight of the layer that moves most; NaN where nothing is known."""
    ratios = [s.update / s.weight for s in course.layers if s.weight > 0]
    return max(ratios, default=float("nan"))


def horizon(course: Course) -> int:
    """Epochs that a run may still be given: those left, or half of all."""
    planned = course.experiment.training.epochs
    done = int(course.epoch[-1]) if len(course) else 0
    return max(planned - done, planned // 2, 1)


def slow(course: Course) -> str | None:
    """A loss that falls steadily, in steps so small that it will not come far."""
    if not course.rate > course.experiment.training.learning_rate / 2:
        return None  # its schedule makes it slow, as it is meant to
    reach = GOOD * (1 - course.experiment.data.shuffled_labels)
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


def faster(course: Course) -> Changes:
    """A learning rate that makes steps of the usual size, or halves the loss in time."""
    rate = course.experiment.training.learning_rate
    step, pace = step_size(course), course.pace()
    by_step = SMALL_STEP / step if step > 0 else 1.0
    by_pace = np.log(2) / pace / (horizon(course) / 4) if pace > 0 else 1.0
    factor = float(np.clip(max(by_step, by_pace), 3.0, 100.0))
    most = max(UNUSUAL * usual_rate(course), 3 * rate)
    return {"learning_rate": nearest_rate(min(rate * factor, most))}


def stuck(course: Course) -> bool:
    """Whether an ordinary learning rate has hardly led away from where it began."""
    ordinary = course.experiment.training.learning_rate >= usual_rate(course)
    return bool(len(course)) and ordinary and course.training[-1] > STUCK * course.baseline.loss


def idle(course: Course) -> bool:
    """Whether the weights hardly move."""
    return step_size(course) < SMALL_STEP


def jumping(course: Course) -> str | None:
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


def tiny_batch(course: Course) -> bool:
    """Batches so small that their gradient is mostly chance."""
    return (
        course.experiment.training.batch_size <= TINY_BATCH
        and course.experiment.data.train_size >= MANY_EXAMPLES
    )


def heavy(course: Course) -> bool:
    """So much momentum that it carries far beyond the goal."""
    training = course.experiment.training
    uses = "momentum" in OPTIMIZERS[training.optimizer].defaults
    return uses and training.momentum >= MUCH_MOMENTUM


RULES: dict[str, Rule] = {
    "too_slow": Rule(
        "Too slow",
        "warning",
        "descent",
        "The steps are small beside the weights: the way is right, but it takes too many of them.",
        slow,
        (
            Cure(ADAM.reason, ADAM.changes, lambda c: ADAM.applies(c) and stuck(c), ADAM.label),
            Cure("Larger steps go the same way in fewer epochs.", faster),
            ADAM,
            Cure(
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
            Cure(
                "A batch of so few examples points another way than the next one.",
                lambda _: {"batch_size": 32},
                tiny_batch,
            ),
            Cure(
                "So much of the last updates is kept that it cannot turn in time.",
                lambda _: {"momentum": 0.9},
                heavy,
            ),
            slower(3),
            Cure(
                "Larger batches point more nearly where all examples together would.",
                lambda c: {"batch_size": min(4 * c.experiment.training.batch_size, 256)},
            ),
        ),
    ),
}
