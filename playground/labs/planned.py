"""Learning-rate schedules at work: the rate of each epoch, and where it leads on (w + 1)²."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.experiment import Training
from playground.schedules import rates

Array = NDArray[np.float64]

START = 5.0  # w before the first update
BOUND = 1e100  # beyond it a loss is no longer followed


@dataclass(frozen=True)
class Descent:
    """Gradient descent on (w + 1)², one update an epoch, for `epochs` epochs.

    Row t: the rate of update t, the w it starts from and the loss there; w has one more row.
    """

    rate: Array  # (epochs,)
    w: Array  # (epochs + 1,)

    @property
    def loss(self) -> Array:
        """(w + 1)² before each update and after the last, (epochs + 1,)."""
        return np.asarray((self.w + 1) ** 2)


def descend(training: Training, start: float = START) -> Descent:
    """Follow w ← w − η 2(w + 1) with the rates that `training` plans, one update an epoch."""
    if training.schedule == "plateau":
        return _on_plateaus(training, start)
    rate = rates(training, np.arange(training.epochs), 1)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = (start + 1) * np.cumprod(np.append(1.0, 1 - 2 * rate))
    return Descent(rate, np.clip(distance, -BOUND, BOUND) - 1)


def _on_plateaus(training: Training, start: float) -> Descent:
    """The rate depends on the losses seen: after `plateau_patience` of them without a lower one."""
    planned = rates(training, np.arange(training.epochs), 1)
    rate, w = np.empty(training.epochs), np.empty(training.epochs + 1)
    w[0], factor, best, wait = start, 1.0, np.inf, 0
    for epoch in range(training.epochs):
        rate[epoch] = planned[epoch] * factor
        w[epoch + 1] = np.clip(w[epoch] - rate[epoch] * 2 * (w[epoch] + 1), -BOUND, BOUND)
        loss = (w[epoch + 1] + 1) ** 2
        best, wait = (loss, 0) if loss < best else (best, wait + 1)
        if wait >= training.plateau_patience:
            factor, wait = factor * training.decay_rate, 0
    return Descent(rate, w)
