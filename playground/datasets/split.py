"""Dividing examples into parts that resemble each other.

Mistakes people make when they divide their examples, made on purpose.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.preprocessing import Purpose, stream

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


Pair = tuple[NDArray[Any], NDArray[Any]]


def in_order(train: Pair, validation: Pair) -> tuple[Pair, Pair]:
    """The same examples as if nobody had shuffled a file that is sorted by its targets.

    All are put in order of class (or value), equal ones as they come; training takes its number of
    them from the beginning, and validation gets the rest: other classes than those trained on.
    """
    x, y = (np.concatenate(both) for both in zip(train, validation, strict=True))
    order = y.argsort(kind="stable")
    first, last = np.split(order, [len(train[1])])
    return (x[first], y[first]), (x[last], y[last])


def with_copies(train: Pair, validation: Pair, share: float, data_seed: int) -> Pair:
    """Training examples of which some are replaced by copies of validation examples.

    round(share·n_validation) of them are copied, chosen at random, but no more than there are
    training examples; the number of these stays the same.
    """
    (x, y), (x_copied, y_copied) = train, validation
    count = min(round(share * len(y_copied)), len(y))
    if not count:
        return train
    rng = stream(data_seed, Purpose.COPIES)
    replaced, copied = rng.permutation(len(y))[:count], rng.permutation(len(y_copied))[:count]
    x, y = x.copy(), y.copy()
    x[replaced], y[replaced] = x_copied[copied], y_copied[copied]
    return x, y
