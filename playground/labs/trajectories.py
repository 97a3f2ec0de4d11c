"""Loss surfaces of two weights, trajectories of optimizers there, and their best learning rates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import exp
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.labs.update_rules import (
    UPDATE_RULES,
    Settings,
    Values,
    default_settings,
)

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


FAR = 100.0  # widths of the chart, beyond which a trajectory has diverged
NEAR = 0.01  # of the initial loss above the minimum: converged


@dataclass(frozen=True)
class Trajectory:
    """Row t of `points` (updates + 1, 2) is the weights after update t, row 0 the start.

    steps: the numbers of each update, for x and for y. `diverged_at`: the update that left the
    chart by far and ended the trajectory.
    """

    points: Array
    loss: Array  # (updates + 1,), without noise
    steps: tuple[tuple[Values, Values], ...]
    diverged_at: int | None = None


def trajectory(
    name: str, surface: Surface, start: Point, learning_rate: float, settings: Settings,
    errors: NDArray[np.float64],
) -> Trajectory:  # fmt: skip
    """Updates by an entry of UPDATE_RULES; `errors` (updates, 2) are added to the gradients."""
    rule = UPDATE_RULES[name]
    states = [rule.initial_state(settings), rule.initial_state(settings)]
    w = (float(start[0]), float(start[1]))
    points, steps = [w], []
    far = [FAR * (high - low) for low, high in (surface.x, surface.y)]
    diverged_at = None
    for t, error in enumerate(errors.tolist(), 1):
        gx, gy = (slope + e for slope, e in zip(surface.gradient(*w), error, strict=True))
        directions, inverses = [gx, gy], [(0.0, 0.0)] * 2
        if rule.second_order:
            inverses = np.linalg.pinv(hessian(surface, w)).tolist()
            directions = [x * gx + y * gy for x, y in inverses]
        both: list[Values] = []
        for i, (x, y) in enumerate(inverses):
            states[i], values = rule.step(
                states[i], w[i], directions[i], t, learning_rate, settings
            )
            values |= {"gx": gx, "gy": gy, "inverse_x": x, "inverse_y": y}
            both.append(values | {"g": (gx, gy)[i], "w": w[i], "next": w[i] - values["eta"]})
        w = (both[0]["next"], both[1]["next"])
        steps.append((both[0], both[1]))
        points.append(w)
        if not (abs(w[0]) < far[0] and abs(w[1]) < far[1]):
            diverged_at = t
            break
    array = np.array(points)
    with np.errstate(over="ignore", invalid="ignore"):
        loss = np.asarray(surface.f(array[:, 0], array[:, 1]), dtype=np.float64)
    return Trajectory(array, loss, tuple(steps), diverged_at)


def hessian(surface: Surface, w: Point, h: float = 1e-5) -> Array:
    """The matrix of second derivatives at `w`, (2, 2), by central differences of the gradient."""
    (x, y), columns = w, []
    for dx, dy in ((h, 0.0), (0.0, h)):
        after, before = surface.gradient(x + dx, y + dy), surface.gradient(x - dx, y - dy)
        columns.append([(a - b) / (2 * h) for a, b in zip(after, before, strict=True)])
    return np.array(columns).T


def gradient_noise(surface: Surface, updates: int, seed: int) -> Array:
    """Errors of the gradients, (updates, 2): the same for every optimizer."""
    return np.random.default_rng(seed).normal(0.0, surface.noise, (updates, 2))


def converged_at(path: Trajectory, surface: Surface) -> int | None:
    """The update after which 99 % of the initial loss above the minimum is gone for good."""
    above = path.loss - surface.lowest
    outside = np.flatnonzero(~(above <= NEAR * above[0]))
    first = int(outside[-1]) + 1 if len(outside) else 0
    return first if first < len(above) else None


def ranking(paths: Mapping[str, Trajectory], step: int) -> list[str]:
    """Names by the loss after `step` updates, the lowest first; diverged ones last."""

    def key(name: str) -> tuple[bool, float]:
        path = paths[name]
        diverged = path.diverged_at is not None and step >= path.diverged_at
        return diverged, float(path.loss[min(step, len(path.loss) - 1)])

    return sorted(paths, key=key)


# ---- default learning rates --------------------------------------------------------------------
# One learning rate for all would be unfair: an optimizer that divides by √V moves by about the
# learning rate, the others by learning rate times slope. So each has the best of 1, 2, 5 × powers
# of ten.

CANDIDATES = tuple(float(f"{digit}e{power}") for power in range(-4, 2) for digit in (1, 2, 5))
MAX_RATES = {"adadelta": 50.0, "course_momentum": 20.0}  # its own steps are small; 1 − β is in it
MAX_RATE = 2.0  # of the others
TUNING_UPDATES = 200
TUNING_SEEDS = 4  # of the noise, on a noisy surface
MIN_LOSS = 1e-12  # a loss below this counts as this

# The results of `tuned_rate` for the surfaces and optimizers of this version.
_OPTIMIZERS = (
    "sgd",
    "course_momentum",
    "momentum",
    "nesterov",
    "adagrad",
    "adadelta",
    "rmsprop",
    "adam",
    "nadam",
    "adamw",
    "adamax",
    "lion",
)
_RATES = {
    "bowl": (0.5, 1, 0.1, 0.5, 2, 50, 0.1, 0.5, 2, 2, 1, 0.2),
    "ravine": (0.2, 1, 0.1, 0.2, 2, 50, 0.2, 1, 2, 2, 1, 0.5),
    "beale": (0.02, 0.05, 0.005, 0.005, 2, 50, 0.2, 0.5, 1, 0.5, 1, 0.1),
    "rosenbrock": (0.0005, 0.01, 0.001, 0.0005, 0.2, 20, 1, 1, 2, 2, 2, 0.02),
    "himmelblau": (0.01, 0.1, 0.01, 0.01, 1, 50, 0.1, 1, 0.5, 1, 1, 0.1),
    "saddle": (0.2, 5, 0.5, 0.2, 2, 50, 0.05, 1, 1, 1, 1, 0.1),
    "plateau": (1, 20, 2, 1, 2, 50, 0.05, 1, 0.5, 2, 2, 0.1),
    "noisy": (0.05, 0.05, 0.005, 0.005, 0.5, 50, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2),
}  # fmt: skip


def default_rate(name: str, surface: str) -> float:
    """`tuned_rate`, from the table where it is in it."""
    if name in _OPTIMIZERS and surface in _RATES:
        return _RATES[surface][_OPTIMIZERS.index(name)]
    return tuned_rate(name, surface)


@lru_cache(maxsize=256)
def tuned_rate(name: str, surface: str) -> float:
    """The candidate with the lowest mean of log₁₀(loss) over TUNING_UPDATES from the start.

    1 for a method of second order, which knows how long its step must be.
    """
    if UPDATE_RULES[name].second_order:
        return 1.0
    chosen = SURFACES[surface]
    seeds = range(TUNING_SEEDS if chosen.noise else 1)
    noises = [gradient_noise(chosen, TUNING_UPDATES, seed) for seed in seeds]
    settings = default_settings(name)

    def cost(rate: float) -> float:
        paths = (trajectory(name, chosen, chosen.start, rate, settings, noise) for noise in noises)
        return float(np.mean([_log_loss(path, chosen) for path in paths]))

    limit = MAX_RATES.get(name, MAX_RATE)
    return min((rate for rate in CANDIDATES if rate <= limit), key=cost)


def _log_loss(path: Trajectory, surface: Surface) -> float:
    if path.diverged_at is not None:
        return np.inf
    return float(np.mean(np.log10(np.maximum(path.loss - surface.lowest, MIN_LOSS))))
