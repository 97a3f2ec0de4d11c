"""Coffee roasting by hand: 2 inputs, 3 sigmoid units, 1 sigmoid output, and a threshold."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets import Dataset, load
from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble
from playground.nn.network import Snapshot

Array = NDArray[Any]

# The course trains 10 epochs on 1,000 copies of 200 roasts in batches of 32: 62,500 updates.
# 200 roasts in batches of 32 are 7 updates an epoch.
EPOCHS = 9_000
MOMENTS = (0, 10, 30, 100, 200, 400, 700, 1_000, 1_500, 2_000, 3_000, 4_500, 6_000, 9_000)

EXPERIMENT = Experiment().replace(
    dataset="coffee", train_size=200, validation_size=0, hidden=(3,), activation="sigmoid",
    optimizer="adam", learning_rate=0.01, batch_size=32, epochs=EPOCHS,
)  # fmt: skip

# What such a training ended with (seed 3), to begin with: [W1, b1, W2, b2].
TRAINED = (
    ((-0.04, 13.17, 13.49), (11.24, 10.92, 0.29)),
    (13.63, 1.27, 14.09),
    ((27.03,), (-37.43,), (27.61,)),
    (-35.71,),
)

NAMES = ("W1", "b1", "W2", "b2")


@cache
def roasts() -> Dataset:
    """The 200 roasts, °C and minutes; `scaled` is what the Normalization layer does."""
    return load(EXPERIMENT.data)


def network(weights: tuple[Any, ...] = TRAINED) -> Snapshot:
    """The 2-3-1 network with the weights [W1 (2, 3), b1 (3,), W2 (3, 1), b2 (1,)]."""
    return assemble(EXPERIMENT, EPOCHS, [np.array(w, np.float32) for w in weights])


def printed(snapshot: Snapshot) -> str:
    """The weights with their shapes, to two decimals, as the course prints them."""
    with np.printoptions(precision=2, suppress=True):
        w1, b1, w2, b2 = (np.asarray(w) for w in snapshot.weights)
        return (
            f"W1{w1.shape}:\n{w1}\nb1{b1.shape}: {b1}\n"
            f"W2{w2.shape}:\n{w2}\nb2{b2.shape}: {b2}"
        )  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """Yes or no to each of the roasts: counts by what was said and what is true."""

    hits: int  # good, called good
    missed: int  # good, called bad
    alarms: int  # bad, called good
    passed: int  # bad, called bad

    @property
    def accuracy(self) -> float:
        """Share of right answers."""
        total = self.hits + self.missed + self.alarms + self.passed
        return (self.hits + self.passed) / total


def judge(output: Array, good: Array, threshold: float) -> Judged:
    """Compare outputs (n,) above `threshold` with whether the roasts are good (n,)."""
    yes, good = output > threshold, good.astype(bool)
    return Judged(
        hits=int((yes & good).sum()), missed=int((~yes & good).sum()),
        alarms=int((yes & ~good).sum()), passed=int((~yes & ~good).sum()),
    )  # fmt: skip


def baseline(good: Array) -> float:
    """The accuracy of always saying what most roasts are: 157 of 200 are bad, 78.5 %."""
    share = float(good.mean())
    return max(share, 1 - share)
