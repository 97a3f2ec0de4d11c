"""Faults of fit: the network is too simple, or so much held back that it learns too little."""

from playground.diagnosis.course import Course
from playground.diagnosis.overfitting import overfitting
from playground.diagnosis.pace import slow
from playground.diagnosis.progress import falls
from playground.diagnosis.remedies import ADAM, LINEAR, linear
from playground.diagnosis.rule import Changes, Cure, Rule
from playground.diagnosis.scores import ENOUGH, GOOD, both, wide

PLATEAU_EPOCHS = 10
PLATEAU = 0.01  # of the training loss, between the two halves of the last epochs
ROOM = 256  # units of a layer: one so wide is not too small for anything here
MUCH_L2, MUCH_L1, MUCH_DROPOUT = 0.005, 0.0005, 0.6  # L1 pulls as L2 does where |w| is .05
STRONG_EPOCHS = 5


def underfitting(course: Course) -> str | None:
    """Poor on what it learns from as well, and no longer improving."""
    if len(course) < PLATEAU_EPOCHS or abs(falls(course)) > PLATEAU or wide(course):
        return None
    if overfitting(course) is not None or slow(course) is not None:
        return None  # it can learn more than it has
    reach = GOOD * (1 - course.experiment.data.shuffled_labels)
    if not max(course.training_skill, course.skill) < reach:
        return None
    return (
        f"After epoch {course.epoch[-1]:,}: {both(course)}. It is not better on what it learns "
        f"from, and in the last {max(PLATEAU_EPOCHS, course.width)} epochs the training loss has "
        f"hardly moved ({course.training[-1]:.3g})."
    )


def _wider(course: Course) -> Changes:
    hidden = course.experiment.network.hidden
    return {"hidden": tuple(min(max(4 * units, 16), ROOM) for units in hidden)}


def _deeper(course: Course) -> Changes:
    network = course.experiment.network
    names = network.activations and (*network.activations, network.activations[-1])
    return {"hidden": (*network.hidden, network.hidden[-1]), "activations": names}


def _strong(course: Course) -> list[str]:
    network = course.experiment.network
    found = [f"L2 {network.l2:g}"] * (network.l2 >= MUCH_L2)
    found += [f"L1 {network.l1:g}"] * (network.l1 >= MUCH_L1)
    found += [f"dropout {network.dropout:g}"] * (network.dropout >= MUCH_DROPOUT)
    return found if network.hidden or not found or "dropout" not in found[-1] else found[:-1]


def regularisation(course: Course) -> str | None:
    """So much is held back that the training examples are not learnt either."""
    strong = _strong(course)
    if not strong or len(course) < STRONG_EPOCHS or wide(course):
        return None
    if not max(course.training_skill, course.skill) < ENOUGH:
        return None
    share = float(course.penalty[-1] / (course.penalty[-1] + course.training[-1] + 1e-12))
    paid = f"; {share:.0%} of the loss is the penalty on weights" if share >= 0.01 else ""
    return f"With {' and '.join(strong)}, after epoch {course.epoch[-1]:,}: {both(course)}{paid}."


RULES: dict[str, Rule] = {
    "underfitting": Rule(
        "Underfitting",
        "warning",
        "by_hand",
        "The network is too simple for these examples: there are no weights with which it would "
        "answer them well.",
        underfitting,
        (
            LINEAR,
            Cure(
                "More units can put together more pieces.",
                _wider,
                lambda c: not linear(c) and min(c.experiment.network.hidden, default=ROOM) < 64,
            ),
            ADAM,
            Cure(
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
            Cure(
                "So few units are left in each step that they can hardly say anything.",
                lambda _: {"dropout": 0.2},
                lambda c: c.experiment.network.dropout >= MUCH_DROPOUT,
            ),
            Cure(
                "The penalty pulls weights to 0 harder than the examples pull them away.",
                lambda _: {"l2": 0.0001},
                lambda c: c.experiment.network.l2 >= MUCH_L2,
            ),
            Cure(
                "The penalty sets weights to 0 that are needed.",
                lambda _: {"l1": 0.00001},
                lambda c: c.experiment.network.l1 >= MUCH_L1,
            ),
        ),
    ),
}
