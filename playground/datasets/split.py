"""Splitting examples, stratified, and the two split errors that can be made on purpose."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from playground.datasets.preprocessing import Pair, Purpose, stream

Rows = NDArray[np.int64]


def stratified(
    y: NDArray[np.generic], sizes: Sequence[int], rng: np.random.Generator
) -> list[Rows]:
    """Disjoint random rows of `y` (n,), one array for each of `sizes`, in random order.

    The rows are sorted by y, equal ones in random order, and each split in turn takes its share
    at even distances of what remains. So a class with m of the n rows has m·size/n of the first
    split, rounded up or down, and a split of a regression set covers all values of y.
    Any sizes are allowed that are together at most n, also 0 and 1; others raise ValueError.
    """
    if min(sizes, default=0) < 0 or sum(sizes) > len(y):
        raise ValueError(f"sizes must be at least 0 and together at most {len(y)}, got {sizes}")
    left = np.lexsort((rng.random(len(y)), y))
    splits = []
    for size in sizes:
        chosen = _evenly(len(left), size, rng.random())
        splits.append(rng.permutation(left[chosen]))
        left = np.delete(left, chosen)
    return splits


def _evenly(n: int, size: int, start: float) -> Rows:
    """`size` different positions below n, at distances of n/size; `start` in [0, 1)."""
    if size == 0:
        return np.empty(0, np.int64)
    positions = ((np.arange(size) + start) * n / size).astype(np.int64)
    return np.minimum(positions, n - 1)


def in_order(train: Pair, validation: Pair) -> tuple[Pair, Pair]:
    """The same examples split without shuffling, as from a file that is sorted by its targets.

    Stable order by class (or value): training takes the first rows, validation the rest, which
    has other classes than those trained on.
    """
    x, y = (np.concatenate(both) for both in zip(train, validation, strict=True))
    order = y.argsort(kind="stable")
    first, last = np.split(order, [len(train[1])])
    return (x[first], y[first]), (x[last], y[last])


def with_copies(train: Pair, validation: Pair, fraction: float, data_seed: int) -> Pair:
    """Training examples, some of them replaced by copies of validation examples.

    round(fraction·n_validation) random ones are copied, but no more than there are training
    examples; the number of training examples stays the same.
    """
    (x, y), (x_copied, y_copied) = train, validation
    count = min(round(fraction * len(y_copied)), len(y))
    if not count:
        return train
    rng = stream(data_seed, Purpose.COPIES)
    replaced, copied = rng.permutation(len(y))[:count], rng.permutation(len(y_copied))[:count]
    x, y = x.copy(), y.copy()
    x[replaced], y[replaced] = x_copied[copied], y_copied[copied]
    return x, y
