"""How raw inputs become the network's: the shift and scale of (x − shift)/scale."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.sources import Source

Numbers = NDArray[np.float32]

CHUNK = 1_000  # images counted at a time, to keep memory small


def scaling(x: NDArray[Any], source: Source, standardise: bool) -> tuple[Numbers, Numbers]:
    """shift and scale, read-only: (1,) for images, (n_features,) for others.

    Standardised: mean and (population) standard deviation of the training inputs `x`, over all
    pixels of images, for each feature of others; a constant feature has scale 1.
    Otherwise: 0 and the maximum of a pixel for images, 0 and 1 for others.
    """
    shift, scale = np.zeros(1), np.full(1, source.maximum)
    if standardise:
        shift, scale = _of_pixels(x) if source.shape else _of_features(x)
    n = 1 if source.shape else source.n_features
    sealed = [np.array(np.broadcast_to(values, n), np.float32) for values in (shift, scale)]
    for values in sealed:
        values.setflags(write=False)
    return sealed[0], sealed[1]


def _of_features(x: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    varies = x.max(axis=0) > x.min(axis=0)  # a tiny σ may be left over from rounding
    deviation = x.std(axis=0, dtype=np.float64)
    return x.mean(axis=0, dtype=np.float64), np.where(varies, deviation, 1)


def _of_pixels(x: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Moments from the number of pixels of each brightness 0 … 255: exact, and in little memory."""
    counts = sum(
        np.bincount(x[start : start + CHUNK].ravel(), minlength=256)
        for start in range(0, len(x), CHUNK)
    )
    brightness = np.arange(256)
    mean = np.average(brightness, weights=counts)
    deviation = np.sqrt(np.average((brightness - mean) ** 2, weights=counts))
    return np.array([mean]), np.array([deviation if np.count_nonzero(counts) > 1 else 1])
