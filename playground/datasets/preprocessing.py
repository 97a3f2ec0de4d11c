"""One stream of random numbers for each purpose, so that no choice disturbs another.

How raw inputs become the network's: the shift and scale of (x − shift)/scale.

Random disturbance of the inputs of images and tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.registry import DatasetInfo

Array = NDArray[Any]


class Purpose(IntEnum):
    """What random numbers are drawn for; the numbers stay, or every seed would mean other data."""

    POINTS = 0
    TEST = 1
    NOISE = 2
    LABELS = 3
    SPLIT = 4
    SPARE = 5
    COPIES = 6


def stream(data_seed: int, purpose: Purpose, part: int = 0) -> np.random.Generator:
    """The generator of one purpose; `part` tells training (0), validation, test and spare apart."""
    return np.random.default_rng([data_seed, purpose, part])


Numbers = NDArray[np.float32]

LARGE_INPUT = 10.0  # scaled inputs beyond it let losses explode at ordinary learning rates
CHUNK = 1_000  # images counted at a time, to keep memory small


@dataclass(frozen=True)
class Scaler:
    """What the scaling is learnt from: the names of parts of a data set. None: no scaling."""

    label: str
    parts: tuple[str, ...]


SCALERS: dict[str, Scaler] = {
    "training": Scaler("The training examples (right)", ("train",)),
    "everything": Scaler(
        "All examples, also those kept aside (a mistake)", ("train", "validation", "test")
    ),
    "nothing": Scaler("Nothing: inputs stay as they are (a mistake)", ()),
}


def scaling(
    seen: Sequence[NDArray[Any]], source: DatasetInfo, standardise: bool
) -> tuple[Numbers, Numbers]:
    """shift and scale, read-only: (1,) for images, (n_features,) for others.

    Standardised: mean and (population) standard deviation of the inputs `seen`, over all pixels of
    images, for each feature of others; a constant feature has scale 1.
    Otherwise: 0 and the maximum of a pixel for images, 0 and 1 for others. Nothing seen: 0 and 1.
    """
    shift, scale = np.zeros(1), np.full(1, source.maximum if seen else 1.0)
    if standardise and seen:
        shift, scale = _of_pixels(seen) if source.shape else _of_features(np.concatenate(seen))
    n = 1 if source.shape else source.n_features
    sealed = [np.array(np.broadcast_to(values, n), np.float32) for values in (shift, scale)]
    for values in sealed:
        values.setflags(write=False)
    return sealed[0], sealed[1]


def _of_features(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    varies = x.max(axis=0) > x.min(axis=0)  # a tiny σ may be left over from rounding
    deviation = x.std(axis=0, dtype=np.float64)
    return x.mean(axis=0, dtype=np.float64), np.where(varies, deviation, 1)


def _of_pixels(seen: Sequence[NDArray[np.uint8]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Moments from the number of pixels of each brightness 0 … 255: exact, and in little memory."""
    counts = brightness_counts(seen)
    brightness = np.arange(256)
    mean = np.average(brightness, weights=counts)
    deviation = np.sqrt(np.average((brightness - mean) ** 2, weights=counts))
    return np.array([mean]), np.array([deviation if np.count_nonzero(counts) > 1 else 1])


def brightness_counts(seen: Sequence[NDArray[np.uint8]]) -> NDArray[np.int64]:
    """How many pixels of all these images have each brightness 0 … 255, (256,)."""
    counts = np.zeros(256, np.int64)
    for x in seen:
        for start in range(0, len(x), CHUNK):
            counts += np.bincount(x[start : start + CHUNK].ravel(), minlength=256)
    return counts


Pair = tuple[Array, Array]

IMAGES_AT_ONCE = 1_000  # images at a time: their noise takes four times the memory of the pixels


def disturbed(parts: list[Pair], source: DatasetInfo, noise: float, data_seed: int) -> list[Pair]:
    """`parts` with normal noise on their inputs, each part from its own random numbers.

    Images: σ = noise·maximum on each pixel, clipped to 0 … maximum and rounded.
    Others: σ = noise·s, with s the standard deviation of each feature in the first part.
    """
    if noise == 0:
        return parts
    streams = [stream(data_seed, Purpose.NOISE, part) for part in range(len(parts))]
    if source.shape:
        return [
            (_grainy(x, noise, source.maximum, rng), y)
            for (x, y), rng in zip(parts, streams, strict=True)
        ]
    sigma = noise * parts[0][0].std(axis=0)
    return [
        (x + sigma * rng.standard_normal(x.shape), y)
        for (x, y), rng in zip(parts, streams, strict=True)
    ]


def _grainy(x: Array, noise: float, maximum: float, rng: np.random.Generator) -> Array:
    """uint8 images (n, height, width) with grain, same type and shape."""
    grainy = np.empty_like(x)
    for start in range(0, len(x), IMAGES_AT_ONCE):
        rows = slice(start, start + IMAGES_AT_ONCE)
        grain = rng.standard_normal(x[rows].shape, np.float32) * np.float32(noise * maximum)
        grainy[rows] = (x[rows] + grain).clip(0, maximum).round()
    return grainy
