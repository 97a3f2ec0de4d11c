"""Activations of the units of a network: dead or saturated units, statistics per class, maps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.nn.network import DEAD, Array, Layer, Snapshot, activation_slope

FLAT = 0.05  # |f′| below it: hardly any gradient passes
SATURATED = 0.95  # share of the examples for which a saturated unit is flat, at least
BINS = 60
TAIL = 0.001  # share of the pre-activations at each end that may lie beyond the histogram
QUANTILES_OF = 50_000  # pre-activations that decide where the tails begin
LARGEST = 1e15  # a float32 of it can be squared, and summed over many units
WIDEST = 3.0  # the histogram covers at least −WIDEST to WIDEST
MOST_EXAMPLES = 400  # that means are taken over: the live graph computes them again and again
MARGIN = 0.05  # of the range of the examples, around them
GROUPS = 10  # of equally many examples, by rising target, where there are no classes


# ---- dead and saturated units ------------------------------------------------------------


@dataclass(frozen=True)
class UnitStates:
    """Dead and saturated units of a layer; no unit is both."""

    dead: NDArray[np.bool_]  # (units,): nearly the same output for every example
    saturated: NDArray[np.bool_]  # (units,): in a flat zone for nearly every example


def is_flat(layer: Layer, z: Array) -> NDArray[np.bool_]:
    """Whether |f′(z)| < FLAT, same shape. For elementwise activations."""
    return np.asarray(np.abs(activation_slope(layer, z)) < FLAT)


def states(layer: Layer, z: Array, a: Array) -> UnitStates:
    """The dead and the saturated units, from z and a (n, units) of some examples."""
    dead = dead_units(a)
    if layer.activation == "softmax":
        return UnitStates(dead, np.zeros_like(dead))
    return UnitStates(dead, (is_flat(layer, z).mean(axis=0) >= SATURATED) & ~dead)


def dead_units(a: Array) -> NDArray[np.bool_]:
    """Which units (units,) give nearly the same output for all examples (n, units)."""
    return np.asarray(a.std(axis=0) < DEAD)


def identical_units(layer: Layer) -> bool:
    """Whether all units have the same weights: equal gradients keep them identical for good."""
    kernel, bias = layer.kernel, layer.bias
    same = bool((kernel == kernel[:, :1]).all() and (bias == bias[0]).all())
    return same and len(bias) > 1


def finite(arrays: Iterable[Any]) -> bool:
    """Whether all numbers of all arrays are finite."""
    return all(np.isfinite(array).all() for array in arrays)


def bounded_passes(passes: Sequence[tuple[Array, Array]]) -> bool:
    """Whether all z and a of a forward pass have finite squares."""
    return all(bool((np.abs(array) < LARGEST).all()) for both in passes for array in both)


def bounded(snapshot: Snapshot, x: Array) -> bool:
    """Whether all that a network computes from scaled inputs `x` has finite squares."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bounded_passes(snapshot.forward(x))


# ---- distributions -----------------------------------------------------------------------


@dataclass(frozen=True)
class ActivationHistogram:
    """Pre-activations of a layer: shares of all of them, in bins of equal width.

    What lies beyond the first or last edge is counted in the first or last bin.
    """

    edges: NDArray[np.float64]  # (BINS + 1,)
    flat: NDArray[np.float64]  # (BINS,) share of all values that are here and in a flat zone
    steep: NDArray[np.float64]  # (BINS,) share of all values that are here and in none
    beyond: float  # share of all values outside the edges


def histogram(layer: Layer, z: Array) -> ActivationHistogram:
    """The pre-activations z (n, units) of a layer, those in flat zones counted separately."""
    some = z.ravel()[:: max(1, z.size // QUANTILES_OF)]
    low, high = np.quantile(some, [TAIL, 1 - TAIL]).tolist()
    low, high = min(low, -WIDEST), max(high, WIDEST)
    edges = np.linspace(low, high, BINS + 1)
    # Not np.histogram: with equal widths, one division finds the bin of every value.
    place = np.clip((z - low) * (BINS / (high - low)), 0, BINS - 1).astype(np.int64).ravel()
    flat = is_flat(layer, z).ravel()
    both = np.bincount(place + BINS * flat, minlength=2 * BINS) / z.size
    return ActivationHistogram(
        edges, both[BINS:], both[:BINS], float(((z < low) | (z > high)).mean())
    )


def curve(layer: Layer, low: float, high: float, points: int = 300) -> tuple[Array, Array, Array]:
    """z, f(z) and f′(z) from `low` to `high`: (points,) each."""
    z = np.linspace(low, high, points).astype(np.float64)
    return z, layer.activate(z), activation_slope(layer, z)


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
    """The outputs of every layer over the first MOST_EXAMPLES examples of a part."""
    x, y = part.x[:MOST_EXAMPLES], part.y[:MOST_EXAMPLES]
    member = _membership(y, len(dataset.source.classes))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        share = member / member.sum(axis=1, keepdims=True)
        return tuple(
            Responses(a.mean(axis=0), a.std(axis=0), share @ a)
            for _, a in snapshot.forward(dataset.transform(x))
        )


def _membership(y: NDArray[Any], classes: int) -> NDArray[np.float32]:
    """Which examples belong to each class: (n_classes, n) of 0 and 1."""
    if classes:
        return np.asarray(np.arange(classes)[:, None] == y, np.float32)
    groups = min(GROUPS, len(y))
    group = np.empty(len(y), np.int64)
    group[np.argsort(y, kind="stable")] = np.arange(len(y)) * groups // max(len(y), 1)
    return np.asarray(np.arange(groups)[:, None] == group, np.float32)


# ---- maps over the inputs ----------------------------------------------------------------


def feature_ranges(dataset: Dataset) -> tuple[tuple[float, float], ...]:
    """The range of each feature over the training examples, with a margin on either side."""
    ends = dataset.train.x.min(axis=0), dataset.train.x.max(axis=0)
    low, high = (end.astype(np.float64) for end in ends)
    # A constant feature gets a margin too, however large it is.
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

    units: of each column; column 0 are the inputs, whose own values are mapped too.
    Returns for each column (n_units, side, side), row 0 at the largest x₂; on a line
    (n_units, 1, side).
    """
    ranges = feature_ranges(dataset)
    line = len(ranges) == 1
    points = (
        np.linspace(*ranges[0], side)[:, None] if line else grid((*ranges[0], *ranges[1]), side)
    )
    shape = (1, side) if line else (side, side)
    x = dataset.transform(points)
    with np.errstate(over="ignore", invalid="ignore"):
        columns = [x, *(a for _, a in snapshot.forward(x))]
    return tuple(
        np.ascontiguousarray(values[:, rows].T).reshape(len(rows), *shape)
        for values, rows in zip(columns, units, strict=True)
    )
