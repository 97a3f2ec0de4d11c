"""Gradient descent on one weight, in float32 as TensorFlow computes it.

Epoch k, counted from 0: η_k = η₀ d^k, then w ← w − η_k f′(w). Its loss is that before the update.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.experiment.model import Training
from playground.nn.schedules import rates

Array = NDArray[np.float32]
Number = Any  # a NumPy float or array, whose float type is kept

FAR = 1e6  # times the width of the chart: beyond it a descent has diverged
MIN_DELTA = 1e-4  # the smallest improvement of the loss that ends no plateau


@dataclass(frozen=True)
class LossCurve:
    """A loss f(w) with its derivative f′.

    w, loss: ranges of its chart; minima: the lowest first;
    presets: (learning rate, decay) too small, right, too large, and far too large for it.
    """

    label: str
    note: str  # what to find out here
    formula: str  # LaTeX
    slope: str  # LaTeX, of f′
    f: Callable[[Number], Number]
    df: Callable[[Number], Number]
    w: tuple[float, float]
    loss: tuple[float, float]
    start: float
    minima: tuple[float, ...]
    presets: tuple[tuple[float, float], ...]


CURVES: dict[str, LossCurve] = {
    "parabola": LossCurve(
        "Parabola",
        "The simplest loss: each update multiplies the distance to the minimum by 1 − 2η.",
        "(w+1)^2",
        "2(w+1)",
        lambda w: np.square(w + 1),
        lambda w: 2 * (w + 1),
        (-8.0, 6.0), (-3.0, 49.0), 5.0, (-1.0,),
        ((0.01, 1), (0.3, 1), (0.95, 1), (1.05, 1)),
    ),
    "valleys": LossCurve(
        "Two minima",
        "The initial weight decides the minimum: drag it across the maximum at 0.5.",
        r"\tfrac18 w^4 - \tfrac1{12} w^3 - w^2 + w + \tfrac{10}3",
        r"\tfrac12 (w+2)(w-\tfrac12)(w-2)",
        lambda w: w**4 / 8 - w**3 / 12 - w**2 + w + 10 / 3,
        lambda w: (w + 2) * (w - 0.5) * (w - 2) / 2,
        (-3.5, 3.5), (-0.8, 9.0), 3.0, (-2.0, 2.0),
        ((0.005, 1), (0.1, 1), (0.5, 1), (1.0, 1)),
    ),
    "ripples": LossCurve(
        "Ripples",
        "Many local minima: small steps stay in the first one, large ones pass over it.",
        r"\tfrac{w^2}{20} + \tfrac12 (1 - \cos 3w)",
        r"\tfrac{w}{10} + \tfrac32 \sin 3w",
        lambda w: w**2 / 20 + (1 - np.cos(3 * w)) / 2,
        lambda w: w / 10 + 1.5 * np.sin(3 * w),
        (-6.0, 6.0), (-0.3, 3.0), 4.6, (0.0,),
        ((0.1, 1), (1.1, 0.9), (0.5, 1), (1.3, 1)),
    ),
    "plain": LossCurve(
        "Flat far out",
        "Far from the minimum the slope is nearly 0, and so is each step.",
        r"\frac{4w^2}{1 + w^2}",
        r"\frac{8w}{(1 + w^2)^2}",
        lambda w: 4 * w**2 / (1 + w**2),
        lambda w: 8 * w / (1 + w**2) ** 2,
        (-6.0, 6.0), (-0.4, 4.6), 2.5, (0.0,),
        ((0.02, 1), (0.2, 1), (0.5, 1), (1.5, 1)),
    ),
    "corner": LossCurve(
        "A kink",
        "The slope is ±1 up to the minimum: steps shrink only if the learning rate decays.",
        r"|w+1|",
        r"\operatorname{sign}(w+1)",
        lambda w: np.abs(w + 1),
        lambda w: np.sign(w + 1),
        (-8.0, 6.0), (-0.5, 7.2), 5.1, (-1.0,),
        ((0.05, 1), (0.5, 0.95), (1.0, 1), (1.5, 1)),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Descent:
    """Row k is epoch k; `w` has one row more, the first is the initial weight.

    `diverged_at`: the epoch whose update left the chart by far and ended the descent.
    """

    rate: Array
    loss: Array  # before the update
    slope: Array  # f′ before the update
    w: Array
    diverged_at: int | None = None

    @property
    def epochs(self) -> int:
        """The number of updates."""
        return len(self.rate)


def descend(curve: LossCurve, start: float, rate: float, decay: float, epochs: int) -> Descent:
    """`epochs` updates from w = `start` with the learning rate `rate` · `decay`^epoch."""
    return descend_with(curve, start, rate * decay ** np.arange(epochs))


def descend_with(curve: LossCurve, start: float, planned: NDArray[np.floating]) -> Descent:
    """One update from w = `start` for each of the learning rates `planned`."""
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
    """The outcome of a descent: "diverged", "converged", "oscillating", "slow" or "stuck"."""

    kind: str
    minimum: float  # the nearest to the last weight


def verdict(descent: Descent, curve: LossCurve) -> DescentVerdict:
    """Judge a descent by its last weight and by how often its slope changes sign.

    Converged: within 1/500 of the chart's width of a minimum.
    """
    end = float(descent.w[-1])
    minimum = min(curve.minima, key=lambda w: abs(end - w))
    width = curve.w[1] - curve.w[0]
    if descent.diverged_at is not None or not curve.w[0] - width < end < curve.w[1] + width:
        return DescentVerdict("diverged", minimum)
    if abs(end - minimum) < width / 500:
        return DescentVerdict("converged", minimum)
    signs = np.sign(descent.slope)
    if len(signs) > 1 and np.mean(signs[1:] != signs[:-1]) > 0.4:
        return DescentVerdict("oscillating", minimum)
    level = abs(float(curve.df(descent.w[-1]))) < 1e-2 and abs(end - descent.w[-2]) < width / 5000
    return DescentVerdict("stuck" if level else "slow", minimum)


def scheduled_descent(curve: LossCurve, start: float, training: Training) -> Descent:
    """`training.epochs` updates from w = `start` with the schedule of `training`."""
    planned = rates(training, np.arange(training.epochs), 1)
    if training.schedule == "plateau":
        planned = _reduced(curve, start, planned, training)
    return descend_with(curve, start, planned)


def _reduced(
    curve: LossCurve, start: float, planned: NDArray[np.float64], training: Training
) -> NDArray[np.float64]:
    """The planned rates (epochs,) times `decay_rate` for each plateau of the loss.

    A plateau: `plateau_patience` epochs in a row that do not improve the lowest loss.
    """
    used, w = np.empty_like(planned), np.float32(start)
    factor, lowest, waited = 1.0, math.inf, 0
    with np.errstate(over="ignore", invalid="ignore"):
        for k, rate in enumerate(planned):
            used[k] = rate * factor
            w = np.float32(w - np.float32(used[k]) * curve.df(w))
            loss = float(curve.f(w))
            better = loss < lowest - MIN_DELTA
            lowest, waited = (loss, 0) if better else (lowest, waited + 1)
            if waited >= training.plateau_patience:
                factor, waited = factor * training.decay_rate, 0
    return used
