"""Gradient descent on one weight with any learning-rate schedule, one update an epoch."""

import math

import numpy as np
from numpy.typing import NDArray

from playground.experiment import Training
from playground.labs.curves import Curve
from playground.labs.descent import Descent, follow
from playground.schedules import rates

SMALLEST_GAIN = 1e-4  # a smaller fall of the loss is none, for schedules that wait for a plateau


def scheduled(curve: Curve, start: float, training: Training) -> Descent:
    """`training.epochs` updates from w = `start` with the rates that `training` plans."""
    planned = rates(training, np.arange(training.epochs), 1)
    if training.schedule == "plateau":
        return follow(curve, start, _reduced(curve, start, planned, training))
    return follow(curve, start, planned)


def _reduced(
    curve: Curve, start: float, planned: NDArray[np.float64], training: Training
) -> NDArray[np.float64]:
    """The planned rates (epochs,) times `decay_rate` for each plateau that the losses come to.

    A plateau: `plateau_patience` epochs in a row without a loss lower than the lowest so far.
    """
    used, w = np.empty_like(planned), np.float32(start)
    factor, lowest, waited = 1.0, math.inf, 0
    with np.errstate(over="ignore", invalid="ignore"):
        for k, rate in enumerate(planned):
            used[k] = rate * factor
            w = np.float32(w - np.float32(used[k]) * curve.df(w))
            loss = float(curve.f(w))
            better = loss < lowest - SMALLEST_GAIN
            lowest, waited = (loss, 0) if better else (lowest, waited + 1)
            if waited >= training.plateau_patience:
                factor, waited = factor * training.decay_rate, 0
    return used
