"""Random streams, splits, noise, filling of gaps, and scaling of raw examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.registry import DatasetInfo

Array = NDArray[Any]
Numbers = NDArray[np.float32]
Pair = tuple[Array, Array]  # raw inputs and targets
Rows = NDArray[np.int64]

LARGE_INPUT = 10.0  # scaled inputs beyond it let losses explode at ordinary learning rates
CHUNK = 1_000  # images processed at a time, to bound memory


class Purpose(IntEnum):
    """Purpose of a random stream; the numbers must stay, or every seed would mean other data."""

    POINTS = 0
    TEST = 1
    NOISE = 2
    LABELS = 3
    SPLIT = 4
    HOLDOUT = 5
    COPIES = 6


def stream(data_seed: int, purpose: Purpose, part: int = 0) -> np.random.Generator:
    """Random generator of one purpose and split: training (0), validation, test, holdout (3).

    Each has its own stream, so that no setting changes the random numbers of another.
    """
    return np.random.default_rng([data_seed, purpose, part])


# ---- splits, and the two split errors that can be made on purpose ------------------------


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


# ---- gaps, noise and scaling -------------------------------------------------------------


@dataclass(frozen=True)
class Scaler:
    """Names of the splits that the scaling is fitted on; none: no scaling."""

    label: str
    splits: tuple[str, ...]


SCALERS: dict[str, Scaler] = {
    "training": Scaler("Training examples (right)", ("train",)),
    "everything": Scaler(
        "All examples, also validation and test (a mistake)", ("train", "validation", "test")
    ),
    "nothing": Scaler("Nothing: inputs are not scaled (a mistake)", ()),
}


def scaling(seen: Sequence[Array], info: DatasetInfo, standardize: bool) -> tuple[Numbers, Numbers]:
    """shift and scale of (x − shift) / scale, read-only: (1,) for images, else (n_features,).

    Standardized: mean and (population) standard deviation of the inputs `seen`, over all pixels of
    images, for each feature of others; a constant feature has scale 1.
    Otherwise: 0 and the maximum of a pixel for images, 0 and 1 for others. Nothing seen: 0 and 1.
    """
    shift, scale = np.zeros(1), np.full(1, info.maximum if seen else 1.0)
    if standardize and seen:
        shift, scale = _of_pixels(seen) if info.shape else _of_features(np.concatenate(seen))
    n = 1 if info.shape else info.n_features
    fitted = [np.array(np.broadcast_to(values, n), np.float32) for values in (shift, scale)]
    for values in fitted:
        values.setflags(write=False)
    return fitted[0], fitted[1]


def _of_features(x: Array) -> Pair:
    varies = x.max(axis=0) > x.min(axis=0)  # a tiny σ may remain from rounding
    std = x.std(axis=0, dtype=np.float64)
    return x.mean(axis=0, dtype=np.float64), np.where(varies, std, 1)


def _of_pixels(seen: Sequence[NDArray[np.uint8]]) -> Pair:
    """Moments from the counts of each brightness 0 … 255: exact, and in little memory."""
    counts = brightness_counts(seen)
    brightness = np.arange(256)
    mean = np.average(brightness, weights=counts)
    std = np.sqrt(np.average((brightness - mean) ** 2, weights=counts))
    return np.array([mean]), np.array([std if np.count_nonzero(counts) > 1 else 1])


def brightness_counts(seen: Sequence[NDArray[np.uint8]]) -> NDArray[np.int64]:
    """How many pixels of all these images have each brightness 0 … 255, (256,)."""
    counts = np.zeros(256, np.int64)
    for x in seen:
        for start in range(0, len(x), CHUNK):
            counts += np.bincount(x[start : start + CHUNK].ravel(), minlength=256)
    return counts


def target_scaling(y: Array, is_scaled: bool) -> tuple[float, float]:
    """Mean and standard deviation of the training targets (n,), or 0 and 1 if they stay as is."""
    if not is_scaled:
        return 0.0, 1.0
    return float(y.mean(dtype=np.float64)), float(y.std(dtype=np.float64)) or 1.0


def fill_gaps(x_train: Array, *others: Array) -> list[Array]:
    """NaN in each feature replaced by its median over `x_train` (n, n_features), 0 without any."""
    splits = [x_train, *others]
    if not any(np.isnan(x).any() for x in splits):
        return splits
    present = ~np.isnan(x_train)
    medians = [np.median(x_train[rows, i]) if rows.any() else 0 for i, rows in enumerate(present.T)]
    filled = np.array(medians, x_train.dtype)
    return [np.where(np.isnan(x), filled, x) for x in splits]


def with_noise(splits: list[Pair], info: DatasetInfo, noise: float, data_seed: int) -> list[Pair]:
    """`splits` with normal noise on their inputs, each split from its own random stream.

    Images: σ = noise·maximum on each pixel, clipped to 0 … maximum and rounded.
    Others: σ = noise·s, with s the standard deviation of each feature in the first split.
    """
    if noise == 0:
        return splits
    streams = [stream(data_seed, Purpose.NOISE, part) for part in range(len(splits))]
    if info.shape:
        return [
            (noisy_images(x, noise, info.maximum, rng), y)
            for (x, y), rng in zip(splits, streams, strict=True)
        ]
    x_train = splits[0][0]
    std = np.nanstd if np.isnan(x_train).any() else np.std
    sigma = noise * std(x_train, axis=0)
    return [
        (x + sigma * rng.standard_normal(x.shape), y)
        for (x, y), rng in zip(splits, streams, strict=True)
    ]


def noisy_images(x: Array, noise: float, maximum: float, rng: np.random.Generator) -> Array:
    """uint8 images (n, height, width) with normal noise on each pixel, same type and shape."""
    noisy = np.empty_like(x)
    for start in range(0, len(x), CHUNK):
        rows = slice(start, start + CHUNK)
        drawn = rng.standard_normal(x[rows].shape, np.float32) * np.float32(noise * maximum)
        noisy[rows] = (x[rows] + drawn).clip(0, maximum).round()
    return noisy
