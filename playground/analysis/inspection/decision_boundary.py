"""Predictions of a network over one or two inputs: decision regions, half-planes, warped grid."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.analysis.inspection.activations import feature_ranges, grid
from playground.analysis.inspection.embedding import activations
from playground.analysis.metrics.score import metric
from playground.datasets.dataset import Dataset, Split
from playground.datasets.registry import DATASETS
from playground.datasets.tabular import ROAST_RULE, ROASTS, good_roast
from playground.nn.format import format_quantity
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Layer, Snapshot, classes

Array = NDArray[Any]
Extent = tuple[float, float, float, float]  # smallest and largest x₁, smallest and largest x₂

COFFEE = DATASETS["coffee"]

MOST_POINTS, FEWEST_POINTS = 100, 24  # along each side of the plane
OPERATIONS = 2e9  # multiplications for one map of the plane: some 50 ms
LINES, STEPS = 11, 44  # of the warped grid, each way; points along each line
MOST_EXAMPLES = 500  # of each part
GRID = 100  # points along each side of a map
CURVE = 300  # points of a curve
MOST_SHOWN = 1_000  # of each part, over a map


def suits(dataset: Dataset) -> bool:
    """Whether an example is a point of a plane: two numeric features."""
    return not dataset.source.shape and dataset.source.n_features == 2


def extent(dataset: Dataset) -> Extent:
    """The part of the plane to map: around the examples; for coffee all roasts."""
    if dataset.source == COFFEE:
        across, up = ROASTS
        return *across, *up
    across, up = feature_ranges(dataset)
    return *across, *up


@dataclass(frozen=True)
class Plane:
    """The outputs of every layer on a square grid of points, row 0 at the largest x₂.

    z, a: one array a layer, (side, side, n_units).
    """

    extent: Extent
    z: tuple[Array, ...]
    a: tuple[Array, ...]

    @property
    def output(self) -> Array:
        """The output of the network, (side, side, n_outputs)."""
        return self.a[-1]


def examples(dataset: Dataset) -> dict[str, Split]:
    """The training and validation examples, at most MOST_EXAMPLES of each."""
    parts = {"training": dataset.train, "validation": dataset.validation}
    return {
        name: Split(part.x[:MOST_EXAMPLES], part.y[:MOST_EXAMPLES])
        for name, part in parts.items()
        if len(part)
    }


def look(snapshot: Snapshot, dataset: Dataset) -> Plane:
    """The network's layers over the plane; fewer points for a large network."""
    affordable = (OPERATIONS / max(snapshot.n_parameters, 1)) ** 0.5
    side = int(np.clip(affordable, FEWEST_POINTS, MOST_POINTS))
    area = extent(dataset)
    with np.errstate(over="ignore", invalid="ignore"):  # of a run that diverges
        passes = snapshot.forward(dataset.transform(grid(area, side)))
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


# ---- the warped grid -----------------------------------------------------------------------


@dataclass(frozen=True)
class Warp:
    """The plane as mapped by two units of a hidden layer: points (…, 2) of (aᵢ, aⱼ).

    along_x, along_y: the lines of the grid on which x₁ or x₂ moves, (LINES, STEPS, 2);
    crossings: where they meet, (LINES², 2), with the network's outputs there (LINES², n_outputs);
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
    """The grid over the plane and raw examples `x` (n, 2), mapped by two units of a layer."""
    left, right, bottom, top = extent(dataset)
    places = [np.linspace(left, right, LINES), np.linspace(bottom, top, LINES)]
    steps = [np.linspace(left, right, STEPS), np.linspace(bottom, top, STEPS)]
    along_x = np.stack(np.broadcast_arrays(steps[0][None, :], places[1][:, None]), axis=-1)
    along_y = np.stack(np.broadcast_arrays(places[0][:, None], steps[1][None, :]), axis=-1)
    crossings = dataset.transform(grid(extent(dataset), LINES))
    mapped = [
        activations(snapshot, dataset.transform(each.reshape(-1, 2)), layer + 1)[:, list(units)]
        for each in (along_x, along_y, x)
    ]
    passes = snapshot.forward(crossings)
    lines = (LINES, STEPS, 2)
    return Warp(
        along_x=mapped[0].reshape(lines),
        along_y=mapped[1].reshape(lines),
        crossings=passes[layer][1][:, list(units)],
        answers=passes[-1][1],
        points=mapped[2],
    )


# ---- the true rule -------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreement:
    """Agreement of a learned region with the true one, over the points of a grid.

    agree: share of the plane where both are equal;
    overlap: |both| / |either|, the intersection over the union; 1 where both are empty;
    never: `agree` of an empty region.
    """

    agree: float
    overlap: float
    never: float


def agreement(learned: NDArray[np.bool_], true: NDArray[np.bool_]) -> Agreement:
    """Compare two regions sampled at the same points."""
    either = int((learned | true).sum())
    both = int((learned & true).sum())
    return Agreement(
        agree=float((learned == true).mean()),
        overlap=both / either if either else 1.0,
        never=float(1 - true.mean()),
    )


def truth(dataset: Dataset, plane: Plane) -> NDArray[np.bool_] | None:
    """The region of the true rule, (side, side); None where no rule is known."""
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


# ---- predictions ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """Labels and predictions of some examples as text.

    label, prediction: class names, or numbers for regression.
    confidence: (n,) probability of the predicted class; None for regression.
    """

    label: tuple[str, ...]
    prediction: tuple[str, ...]
    confidence: Array | None


def shown_part(dataset: Dataset) -> tuple[str, Split]:
    """The examples to show: those of validation, or of training where there are none."""
    if len(dataset.validation):
        return "validation", dataset.validation
    return "training", dataset.train


def answers(snapshot: Snapshot, dataset: Dataset, part: Split, rows: int) -> Answers:
    """Predictions for the first `rows` examples of a part."""
    output = snapshot.predict(dataset.transform(part.x[:rows]))
    truth = part.y[:rows]
    if dataset.source.task != CLASSIFICATION:
        written = format_quantity if dataset.target_std != 1 else "{:.2f}".format
        columns = (dataset.own_unit(truth), dataset.own_unit(output[:, 0]))
        numbers = tuple(tuple(written(v) for v in column) for column in columns)
        return Answers(numbers[0], numbers[1], None)
    names = dataset.source.classes
    guess = classes(output)
    label, prediction = (tuple(names[i] for i in column) for column in (truth, guess))
    if output.shape[1] == 1:
        return Answers(label, prediction, np.maximum(output[:, 0], 1 - output[:, 0]))
    return Answers(label, prediction, output.max(axis=1))


@dataclass(frozen=True)
class Region:
    """The output over a plane, on −1 … 1: (GRID, GRID), row 0 at the largest x₂."""

    values: Array
    extent: Extent
    largest: float  # the value drawn as 1, in the targets' unit


def region(snapshot: Snapshot, dataset: Dataset) -> Region:
    """The output at every point of the plane around the training examples."""
    across, up = feature_ranges(dataset)
    area = (*across, *up)
    output = snapshot.predict(dataset.transform(grid(area, GRID))).reshape(GRID, GRID)
    largest = scale(dataset)
    if dataset.source.task == CLASSIFICATION:
        output = 2 * output - 1
    return Region(output / largest, area, largest)


def scale(dataset: Dataset) -> float:
    """The value of full color: 1 for classification, the largest |target| for regression."""
    if dataset.source.task == CLASSIFICATION:
        return 1.0
    return float(np.abs(dataset.train.y).max()) or 1.0


def points(dataset: Dataset) -> dict[str, tuple[Array, Array]]:
    """The first examples of each part with their targets on the scale of `region`: −1 … 1."""
    parts = {"training": dataset.train, "validation": dataset.validation}
    is_class = dataset.source.task == CLASSIFICATION
    return {
        name: (
            part.x[:MOST_SHOWN],
            (2.0 * part.y - 1 if is_class else part.y / scale(dataset))[:MOST_SHOWN],
        )
        for name, part in parts.items()
        if len(part)
    }


def curve(snapshot: Snapshot, dataset: Dataset) -> tuple[Array, Array]:
    """The output (CURVE,), in the target's unit, over the input x (CURVE,) around the examples."""
    x = np.linspace(*feature_ranges(dataset)[0], CURVE)
    return x, dataset.own_unit(snapshot.predict(dataset.transform(x[:, None]))[:, 0])


def mean_error(snapshot: Snapshot, dataset: Dataset, part: Split) -> float:
    """The mean of |output − target| over a part of a regression set, in the target's unit."""
    error = metric(snapshot.predict(dataset.transform(part.x)), part.y, dataset.source.task)
    return error * dataset.target_std
