"""Random disturbance of the inputs of images and tables."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.randomness import Purpose, stream
from playground.datasets.sources import Source

Array = NDArray[Any]
Pair = tuple[Array, Array]

CHUNK = 1_000  # images at a time: their noise takes four times the memory of the pixels


def disturbed(parts: list[Pair], source: Source, noise: float, data_seed: int) -> list[Pair]:
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
    for start in range(0, len(x), CHUNK):
        rows = slice(start, start + CHUNK)
        grain = rng.standard_normal(x[rows].shape, np.float32) * np.float32(noise * maximum)
        grainy[rows] = (x[rows] + grain).clip(0, maximum).round()
    return grainy
