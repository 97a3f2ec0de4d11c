"""Gradient descent on one weight, in the arithmetic of TensorFlow: 32-bit floats.

Epoch k, counted from 0: η_k = η₀ d^k, then w ← w − η_k f′(w). Its loss is that before the update.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.labs.curves import Curve

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


def descend(curve: Curve, start: float, rate: float, decay: float, epochs: int) -> Descent:
    """`epochs` updates from w = `start` with the rate η₀ = `rate`, times `decay` each epoch."""
    return follow(curve, start, rate * decay ** np.arange(epochs))


def follow(curve: Curve, start: float, planned: NDArray[np.floating]) -> Descent:
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
class Verdict:
    """How a descent went: "diverged", "arrived", "leaping" from side to side, "slow" or "stuck"."""

    kind: str
    valley: float  # the nearest to where it ended


def verdict(descent: Descent, curve: Curve) -> Verdict:
    """Judge a descent by where it ends and by how its slopes change sign.

    Arrived: within 1/500 of the chart's width from a valley's bottom, or all but level anywhere.
    """
    end = float(descent.w[-1])
    valley = min(curve.valleys, key=lambda at: abs(end - at))
    width = curve.w[1] - curve.w[0]
    if descent.left is not None or not curve.w[0] - width < end < curve.w[1] + width:
        return Verdict("diverged", valley)
    if abs(end - valley) < width / 500:
        return Verdict("arrived", valley)
    signs = np.sign(descent.slope)
    if len(signs) > 1 and np.mean(signs[1:] != signs[:-1]) > 0.4:
        return Verdict("leaping", valley)
    level = abs(float(curve.df(descent.w[-1]))) < 1e-2 and abs(end - descent.w[-2]) < width / 5000
    return Verdict("stuck" if level else "slow", valley)
