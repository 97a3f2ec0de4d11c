"""What a network of some moment says of the data: numbers for the pages to draw, and no drawing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Part
from playground.losses import CLASSIFICATION
from playground.responses import extent, grid
from playground.score import metric
from playground.snapshot import Snapshot, classes

Array = NDArray[Any]

GRID = 100  # points along each side of a map
CURVE = 300  # points of a curve
MOST_POINTS = 1_000  # of each part, over a map


@dataclass(frozen=True)
class Answers:
    """The network's answers for some examples.

    label, prediction: class names, or numbers as text for regression.
    confidence: (n,) probability of the predicted class; None for regression.
    """

    label: tuple[str, ...]
    prediction: tuple[str, ...]
    confidence: Array | None


def shown_part(dataset: Dataset) -> tuple[str, Part]:
    """The examples to show: those of validation, or of training where there are none."""
    if len(dataset.validation):
        return "validation", dataset.validation
    return "training", dataset.train


def answers(snapshot: Snapshot, dataset: Dataset, part: Part, rows: int) -> Answers:
    """What the network says of the first `rows` examples of a part."""
    output = snapshot.predict(dataset.scaled(part.x[:rows]))
    truth = part.y[:rows]
    if dataset.source.task != CLASSIFICATION:
        numbers = tuple(tuple(f"{v:.2f}" for v in column) for column in (truth, output[:, 0]))
        return Answers(numbers[0], numbers[1], None)
    names = dataset.source.classes
    guess = classes(output)
    label, prediction = (tuple(names[i] for i in column) for column in (truth, guess))
    if output.shape[1] == 1:
        return Answers(label, prediction, np.maximum(output[:, 0], 1 - output[:, 0]))
    return Answers(label, prediction, output.max(axis=1))


@dataclass(frozen=True)
class Region:
    """The answers over a plane, on −1 … 1: (GRID, GRID), row 0 at the largest x₂."""

    values: Array
    extent: tuple[float, float, float, float]  # smallest and largest x₁, smallest and largest x₂
    largest: float  # what 1 stands for, in the targets' unit


def region(snapshot: Snapshot, dataset: Dataset) -> Region:
    """What the network answers at every point of the plane around the training examples."""
    across, up = extent(dataset)
    area = (*across, *up)
    output = snapshot.predict(dataset.scaled(grid(area, GRID))).reshape(GRID, GRID)
    largest = scale(dataset)
    if dataset.source.task == CLASSIFICATION:
        output = 2 * output - 1
    return Region(output / largest, area, largest)


def scale(dataset: Dataset) -> float:
    """What full blue stands for: 1 for classification, the largest |target| for regression."""
    if dataset.source.task == CLASSIFICATION:
        return 1.0
    return float(np.abs(dataset.train.y).max()) or 1.0


def points(dataset: Dataset) -> dict[str, tuple[Array, Array]]:
    """The first examples of each part with their targets on the scale of `region`: −1 … 1."""
    parts = {"training": dataset.train, "validation": dataset.validation}
    is_class = dataset.source.task == CLASSIFICATION
    return {
        name: (
            part.x[:MOST_POINTS],
            (2.0 * part.y - 1 if is_class else part.y / scale(dataset))[:MOST_POINTS],
        )
        for name, part in parts.items()
        if len(part)
    }


def curve(snapshot: Snapshot, dataset: Dataset) -> tuple[Array, Array]:
    """The output (CURVE,) over the single input x (CURVE,) around the training examples."""
    x = np.linspace(*extent(dataset)[0], CURVE)
    return x, snapshot.predict(dataset.scaled(x[:, None]))[:, 0]


def mean_error(snapshot: Snapshot, dataset: Dataset, part: Part) -> float:
    """The mean of |output − target| over a part of a set with one target."""
    return metric(snapshot.predict(dataset.scaled(part.x)), part.y, dataset.source.task)
