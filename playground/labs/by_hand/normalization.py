"""A Normalization layer by hand: it learns mean and variance of each feature, and no more."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

EPSILON = 1e-7  # the smallest divisor Keras takes: a feature that never varies becomes 0


@dataclass(frozen=True)
class Adapted:
    """What `adapt` has learnt: mean and variance of each column, (n_features,) float32."""

    mean: Array
    variance: Array

    def __call__(self, x: Array) -> Array:
        """(x − mean)/√variance, for rows of `x` (n, n_features)."""
        spread = np.maximum(np.sqrt(self.variance), np.float32(EPSILON))
        return np.asarray((x - self.mean) / spread)


def adapt(x: Array) -> Adapted:
    """Mean and variance over the rows of `x` (n, n_features); the variance divides by n."""
    wide = x.astype(np.float64)
    return Adapted(wide.mean(axis=0).astype(np.float32), wide.var(axis=0).astype(np.float32))


def limits(x: Array) -> list[tuple[float, float]]:
    """(largest, smallest) of each column."""
    return [(float(column.max()), float(column.min())) for column in x.T]
