"""Losses of one number: what an error costs, and which constant or line each loss chooses."""

import numpy as np
from numpy.typing import NDArray

from playground.nn.losses import LOSSES, REGRESSION

Array = NDArray[np.floating]

RESIDUAL_LOSSES = tuple(name for name, loss in LOSSES.items() if REGRESSION in loss.tasks)

_ROUNDS = 500  # of reweighting: far more than any of our data need
_CLOSE = 1e-12


def cost(name: str, error: Array, delta: float = 1.0) -> Array:
    """The loss of each error e = prediction − target, (n,).

    LOSSES hold Huber's with δ = 1. A loss of any δ is δ²·L(e/δ): then e²/2 up to |e| = δ, and
    δ·(|e| − δ/2) beyond. The other losses have no δ.
    """
    scale = delta if name == "huber" else 1.0
    error = np.asarray(error, dtype=np.float64)[:, None] / scale
    return scale**2 * LOSSES[name].f(np.zeros_like(error), error)


def slope(name: str, error: Array, delta: float = 1.0) -> Array:
    """The derivative of `cost` by the error, (n,); at a corner 0."""
    scale = delta if name == "huber" else 1.0
    error = np.asarray(error, dtype=np.float64)[:, None] / scale
    return scale * LOSSES[name].df(np.zeros_like(error), error)[:, 0]


def fitted(name: str, x: Array, y: Array, line: bool, delta: float = 1.0) -> tuple[float, float]:
    """(slope, intercept) of the line with the smallest total loss; of a constant the slope is 0.

    Mean squared error: least squares (of a constant: the mean). Mean absolute error: the
    best line through two of the points (of a constant: the median). Huber:
    least squares, reweighted until nothing moves.
    Raises ValueError for a name that is not among RESIDUAL_LOSSES.
    """
    if name not in RESIDUAL_LOSSES:
        raise ValueError(f"loss must be one of {', '.join(RESIDUAL_LOSSES)}, got {name}")
    columns = np.column_stack([x if line else np.zeros_like(x), np.ones_like(x)])
    if name == "mean_squared_error":
        return _pair(np.linalg.lstsq(columns, y)[0])
    if name == "mean_absolute_error":
        return _least_absolute(x, y) if line else (0.0, float(np.median(y)))
    return _huber(columns, y, delta)


def total(name: str, x: Array, y: Array, found: tuple[float, float], delta: float = 1.0) -> float:
    """The mean loss of the line `found`, (slope, intercept), over all points."""
    return float(cost(name, found[0] * x + found[1] - y, delta).mean())


def _least_absolute(x: Array, y: Array) -> tuple[float, float]:
    """The best of the lines through two of the points: one of them is best of all lines."""
    i, j = np.triu_indices(len(x), 1)
    i, j = (rows[x[i] != x[j]] for rows in (i, j))
    slopes = (y[j] - y[i]) / (x[j] - x[i])
    intercepts = y[i] - slopes * x[i]
    errors = np.abs(slopes[:, None] * x + intercepts[:, None] - y).sum(axis=1)
    best = int(np.argmin(errors))
    return float(slopes[best]), float(intercepts[best])


def _huber(columns: Array, y: Array, delta: float) -> tuple[float, float]:
    """An error beyond δ pulls like one of δ: each counts by the weight min(1, δ/|e|)."""
    w = np.linalg.lstsq(columns, y)[0]
    for _ in range(_ROUNDS):
        weight = np.minimum(1.0, delta / np.maximum(np.abs(y - columns @ w), _CLOSE))
        root = np.sqrt(weight)
        before, w = w, np.linalg.lstsq(columns * root[:, None], y * root)[0]
        if np.abs(w - before).max() < _CLOSE:
            break
    return _pair(w)


def _pair(w: Array) -> tuple[float, float]:
    return float(w[0]), float(w[1])


# Seven points near a line, beside the one that is moved.
POINTS_X = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
POINTS_Y = np.array([1.4, 1.9, 2.7, 2.8, 3.6, 3.9, 4.6])
OUTLIER = (6.5, 12.0)  # where the moved one begins
EXTENT = ((0.0, 8.0), (-6.0, 14.0))  # x and y it may be moved within
