"""Loss surfaces of two weights: f, its gradient, and its minima."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Surface:
    """A loss f(x, y) ≥ `lowest`; f takes arrays too, `gradient` two floats, for speed.

    x, y: ranges of its chart; noise: standard deviation of the error of each part of the gradient,
    as that of a batch.
    """

    label: str
    note: str  # what is difficult here
    formula: str  # LaTeX
    f: Callable[[Any, Any], Any]
    gradient: Callable[[float, float], Point]
    x: tuple[float, float]
    y: tuple[float, float]
    start: Point
    minima: tuple[Point, ...]
    lowest: float = 0.0
    noise: float = 0.0


def _beale(x: Any, y: Any) -> Any:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _beale_gradient(x: float, y: float) -> Point:
    a, b, c = 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3
    return (
        2 * (a * (y - 1) + b * (y * y - 1) + c * (y**3 - 1)),
        2 * x * (a + 2 * b * y + 3 * c * y * y),
    )


def _himmelblau_gradient(x: float, y: float) -> Point:
    a, b = x * x + y - 11, x + y * y - 7
    return 4 * x * a + 2 * b, 2 * a + 4 * y * b


def _plateau_gradient(x: float, y: float) -> Point:
    hill = exp(-(x * x + 2 * y * y) / 4)
    return x * hill / 2, y * hill


SURFACES: dict[str, Surface] = {
    "bowl": Surface(
        "Bowl",
        "Almost equally steep on all sides: every optimizer finds the minimum.",
        r"\tfrac12 x^2 + \tfrac45 y^2",
        lambda x, y: x * x / 2 + 4 * y * y / 5,
        lambda x, y: (x, 8 * y / 5),
        (-3.0, 3.0), (-3.0, 3.0), (-2.4, 2.0), ((0.0, 0.0),),
    ),
    "ravine": Surface(
        "Ravine",
        "50 times steeper in y than in x: one rate is too large for y and too small for x.",
        r"\tfrac1{20} x^2 + \tfrac52 y^2",
        lambda x, y: x * x / 20 + 5 * y * y / 2,
        lambda x, y: (x / 10, 5 * y),
        (-6.0, 6.0), (-3.0, 3.0), (-5.0, 2.0), ((0.0, 0.0),),
    ),
    "beale": Surface(
        "Beale",
        "A long flat valley between steep walls: gradients are huge or tiny.",
        r"(\tfrac32 - x + xy)^2 + (\tfrac94 - x + xy^2)^2 + (\tfrac{21}8 - x + xy^3)^2",
        _beale,
        _beale_gradient,
        (-4.5, 4.5), (-4.5, 4.5), (1.0, 1.5), ((3.0, 0.5),),
    ),
    "rosenbrock": Surface(
        "Rosenbrock",
        "A curved valley: easy to reach, slow to follow to the minimum at (1, 1).",
        r"(1-x)^2 + 100\,(y - x^2)^2",
        lambda x, y: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
        lambda x, y: (2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)),
        (-2.0, 2.0), (-1.0, 3.0), (-1.3, 2.4), ((1.0, 1.0),),
    ),
    "himmelblau": Surface(
        "Himmelblau",
        "Four equal minima: start, optimizer and learning rate decide which one is reached.",
        r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
        lambda x, y: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
        _himmelblau_gradient,
        (-5.0, 5.0), (-5.0, 5.0), (-0.5, -0.5),
        ((3.0, 2.0), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)),
    ),
    "saddle": Surface(
        "Saddle",
        "A saddle point, gradient 0, in the middle: which optimizer leaves it, and how soon?",
        r"x^2 - y^2 + \tfrac14 y^4 + 1",
        lambda x, y: x * x - y * y + y**4 / 4 + 1,
        lambda x, y: (2 * x, y**3 - 2 * y),
        (-2.5, 2.5), (-2.5, 2.5), (-2.0, 0.01), ((0.0, 2**0.5), (0.0, -(2**0.5))),
    ),
    "plateau": Surface(
        "Plateau",
        "Far from the minimum the slope is nearly 0: optimizers that divide by √V still move.",
        r"1 - e^{-(x^2 + 2y^2)/4}",
        lambda x, y: 1 - np.exp(-(x * x + 2 * y * y) / 4),
        _plateau_gradient,
        (-4.0, 4.0), (-4.0, 4.0), (-3.0, 1.6), ((0.0, 0.0),),
    ),
    "noisy": Surface(
        "Noisy",
        "Each gradient has a random error, as that of a batch: which optimizer averages it out?",
        r"\tfrac12 (x^2 + 8y^2), \quad g_t = \nabla f + \mathcal N(0, 2^2)",
        lambda x, y: (x * x + 8 * y * y) / 2,
        lambda x, y: (x, 8 * y),
        (-4.0, 4.0), (-3.0, 3.0), (-3.4, 2.2), ((0.0, 0.0),),
        noise=2.0,
    ),
}  # fmt: skip


def grid(surface: Surface, points: int) -> tuple[Array, Array, Array]:
    """x (points,), y (points,), and f (points, points) with a row for each y, over the chart."""
    x, y = np.linspace(*surface.x, points), np.linspace(*surface.y, points)
    return x, y, np.asarray(surface.f(x, y[:, None]))
