"""Mistakes people make when they divide their examples, made on purpose."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.randomness import Purpose, stream

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
