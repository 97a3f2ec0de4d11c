"""Batches of training examples, their order, and the random bits of dropout masks."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from playground.experiment.model import Experiment


@dataclass(frozen=True)
class Batches:
    """The examples of consecutive updates, in order, cut into `n_epochs` equal pieces."""

    x: np.ndarray  # (n_epochs, rows, n_features)
    y: np.ndarray  # (n_epochs, rows, …)
    weight: np.ndarray  # (n_epochs, rows): 1, or 0 for rows that fill up the last batch
    rates: np.ndarray  # (n_epochs, steps)
    bits: np.ndarray  # (n_epochs, steps, …) uint16 for dropout masks; length 0 without dropout

    def padded(self, n_epochs: int) -> "Batches":
        """The same batches and zeros up to `n_epochs` pieces, so that one compilation serves."""

        def pad(a: np.ndarray) -> np.ndarray:
            return np.concatenate([a, np.zeros((n_epochs - len(a), *a.shape[1:]), a.dtype)])

        return Batches(*(pad(getattr(self, field.name)) for field in fields(self)))


class BatchOrder:
    """The order of `n` training examples in each epoch, from `network.seed` alone.

    One generator gives all permutations in turn, so the order does not depend on how training is
    cut into requests.
    """

    def __init__(self, experiment: Experiment) -> None:
        self.n, self.shuffle = experiment.data.train_size, experiment.training.shuffle
        self.rng = np.random.default_rng([experiment.network.seed, 1])

    def next_epoch(self) -> NDArray[np.int64]:
        """The rows (n,) of the training examples in the order of the next epoch."""
        return self.rng.permutation(self.n) if self.shuffle else np.arange(self.n)

    def skip(self, epochs: int) -> None:
        """Go on as after `epochs` more."""
        for _ in range(epochs * self.shuffle):
            self.next_epoch()


class DropoutMasks:
    """Random uint16 numbers for dropout, one per hidden unit and example, from `network.seed`."""

    def __init__(self, experiment: Experiment) -> None:
        self.units = sum(experiment.network.hidden)
        self.bits = np.random.PCG64(np.random.SeedSequence([experiment.network.seed, 2]))

    def draw(self, steps: int, batch_size: int) -> NDArray[np.uint16]:
        """(steps, batch_size · units), filled up to a multiple of 4: each raw draw is 64 bits."""
        words = self._words(batch_size)
        raw: NDArray[np.uint64] = self.bits.random_raw(steps * words)
        return raw.view(np.uint16).reshape(steps, words * 4)

    def skip(self, steps: int, batch_size: int) -> None:
        """Go on as after `steps` more."""
        self.bits.advance(steps * self._words(batch_size))

    def _words(self, batch_size: int) -> int:
        """Raw draws for one step."""
        return -(-batch_size * self.units // 4)
