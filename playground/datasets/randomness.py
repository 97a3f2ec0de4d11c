"""One stream of random numbers for each purpose, so that no choice disturbs another."""

from enum import IntEnum

import numpy as np


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
