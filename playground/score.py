"""How well any weights do on some examples, in NumPy: for networks that no trainer holds."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from playground.datasets.dataset import Dataset, Part
from playground.events import Score
from playground.losses import CLASSIFICATION, LOSSES
from playground.snapshot import Array, Layer, Snapshot, classes

CHUNK = 2_000  # examples at a time, to keep memory small


def score(snapshot: Snapshot, dataset: Dataset, part: Part, loss: str) -> Score:
    """The mean of `loss`, a name in LOSSES, and the accuracy or mean absolute error on `part`.

    The loss is Keras' own without the L1/L2 penalty; cross-entropy is taken from z, as in training:
    ln Σⱼ exp(zⱼ) − z_y for softmax, ln(1 + exp z) − y·z for sigmoid. NaN where there is no example.
    """
    losses, metrics = [np.zeros(0)], [np.zeros(0)]
    with np.errstate(over="ignore", invalid="ignore"):  # weights edited beyond all measure
        for start in range(0, len(part), CHUNK):
            rows = slice(start, start + CHUNK)
            x, y = dataset.scaled(part.x[rows]), part.y[rows]
            *hidden, last = snapshot.layers
            for layer in hidden:
                x = layer.activate(layer.pre_activation(x))
            z = last.pre_activation(x)
            output = last.activate(z)
            losses.append(_losses(last, z, output, y, loss))
            metrics.append(_metrics(output, y, dataset.source.task))
        if not len(part):
            return Score(float("nan"), float("nan"))
        return Score(float(np.concatenate(losses).mean()), float(np.concatenate(metrics).mean()))


def _losses(last: Layer, z: Array, output: Array, y: NDArray[np.generic], loss: str) -> Array:
    """One loss an example, float64 (n,)."""
    z, output = z.astype(np.float64), output.astype(np.float64)
    if loss == "cross_entropy":
        if last.activation == "softmax":
            return np.asarray(logsumexp(z, axis=1) - z[np.arange(len(z)), y])
        return np.asarray(np.logaddexp(0, z[:, 0]) - y * z[:, 0])
    target = y[:, None] if output.shape[1] == 1 else np.eye(output.shape[1])[y]
    return LOSSES[loss].f(np.asarray(target, np.float64), output)


def _metrics(output: Array, y: NDArray[np.generic], task: str) -> Array:
    if task == CLASSIFICATION:
        return np.asarray(classes(output) == y, np.float64)
    return np.asarray(np.abs(output[:, 0] - y), np.float64)
