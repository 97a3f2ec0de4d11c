"""Losses of a single weight, each with something to find: f, f′, and where its valleys are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Number = Any  # a NumPy float or array of any float type, which stays what it is


@dataclass(frozen=True)
class LossCurve:
    """A loss f(w) with its derivative f′.

    w, loss: what a chart of it shows; valleys: where f has a minimum, the lowest first;
    presets: (learning rate, its decay) too small, right, too large, and far too large for it.
    """

    label: str
    lesson: str  # one sentence: what to find here
    formula: str  # LaTeX
    slope: str  # LaTeX, of f′
    f: Callable[[Number], Number]
    df: Callable[[Number], Number]
    w: tuple[float, float]
    loss: tuple[float, float]
    start: float
    valleys: tuple[float, ...]
    presets: tuple[tuple[float, float], ...]


CURVES: dict[str, LossCurve] = {
    "parabola": LossCurve(
        "Parabola",
        "The simplest valley: each update multiplies the distance to the bottom by 1 − 2η.",
        "(w+1)^2",
        "2(w+1)",
        lambda w: np.square(w + 1),
        lambda w: 2 * (w + 1),
        (-8.0, 6.0), (-3.0, 49.0), 5.0, (-1.0,),
        ((0.01, 1), (0.3, 1), (0.95, 1), (1.05, 1)),
    ),
    "valleys": LossCurve(
        "Two valleys",
        "Where one begins decides where one ends: drag the start across the hill at 0.5.",
        r"\tfrac18 w^4 - \tfrac1{12} w^3 - w^2 + w + \tfrac{10}3",
        r"\tfrac12 (w+2)(w-\tfrac12)(w-2)",
        lambda w: w**4 / 8 - w**3 / 12 - w**2 + w + 10 / 3,
        lambda w: (w + 2) * (w - 0.5) * (w - 2) / 2,
        (-3.5, 3.5), (-0.8, 9.0), 3.0, (-2.0, 2.0),
        ((0.005, 1), (0.1, 1), (0.5, 1), (1.0, 1)),
    ),
    "ripples": LossCurve(
        "Ripples",
        "Many small valleys: small steps stay in the first one, large ones leap over it.",
        r"\tfrac{w^2}{20} + \tfrac12 (1 - \cos 3w)",
        r"\tfrac{w}{10} + \tfrac32 \sin 3w",
        lambda w: w**2 / 20 + (1 - np.cos(3 * w)) / 2,
        lambda w: w / 10 + 1.5 * np.sin(3 * w),
        (-6.0, 6.0), (-0.3, 3.0), 4.6, (0.0,),
        ((0.1, 1), (1.1, 0.9), (0.5, 1), (1.3, 1)),
    ),
    "plain": LossCurve(
        "Flat far away",
        "Far from the valley the slope is next to nothing, and so is each step.",
        r"\frac{4w^2}{1 + w^2}",
        r"\frac{8w}{(1 + w^2)^2}",
        lambda w: 4 * w**2 / (1 + w**2),
        lambda w: 8 * w / (1 + w**2) ** 2,
        (-6.0, 6.0), (-0.4, 4.6), 2.5, (0.0,),
        ((0.02, 1), (0.2, 1), (0.5, 1), (1.5, 1)),
    ),
    "corner": LossCurve(
        "A corner",
        "The slope is 1 up to the very bottom: steps get smaller only if the rate decays.",
        r"|w+1|",
        r"\operatorname{sign}(w+1)",
        lambda w: np.abs(w + 1),
        lambda w: np.sign(w + 1),
        (-8.0, 6.0), (-0.5, 7.2), 5.1, (-1.0,),
        ((0.05, 1), (0.5, 0.95), (1.0, 1), (1.5, 1)),
    ),
}  # fmt: skip
