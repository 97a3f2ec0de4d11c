"""Experiments that overfit, underfit or memorize within seconds, from the presets of a data set.

Their effect is tested: without regularization the validation loss turns and rises, with it less.
"""

from playground.datasets.registry import (
    DATASETS,
    OverfittingPreset,
    images_preset,
    points_preset,
)
from playground.experiment.model import Experiment

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
