"""What a network with two inputs does with their plane: regions, half-planes, and a bent grid."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground import responses
from playground.datasets.dataset import Dataset, Part
from playground.datasets.sources import DATASETS
from playground.datasets.tables import ROAST_RULE, ROASTS, good_roast
from playground.embedding import activations
from playground.responses import grid
from playground.snapshot import Layer, Snapshot

Array = NDArray[Any]
Extent = tuple[float, float, float, float]  # smallest and largest x₁, smallest and largest x₂

COFFEE = DATASETS["coffee"]

MOST_POINTS, FEWEST_POINTS = 100, 24  # along each side of the plane
OPERATIONS = 2e9  # multiplications for one look at the plane: some 50 ms
LINES, STEPS = 11, 44  # of the grid that is bent, each way; points along each line
MOST_EXAMPLES = 500  # of each part


def suits(dataset: Dataset) -> bool:
    """Whether an example is a point of a plane: two numeric features."""
    return not dataset.source.shape and dataset.source.n_features == 2


def extent(dataset: Dataset) -> Extent:
    """The part of the plane that is looked at: around the examples; for coffee all roasts."""
    if dataset.source == COFFEE:
        across, up = ROASTS
        return *across, *up
    across, up = responses.extent(dataset)
    return *across, *up


@dataclass(frozen=True)
class Plane:
    """Every layer's answer on a square grid of points, row 0 at the largest x₂.

    z, a: one array a layer, (side, side, n_units).
    """

    extent: Extent
    z: tuple[Array, ...]
    a: tuple[Array, ...]

    @property
    def output(self) -> Array:
        """What the network answers, (side, side, n_outputs)."""
        return self.a[-1]


def examples(dataset: Dataset) -> dict[str, Part]:
    """The training and validation examples, at most MOST_EXAMPLES of each."""
    parts = {"training": dataset.train, "validation": dataset.validation}
    return {
        name: Part(part.x[:MOST_EXAMPLES], part.y[:MOST_EXAMPLES])
        for name, part in parts.items()
        if len(part)
    }


def look(snapshot: Snapshot, dataset: Dataset) -> Plane:
    """The network's layers over the plane; fewer points for a large network."""
    affordable = (OPERATIONS / max(snapshot.n_parameters, 1)) ** 0.5
    side = int(np.clip(affordable, FEWEST_POINTS, MOST_POINTS))
    area = extent(dataset)
    with np.errstate(over="ignore", invalid="ignore"):  # of a run that diverges
        passes = snapshot.forward(dataset.scaled(grid(area, side)))
    z, a = (tuple(p[i].reshape(side, side, -1) for p in passes) for i in (0, 1))
    return Plane(area, z, a)


# ---- half-planes ---------------------------------------------------------------------------


@dataclass(frozen=True)
class HalfPlane:
    """Where z = slope[0]·x₁ + slope[1]·x₂ + offset > 0, in the units of the features."""

    slope: tuple[float, float]
    offset: float

    def z(self, x: Array) -> Array:
        """z of raw points (n, 2)."""
        return np.asarray(x @ np.array(self.slope) + self.offset)

    def line(self, extent: Extent) -> Array | None:
        """The ends (2, 2) of the line z = 0 inside the plane; None where it lies outside."""
        left, right, bottom, top = extent
        corners = [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]
        ends: list[Array] = []
        for start, stop in pairwise(np.array(corners)):
            first, last = self.z(start), self.z(stop)
            if (first > 0) != (last > 0):
                ends.append(start + (stop - start) * (first / (first - last)))
        return np.array(ends) if len(ends) == 2 else None


def half_planes(layer: Layer, dataset: Dataset) -> list[HalfPlane]:
    """One for each unit of the first layer: its z = 0 undone from the scaling of the inputs.

    With x = (raw − shift)/scale: slope = w/scale, offset = b − Σ w·shift/scale.
    """
    slopes = layer.kernel.astype(np.float64) / dataset.scale.astype(np.float64)[:, None]
    offsets = layer.bias - dataset.shift.astype(np.float64) @ slopes
    return [
        HalfPlane((float(a), float(b)), float(c))
        for (a, b), c in zip(slopes.T, offsets, strict=True)
    ]


# ---- the bent grid -------------------------------------------------------------------------


@dataclass(frozen=True)
class Warp:
    """Where a hidden layer takes the plane, seen by two of its units: points (…, 2) of (aᵢ, aⱼ).

    along_x, along_y: the lines of the grid on which x₁ or x₂ moves, (LINES, STEPS, 2);
    crossings: where they meet, (LINES², 2), and what the network answers there (LINES², n_outputs);
    points: the examples, (n, 2).
    """

    along_x: Array
    along_y: Array
    crossings: Array
    answers: Array
    points: Array


def warp(
    snapshot: Snapshot, dataset: Dataset, layer: int, units: tuple[int, int], x: Array
) -> Warp:
    """The grid over the plane and raw examples `x` (n, 2) as two units of a layer see them."""
    left, right, bottom, top = extent(dataset)
    places = [np.linspace(left, right, LINES), np.linspace(bottom, top, LINES)]
    way = [np.linspace(left, right, STEPS), np.linspace(bottom, top, STEPS)]
    along_x = np.stack(np.broadcast_arrays(way[0][None, :], places[1][:, None]), axis=-1)
    along_y = np.stack(np.broadcast_arrays(places[0][:, None], way[1][None, :]), axis=-1)
    crossings = dataset.scaled(grid(extent(dataset), LINES))
    bent = [
        activations(snapshot, dataset.scaled(each.reshape(-1, 2)), layer + 1)[:, list(units)]
        for each in (along_x, along_y, x)
    ]
    passes = snapshot.forward(crossings)
    lines = (LINES, STEPS, 2)
    return Warp(
        along_x=bent[0].reshape(lines),
        along_y=bent[1].reshape(lines),
        crossings=passes[layer][1][:, list(units)],
        answers=passes[-1][1],
        points=bent[2],
    )


# ---- the true rule -------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreement:
    """How far a learned region and the true one are the same, over the points of a grid.

    agree: share of the plane where both say the same;
    overlap: |both| / |either|, the intersection over the union; 1 where both are empty;
    never: what `agree` would be for a network that always says no.
    """

    agree: float
    overlap: float
    never: float


def agreement(learned: NDArray[np.bool_], true: NDArray[np.bool_]) -> Agreement:
    """Compare two regions given at the same points."""
    either = int((learned | true).sum())
    both = int((learned & true).sum())
    return Agreement(
        agree=float((learned == true).mean()),
        overlap=both / either if either else 1.0,
        never=float(1 - true.mean()),
    )


def truth(dataset: Dataset, plane: Plane) -> NDArray[np.bool_] | None:
    """Where the true rule says yes, (side, side); None where no rule is known."""
    if dataset.source != COFFEE:
        return None
    side = len(plane.output)
    return good_roast(*grid(plane.extent, side).T).reshape(side, side)


def rule_outline(extent: Extent) -> Array:
    """The corners (n, 2), in order, of the good roasts: the plane cut by each inequality."""
    left, right, bottom, top = extent
    corners = np.array([(left, bottom), (right, bottom), (right, top), (left, top)])
    for a, b, limit in ROAST_RULE:
        corners = _cut(corners, np.array([a, b], float), limit)
    return corners


def _cut(corners: Array, normal: Array, limit: float) -> Array:
    """The part of a convex polygon where normal·x ≤ limit."""
    kept: list[Array] = []
    over = corners @ normal - limit
    for i in range(len(corners)):
        j = (i + 1) % len(corners)
        if over[i] <= 0:
            kept.append(corners[i])
        if (over[i] <= 0) != (over[j] <= 0):
            kept.append(corners[i] + (corners[j] - corners[i]) * over[i] / (over[i] - over[j]))
    return np.array(kept)
