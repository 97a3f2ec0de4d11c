"""The map of capacity and data: how many units and how many examples, and what comes of both."""

from playground.experiment import Experiment
from playground.recipes import overfitting

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
        base.change(hidden=(units,), train_size=size, epochs=_epochs(size, base))
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
