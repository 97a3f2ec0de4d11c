"""Recipes that overfit within seconds: a small training set and a large network for each data set.

What they do is tested: without a cure the validation loss turns and rises, with one it does less.

The map of capacity and data: how many units and how many examples, and what comes of both.
"""

from playground.datasets.registry import (
    DATASETS,
    OverfittingPreset,
    images_preset,
    points_preset,
)
from playground.experiment.model import Experiment

SMALLEST_TABLE = 12  # rows of a table of one's own, of which some are for validation


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
    """The recipe for the data set of `experiment`, with its seeds; ValueError for a tiny table."""
    chosen = preset(experiment.data.dataset)
    return Experiment().replace(
        dataset=experiment.data.dataset,
        data_seed=experiment.data.data_seed,
        seed=experiment.network.seed,
        **{"optimizer": "adam", "activation": "relu", "batch_size": 32, **chosen.changes},
    )


FALLBACK = "fashion_mnist"  # where the current data do not suit a view


def memorising(experiment: Experiment, share: float = 1.0) -> Experiment:
    """A network that learns a small training set by heart, `share` of its labels random.

    Where there are no classes whose labels could be random it is Fashion-MNIST.
    """
    source = experiment.data.source
    if not source.classes:
        experiment = experiment.replace(dataset=FALLBACK)
    base = overfitting(experiment)
    changes = {} if base.data.source.shape else {"hidden": (200, 200), "epochs": 600}
    return base.replace(label_noise=share, **changes)


def penalised(experiment: Experiment) -> Experiment:
    """Small steps of one size for all weights: with them those that L1 does not want reach 0.

    Adam would divide by the size of the gradient and drive weights to 0 for L2 as well.
    """
    base = overfitting(experiment)
    epochs = base.training.epochs * (1 if base.data.source.shape else 2)
    return base.replace(optimizer="momentum", learning_rate=0.02, momentum=0.9, epochs=epochs)


def curve() -> Experiment:
    """A noisy wave: twenty points to draw a line through."""
    return Experiment().replace(
        dataset="sine", train_size=20, validation_size=200, noise=0.3, **LOOSE
    )


def region(experiment: Experiment) -> Experiment:
    """Noisy points of two classes: of the current data set if it is one of these, or moons."""
    name = experiment.data.dataset
    info = experiment.data.source
    if not (info.kind == "plane" and info.classes and info.generator):
        name = "moons"
    return Experiment().replace(
        dataset=name,
        train_size=60,
        validation_size=400,
        noise=DATASETS[name].underfitting_noise,
        **LOOSE,
    )


LOOSE = {
    "activation": "silu", "optimizer": "adam", "learning_rate": 0.01, "batch_size": 20,
    "epochs": 1_000,
}  # fmt: skip
LARGE = (120, 120)
CURVE_SIZES = ((), (8, 8), LARGE)  # too small, fitting, too large
REGION_SIZES = ((), (8,), LARGE)
SPIRAL_SIZES = ((), (16, 8), LARGE)


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
