"""Smoothing a curve without moving what is already drawn."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_SMOOTHING = 0.99  # at 1 the first value would be the whole curve
NEGLIGIBLE = 1e-17  # a weight that no longer changes a sum of 64-bit numbers


def smoothed(values: ArrayLike, beta: float) -> NDArray[np.float64]:
    """The debiased exponential moving average of `values` along the last axis, of the same shape.

    s_t = Σ_{i≤t} β^(t−i)·(1 − β)·x_i / (1 − β^t), t from 1: recent values count more, β in 0 … 0.99
    says how slowly the older ones fade. It looks back only, so further values leave what came
    before as it was. Values that are not finite are left out of the average, and stay gaps.
    Raises ValueError for another β.
    """
    if not 0 <= beta <= MOST_SMOOTHING:
        raise ValueError(f"smoothing must be between 0 and {MOST_SMOOTHING}, got {beta}")
    x = np.asarray(values, np.float64)
    there = np.isfinite(x)
    if beta == 0 or x.size == 0:
        return np.where(there, x, np.nan)
    total = _faded(np.where(there, x, 0.0), beta)
    weight = _faded(there.astype(np.float64), beta)  # (1 − β^t) / (1 − β) where nothing is missing
    return np.asarray(np.divide(total, weight, out=np.full(x.shape, np.nan), where=there))


def _faded(x: NDArray[np.float64], beta: float) -> NDArray[Any]:
    """Σ_{i≤t} β^(t−i)·x_i, by windows of doubled length: few steps for a long curve."""
    total, span, share = x.copy(), 1, beta
    while span < x.shape[-1] and share > NEGLIGIBLE:
        total[..., span:] += share * total[..., :-span].copy()
        span, share = 2 * span, share * share
    return total
