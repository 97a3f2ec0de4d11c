"""Experiments that overfit, underfit or memorize within seconds, and methods against overfitting.

Their effect is tested: without regularization the validation loss turns and rises, with it less.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.datasets.images import BUNDLED
from playground.datasets.registry import (
    DATASETS,
    OverfittingPreset,
    images_preset,
    points_preset,
)
from playground.experiment.model import Experiment
from playground.nn.format import format_number

MOST_ROWS = 60_000  # of a generated data set

Change = Callable[[Experiment, float], dict[str, Any]]


@dataclass(frozen=True)
class Regularizer:
    """A method against overfitting: `change` gives the fields for a strength from `low` to `high`.

    `default` is a strength that works with the overfitting presets. `tunable_field`: the field of a
    playing run that is the strength; without one a new run is needed.
    """

    label: str
    explanation: str
    text: str  # the method with its strength
    strength_label: str
    low: float
    high: float
    default: float
    step: float
    change: Change
    tunable_field: str = ""

    def describe(self, strength: float) -> str:
        """The method with its strength: "dropout 0.5"."""
        return self.text.format(format_number(strength))


def _set(field: str) -> Change:
    return lambda experiment, strength: {field: strength}


def _early_stopping(experiment: Experiment, strength: float) -> dict[str, Any]:
    return {"early_stopping": True, "patience": int(strength), "restore_best": True}


def _more_data(experiment: Experiment, strength: float) -> dict[str, Any]:
    """`strength` times the examples, at most as many as there are."""
    data = experiment.data
    most = data.source.rows or MOST_ROWS
    if data.source.shape:
        most = min(most, BUNDLED)  # more would be downloaded
    return {"train_size": min(int(strength) * data.train_size, most - data.validation_size)}


def _smaller_network(experiment: Experiment, strength: float) -> dict[str, Any]:
    return {"hidden": (int(strength),), "activations": ()}


REGULARIZERS: dict[str, Regularizer] = {
    "l2": Regularizer(
        "L2",
        "Adds λ·Σw² to the loss: large weights are penalized, so that the output varies less.",
        "L2 {}", "λ of L2", 0.0, 0.1, 0.01, 0.001, _set("l2"), "l2",
    ),
    "l1": Regularizer(
        "L1",
        "Adds λ·Σ|w| to the loss: unneeded weights become 0, and fewer remain to memorize with.",
        "L1 {}", "λ of L1", 0.0, 0.01, 0.001, 0.0001, _set("l1"), "l1",
    ),
    "dropout": Regularizer(
        "Dropout",
        "Switches hidden units off at random in every training step, so that none can rely on "
        "another one to memorize an example.",
        "dropout {}", "fraction switched off", 0.0, 0.9, 0.5, 0.05, _set("dropout"), "dropout",
    ),
    "early_stopping": Regularizer(
        "Early stopping",
        "Stops when the validation loss has not improved for some epochs, and restores the weights "
        "of the best epoch.",
        "early stopping (patience {})", "epochs without improvement", 1, 50, 8, 1, _early_stopping,
    ),
    "more_data": Regularizer(
        "More data",
        "Trains the same network on more examples: too many to memorize.",
        "{} times the data", "times as many examples", 2, 16, 5, 1, _more_data,
    ),
    "smaller": Regularizer(
        "Smaller network",
        "One hidden layer of few units: too few to memorize every example.",
        "only {} hidden units", "hidden units", 1, 100, 8, 1, _smaller_network,
    ),
}  # fmt: skip


def without_regularizer(experiment: Experiment) -> Experiment:
    """The experiment without L1, L2, dropout and early stopping."""
    return experiment.replace(l1=0.0, l2=0.0, dropout=0.0, early_stopping=False)


def with_regularizer(experiment: Experiment, name: str, strength: float) -> Experiment:
    """`experiment` with this regularizer alone; ValueError if its strength is out of range."""
    regularizer = REGULARIZERS[name]
    low, high = regularizer.low, regularizer.high
    if not low <= strength <= high:
        rule = f"between {format_number(low)} and {format_number(high)}"
        raise ValueError(f"{regularizer.strength_label} must be {rule}, got {strength:g}")
    plain = without_regularizer(experiment)
    return plain.replace(**regularizer.change(plain, strength))


def detect_regularizer(plain: Experiment, regularized: Experiment) -> tuple[str, float] | None:
    """The regularizer and its strength by which two experiments differ; None if by none."""
    before, after = plain.to_dict(), regularized.to_dict()
    for name, regularizer in REGULARIZERS.items():
        field = regularizer.tunable_field
        if field and after[field] != before[field]:
            return name, after[field]
    if after["early_stopping"] and not before["early_stopping"]:
        return "early_stopping", after["patience"]
    if after["train_size"] != before["train_size"]:
        return "more_data", round(after["train_size"] / before["train_size"])
    if after["hidden"] != before["hidden"]:
        return "smaller", sum(after["hidden"])
    return None


def tunable_changes(name: str, strength: float) -> dict[str, float]:
    """The changes that give a playing run this regularizer and take the other tunable ones away."""
    fields = [entry.tunable_field for entry in REGULARIZERS.values() if entry.tunable_field]
    chosen = REGULARIZERS[name].tunable_field
    return {field: strength if field == chosen else 0.0 for field in fields}


SMALLEST_TABLE = 12  # rows of a custom table, some of them for validation


def preset(dataset: str) -> OverfittingPreset:
    """The preset of a data set; without one, a preset that follows the number of its rows."""
    info = Experiment().replace(dataset=dataset).data.source
    if info.overfitting is not None:
        return info.overfitting
    if info.rows is None:
        return points_preset(40, 0.3)
    if info.rows < SMALLEST_TABLE:
        raise ValueError(
            f"a table must have at least {SMALLEST_TABLE} rows to try, got {info.rows}"
        )
    changes = images_preset(max(min(info.rows // 6, 200), 4), min(info.rows // 2, 1_000)).changes
    return OverfittingPreset({**changes, "epochs": 200}, {"smaller": 4, "more_data": 2})


def overfitting(experiment: Experiment) -> Experiment:
    """The preset of the data set of `experiment`, with its seeds; ValueError for a tiny table."""
    chosen = preset(experiment.data.dataset)
    return Experiment().replace(
        dataset=experiment.data.dataset,
        data_seed=experiment.data.data_seed,
        seed=experiment.network.seed,
        **{"optimizer": "adam", "activation": "relu", "batch_size": 32, **chosen.changes},
    )


FALLBACK = "fashion_mnist"  # where the current data do not suit a view


def memorizing(experiment: Experiment, share: float = 1.0) -> Experiment:
    """A network that memorizes a small training set, `share` of its labels random.

    Regression has no labels to randomize: Fashion-MNIST takes its place.
    """
    source = experiment.data.source
    if not source.classes:
        experiment = experiment.replace(dataset=FALLBACK)
    base = overfitting(experiment)
    changes = {} if base.data.source.shape else {"hidden": (200, 200), "epochs": 600}
    return base.replace(label_noise=share, **changes)


def penalized(experiment: Experiment) -> Experiment:
    """Momentum with small steps: L1 drives weights to exactly 0, L2 does not.

    Adam divides by the size of the gradient and would drive weights to 0 for L2 as well.
    """
    base = overfitting(experiment)
    epochs = base.training.epochs * (1 if base.data.source.shape else 2)
    return base.replace(optimizer="momentum", learning_rate=0.02, momentum=0.9, epochs=epochs)


def curve() -> Experiment:
    """A noisy sine: twenty points to fit a curve to."""
    return Experiment().replace(
        dataset="sine", train_size=20, validation_size=200, noise=0.3, **LOOSE
    )


def region(experiment: Experiment) -> Experiment:
    """Noisy points of two classes: of the current synthetic set, or of moons."""
    name = experiment.data.dataset
    info = experiment.data.source
    if not (info.kind == "plane" and info.classes and info.generator):
        name = "moons"
    return Experiment().replace(
        dataset=name,
        train_size=60,
        validation_size=400,
        noise=DATASETS[name].underfitting.noise,
        **LOOSE,
    )


LOOSE = {
    "activation": "silu", "optimizer": "adam", "learning_rate": 0.01, "batch_size": 20,
    "epochs": 1_000,
}  # fmt: skip
LARGE = (120, 120)
CURVE_SIZES = ((), (8, 8), LARGE)  # too small, fitting, too large


UNITS = (2, 8, 32, 128, 512)
IMAGES = (50, 150, 500, 1_500, 5_000)
UPDATES = 400  # of each cell of the map, so that few examples are not simply trained less
EPOCHS = (4, 60)
POINTS = (20, 60, 200, 600, 2_000)  # examples where any number can be generated


def capacity(experiment: Experiment) -> tuple[tuple[int, ...], tuple[int, ...], list[Experiment]]:
    """Units and training sizes, and one experiment for each pair of them, row by row of units.

    Sizes that the data set does not have are replaced by as many as it has.
    """
    base = overfitting(experiment)
    source, validation = base.data.source, base.data.validation_size
    most = IMAGES[-1] if source.rows is None else min(source.rows - validation, IMAGES[-1])
    few = IMAGES if source.shape and most >= IMAGES[-1] else _spaced(most)
    experiments = [
        base.replace(hidden=(units,), train_size=size, epochs=_epochs(size, base))
        for units in UNITS
        for size in few
    ]
    return UNITS, few, experiments


def _spaced(most: int) -> tuple[int, ...]:
    """Up to five sizes, each about a third of the next."""
    sizes = [max(most // 3**i, 2) for i in range(len(IMAGES))] if most < 5_000 else POINTS
    return tuple(sorted(set(sizes)))


def _epochs(size: int, base: Experiment) -> int:
    steps = -(-size // base.training.batch_size)
    low, high = EPOCHS
    return max(low, min(high, UPDATES // steps))
