"""Gradient descent on one weight, in the arithmetic of TensorFlow: 32-bit floats.

Epoch k, counted from 0: η_k = η₀ d^k, then w ← w − η_k f′(w). Its loss is that before the update.

Gradient descent on one weight with any learning-rate schedule, one update an epoch.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.experiment.model import Training
from playground.labs.optimizers.curves_1d import LossCurve
from playground.nn.schedules import rates

Array = NDArray[np.float32]


FAR = 1e6  # times the width of the chart: nobody follows a weight any further


@dataclass(frozen=True)
class Descent:
    """Row k is epoch k; `w` has one row more, the first is the start.

    A weight that goes too far to be followed ends the descent early: `left` is the epoch.
    """

    rate: Array
    loss: Array  # before the update
    slope: Array  # f′ before the update
    w: Array
    left: int | None = None

    @property
    def epochs(self) -> int:
        """How many updates were made."""
        return len(self.rate)


def descend(curve: LossCurve, start: float, rate: float, decay: float, epochs: int) -> Descent:
    """`epochs` updates from w = `start` with the rate η₀ = `rate`, times `decay` each epoch."""
    return follow(curve, start, rate * decay ** np.arange(epochs))


def follow(curve: LossCurve, start: float, planned: NDArray[np.floating]) -> Descent:
    """One update from w = `start` for each of the `planned` rates."""
    far = np.float32(FAR * (curve.w[1] - curve.w[0]))
    rates = planned.astype(np.float32)
    w = np.empty(len(rates) + 1, dtype=np.float32)
    loss, slope = np.empty_like(rates), np.empty_like(rates)
    w[0] = start
    for k in range(len(rates)):
        loss[k], slope[k] = curve.f(w[k]), curve.df(w[k])
        w[k + 1] = w[k] - rates[k] * slope[k]
        if not abs(w[k + 1]) < far:
            return Descent(rates[: k + 1], loss[: k + 1], slope[: k + 1], w[: k + 2], k)
    return Descent(rates, loss, slope, w)


@dataclass(frozen=True)
class DescentVerdict:
    """How a descent went: "diverged", "arrived", "leaping" from side to side, "slow" or "stuck"."""

    kind: str
    valley: float  # the nearest to where it ended


def verdict(descent: Descent, curve: LossCurve) -> DescentVerdict:
    """Judge a descent by where it ends and by how its slopes change sign.

    Arrived: within 1/500 of the chart's width from a valley's bottom, or all but level anywhere.
    """
    end = float(descent.w[-1])
    valley = min(curve.valleys, key=lambda at: abs(end - at))
    width = curve.w[1] - curve.w[0]
    if descent.left is not None or not curve.w[0] - width < end < curve.w[1] + width:
        return DescentVerdict("diverged", valley)
    if abs(end - valley) < width / 500:
        return DescentVerdict("arrived", valley)
    signs = np.sign(descent.slope)
    if len(signs) > 1 and np.mean(signs[1:] != signs[:-1]) > 0.4:
        return DescentVerdict("leaping", valley)
    level = abs(float(curve.df(descent.w[-1]))) < 1e-2 and abs(end - descent.w[-2]) < width / 5000
    return DescentVerdict("stuck" if level else "slow", valley)


SMALLEST_GAIN = 1e-4  # a smaller fall of the loss is none, for schedules that wait for a plateau


def scheduled(curve: LossCurve, start: float, training: Training) -> Descent:
    """`training.epochs` updates from w = `start` with the rates that `training` plans."""
    planned = rates(training, np.arange(training.epochs), 1)
    if training.schedule == "plateau":
        return follow(curve, start, _reduced(curve, start, planned, training))
    return follow(curve, start, planned)


def _reduced(
    curve: LossCurve, start: float, planned: NDArray[np.float64], training: Training
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
