"""Generators of the synthetic data sets: points (x₁, x₂) of the plane and points x of a line.

The sets circle, xor, gauss, spiral, plane and multi_gauss follow the definitions of TensorFlow
Playground, and so does `noise` (its slider's 25 is 0.25 here). A generator draws n examples:
`points` decides where they lie, `noise_points` how they are disturbed, so that another noise moves
the same points. It returns x (n, n_features) and y (n,).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pair = tuple[NDArray[Any], NDArray[Any]]
Random = np.random.Generator
Generator = Callable[[int, float, Random, Random], Pair]

RADIUS = 5.0  # of the classification sets
EDGE = 6.0  # the plane goes from −6 to 6


def _polar(radius: Array, angle: Array) -> Array:
    return np.column_stack([radius * np.sin(angle), radius * np.cos(angle)])


def _halves(n: int) -> NDArray[np.bool_]:
    """True for the first half of n rows; with an odd n the larger one."""
    return np.arange(n) < (n + 1) // 2


def circle(n: int, noise: float, points: Random, noise_points: Random) -> Pair:
    """A disc of radius 2.5 (class 1) inside a ring of radii 3.5 … 5 (class 0).

    Noise: the class is that of the point moved by up to ±5·noise in x₁ and x₂.
    """
    share = points.uniform(size=n)
    inside, outside = 0.5 * RADIUS * share, RADIUS * (0.7 + 0.3 * share)
    x = _polar(np.where(_halves(n), inside, outside), points.uniform(0, 2 * np.pi, n))
    moved = x + noise * noise_points.uniform(-RADIUS, RADIUS, (n, 2))
    return x, np.hypot(*moved.T) < 0.5 * RADIUS


def xor(n: int, noise: float, points: Random, noise_points: Random) -> Pair:
    """Class 1 where x₁ and x₂ have the same sign; a gap of 0.3 on both sides of the axes.

    Noise: the class is that of the point moved by up to ±5·noise in x₁ and x₂.
    """
    x = points.uniform(-RADIUS, RADIUS, (n, 2))
    x += np.where(x > 0, 0.3, -0.3)
    moved = x + noise * noise_points.uniform(-RADIUS, RADIUS, (n, 2))
    return x, moved.prod(axis=1) >= 0


def gauss(n: int, noise: float, points: Random, _: Random) -> Pair:
    """Normal clouds around (2, 2), class 1, and (−2, −2), class 0, with variance 0.5 + 7·noise."""
    positive = _halves(n)
    centre = np.where(positive, 2.0, -2.0)[:, None]
    return centre + np.sqrt(0.5 + 7 * noise) * points.standard_normal((n, 2)), positive


def spiral(n: int, noise: float, points: Random, noise_points: Random) -> Pair:
    """Two arms of 1¾ turns, radius 0 … 5; the second is the first turned by half a turn.

    An arm is divided into as many equal steps as it has points, each at random within its step.
    Noise: up to ±noise in x₁ and x₂.
    """
    positive = _halves(n)
    first = int(positive.sum())
    step = np.where(positive, np.arange(n), np.arange(n) - first)
    size = np.where(positive, first, max(n - first, 1))
    share = (step + points.uniform(size=n)) / size
    x = _polar(RADIUS * share, 1.75 * 2 * np.pi * share + np.where(positive, 0.0, np.pi))
    return x + noise * noise_points.uniform(-1, 1, (n, 2)), positive


def moons(n: int, noise: float, points: Random, noise_points: Random) -> Pair:
    """Two half circles of radius 10/3, the lower one (class 1) shifted by (1, ½) radii.

    Noise: normal with σ = noise·radius in x₁ and x₂.
    """
    lower = _halves(n)
    angle = points.uniform(0, np.pi, n)
    x = np.column_stack([np.cos(angle), np.sin(angle)])
    x[lower] = [1.0, 0.5] - x[lower]
    radius = RADIUS / 1.5
    return radius * (x - [0.5, 0.25] + noise * noise_points.standard_normal((n, 2))), lower


def _disturbed(n: int, noise: float, points: Random, noise_points: Random) -> tuple[Array, Array]:
    """Points anywhere in the plane, and where they would be for their value (±6·noise)."""
    x = points.uniform(-EDGE, EDGE, (n, 2))
    return x, x + noise * noise_points.uniform(-EDGE, EDGE, (n, 2))


def plane(n: int, noise: float, points: Random, noise_points: Random) -> Pair:
    """y = (x₁ + x₂)/10. Noise: y is that of the point moved by up to ±6·noise."""
    x, moved = _disturbed(n, noise, points, noise_points)
    return x, moved.sum(axis=1) / 10


HILLS = np.array(
    [[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]]
)  # x₁, x₂ of the top, and up (1) or down (−1)


def multi_gauss(n: int, noise: float, points: Random, noise_points: Random) -> Pair:
    """Six cones of radius 2: y = ±(1 − distance/2) of the nearest top, 0 between them.

    Noise: y is that of the point moved by up to ±6·noise.
    """
    x, moved = _disturbed(n, noise, points, noise_points)
    distance = np.linalg.norm(moved[:, None] - HILLS[:, :2], axis=2)
    nearest = distance.argmin(axis=1)
    return x, HILLS[nearest, 2] * np.clip(1 - distance.min(axis=1) / 2, 0, None)


def sine(n: int, noise: float, points: Random, noise_points: Random) -> Pair:
    """y = sin x for x in −6 … 6. Noise: normal with σ = noise, added to y."""
    x = points.uniform(-EDGE, EDGE, n)
    return x[:, None], np.sin(x) + noise * noise_points.standard_normal(n)
