"""How well any weights do on some examples, in NumPy: for networks that no trainer holds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.history.events import Score
from playground.nn.backprop import targets
from playground.nn.losses import CLASSIFICATION, LOSSES
from playground.nn.network import Array, Snapshot, classes

CHUNK = 2_000  # examples at a time, to keep memory small


def each(output: Array, y: NDArray[Any], task: str) -> NDArray[np.float64]:
    """For each example (n,) of outputs (n, n_outputs): 1 or 0, right or wrong; |output − target|
    in regression.
    """
    if task == CLASSIFICATION:
        return np.asarray(classes(output) == y, np.float64)
    return np.asarray(np.abs(output[:, 0] - y), np.float64)


def metric(output: Array, y: NDArray[Any], task: str) -> float:
    """Accuracy (0 to 1), or the mean absolute error for regression."""
    return float(each(output, y, task).mean())


def score(snapshot: Snapshot, dataset: Dataset, part: Split, loss: str) -> Score:
    """The mean of `loss`, a name in LOSSES, and the accuracy or mean absolute error on `part`.

    The loss is Keras' own without the L1/L2 penalty; where the output layer and the loss belong
    together (cross-entropy) it is taken from z, as in training. NaN where there is no example.
    """
    if not len(part):
        return Score(float("nan"), float("nan"))
    entry, total, right = LOSSES[loss], 0.0, 0.0
    *hidden, last = snapshot.layers
    with np.errstate(over="ignore", invalid="ignore"):  # weights may be edited beyond all measure
        for start in range(0, len(part), CHUNK):
            rows = slice(start, start + CHUNK)
            x, y = dataset.scaled(part.x[rows]), part.y[rows]
            for layer in hidden:
                x = layer.activate(layer.pre_activation(x))
            z = last.pre_activation(x)
            output, wanted = last.activate(z), targets(snapshot, y)
            losses = entry.f_z(wanted, z) if entry.f_z else entry.f(wanted, output)
            total += float(losses.sum(dtype=np.float64))
            right += float(each(output, y, dataset.source.task).sum())
    return Score(total / len(part), right / len(part))
