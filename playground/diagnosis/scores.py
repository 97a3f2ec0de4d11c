"""How the scores of a course are compared and said."""

import numpy as np

from playground.diagnosis.course import Course, mean_of_last
from playground.luck import standard_error

# As skill, an accuracy of .85 on ten classes: what is better is not called slow or too simple.
GOOD = (0.85 - 0.1) / 0.9
ENOUGH = 8 / 9  # as skill, an accuracy of .9 on ten classes: below it units are missed
GAP = 0.08  # of accuracy, or of the baseline's loss in regression
TIMES = 1.3  # the training loss, in regression: less is the luck of few examples
SURE = 2.0  # standard errors of an accuracy on so many examples


def told(value: float, course: Course) -> str:
    """A metric as people write it."""
    return f"{value:.1%}" if course.is_share else f"{value:.3g}"


def score(course: Course) -> str:
    """ "validation accuracy 11.2% after epoch 20, where always giving the commonest class
    reaches 10.1%".
    """
    epoch = f"after epoch {course.epoch[-1]:,}"
    if course.is_share:
        values = course.validation_metric
        values = course.training_metric if values is None else values
        return (
            f"{course.part} accuracy {mean_of_last(values):.1%} {epoch}, where always giving the "
            f"commonest class reaches {course.baseline.metric:.1%}"
        )
    return (
        f"{course.part} loss {mean_of_last(course.seen):.3g} {epoch}, where always giving the mean "
        f"reaches {course.baseline.loss:.3g}"
    )


def capital(text: str) -> str:
    """The same with a capital letter at the beginning."""
    return text[:1].upper() + text[1:]


def gap(course: Course) -> float:
    """How much better training does, as accuracy, or as loss in units of the baseline; NaN."""
    if course.validation is None or course.validation_metric is None or not len(course):
        return float("nan")
    if course.is_share:
        ours = mean_of_last(course.training_metric)
        return ours - mean_of_last(course.validation_metric)
    difference = mean_of_last(course.validation) - mean_of_last(course.training)
    return difference / course.baseline.loss if course.baseline.loss > 0 else float("nan")


def scatter(course: Course) -> float:
    """What a gap may be by luck: the validation accuracy is measured on so many examples."""
    size = course.experiment.data.validation_size
    if not course.is_share or course.validation_metric is None or not size:
        return 0.0
    share = float(np.clip(mean_of_last(course.validation_metric), 0, 1))
    return SURE * standard_error(share, size)


def ratio(course: Course) -> float:
    """Validation loss over training loss; NaN before any."""
    if course.validation is None or not len(course):
        return float("nan")
    return mean_of_last(course.validation) / max(mean_of_last(course.training), 1e-12)


def wide(course: Course) -> bool:
    """Whether training is much better than validation."""
    if not course.is_share and not ratio(course) > TIMES:
        return False
    return gap(course) >= max(GAP, scatter(course))


def both(course: Course) -> str:
    """ "training accuracy 99.1%, validation 87.2%"; losses in regression."""
    if course.is_share:
        ours, theirs = course.training_metric, course.validation_metric
        name = "accuracy"
    else:
        ours, theirs, name = course.training, course.validation, "loss"
    text = f"training {name} {told(mean_of_last(ours), course)}"
    if theirs is not None:
        text += f", validation {told(mean_of_last(theirs), course)}"
    return text
