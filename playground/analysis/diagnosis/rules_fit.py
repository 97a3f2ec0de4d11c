"""Validation better than training: why that can be, and when it is no fault.

Faults of learning by heart: overfitting, and too little data.

Faults of fit: the network is too simple, or so much held back that it learns too little.
"""

import numpy as np

from playground.analysis.diagnosis.fixes import ADAM, LINEAR, SORTED, TRUE_LABELS, linear
from playground.analysis.diagnosis.rule import Changes, FixStep, Rule
from playground.analysis.diagnosis.rules_learning_rate import falls, slow
from playground.analysis.diagnosis.run_summary import (
    ENOUGH,
    GOOD,
    RunSummary,
    Values,
    both,
    gap,
    mean_of_last,
    scatter,
    told,
    wide,
)
from playground.analysis.metrics.run_summary import LAST
from playground.datasets.download import BUNDLED
from playground.experiment.regularizers import MOST_ROWS, REGULARIZERS

BETTER_EPOCHS = 8
BETTER, BETTER_LOSS = 0.03, 0.05  # of accuracy; of the loss in units of the baseline
BETTER_REGRESSION = 0.1  # where no accuracy tells what may be luck


def better(course: RunSummary) -> str | None:
    """Validation better than training, by more than chance."""
    if len(course) < BETTER_EPOCHS or course.validation is None:
        return None
    by_loss = course.training[-LAST:] - course.validation[-LAST:]
    least = BETTER_LOSS if course.is_share else BETTER_REGRESSION
    if not (by_loss.mean() > least * course.baseline.loss and by_loss.min() > 0):
        return None
    if course.is_share and not -gap(course) >= max(BETTER, scatter(course)):
        return None
    measured = ""
    if course.look is not None and course.look.epoch > course.since:
        found = course.look.training
        value = found.metric if course.is_share else found.loss
        measured = (
            " With all units on and the weights as they are now it reaches "
            f"{told(value, course)} on training examples."
        )
    return f"Over the last epochs: {both(course)}.{measured}"


def _measured_alike(course: RunSummary) -> bool:
    """Whether the weights of now do as well on training examples: then only the time differs."""
    if course.look is None or not course.is_share or course.validation_metric is None:
        return False
    return course.look.training.metric >= mean_of_last(course.validation_metric) - 0.01


OPTIMISM_RULES: dict[str, Rule] = {
    "validation_better": Rule(
        "Validation better than training",
        "info",
        "regularisation",
        "That need not be a fault: the two are not measured alike. The training score is the mean "
        "over an epoch, while the weights still changed, and dropout is on; validation comes "
        "after the epoch, with all units on.",
        better,
        (
            FixStep(
                "Some training labels are random, those for validation are not: nobody can be "
                "right about the former.",
                TRUE_LABELS.changes,
                TRUE_LABELS.applies,
                TRUE_LABELS.label,
            ),
            FixStep(
                "Validation examples stand among the training examples: that flatters it.",
                lambda _: {"leaked_fraction": 0.0},
                lambda c: c.experiment.data.leaked_fraction > 0,
                "Take the copies away",
            ),
            SORTED,
            FixStep(
                "Dropout is why: while it learns, units are missing; without dropout both would "
                "be measured alike.",
                lambda _: {"dropout": 0.0},
                lambda c: c.experiment.network.dropout > 0 and bool(c.experiment.network.hidden),
            ),
            FixStep(
                "It still improves within every epoch: when it has come to rest the difference is "
                "gone.",
                lambda c: {"epochs": min(2 * c.experiment.training.epochs, 10_000)},
                _measured_alike,
            ),
            FixStep(
                "The validation examples happen to be the easier ones: more of them are nearer to "
                "the truth.",
                lambda c: {"validation_size": 4 * c.experiment.data.validation_size},
            ),
            FixStep(
                "The validation examples happen to be the easier ones: another split shows it.",
                lambda c: {"data_seed": c.experiment.data.data_seed + 1},
            ),
        ),
    ),
}


OVERFITTING_EPOCHS = 6
SINCE_BEST = 4  # epochs
RISEN = 1.05  # times the best validation loss
RISEN_BY = 0.01  # of the baseline, or more where few examples judge: by LUCK / √n
LUCK = 0.2
APART = 1.1  # times the training loss: where both rise and fall together nothing is by heart
FEW = 30  # examples of each class: 300 of ten classes


def overfitting(course: RunSummary) -> str | None:
    """Better and better on what it learns from, and worse on what it has not seen."""
    if len(course) < OVERFITTING_EPOCHS or course.validation is None:
        return None
    risen = _risen(course)
    if risen is None and not wide(course):
        return None
    return f"{risen or _apart(course)} ({both(course)})."


def _risen(course: RunSummary) -> str | None:
    if course.validation is None or not np.isfinite(course.validation).all():
        return None
    losses, half = smoothed(course.validation)
    best = int(losses.argmin())
    now, was = float(losses[-3:].min()), float(losses[best])
    best += half
    ago = int(course.epoch[-1 - half] - course.epoch[best])
    learns = mean_of_last(course.training) < course.training[best]
    least = max(RISEN_BY, LUCK / max(course.experiment.data.validation_size, 1) ** 0.5)
    up = now > RISEN * was and now - was > least * course.baseline.loss
    # With dropout the training loss is that of a network with missing units: it tells nothing here.
    drops = course.experiment.network.dropout > 0
    apart = drops or now > APART * mean_of_last(course.training)
    if not (ago >= SINCE_BEST and up and learns and apart):
        return None
    return (
        f"The validation loss was lowest after epoch {course.epoch[best]:,} ({was:.3g}) and has "
        f"risen by {now / was - 1:.0%} since, while the training loss fell"
    )


def smoothed(losses: Values) -> tuple[Values, int]:
    """Means over 1, 3 or 5 epochs, more in longer runs; and how many are missing at each end."""
    half = min(len(losses) // 10, 2)
    width = 2 * half + 1
    return np.convolve(losses, np.full(width, 1 / width), "valid"), half


def _apart(course: RunSummary) -> str:
    score = "accuracy" if course.is_share else "loss"
    return f"The {score} on examples it learns from is much better than on others"


def most_rows(course: RunSummary) -> int:
    """Training examples that there can be beside those for validation."""
    data = course.experiment.data
    most = data.source.rows or MOST_ROWS
    if data.source.shape:
        most = min(most, max(BUNDLED, data.train_size + data.validation_size))
    return most - data.validation_size


def more(course: RunSummary) -> Changes:
    """Four times the data, and at least FEW of each class twice over, as far as there are any."""
    data = course.experiment.data
    wanted = max(4 * data.train_size, 2 * FEW * max(len(data.source.classes), 1))
    return {"train_size": min(wanted, most_rows(course))}


def _smaller(course: RunSummary) -> Changes:
    return {"hidden": tuple(max(units // 4, 4) for units in course.experiment.network.hidden)}


MORE = FixStep(
    "More examples are harder to learn by heart, and show better what they have in common.",
    more,
    lambda c: most_rows(c) > 1.2 * c.experiment.data.train_size,
)
DROPOUT = FixStep(
    "With a fifth of the units switched off at random in every step none can rely on another to "
    "remember an example.",
    lambda _: {"dropout": 0.2},
    lambda c: c.experiment.network.dropout == 0 and bool(c.experiment.network.hidden),
)
L2 = FixStep(
    "A price on large weights makes the answer smoother: it cannot bend around single examples.",
    lambda _: {"l2": 0.001},
    lambda c: c.experiment.network.l2 == 0 and c.experiment.network.l1 == 0,
)
CURES_OF_OVERFITTING = (
    SORTED,
    TRUE_LABELS,
    DROPOUT,
    L2,
    MORE,
    FixStep(
        "It need not go on when the validation loss rises: the best weights are kept.",
        lambda _: {"early_stopping": True, "patience": 10, "restore_best": True},
        lambda c: not c.experiment.training.early_stopping,
        "Stop early",
    ),
    FixStep(
        REGULARIZERS["smaller"].explanation,
        _smaller,
        lambda c: max(c.experiment.network.hidden, default=0) > 8,
        "Take a smaller network",
    ),
    FixStep(
        "With half of the units switched off in every step little can be learnt by heart.",
        lambda _: {"dropout": 0.5},
        lambda c: 0 < c.experiment.network.dropout < 0.5 and bool(c.experiment.network.hidden),
    ),
)


def little_data(course: RunSummary) -> str | None:
    """So few examples that they are learnt by heart before anything they have in common."""
    data = course.experiment.data
    classes = max(len(data.source.classes), 1)
    if len(course) < OVERFITTING_EPOCHS or data.train_size >= FEW * classes or not wide(course):
        return None
    each = f", about {data.train_size / classes:.3g} of each class" if classes > 1 else ""
    return f"It learns from {data.train_size:,} examples{each}: {both(course)}."


OVERFITTING_RULES: dict[str, Rule] = {
    "overfitting": Rule(
        "Overfitting",
        "warning",
        "regularisation",
        "It has begun to learn its examples by heart, with what is only chance in them; that does "
        "not help with new ones.",
        overfitting,
        CURES_OF_OVERFITTING,
        ("little_data", "saturated_units"),
    ),
    "little_data": Rule(
        "Too little data",
        "warning",
        "regularisation",
        "A few examples are soon known by heart, and they do not show what others of their class "
        "may look like.",
        little_data,
        (SORTED, TRUE_LABELS, MORE, *CURES_OF_OVERFITTING),
    ),
}


PLATEAU_EPOCHS = 10
PLATEAU = 0.01  # of the training loss, between the two halves of the last epochs
ROOM = 256  # units of a layer: one so wide is not too small for anything here
MUCH_L2, MUCH_L1, MUCH_DROPOUT = 0.005, 0.0005, 0.6  # L1 pulls as L2 does where |w| is .05
STRONG_EPOCHS = 5


def underfitting(course: RunSummary) -> str | None:
    """Poor on what it learns from as well, and no longer improving."""
    if len(course) < PLATEAU_EPOCHS or abs(falls(course)) > PLATEAU or wide(course):
        return None
    if overfitting(course) is not None or slow(course) is not None:
        return None  # it can learn more than it has
    reach = GOOD * (1 - course.experiment.data.label_noise)
    if not max(course.training_skill, course.skill) < reach:
        return None
    return (
        f"After epoch {course.epoch[-1]:,}: {both(course)}. It is not better on what it learns "
        f"from, and in the last {max(PLATEAU_EPOCHS, course.width)} epochs the training loss has "
        f"hardly moved ({course.training[-1]:.3g})."
    )


def _wider(course: RunSummary) -> Changes:
    hidden = course.experiment.network.hidden
    return {"hidden": tuple(min(max(4 * units, 16), ROOM) for units in hidden)}


def _deeper(course: RunSummary) -> Changes:
    network = course.experiment.network
    names = network.activations and (*network.activations, network.activations[-1])
    return {"hidden": (*network.hidden, network.hidden[-1]), "activations": names}


def _strong(course: RunSummary) -> list[str]:
    network = course.experiment.network
    found = [f"L2 {network.l2:g}"] * (network.l2 >= MUCH_L2)
    found += [f"L1 {network.l1:g}"] * (network.l1 >= MUCH_L1)
    found += [f"dropout {network.dropout:g}"] * (network.dropout >= MUCH_DROPOUT)
    return found if network.hidden or not found or "dropout" not in found[-1] else found[:-1]


def regularisation(course: RunSummary) -> str | None:
    """So much is held back that the training examples are not learnt either."""
    strong = _strong(course)
    if not strong or len(course) < STRONG_EPOCHS or wide(course):
        return None
    if not max(course.training_skill, course.skill) < ENOUGH:
        return None
    share = float(course.penalty[-1] / (course.penalty[-1] + course.training[-1] + 1e-12))
    paid = f"; {share:.0%} of the loss is the penalty on weights" if share >= 0.01 else ""
    return f"With {' and '.join(strong)}, after epoch {course.epoch[-1]:,}: {both(course)}{paid}."


FIT_RULES: dict[str, Rule] = {
    "underfitting": Rule(
        "Underfitting",
        "warning",
        "by_hand",
        "The network is too simple for these examples: there are no weights with which it would "
        "answer them well.",
        underfitting,
        (
            LINEAR,
            FixStep(
                "More units can put together more pieces.",
                _wider,
                lambda c: not linear(c) and min(c.experiment.network.hidden, default=ROOM) < 64,
            ),
            ADAM,
            FixStep(
                "A further layer can put the pieces of the first together.",
                _deeper,
                lambda c: len(c.experiment.network.hidden) == 1,
            ),
        ),
        ("gradients", "dead_units", "saturated_units", "regularisation"),
        curable=True,
    ),
    "regularisation": Rule(
        "Too much regularisation",
        "warning",
        "regularisation",
        "What is to keep it from learning by heart keeps it from learning: it is not good on the "
        "examples it learns from either.",
        regularisation,
        (
            FixStep(
                "So few units are left in each step that they can hardly say anything.",
                lambda _: {"dropout": 0.2},
                lambda c: c.experiment.network.dropout >= MUCH_DROPOUT,
            ),
            FixStep(
                "The penalty pulls weights to 0 harder than the examples pull them away.",
                lambda _: {"l2": 0.0001},
                lambda c: c.experiment.network.l2 >= MUCH_L2,
            ),
            FixStep(
                "The penalty sets weights to 0 that are needed.",
                lambda _: {"l1": 0.00001},
                lambda c: c.experiment.network.l1 >= MUCH_L1,
            ),
        ),
    ),
}
