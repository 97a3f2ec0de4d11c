"""Faults of progress: the loss is no number, does not fall, falls too slowly, or jumps."""

import numpy as np

from playground.diagnosis.course import Course, mean_of_last
from playground.diagnosis.rule import Changes, Cure, Rule
from playground.diagnosis.told import capital, score
from playground.optimizers import OPTIMIZERS
from playground.preflight import LARGE_INPUT, chosen, recommended

RATES = (1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)

# On ten classes a validation accuracy of .25 and .85 (survey of the field), here as skill.
NOT_LEARNING = (0.25 - 0.1) / 0.9
GOOD = (0.85 - 0.1) / 0.9
LEARNING_EPOCHS = 3
LEARNING_UPDATES = 100  # three epochs of a thousand examples in batches of 32
FLAT = 0.005  # of the loss in eight epochs: a plateau
FLAT_EPOCHS = 8
SLOW_EPOCHS = 5
SMALL_STEP = 1e-3  # update beside weight, as root mean squares: about this is a good one
FALLING = 0.8  # share of the steps in which a slow loss falls
STEADY = 0.03  # of its pace at the beginning: less is a loss that has come to rest
JUMP = 0.05  # rise of a loss, in units of the baseline
JUMPS, JUMP_STEPS = 2, 5
TINY_BATCH, MANY_EXAMPLES = 4, 500
MUCH_MOMENTUM = 0.97
UNUSUAL = 10.0  # times the usual learning rate of the optimizer


def nearest_rate(rate: float) -> float:
    """The learning rate of the series 1, 3, 10, … that is nearest to `rate`, by their ratio."""
    return min(RATES, key=lambda each: abs(np.log(each / max(rate, 1e-9))))


def usual_rate(course: Course) -> float:
    """The learning rate that people begin with for this optimizer."""
    return float(OPTIMIZERS[course.experiment.training.optimizer].defaults["learning_rate"])


def slower(factor: float) -> Cure:
    """A learning rate `factor` times smaller, for a run that goes on."""
    return Cure(
        "The steps are too large: each one leaps over the valley that it should descend into.",
        lambda c: {"learning_rate": nearest_rate(c.experiment.training.learning_rate / factor)},
        lambda c: c.experiment.training.learning_rate > usual_rate(c) / 100,
    )


def slower_afresh(factor: float, applies: float = 0.0) -> Cure:
    """The same for a new network, where the rate is more than `applies` times the usual one."""
    cure = slower(factor)
    return Cure(
        cure.reason,
        cure.changes,
        lambda c: cure.applies(c) and c.experiment.training.learning_rate > applies * usual_rate(c),
        fresh=True,
    )


def large_inputs(course: Course) -> bool:
    """Whether inputs are so large that ordinary learning rates are too large."""
    large = course.look is not None and course.look.largest_input > LARGE_INPUT
    return large and not course.experiment.data.standardise


STANDARDISE = Cure(
    "The inputs are large numbers of different size: every step is too large for some weights.",
    lambda _: {"standardise": True},
    large_inputs,
    "Standardise the inputs",
)
CLIP = Cure(
    "Some updates are enormous: cut down, they cannot throw the weights out of all bounds.",
    lambda _: {"clipping": "global_norm", "clip_limit": 1.0},
    lambda c: c.experiment.training.clipping == "none",
    "Clip the gradients",
)


def ordinary_start(course: Course) -> Changes:
    """The initializer made for the activation."""
    return {
        "kernel_initializer": recommended(chosen(course.experiment)), "bias_initializer": "zeros"
    }  # fmt: skip


def wide_start(course: Course) -> bool:
    """Whether the first weights are drawn by a rule that does not look at the layers' sizes."""
    network = course.experiment.network
    names = {network.kernel_initializer, network.bias_initializer} - {"zeros"}
    fixed = bool(names & {"random_normal", "ones"}) and bool(network.hidden)
    return fixed or network.kernel_initializer in ("zeros", "ones")


START = Cure(
    "The first weights have the wrong size for layers as wide as these, so that signals grow or "
    "fade from layer to layer.",
    ordinary_start,
    lambda c: wide_start(c) and bool(c.experiment.network.hidden),
    "Begin with suitable weights",
)


def descends(course: Course) -> bool:
    """Whether the optimizer takes steps of one size for all weights."""
    return "beta_2" not in OPTIMIZERS[course.experiment.training.optimizer].defaults


ADAM = Cure(
    "Adam finds a step of its own for every weight, and passes where the slope is small.",
    lambda _: {"optimizer": "adam", "learning_rate": 0.003},
    descends,
    "Try Adam",
)

# ---- diverged ------------------------------------------------------------------------------


def diverged(course: Course) -> str | None:
    """The loss was no finite number."""
    end = course.diverged
    if end is None:
        return None
    rate = course.experiment.training.learning_rate
    return (
        f"The loss of update {end.step:,} (epoch {end.epoch + 1:,}) was no finite number, at "
        + (f"learning rate {rate:g}; the run has stopped there.")
    )


# ---- not learning --------------------------------------------------------------------------


def falls(course: Course) -> float:
    """By which share the training loss has fallen in the last epochs (FLAT_EPOCHS at least)."""
    tail = course.training[-max(FLAT_EPOCHS, course.width) :]
    half = len(tail) // 2
    if not half or not tail[:half].mean() > 0:
        return 0.0
    return float(1 - tail[-half:].mean() / tail[:half].mean())


def not_learning(course: Course) -> str | None:
    """Hardly better than answering without looking, and not on the way to anything better."""
    if len(course) < LEARNING_EPOCHS or course.updates < LEARNING_UPDATES:
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


def linear(course: Course) -> bool:
    """Whether the network can only draw straight lines: no hidden layer, or only linear ones."""
    return set(course.experiment.network.layer_activations) <= {"linear"}


def bent(course: Course) -> Changes:
    """The same with a hidden layer that is not linear."""
    if not course.experiment.network.hidden:
        return {"hidden": (16,), "activation": "relu", "activations": ()}
    return {"activation": "relu", "activations": ()}


LINEAR = Cure(
    "Without a hidden layer that bends its answer a network can only draw one straight line.",
    bent,
    linear,
)


def above(course: Course) -> bool:
    """Whether the loss is worse than that of an answer that does not look."""
    return bool(len(course)) and mean_of_last(course.training) > 1.05 * course.baseline.loss


def restless(course: Course) -> bool:
    """Whether the training loss goes up and down by more than chance."""
    return bool((course.rises(course.training, 10) > JUMP / 2).any())


# ---- too slow ------------------------------------------------------------------------------


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


def idle(course: Course) -> bool:
    """Whether the weights hardly move."""
    return step_size(course) < SMALL_STEP


# ---- jumping -------------------------------------------------------------------------------


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
            Cure(
                "The examples are sorted: those it is judged on are of other classes than those it "
                "learns from.",
                lambda _: {"sorted_split": False},
                lambda c: c.experiment.data.sorted_split,
                "Shuffle before the split",
            ),
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
    "too_slow": Rule(
        "Too slow",
        "warning",
        "descent",
        "The steps are small beside the weights: the way is right, but it takes too many of them.",
        slow,
        (
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
