"""The small network whose every number the lab From scratch shows: 4-3-3 on iris."""

from functools import lru_cache
from itertools import pairwise

import numpy as np

from playground.datasets import load
from playground.experiment import Data
from playground.initializers import INITIALIZERS
from playground.labs.by_numpy import Array, Labels, Step, Weights, fit

SIZES = (4, 3, 3)
BATCH_SIZE = 5
STEPS = 24
NAMES = ("W₁", "b₁", "W₂", "b₂")
SEED = 2


def examples() -> tuple[Array, Labels]:
    """Flowers for one epoch, standardised, and their species."""
    data = load(Data(dataset="iris", train_size=STEPS * BATCH_SIZE, validation_size=0))
    return data.scaled(data.train.x).astype(float), data.train.y.astype(np.int64)


def weights() -> Weights:
    """Before the first step: kernels by Glorot, biases 0."""
    rng, draw = np.random.default_rng(SEED), INITIALIZERS["glorot_uniform"].draw
    first: Weights = []
    for n_in, n_out in pairwise(SIZES):
        first += [draw(rng, n_in, n_out).astype(float), np.zeros(n_out)]
    return first


@lru_cache(maxsize=64)
def steps(rate: float) -> tuple[Step, ...]:
    """One epoch."""
    return tuple(fit(weights(), *examples(), BATCH_SIZE, rate))


def places() -> list[tuple[int, tuple[int, ...]]]:
    """Every weight: which of the four arrays, and where in it."""
    return [(i, place) for i, w in enumerate(weights()) for place in np.ndindex(*w.shape)]


def name(part: int, place: tuple[int, ...]) -> str:
    """As it is written in code, counted from 0: "W₁[2, 0]"."""
    return f"{NAMES[part]}[{', '.join(map(str, place))}]"
