"""What watches the validation loss: early stopping and reduce-on-plateau, as Keras defines them."""

import math
from dataclasses import dataclass, field

import numpy as np

from playground.experiment.model import Training


@dataclass
class EarlyStopping:
    """Stops when the loss has not been below its best for `patience` epochs."""

    training: Training
    best: float = math.inf
    best_epoch: int | None = None
    best_weights: list[np.ndarray] = field(default_factory=list)
    wait: int = 0

    @property
    def epochs_left(self) -> int:
        """Epochs that can pass before it might stop."""
        active = self.training.early_stopping
        return self.training.patience - self.wait if active else self.training.epochs

    def see(self, epoch: int, loss: float, weights: list[np.ndarray]) -> bool:
        """Take note of an epoch's loss; True where training should stop."""
        if not self.training.early_stopping:
            return False
        self.wait += 1
        if loss < self.best:
            self.best, self.best_epoch, self.wait = loss, epoch, 0
            self.best_weights = weights
        return self.wait >= self.training.patience


@dataclass
class Plateau:
    """Multiplies the rate by `decay_rate` after `plateau_patience` epochs without a lower loss."""

    training: Training
    factor: float = 1.0
    best: float = math.inf
    wait: int = 0

    SMALLEST_GAIN = 1e-4  # a smaller fall of the loss does not count, as in Keras

    @property
    def epochs_left(self) -> int:
        """Epochs that can pass before it might reduce the rate."""
        active = self.training.schedule == "plateau"
        return self.training.plateau_patience - self.wait if active else self.training.epochs

    def see(self, loss: float) -> None:
        """Take note of an epoch's loss."""
        if self.training.schedule != "plateau":
            return
        if loss < self.best - self.SMALLEST_GAIN:
            self.best, self.wait = loss, 0
            return
        self.wait += 1
        if self.wait >= self.training.plateau_patience:
            self.factor, self.wait = self.factor * self.training.decay_rate, 0
