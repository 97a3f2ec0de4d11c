"""Validation better than training: why that can be, and when it is no fault."""

from playground.diagnosis.course import Course, mean_of_last
from playground.diagnosis.remedies import SORTED, TRUE_LABELS
from playground.diagnosis.rule import Cure, Rule
from playground.diagnosis.scores import both, gap, scatter, told
from playground.gap import LAST

BETTER_EPOCHS = 8
BETTER, BETTER_LOSS = 0.03, 0.05  # of accuracy; of the loss in units of the baseline
BETTER_REGRESSION = 0.1  # where no accuracy tells what may be luck


def better(course: Course) -> str | None:
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


def _measured_alike(course: Course) -> bool:
    """Whether the weights of now do as well on training examples: then only the time differs."""
    if course.look is None or not course.is_share or course.validation_metric is None:
        return False
    return course.look.training.metric >= mean_of_last(course.validation_metric) - 0.01


RULES: dict[str, Rule] = {
    "validation_better": Rule(
        "Validation better than training",
        "info",
        "regularisation",
        "That need not be a fault: the two are not measured alike. The training score is the mean "
        "over an epoch, while the weights still changed, and dropout is on; validation comes "
        "after the epoch, with all units on.",
        better,
        (
            Cure(
                "Some training labels are random, those for validation are not: nobody can be "
                "right about the former.",
                TRUE_LABELS.changes,
                TRUE_LABELS.applies,
                TRUE_LABELS.label,
            ),
            Cure(
                "Validation examples stand among the training examples: that flatters it.",
                lambda _: {"copied": 0.0},
                lambda c: c.experiment.data.copied > 0,
                "Take the copies away",
            ),
            SORTED,
            Cure(
                "Dropout is why: while it learns, units are missing; without dropout both would "
                "be measured alike.",
                lambda _: {"dropout": 0.0},
                lambda c: c.experiment.network.dropout > 0 and bool(c.experiment.network.hidden),
            ),
            Cure(
                "It still improves within every epoch: when it has come to rest the difference is "
                "gone.",
                lambda c: {"epochs": min(2 * c.experiment.training.epochs, 10_000)},
                _measured_alike,
            ),
            Cure(
                "The validation examples happen to be the easier ones: more of them are nearer to "
                "the truth.",
                lambda c: {"validation_size": 4 * c.experiment.data.validation_size},
            ),
            Cure(
                "The validation examples happen to be the easier ones: another split shows it.",
                lambda c: {"data_seed": c.experiment.data.data_seed + 1},
            ),
        ),
    ),
}
