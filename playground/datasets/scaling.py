"""How raw inputs become the network's: the shift and scale of (x − shift)/scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.sources import Source

Numbers = NDArray[np.float32]

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
    seen: Sequence[NDArray[Any]], source: Source, standardise: bool
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
