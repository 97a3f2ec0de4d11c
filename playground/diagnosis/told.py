"""How a score is said in the sentences of a diagnosis."""

from playground.diagnosis.course import Course, mean_of_last


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
