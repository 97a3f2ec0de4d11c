"""Dividing examples into parts that resemble each other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

MOST_SPARE = 1_000  # examples of the part that is in no other


def stratified(
    y: NDArray[np.generic], sizes: Sequence[int], rng: np.random.Generator
) -> list[Rows]:
    """Disjoint random rows of `y` (n,), one array for each of `sizes`, in random order.

    The rows are put in order of y, equal ones in random order, and each part in turn takes its
    share at even distances of what is left. So a class with m of the n rows has m·size/n of the
    first part, rounded up or down, and a part of a regression set covers all values of y.
    Any sizes will do that are together at most n, also 0 and 1; others raise ValueError.
    """
    if min(sizes, default=0) < 0 or sum(sizes) > len(y):
        raise ValueError(f"sizes must be at least 0 and together at most {len(y)}, got {sizes}")
    left = np.lexsort((rng.random(len(y)), y))
    parts = []
    for size in sizes:
        chosen = _evenly(len(left), size, rng.random())
        parts.append(rng.permutation(left[chosen]))
        left = np.delete(left, chosen)
    return parts


def _evenly(n: int, size: int, start: float) -> Rows:
    """`size` different positions below n, at distances of n/size; `start` in [0, 1)."""
    if size == 0:
        return np.empty(0, np.int64)
    positions = ((np.arange(size) + start) * n / size).astype(np.int64)
    return np.minimum(positions, n - 1)
