"""Faults of learning by heart: overfitting, and too little data."""

import numpy as np

from playground.cures import CURES, MOST_ROWS
from playground.datasets.fetch import BUNDLED
from playground.diagnosis.course import Course, Values, mean_of_last
from playground.diagnosis.remedies import SORTED, TRUE_LABELS
from playground.diagnosis.rule import Changes, Cure, Rule
from playground.diagnosis.scores import both, wide

OVERFITTING_EPOCHS = 6
SINCE_BEST = 4  # epochs
RISEN = 1.05  # times the best validation loss
RISEN_BY = 0.01  # of the baseline, or more where few examples judge: by LUCK / √n
LUCK = 0.2
APART = 1.1  # times the training loss: where both rise and fall together nothing is by heart
FEW = 30  # examples of each class: 300 of ten classes


def overfitting(course: Course) -> str | None:
    """Better and better on what it learns from, and worse on what it has not seen."""
    if len(course) < OVERFITTING_EPOCHS or course.validation is None:
        return None
    risen = _risen(course)
    if risen is None and not wide(course):
        return None
    return f"{risen or _apart(course)} ({both(course)})."


def _risen(course: Course) -> str | None:
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


def _apart(course: Course) -> str:
    score = "accuracy" if course.is_share else "loss"
    return f"The {score} on examples it learns from is much better than on others"


def most_rows(course: Course) -> int:
    """Training examples that there can be beside those for validation."""
    data = course.experiment.data
    most = data.source.rows or MOST_ROWS
    if data.source.shape:
        most = min(most, max(BUNDLED, data.train_size + data.validation_size))
    return most - data.validation_size


def more(course: Course) -> Changes:
    """Four times the data, and at least FEW of each class twice over, as far as there are any."""
    data = course.experiment.data
    wanted = max(4 * data.train_size, 2 * FEW * max(len(data.source.classes), 1))
    return {"train_size": min(wanted, most_rows(course))}


def _smaller(course: Course) -> Changes:
    return {"hidden": tuple(max(units // 4, 4) for units in course.experiment.network.hidden)}


MORE = Cure(
    "More examples are harder to learn by heart, and show better what they have in common.",
    more,
    lambda c: most_rows(c) > 1.2 * c.experiment.data.train_size,
)
DROPOUT = Cure(
    "With a fifth of the units switched off at random in every step none can rely on another to "
    "remember an example.",
    lambda _: {"dropout": 0.2},
    lambda c: c.experiment.network.dropout == 0 and bool(c.experiment.network.hidden),
)
L2 = Cure(
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
    Cure(
        "It need not go on when the validation loss rises: the best weights are kept.",
        lambda _: {"early_stopping": True, "patience": 10, "restore_best": True},
        lambda c: not c.experiment.training.early_stopping,
        "Stop early",
    ),
    Cure(
        CURES["smaller"].explanation,
        _smaller,
        lambda c: max(c.experiment.network.hidden, default=0) > 8,
        "Take a smaller network",
    ),
    Cure(
        "With half of the units switched off in every step little can be learnt by heart.",
        lambda _: {"dropout": 0.5},
        lambda c: 0 < c.experiment.network.dropout < 0.5 and bool(c.experiment.network.hidden),
    ),
)


def little_data(course: Course) -> str | None:
    """So few examples that they are learnt by heart before anything they have in common."""
    data = course.experiment.data
    classes = max(len(data.source.classes), 1)
    if len(course) < OVERFITTING_EPOCHS or data.train_size >= FEW * classes or not wide(course):
        return None
    each = f", about {data.train_size / classes:.3g} of each class" if classes > 1 else ""
    return f"It learns from {data.train_size:,} examples{each}: {both(course)}."


RULES: dict[str, Rule] = {
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
