"""Points somebody has painted on a plane, of two classes."""

from collections.abc import Sequence
from numbers import Real

import numpy as np
from numpy.typing import NDArray

from playground.datasets.own import FEWEST_ROWS, Table, TableError
from playground.losses import CLASSIFICATION

RANGE = 6.0  # the plane goes from −RANGE to RANGE on both axes, as those of the other planes do
MOST_POINTS = 2_000
FEATURES = ("x₁", "x₂")
CLASSES = ("orange", "blue")

Points = NDArray[np.float64]


def points(told: object) -> Points:
    """What a browser told as points: (n, 3), x₁, x₂ and the class; ValueError if it is none."""
    if not isinstance(told, Sequence) or isinstance(told, str) or len(told) > MOST_POINTS:
        raise ValueError(f"painted points must be a list of at most {MOST_POINTS:,}")
    found = np.zeros((len(told), 3))
    for row, point in zip(found, told, strict=True):
        if not isinstance(point, Sequence) or isinstance(point, str) or len(point) != 3:
            raise ValueError("a painted point must be x₁, x₂ and its class")
        if not all(isinstance(v, Real) and not isinstance(v, bool) for v in point):
            raise ValueError("a painted point must consist of numbers")
        if not (abs(point[0]) <= RANGE and abs(point[1]) <= RANGE and point[2] in (0, 1)):
            raise ValueError(f"a painted point must be within ±{RANGE:g} and of class 0 or 1")
        row[:] = point
    return found


def painted(found: Points) -> Table:
    """The table of painted points; TableError where there are too few to learn from."""
    orange, blue = (int((found[:, 2] == i).sum()) for i in (0, 1))
    if len(found) < FEWEST_ROWS or min(orange, blue) < 2:
        raise TableError(
            f"Paint at least {FEWEST_ROWS} points, and at least 2 of each class: so far there are "
            f"{orange} orange and {blue} blue ones."
        )
    return Table(
        "Painted points", f"Own data: {len(found):,} painted points in two classes",
        CLASSIFICATION, FEATURES, CLASSES, False,
        found[:, :2].astype(np.float32), found[:, 2].astype(np.int32),
    )  # fmt: skip


def repainted(table: Table) -> list[list[float]]:
    """The points of a painted table, to go on painting; none of any other."""
    if (table.features, table.classes) != (FEATURES, CLASSES):
        return []
    if len(table.y) > MOST_POINTS or np.abs(table.x).max() > RANGE:
        return []
    x = table.x.astype(float).round(3)
    return [[*point, int(kind)] for point, kind in zip(x.tolist(), table.y, strict=True)]
