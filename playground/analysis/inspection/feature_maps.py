"""What each unit of a network answers: over the examples, for each class, and over the inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.nn.network import Array, Snapshot

MOST_EXAMPLES = 1_000  # that means are taken over
MARGIN = 0.05  # of the range of the examples, around them
GROUPS = 10  # of equally many examples, by rising target, where there are no classes


@dataclass(frozen=True)
class Responses:
    """The outputs of one layer's units over some examples.

    mean, spread: (n_units,), the spread being the standard deviation.
    by_class: (n_classes, n_units), the mean over the examples of each class; NaN for a class
        without examples. For regression: of each group of examples by rising target.
    """

    mean: Array
    spread: Array
    by_class: Array


def responses(snapshot: Snapshot, dataset: Dataset, part: Split) -> tuple[Responses, ...]:
    """Of every layer, over the first MOST_EXAMPLES examples of a part."""
    x, y = part.x[:MOST_EXAMPLES], part.y[:MOST_EXAMPLES]
    member = _membership(y, len(dataset.source.classes))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = member / member.sum(axis=1, keepdims=True)
        return tuple(
            Responses(a.mean(axis=0), a.std(axis=0), share @ a)
            for _, a in snapshot.forward(dataset.scaled(x))
        )


def _membership(y: NDArray[Any], classes: int) -> NDArray[np.float32]:
    """Which examples belong to each class: (n_classes, n) of 0 and 1."""
    if classes:
        return np.asarray(np.arange(classes)[:, None] == y, np.float32)
    groups = min(GROUPS, len(y))
    group = np.empty(len(y), np.int64)
    group[np.argsort(y, kind="stable")] = np.arange(len(y)) * groups // max(len(y), 1)
    return np.asarray(np.arange(groups)[:, None] == group, np.float32)


def extent(dataset: Dataset) -> tuple[tuple[float, float], ...]:
    """The range of each feature over the training examples, and a little more on either side."""
    ends = dataset.train.x.min(axis=0), dataset.train.x.max(axis=0)
    low, high = (end.astype(np.float64) for end in ends)
    # Of a constant feature so much that the ends differ, however large it is.
    margin = MARGIN * np.where(high > low, high - low, np.maximum(np.abs(low), 1))
    return tuple(zip((low - margin).tolist(), (high + margin).tolist(), strict=True))


def grid(extent: tuple[float, float, float, float], side: int) -> Array:
    """side² points (n, 2) over the plane, row by row from the top left, edges included."""
    left, right, bottom, top = extent
    x, y = np.meshgrid(np.linspace(left, right, side), np.linspace(top, bottom, side))
    return np.column_stack([x.ravel(), y.ravel()])


def maps(
    snapshot: Snapshot, dataset: Dataset, units: Sequence[NDArray[np.int64]], side: int
) -> tuple[Array, ...]:
    """The outputs of some units over the plane of the inputs, or over the line of a single one.

    units: of each column, the inputs first, whose own values are mapped too.
    Returns for each column (n_units, side, side), row 0 at the largest x₂; on a line
    (n_units, 1, side).
    """
    ranges = extent(dataset)
    line = len(ranges) == 1
    points = (
        np.linspace(*ranges[0], side)[:, None] if line else grid((*ranges[0], *ranges[1]), side)
    )
    shape = (1, side) if line else (side, side)
    x = dataset.scaled(points)
    with np.errstate(over="ignore", invalid="ignore"):
        columns = [x, *(a for _, a in snapshot.forward(x))]
    return tuple(
        np.ascontiguousarray(values[:, rows].T).reshape(len(rows), *shape)
        for values, rows in zip(columns, units, strict=True)
    )
