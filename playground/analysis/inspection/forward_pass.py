"""The forward pass of one example, and the part of a network that fits into a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Array, Layer, Snapshot, classes

AT_ONCE = 500  # examples searched at a time for an error
LARGE_ERROR = 2.0  # times the mean error: a large error of a regression


@dataclass(frozen=True)
class LayerStep:
    """One layer: a = f(z), z = x·W + b. x: (n_in,); z and a: (n_out,)."""

    layer: Layer
    x: Array
    z: Array
    a: Array

    def contributions(self, unit: int) -> Array:
        """x·w, element by element, (n_in,): with the bias they add up to z of `unit`."""
        return self.x * self.layer.kernel[:, unit]

    def strongest(self, most: int) -> tuple[NDArray[np.int64], Array]:
        """For every unit the inputs with the largest |x·w| and these x·w: both (most, n_out).

        The largest comes first; there are fewer rows where the layer has fewer inputs.
        """
        return largest(self.x[:, None] * self.layer.kernel, most)


def largest(values: Array, most: int) -> tuple[NDArray[np.int64], Array]:
    """Of each column (n, m) the rows with the `most` largest |values|, and these: (most, m)."""
    size = np.abs(values)
    if most < len(size):
        rows = np.argpartition(size, len(size) - most, axis=0)[-most:]
    else:
        rows = np.broadcast_to(np.arange(len(size))[:, None], size.shape)
    order = np.argsort(-np.take_along_axis(size, rows, axis=0), axis=0, kind="stable")
    rows = np.take_along_axis(rows, order, axis=0)
    return rows, np.take_along_axis(values, rows, axis=0)


def trace(snapshot: Snapshot, x: Array) -> tuple[LayerStep, ...]:
    """The steps of the scaled input `x` (n_features,) through all layers."""
    steps = []
    for layer, (z, a) in zip(snapshot.layers, snapshot.forward(x[None]), strict=True):
        steps.append(LayerStep(layer, x, z[0], a[0]))
        x = a[0]
    return tuple(steps)


@dataclass(frozen=True)
class SoftmaxSteps:
    """Softmax step by step; every array is (n_classes,)."""

    divided: Array  # z / T
    shifted: Array  # minus the largest: the result is the same, and nothing overflows
    exponentials: Array
    total: float
    shares: Array  # add up to 1


def softmax_steps(z: Array, temperature: float) -> SoftmaxSteps:
    """exp(zₖ/T) / Σⱼ exp(zⱼ/T). T = 1 is softmax; T → 0 the largest alone; T → ∞ all the same.

    Raises ValueError unless T > 0.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    divided = z / temperature
    shifted = divided - divided.max()
    exponentials = np.exp(shifted)
    total = float(exponentials.sum())
    return SoftmaxSteps(divided, shifted, exponentials, total, exponentials / total)


def errors(output: Array, truth: NDArray[Any], task: str) -> NDArray[np.int64]:
    """The rows with a wrong prediction, in rising order.

    In regression: those with an error of more than LARGE_ERROR times the mean error.
    """
    if task == CLASSIFICATION:
        wrong = classes(output) != truth
    else:
        error = np.abs(output[:, 0] - truth)
        wrong = error > LARGE_ERROR * error.mean()
    return np.flatnonzero(wrong)


def next_error(snapshot: Snapshot, dataset: Dataset, part: Split, row: int) -> int | None:
    """The first error after `row` of a part, continuing at its beginning; None: there is none.

    In classification only as many examples are computed as needed.
    """
    order = np.roll(np.arange(len(part)), -row - 1)
    size = AT_ONCE if dataset.source.task == CLASSIFICATION else max(len(part), 1)
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        output = snapshot.predict(dataset.transform(part.x[rows]))
        wrong = errors(output, part.y[rows], dataset.source.task)
        if len(wrong):
            return int(rows[wrong[0]])
    return None


Rows = NDArray[np.int64]

MOST_UNITS = 24  # drawn of one layer
MOST_EDGES = 50  # drawn into a layer with more than ALL_EDGES weights
ALL_EDGES = 256


@dataclass(frozen=True)
class Edges:
    """Weights of one layer, the strongest (largest |w|) first: all three (n,)."""

    source: Rows  # the unit (or input) at the beginning of each weight
    target: Rows  # the unit at its end
    weight: Array


@dataclass(frozen=True)
class Diagram:
    """The units drawn: `units[0]` are inputs, `units[i]` those of layer i, in rising order.

    `edges[i]` go into layer i + 1.
    """

    units: tuple[Rows, ...]
    edges: tuple[Edges, ...]


def diagram(
    snapshot: Snapshot, picture: bool = False, wanted: Mapping[int, Sequence[int]] | None = None
) -> Diagram:
    """The part of a network to draw: all of a small one, the strongest weights of a large one.

    A column with more than MOST_UNITS units shows those that the strongest weights join: each
    layer in turn, from the output backwards, adds the two units of its next strongest weight while
    there is room; remaining room goes to the units with the strongest weights into those shown.
    Between the units shown, each layer shows its MOST_EDGES strongest weights, or all if it has at
    most ALL_EDGES.

    picture: the inputs are pixels of one picture, of which none is left out.
    wanted: units that must be among those shown, by column.
    """
    sizes = [len(snapshot.layers[0].kernel), *(len(layer.bias) for layer in snapshot.layers)]
    full = [size <= MOST_UNITS or (picture and i == 0) for i, size in enumerate(sizes)]
    shown = [set(range(size)) if all_ else set() for size, all_ in zip(sizes, full, strict=True)]
    for column, units in (wanted or {}).items():
        if not full[column]:
            shown[column] |= set(units)
    room = [size if all_ else MOST_UNITS for size, all_ in zip(sizes, full, strict=True)]
    ranked = [strongest(layer.kernel, MOST_EDGES) for layer in snapshot.layers]
    for rank in range(MOST_EDGES):
        for i in reversed(range(len(ranked))):
            if rank < len(ranked[i].weight):
                ends = ((i, int(ranked[i].source[rank])), (i + 1, int(ranked[i].target[rank])))
                new = [(column, unit) for column, unit in ends if unit not in shown[column]]
                if all(len(shown[column]) < room[column] for column, _ in new):
                    for column, unit in new:
                        shown[column].add(unit)
    for i in reversed(
        range(len(ranked))
    ):  # remaining room: the strongest weights into the units shown
        if len(shown[i]) == room[i]:
            continue
        strength = np.abs(snapshot.layers[i].kernel[:, sorted(shown[i + 1])]).max(axis=1)
        strength[list(shown[i])] = -1
        shown[i] |= set(np.argsort(-strength, kind="stable")[: room[i] - len(shown[i])].tolist())
    drawn = [np.array(sorted(column), np.int64) for column in shown]
    edges = tuple(
        _between(layer.kernel, drawn[i], drawn[i + 1]) for i, layer in enumerate(snapshot.layers)
    )
    return Diagram(tuple(drawn), edges)


def _between(kernel: Array, sources: Rows, targets: Rows) -> Edges:
    """The weights to draw between some units."""
    most = ALL_EDGES if kernel.size <= ALL_EDGES else MOST_EDGES
    found = strongest(kernel[np.ix_(sources, targets)], most)
    return Edges(sources[found.source], targets[found.target], found.weight)


def strongest(kernel: Array, most: int) -> Edges:
    """The `most` weights of `kernel` (n_in, n_out) with the largest |w|, the largest first."""
    size = np.abs(kernel).ravel()
    if most < size.size:
        some = np.argpartition(size, size.size - most)[size.size - most :]
    else:
        some = np.arange(size.size)
    order = some[np.argsort(-size[some], kind="stable")]
    source, target = np.divmod(order, kernel.shape[1])
    return Edges(source, target, kernel.ravel()[order])
