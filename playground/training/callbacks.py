"""Stop rules and reduce-on-plateau; what Keras has as a callback has the same rules."""

import math
from dataclasses import dataclass, replace

import numpy as np

from playground.experiment.model import Training
from playground.history.events import Score


def _is_lower(loss: float, best: float) -> bool:
    return bool(np.float32(loss) < np.float32(best))  # Keras compares losses as float32


@dataclass(frozen=True)
class EarlyStopping:
    """Stops training when the monitored loss has not improved for `patience` epochs.

    Only epochs that are evaluated count, as in Keras: every `validation_freq`-th. A decrease of at
    most `min_delta` is no improvement. The loss is `val_loss` as Keras reports it,
    penalty included; without validation examples the training loss.
    """

    training: Training
    best: float = math.inf
    best_epoch: int | None = None
    best_weights: tuple[np.ndarray, ...] = ()
    wait: int = 0

    @property
    def scores_left(self) -> int:
        """Judged epochs before it can stop."""
        active = self.training.early_stopping
        return self.training.patience - self.wait if active else self.training.epochs

    @property
    def stops(self) -> bool:
        """Whether training stops now."""
        return self.training.early_stopping and self.wait >= self.training.patience

    def after(self, epoch: int, loss: float, weights: list[np.ndarray]) -> "EarlyStopping":
        """The callback after an epoch that ended with this loss."""
        if not self.training.early_stopping:
            return self
        if _is_lower(loss + self.training.min_delta, self.best):
            return EarlyStopping(self.training, loss, epoch, tuple(weights))
        return replace(self, wait=self.wait + 1)


def reaches_target(training: Training, score: Score, is_accuracy: bool) -> bool:
    """Whether a score ends the run: a loss or error at most, or an accuracy at least the target."""
    target = np.float32(training.target_value)
    if training.target_metric == "metric" and is_accuracy:
        return bool(np.float32(score.metric) >= target)
    value = {"loss": score.loss, "metric": score.metric}.get(training.target_metric, math.inf)
    return bool(np.float32(value) <= target)


@dataclass(frozen=True)
class Plateau:
    """Multiplies the rate by `decay_rate` after `plateau_patience` epochs without improvement."""

    training: Training
    factor: float = 1.0
    best: float = math.inf
    wait: int = 0

    MIN_DELTA = 1e-4  # a smaller decrease of the loss is no improvement, as in Keras

    @property
    def scores_left(self) -> int:
        """Judged epochs before it can reduce the rate."""
        active = self.training.schedule == "plateau"
        return self.training.plateau_patience - self.wait if active else self.training.epochs

    def after(self, loss: float) -> "Plateau":
        """The callback after an epoch that ended with this loss."""
        if self.training.schedule != "plateau":
            return self
        if _is_lower(loss + self.MIN_DELTA, self.best):
            return replace(self, best=loss, wait=0)
        if self.wait + 1 >= self.training.plateau_patience:
            return replace(self, factor=self.factor * self.training.decay_rate, wait=0)
        return replace(self, wait=self.wait + 1)
