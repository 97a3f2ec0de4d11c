"""Two weights, a bowl of data loss, and where L1 and L2 draw the best point as λ grows.

What a penalty alone does to one weight: its pull, and where that leads.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


NORMS = {"l1": "L1", "l2": "L2"}


@dataclass(frozen=True)
class Bowl:
    """A quadratic data loss E(w) = ½(w − c)ᵀH(w − c) over two weights.

    `curvature` is H (2, 2), symmetric and positive definite; `centre` is c (2,), the best weights
    without a penalty.
    """

    centre: Array
    curvature: Array

    @classmethod
    def of(cls, centre: tuple[float, float], steep: float, tilt: float) -> "Bowl":
        """H = [[1, r], [r, s]] with s = `steep` > 0 and r = `tilt`·√s, −1 < tilt < 1."""
        if steep <= 0 or not -1 < tilt < 1:
            raise ValueError(
                f"steepness must be positive and tilt between −1 and 1, got {steep} and {tilt}"
            )
        r = tilt * np.sqrt(steep)
        return cls(np.array(centre, dtype=np.float64), np.array([[1.0, r], [r, steep]]))

    def loss(self, w: Array) -> Array:
        """E of weights (…, 2)."""
        d = w - self.centre
        return np.asarray(((d @ self.curvature) * d).sum(axis=-1) / 2)

    def contour(self, level: float, points: int = 121) -> Array:
        """Where E = `level` ≥ 0: a closed ellipse (points, 2)."""
        angle = np.linspace(0, 2 * np.pi, points)
        circle = np.column_stack([np.cos(angle), np.sin(angle)])
        root = np.linalg.cholesky(self.curvature)  # H = L·Lᵀ, so Lᵀ(w − c) runs round a circle
        return np.asarray(self.centre + np.sqrt(2 * level) * np.linalg.solve(root.T, circle.T).T)


def penalty(norm: str, w: Array) -> Array:
    """J(w) of weights (…, 2): ‖w‖₁ = Σ|w| for "l1", ‖w‖₂² = Σw² for "l2", as Keras has them."""
    return np.asarray(np.abs(w).sum(axis=-1) if norm == "l1" else (w**2).sum(axis=-1))


def penalty_contour(norm: str, size: float, points: int = 121) -> Array:
    """Where J(w) = `size`: a diamond ("l1") or a circle ("l2"), closed, (points, 2)."""
    if norm == "l1":
        return size * np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1], [1, 0]])
    angle = np.linspace(0, 2 * np.pi, points)
    return np.asarray(np.sqrt(size) * np.column_stack([np.cos(angle), np.sin(angle)]))


def best(bowl: Bowl, norm: str, strengths: Array) -> Array:
    """The weights with the smallest E(w) + λ·J(w), exactly, for each λ ≥ 0 (n,): (n, 2).

    L2: the slope H(w − c) + 2λw is zero, so w = (H + 2λI)⁻¹Hc. L1: with the signs s of w known,
    the slope H(w − c) + λs of the weights that are not zero is zero; of the nine cases
    s ∈ {−, 0, +}² the one with the smallest sum is the solution.
    """
    strengths = np.asarray(strengths, dtype=np.float64)
    h, c = bowl.curvature, bowl.centre
    if norm == "l2":
        systems = h + 2 * strengths[:, None, None] * np.eye(2)
        return np.asarray(np.linalg.solve(systems, (h @ c)[None, :, None])[..., 0])
    cases = np.stack(
        [_with_signs(bowl, strengths, np.array(s)) for s in product((-1, 0, 1), repeat=2)]
    )
    sums = bowl.loss(cases) + strengths * penalty("l1", cases)  # (9, n)
    return np.asarray(cases[sums.argmin(axis=0), np.arange(len(strengths))])


def _with_signs(bowl: Bowl, strengths: Array, signs: Array) -> Array:
    """The stationary point of E + λ·s·w over the weights whose sign is not 0: (n, 2)."""
    w = np.zeros((len(strengths), 2))
    free = np.flatnonzero(signs)
    if len(free):
        pull = (bowl.curvature @ bowl.centre)[free] - strengths[:, None] * signs[free]
        w[:, free] = np.linalg.solve(bowl.curvature[np.ix_(free, free)], pull.T).T
    return w


def zero_from(path: Array, strengths: Array) -> float | None:
    """The smallest of the rising `strengths` from which on a weight is exactly 0: both (n,)."""
    away = np.flatnonzero(path)
    if not len(away):
        return float(strengths[0])
    return None if away[-1] == len(path) - 1 else float(strengths[away[-1] + 1])


STEPS = 40


def pull(norm: str, w: Array, strength: float) -> Array:
    """The slope of λ·J(w) by w, same shape: λ·sign(w) for "l1", 2λw for "l2"."""
    return np.asarray(strength * np.sign(w) if norm == "l1" else 2 * strength * w)


def shrink(norm: str, start: float, strength: float, rate: float, steps: int = STEPS) -> Array:
    """One weight under the penalty alone, η = `rate`, from `start`: (steps + 1,).

    L2 multiplies it by 1 − 2ηλ each time, and so never makes it zero. L1 takes ηλ off its size
    and stops at 0, where the pulls from both sides meet (a soft threshold, as in proximal descent;
    plain descent would jump about 0 by ηλ).
    """
    t = np.arange(steps + 1)
    if norm == "l1":
        return np.asarray(np.sign(start) * np.maximum(np.abs(start) - rate * strength * t, 0))
    return np.asarray(start * (1 - 2 * rate * strength) ** t)
