"""Rules on progress: divergence, no learning, slow or jumping losses, worse than a constant."""

import numpy as np

from playground.analysis.diagnosis.rule import (
    ADAM,
    CLIP,
    INITIALIZE,
    LINEAR,
    SORTED,
    STANDARDIZE,
    TRUE_LABELS,
    Changes,
    FixStep,
    Rule,
    default_rate,
    nearest_rate,
    slower,
    slower_new_run,
    suitable_initializer,
)
from playground.analysis.diagnosis.run_window import GOOD, SURE, RunWindow
from playground.analysis.metrics.run_summary import mean_of_last
from playground.history.events import Finished
from playground.nn.optimizers import OPTIMIZERS

# ---- divergence and no progress ----------------------------------------------------------

NOT_LEARNING = (0.25 - 0.1) / 0.9  # as skill, an accuracy of .25 on ten classes
LEARNING_EPOCHS = 3
LEARNING_UPDATES = 100  # three epochs of a thousand examples in batches of 32
FLAT = 0.005  # of the loss in eight epochs: a plateau
FLAT_EPOCHS = 8


def diverged(run: RunWindow) -> str | None:
    """The loss became NaN or infinite."""
    if run.diverged is None:
        return None
    return (
        f"The loss of update {run.diverged.step:,} was not finite, at learning rate "
        f"{run.experiment.training.learning_rate:g}; the run has stopped there."
    )


def loss_reduction(run: RunWindow) -> float:
    """By which share the training loss has fallen in the last epochs (FLAT_EPOCHS at least)."""
    tail = run.training[-max(FLAT_EPOCHS, run.trend_epochs) :]
    half = len(tail) // 2
    if not half or not tail[:half].mean() > 0:
        return 0.0
    return float(1 - tail[-half:].mean() / tail[:half].mean())


def _too_early(run: RunWindow) -> bool:
    warmup = len(run) and run.epoch[-1] <= run.experiment.training.warmup_epochs
    return bool(warmup) or len(run) < LEARNING_EPOCHS or run.updates < LEARNING_UPDATES


def not_learning(run: RunWindow) -> str | None:
    """Hardly better than the baseline, and not improving."""
    if _too_early(run):
        return None
    if not (run.skill < NOT_LEARNING and run.training_skill < 2 * NOT_LEARNING):
        return None
    if run.is_accuracy and mean_of_last(run.judged) < (1 - NOT_LEARNING) * run.baseline.loss:
        return None  # the probabilities have begun to separate the classes
    if len(run) < SLOW_EPOCHS and (np.diff(run.training) < 0).all():
        return None  # it may be slow
    least = FLAT * (1 + 3 * (len(run) < FLAT_EPOCHS))
    if slow(run) is not None or loss_reduction(run) > least:
        return None
    return f"{run.beside_baseline()}; and the loss does not fall any more."


def worse_than_constant(run: RunWindow) -> str | None:
    """Worse than always giving the same answer, by more than a standard error."""
    early = _too_early(run) and not isinstance(run.last_event, Finished)
    perfect = run.is_accuracy and run.baseline.metric == 1 and run.gap is not None
    if early or len(run) < SLOW_EPOCHS or not (run.skill < 0 or perfect):
        return None
    if run.is_accuracy and run.gap is not None:
        worse_by = run.baseline.metric - run.gap.validation.metric
        if worse_by <= 0 or worse_by < run.chance / SURE:
            return None
    return f"{run.beside_baseline()}: the network is worse than that."


def _identical_units(run: RunWindow) -> bool:
    identical = run.inspection is not None and run.inspection.identical
    return identical and bool(run.network.hidden)


def _above_baseline(run: RunWindow) -> bool:
    """Whether the training loss is worse than that of a constant answer."""
    return bool(len(run)) and mean_of_last(run.training) > 1.05 * run.baseline.loss


def _restless(run: RunWindow) -> bool:
    """Whether the training loss goes up and down by more than chance."""
    return bool((run.rises(run.training, 10) > JUMP / 2).any())


# ---- slow and jumping losses -------------------------------------------------------------

SLOW_EPOCHS = 5
SMALL_STEP = 1e-3  # update / weight, as root mean squares: about this is a good one
FALLING = 0.8  # share of the epochs in which a slow loss falls
STEADY = 0.03  # of its rate at the beginning: less is a loss that has converged
STUCK = 0.9  # of the baseline's loss
JUMP = 0.05  # rise of a loss, in units of the baseline
JUMPS, JUMP_EPOCHS = 2, 5
TINY_BATCH, MANY_EXAMPLES = 4, 500
HIGH_MOMENTUM = 0.97
UNUSUAL = 10.0  # times the default learning rate of the optimizer


def step_size(run: RunWindow) -> float:
    """Update / weight of the layer that changes most; NaN where nothing is known."""
    ratios = [s.update / s.weight for s in run.layers if s.weight > 0]
    return max(ratios, default=float("nan"))


def horizon(run: RunWindow) -> int:
    """Epochs still available: those left, or half of all."""
    planned = run.experiment.training.epochs
    done = int(run.epoch[-1]) if len(run) else 0
    return max(planned - done, planned // 2, 1)


def slow(run: RunWindow) -> str | None:
    """A loss that falls steadily, but by so little that the epochs will not suffice."""
    if not run.learning_rate > run.experiment.training.learning_rate / 2:
        return None  # its schedule has reduced the learning rate, as intended
    reach = GOOD * (1 - run.data.label_noise)
    if len(run) < SLOW_EPOCHS or not run.skill < reach:
        return None
    decay = run.decay()
    if not (decay > 0 and step_size(run) < 2 * SMALL_STEP):
        return None
    tail = run.training[-run.trend_epochs :]
    if (np.diff(tail) < 0).mean() < FALLING:
        return None
    beginning = run.training[: run.trend_epochs]
    if np.log(beginning[0] / beginning[-1]) / (len(beginning) - 1) * STEADY > decay:
        return None
    halving = np.log(2) / decay
    if halving <= 2 * horizon(run):
        return None
    return (
        f"The training loss, {run.training[-1]:.3g} after epoch {run.epoch[-1]:,}, falls by "
        f"{1 - np.exp(-decay):.2%} in an epoch: to halve it would take {_about(halving)} more, and "
        f"{run.experiment.training.epochs:,} are planned in all."
    )


def _about(number: float) -> str:
    return f"about {float(f'{min(number, 1e9):.2g}'):,.0f}"


def _faster(run: RunWindow) -> Changes:
    """A learning rate for steps of the usual size, or that halves the loss in time."""
    rate = run.experiment.training.learning_rate
    step, decay = step_size(run), run.decay()
    by_step = SMALL_STEP / step if step > 0 else 1.0
    by_decay = np.log(2) / decay / (horizon(run) / 4) if decay > 0 else 1.0
    factor = float(np.clip(max(by_step, by_decay), 3.0, 100.0))
    most = max(UNUSUAL * default_rate(run), 3 * rate)
    return {"learning_rate": nearest_rate(min(rate * factor, most))}


def _stuck(run: RunWindow) -> bool:
    """Whether an ordinary learning rate has hardly reduced the loss."""
    ordinary = run.experiment.training.learning_rate >= default_rate(run)
    return bool(len(run)) and ordinary and run.training[-1] > STUCK * run.baseline.loss


def jumping(run: RunWindow) -> str | None:
    """The loss rises again and again, also on training examples."""
    run = run.validated
    if len(run) <= JUMP_EPOCHS:
        return None
    rises = run.rises(run.judged, JUMP_EPOCHS)
    on_training = run.rises(run.training, JUMP_EPOCHS)
    jumps = rises[rises > JUMP]
    if len(jumps) < JUMPS or not (on_training > JUMP).any():
        return None
    loss = run.judged[-JUMP_EPOCHS - 1 :]
    epochs = run.epoch[-1] - run.epoch[-1 - JUMP_EPOCHS]
    return (
        f"In the last {epochs} epochs the {run.part} loss rose {len(jumps)} times, by up "
        f"to {jumps.max() * run.baseline.loss:.2g}: it was between {loss.min():.3g} and "
        f"{loss.max():.3g}."
    )


def _tiny_batch(run: RunWindow) -> bool:
    return run.experiment.training.batch_size <= TINY_BATCH and run.data.train_size >= MANY_EXAMPLES


def _high_momentum(run: RunWindow) -> bool:
    training = run.experiment.training
    uses = "momentum" in OPTIMIZERS[training.optimizer].defaults
    return uses and training.momentum >= HIGH_MOMENTUM


OVERSHOOT = "The loss is worse than that of a constant answer: updates this large undo each other."

RULES: dict[str, Rule] = {
    "diverged": Rule(
        1,
        "Diverged",
        "error",
        "descent",
        "Every update overshot the minimum by more than the one before, until the loss overflowed.",
        diverged,
        (
            STANDARDIZE,
            INITIALIZE,
            FixStep(
                "It diverged within the first epoch: the steps are far too large.",
                slower(10).changes,
                lambda run: not len(run) and slower(10).applies(run),
                new_run=True,
            ),
            slower_new_run(3),
            CLIP,
            slower_new_run(10, 0.001),
        ),
    ),
    "not_learning": Rule(
        2,
        "Not learning",
        "error",
        "descent",
        "The predictions hardly depend on the inputs.",
        not_learning,
        (
            FixStep(
                "The labels are random: nothing can be learned from them.",
                TRUE_LABELS.changes,
                lambda run: run.data.label_noise >= 0.5,
                TRUE_LABELS.label,
            ),
            FixStep(
                "All units of a layer have the same weights: equal gradients keep them identical.",
                suitable_initializer,
                _identical_units,
                "Use random initial weights",
            ),
            STANDARDIZE,
            SORTED,
            LINEAR,
            FixStep(
                slower(10).reason,
                slower(10).changes,
                lambda run: (
                    _restless(run) and run.experiment.training.learning_rate > default_rate(run)
                ),
                new_run=True,
            ),
            FixStep(OVERSHOOT, slower(10).changes, _above_baseline, new_run=True),
            FixStep(
                "The weights hardly change: an update is far less than a thousandth of a weight.",
                lambda run: {
                    "learning_rate": nearest_rate(10 * run.experiment.training.learning_rate)
                },
                lambda run: step_size(run) < SMALL_STEP,
            ),
            FixStep(
                "So few units cannot separate the examples.",
                lambda run: {"hidden": (64,) * max(1, len(run.network.hidden))},
                lambda run: max(run.network.hidden, default=0) < 64,
            ),
            ADAM,
            slower_new_run(10),
        ),
        ("gradients", "dead_units", "saturated_units", "over_regularized"),
    ),
    "worse_than_constant": Rule(
        3,
        "Worse than a constant answer",
        "warning",
        "losses",
        "A model that ignores its inputs does better. Where one class is very frequent, compare "
        "balanced accuracy and recall per class (Inspect, Evaluation) rather than accuracy.",
        worse_than_constant,
        (
            SORTED,
            TRUE_LABELS,
            STANDARDIZE,
            FixStep(OVERSHOOT, slower(10).changes, _above_baseline, new_run=True),
            LINEAR,
            ADAM,
            slower(3),
        ),
        (
            "not_learning",
            "too_slow",
            "jumping",
            "gradients",
            "dead_units",
            "saturated_units",
            "over_regularized",
            "overfitting",
            "little_data",
        ),
    ),
    "too_slow": Rule(
        4,
        "Too slow",
        "warning",
        "descent",
        "The updates are small beside the weights: it takes too many of them.",
        slow,
        (
            FixStep(
                ADAM.reason, ADAM.changes, lambda run: ADAM.applies(run) and _stuck(run), ADAM.label
            ),
            FixStep("Larger steps take fewer epochs.", _faster),
            ADAM,
            FixStep(
                "Smaller batches give more updates in each epoch.",
                lambda run: {"batch_size": max(run.experiment.training.batch_size // 4, 1)},
            ),
        ),
        ("gradients", "saturated_units", "over_regularized"),
    ),
    "jumping": Rule(
        5,
        "Jumping",
        "warning",
        "descent",
        "An update overshoots the minimum, and the next one has to return.",
        jumping,
        (
            FixStep(
                "The gradient of so few examples is noisy.",
                lambda _: {"batch_size": 32},
                _tiny_batch,
            ),
            FixStep(
                "With this much momentum the direction changes too late.",
                lambda _: {"momentum": 0.9},
                _high_momentum,
            ),
            slower(3),
            FixStep(
                "The gradient of a larger batch is closer to that of all examples.",
                lambda run: {"batch_size": min(4 * run.experiment.training.batch_size, 256)},
            ),
        ),
    ),
}
