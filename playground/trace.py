"""One example on its way through a network: every number, and where it comes from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Part
from playground.losses import CLASSIFICATION
from playground.snapshot import Array, Layer, Snapshot, classes

AT_ONCE = 500  # examples looked at for a mistake
LARGE_ERROR = 2.0  # a regression error this many times the mean error counts as a mistake


@dataclass(frozen=True)
class Step:
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
        products = self.x[:, None] * self.layer.kernel
        size = np.abs(products)
        if most < len(size):
            rows = np.argpartition(size, len(size) - most, axis=0)[-most:]
        else:
            rows = np.broadcast_to(np.arange(len(size))[:, None], size.shape)
        order = np.argsort(-np.take_along_axis(size, rows, axis=0), axis=0, kind="stable")
        rows = np.take_along_axis(rows, order, axis=0)
        return rows, np.take_along_axis(products, rows, axis=0)


def trace(snapshot: Snapshot, x: Array) -> tuple[Step, ...]:
    """The layers that the scaled input `x` (n_features,) passes."""
    steps = []
    for layer, (z, a) in zip(snapshot.layers, snapshot.forward(x[None]), strict=True):
        steps.append(Step(layer, x, z[0], a[0]))
        x = a[0]
    return tuple(steps)


@dataclass(frozen=True)
class Tempered:
    """Softmax step by step; every array is (n_classes,)."""

    divided: Array  # z / T
    shifted: Array  # less the largest: the answer is the same, and nothing overflows
    exponentials: Array
    total: float
    shares: Array  # add up to 1


def tempered(z: Array, temperature: float) -> Tempered:
    """exp(zₖ/T) / Σⱼ exp(zⱼ/T). T = 1 is softmax; T → 0 the largest alone; T → ∞ all the same.

    Raises ValueError unless T > 0.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    divided = z / temperature
    shifted = divided - divided.max()
    exponentials = np.exp(shifted)
    total = float(exponentials.sum())
    return Tempered(divided, shifted, exponentials, total, exponentials / total)


def mistakes(output: Array, truth: NDArray[Any], task: str) -> NDArray[np.int64]:
    """The rows that are answered wrongly, in rising order.

    In regression: those with an error of more than LARGE_ERROR times the mean error.
    """
    if task == CLASSIFICATION:
        wrong = classes(output) != truth
    else:
        error = np.abs(output[:, 0] - truth)
        wrong = error > LARGE_ERROR * error.mean()
    return np.flatnonzero(wrong)


def next_mistake(snapshot: Snapshot, dataset: Dataset, part: Part, row: int) -> int | None:
    """The first mistake after `row` of a part, from the beginning again if there is none.

    None: there is no mistake at all. In classification no more is computed than is needed.
    """
    order = np.roll(np.arange(len(part)), -row - 1)
    size = AT_ONCE if dataset.source.task == CLASSIFICATION else max(len(part), 1)
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        output = snapshot.predict(dataset.scaled(part.x[rows]))
        found = mistakes(output, part.y[rows], dataset.source.task)
        if len(found):
            return int(rows[found[0]])
    return None
