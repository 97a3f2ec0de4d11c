"""Which examples each update sees, and the random numbers of its dropout masks."""

import numpy as np
from numpy.typing import NDArray

from playground.experiment.model import Experiment


class BatchOrder:
    """The order of the examples, epoch after epoch, from `network.seed` alone.

    One generator gives all permutations in turn, so the order does not depend on how training is
    cut into requests.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.n, self.shuffle = experiment.data.train_size, experiment.training.shuffle
        self.rng = np.random.default_rng([experiment.network.seed, 1])

    def next_epoch(self) -> NDArray[np.int64]:
        """The rows (n,) of the training examples in the order of the next epoch."""
        return self.rng.permutation(self.n) if self.shuffle else np.arange(self.n)


class Masks:
    """Random bits for dropout: uint16 numbers, one a unit and example, in a fixed sequence."""

    def __init__(self, experiment: Experiment) -> None:
        self.units = sum(experiment.network.hidden)
        self.bits = np.random.PCG64(np.random.SeedSequence([experiment.network.seed, 2]))

    def draw(self, steps: int, batch_size: int) -> NDArray[np.uint16]:
        """(steps, batch_size · units), filled up to a multiple of 4: each raw draw is 64 bits."""
        words = -(-batch_size * self.units // 4)
        raw: NDArray[np.uint64] = self.bits.random_raw(steps * words)
        return raw.view(np.uint16).reshape(steps, words * 4)
