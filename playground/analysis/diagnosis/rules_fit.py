"""Rules on how well a network fits: underfitting, overfitting, regularization, validation."""

import numpy as np

from playground.analysis.diagnosis.rule import (
    ADAM,
    LINEAR,
    SORTED,
    TRUE_LABELS,
    Changes,
    FixStep,
    Rule,
    linear,
)
from playground.analysis.diagnosis.rules_learning_rate import loss_reduction, slow
from playground.analysis.diagnosis.run_window import ENOUGH, GOOD, RunWindow, Values
from playground.analysis.metrics.run_summary import LAST, mean_of_last
from playground.datasets.images import BUNDLED
from playground.experiment.overfitting import MOST_ROWS, REGULARIZERS

# ---- underfitting ------------------------------------------------------------------------

PLATEAU_EPOCHS = 10
PLATEAU = 0.01  # of the training loss, between the two halves of the last epochs
WIDE = 256  # units of a layer: one so wide is not too small for any data set here
MUCH_L2, MUCH_L1, MUCH_DROPOUT = 0.005, 0.0005, 0.6  # L1 acts like L2 does where |w| is .05
STRONG_EPOCHS = 5


def underfitting(run: RunWindow) -> str | None:
    """Poor on training examples as well, and no longer improving."""
    if len(run) < PLATEAU_EPOCHS or abs(loss_reduction(run)) > PLATEAU or run.wide_gap:
        return None
    if overfitting(run) is not None or slow(run) is not None:
        return None  # it can fit more than it has
    reach = GOOD * (1 - run.data.label_noise)
    if not max(run.training_skill, run.skill) < reach:
        return None
    return (
        f"Both scores are poor: {run.both()}. Training is no better than validation, and in the "
        f"last {max(PLATEAU_EPOCHS, run.trend_epochs)} epochs the training loss has hardly changed "
        f"({run.training[-1]:.3g})."
    )


def _wider(run: RunWindow) -> Changes:
    hidden = run.network.hidden
    return {"hidden": tuple(min(max(4 * units, 16), WIDE) for units in hidden)}


def _deeper(run: RunWindow) -> Changes:
    network = run.network
    names = network.activations and (*network.activations, network.activations[-1])
    return {"hidden": (*network.hidden, network.hidden[-1]), "activations": names}


def _strong(run: RunWindow) -> list[str]:
    """The regularizers that are strong, with their strengths."""
    network = run.network
    strong = [f"L2 {network.l2:g}"] * (network.l2 >= MUCH_L2)
    strong += [f"L1 {network.l1:g}"] * (network.l1 >= MUCH_L1)
    dropped = network.dropout >= MUCH_DROPOUT and bool(network.hidden)
    return strong + [f"dropout {network.dropout:g}"] * dropped


def over_regularized(run: RunWindow) -> str | None:
    """Strong regularization, and poor on training examples as well."""
    strong = _strong(run)
    if not strong or len(run) < STRONG_EPOCHS or run.wide_gap:
        return None
    if not max(run.training_skill, run.skill) < ENOUGH:
        return None
    share = float(run.penalty[-1] / (run.penalty[-1] + run.training[-1] + 1e-12))
    paid = f"; {share:.0%} of the loss is the penalty on weights" if share >= 0.01 else ""
    return f"With {' and '.join(strong)}: {run.both()}{paid}."


# ---- overfitting -------------------------------------------------------------------------

OVERFITTING_EPOCHS = 6
SINCE_BEST = 4  # epochs
RISEN = 1.05  # times the best validation loss
RISEN_BY = 0.01  # of the baseline, or with few validation examples more: NOISE / √n
NOISE = 0.2
APART = 1.1  # times the training loss: where both rise and fall together nothing is memorized
FEW = 30  # examples of each class: 300 of ten classes


def overfitting(run: RunWindow) -> str | None:
    """Training improves while validation worsens, or is much better."""
    run = run.validated
    if len(run) < OVERFITTING_EPOCHS or run.validation is None:
        return None
    risen = _risen(run)
    if risen is None and not run.wide_gap:
        return None
    score = "accuracy" if run.is_accuracy else "loss"
    apart = f"The {score} is much better on training examples than on validation examples"
    return f"{risen or apart} ({run.both()})."


def _risen(run: RunWindow) -> str | None:
    """A sentence if the validation loss rises while the training loss falls.

    Decided on smoothed losses; the sentence names the best epoch and value of the chart.
    """
    shown = run.validation_shown
    if run.validation is None or shown is None or not np.isfinite([run.validation, shown]).all():
        return None
    losses, half = smoothed(run.validation)
    best = int(losses.argmin())
    now, lowest = float(losses[-3:].min()), float(losses[best])
    best += half
    epochs_ago = int(run.epoch[-1 - half] - run.epoch[best])
    learns = mean_of_last(run.training) < run.training[best]
    least = max(RISEN_BY, NOISE / max(run.data.validation_size, 1) ** 0.5)
    up = now > RISEN * lowest and now - lowest > least * run.baseline.loss
    # With dropout the training loss is that of a network with missing units: no comparison.
    drops = run.network.dropout > 0
    apart = drops or now > APART * mean_of_last(run.training)
    if not (epochs_ago >= SINCE_BEST and up and learns and apart):
        return None
    row = int(shown.argmin())
    since = " since the last change" if run.since else ""
    mean = f", as a mean of {2 * half + 1} epochs," if half else ""
    return (
        f"The validation loss was lowest at epoch {run.epoch[row]:,}{since} ({shown[row]:.3g}) and "
        f"has risen by {now / lowest - 1:.0%}{mean} while the training loss fell"
    )


def smoothed(losses: Values) -> tuple[Values, int]:
    """Means over 1, 3 or 5 epochs, more in longer runs; and how many are missing at each end."""
    half = min(len(losses) // 10, 2)
    width = 2 * half + 1
    return np.convolve(losses, np.full(width, 1 / width), "valid"), half


def most_rows(run: RunWindow) -> int:
    """The most training examples there can be beside the validation examples."""
    data = run.data
    most = data.source.rows or MOST_ROWS
    if data.source.shape:
        most = min(most, max(BUNDLED, data.train_size + data.validation_size))
    return most - data.validation_size


def _more_data(run: RunWindow) -> Changes:
    """Four times the data, and at least 2·FEW of each class, as far as there are any."""
    data = run.data
    wanted = max(4 * data.train_size, 2 * FEW * max(len(data.source.classes), 1))
    return {"train_size": min(wanted, most_rows(run))}


def _smaller(run: RunWindow) -> Changes:
    return {"hidden": tuple(max(units // 4, 4) for units in run.network.hidden)}


MORE_DATA = FixStep(
    REGULARIZERS["more_data"].explanation,
    _more_data,
    lambda run: most_rows(run) > 1.2 * run.data.train_size,
)
OVERFITTING_FIXES = (
    SORTED,
    TRUE_LABELS,
    FixStep(
        REGULARIZERS["dropout"].explanation,
        lambda _: {"dropout": 0.2},
        lambda run: run.network.dropout == 0 and bool(run.network.hidden),
    ),
    FixStep(
        REGULARIZERS["l2"].explanation,
        lambda _: {"l2": 0.001},
        lambda run: run.network.l2 == 0 and run.network.l1 == 0,
    ),
    MORE_DATA,
    FixStep(
        REGULARIZERS["early_stopping"].explanation,
        lambda _: {"early_stopping": True, "patience": 10, "restore_best": True},
        lambda run: not run.experiment.training.early_stopping,
        "Stop early",
    ),
    FixStep(
        REGULARIZERS["smaller"].explanation,
        _smaller,
        lambda run: max(run.network.hidden, default=0) > 8,
        "Use a smaller network",
    ),
    FixStep(
        REGULARIZERS["dropout"].explanation,
        lambda _: {"dropout": 0.5},
        lambda run: 0 < run.network.dropout < 0.5 and bool(run.network.hidden),
    ),
)


def little_data(run: RunWindow) -> str | None:
    """Few examples per class, and a wide gap."""
    data = run.data
    classes = max(len(data.source.classes), 1)
    if len(run) < OVERFITTING_EPOCHS or data.train_size >= FEW * classes or not run.wide_gap:
        return None
    per_class = f", about {data.train_size / classes:.3g} of each class" if classes > 1 else ""
    return f"There are {data.train_size:,} training examples{per_class}: {run.both()}."


# ---- validation better than training -----------------------------------------------------

BETTER_EPOCHS = 8
BETTER, BETTER_LOSS = 0.03, 0.05  # of accuracy; of the loss in units of the baseline
BETTER_REGRESSION = 0.1  # where there is no accuracy to judge chance by


def validation_better(run: RunWindow) -> str | None:
    """Validation better than training, by more than chance."""
    run = run.validated
    if len(run) < BETTER_EPOCHS or run.validation is None:
        return None
    by_loss = run.training[-LAST:] - run.validation[-LAST:]
    least = BETTER_LOSS if run.is_accuracy else BETTER_REGRESSION
    if not (by_loss.mean() > least * run.baseline.loss and by_loss.min() > 0):
        return None
    if run.is_accuracy and not -run.relative_gap >= max(BETTER, run.chance):
        return None
    after = ""
    if run.fresh_inspection is not None:
        measured = run.fresh_inspection.training
        value = measured.metric if run.is_accuracy else measured.loss
        after = (
            " After the epoch, with all units on, it reaches "
            f"{run.metric_text(value)} on training examples."
        )
    return f"Validation is better: {run.both()}.{after}"


def _equal_after_epoch(run: RunWindow) -> bool:
    """Whether training is as good when it is measured after the epoch, as validation is."""
    if run.inspection is None or not run.is_accuracy or run.gap is None:
        return False
    return run.inspection.training.metric >= run.gap.validation.metric - 0.01


RULES: dict[str, Rule] = {
    "underfitting": Rule(
        6,
        "Underfitting",
        "warning",
        "by_hand",
        "The network is too simple for these examples: no weights would fit them well.",
        underfitting,
        (
            LINEAR,
            FixStep(
                "More units can represent a more complex function.",
                _wider,
                lambda run: not linear(run) and min(run.network.hidden, default=WIDE) < 64,
            ),
            ADAM,
            FixStep(
                "A second hidden layer can combine the features of the first.",
                _deeper,
                lambda run: len(run.network.hidden) == 1,
            ),
        ),
        ("gradients", "dead_units", "saturated_units", "over_regularized"),
        needs_fix=True,
    ),
    "overfitting": Rule(
        7,
        "Overfitting",
        "warning",
        "regularization",
        "The network memorizes its training examples, including their noise; that does not help "
        "with new ones.",
        overfitting,
        OVERFITTING_FIXES,
        ("little_data", "saturated_units"),
    ),
    "over_regularized": Rule(
        11,
        "Too much regularization",
        "warning",
        "regularization",
        "Regularization this strong prevents fitting: the training examples are not fitted either.",
        over_regularized,
        (
            FixStep(
                "With so few units left in each step the network has too little capacity.",
                lambda _: {"dropout": 0.2},
                lambda run: run.network.dropout >= MUCH_DROPOUT,
            ),
            FixStep(
                "The penalty shrinks weights more than the examples increase them.",
                lambda _: {"l2": 0.0001},
                lambda run: run.network.l2 >= MUCH_L2,
            ),
            FixStep(
                "The penalty sets weights to 0 that are needed.",
                lambda _: {"l1": 0.00001},
                lambda run: run.network.l1 >= MUCH_L1,
            ),
        ),
    ),
    "little_data": Rule(
        12,
        "Too little data",
        "warning",
        "regularization",
        "A few examples are soon memorized, and they do not show the variety of their class.",
        little_data,
        (SORTED, TRUE_LABELS, MORE_DATA, *OVERFITTING_FIXES),
    ),
    "validation_better": Rule(
        13,
        "Validation better than training",
        "info",
        "regularization",
        "That need not be a problem: the training score is the mean during the epoch, while the "
        "weights still change and dropout is on; validation is measured after the epoch, with all "
        "units on.",
        validation_better,
        (
            FixStep(
                "Some training labels are random, validation labels are not: random labels cannot "
                "be predicted.",
                TRUE_LABELS.changes,
                TRUE_LABELS.applies,
                TRUE_LABELS.label,
            ),
            FixStep(
                "Validation examples were copied into the training set: validation is optimistic.",
                lambda _: {"leaked_fraction": 0.0},
                lambda run: run.data.leaked_fraction > 0,
                "Remove the copies",
            ),
            SORTED,
            FixStep(
                "Dropout is the cause: units are missing during training; without dropout both "
                "are measured alike.",
                lambda _: {"dropout": 0.0},
                lambda run: run.network.dropout > 0 and bool(run.network.hidden),
            ),
            FixStep(
                "The network still improves within every epoch: once it converges the difference "
                "vanishes.",
                lambda run: {"epochs": min(2 * run.experiment.training.epochs, 10_000)},
                _equal_after_epoch,
            ),
            FixStep(
                "The validation examples may be easier by chance: more of them reduce that.",
                lambda run: {"validation_size": 4 * run.data.validation_size},
            ),
            FixStep(
                "The validation examples may be easier by chance: another split shows it.",
                lambda run: {"data_seed": run.data.data_seed + 1},
            ),
        ),
    ),
}
