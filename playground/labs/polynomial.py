"""A polynomial through noisy points, with an L2 penalty: too stiff, right, too loose."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_DEGREE = 15
STRENGTHS = np.logspace(-9, 1, 21)  # λ to choose from, two a decade
NOISE = 0.25  # σ of the points about the curve
HELD_BACK = 100  # validation points

UNDERFIT, GOOD, OVERFIT = "underfit", "good fit", "overfit"


def truth(x: Array) -> Array:
    """The curve behind the points: sin(πx) + x/2 on −1 … 1."""
    return np.sin(np.pi * x) + x / 2


def points(n: int, seed: int) -> tuple[Array, Array]:
    """n noisy points of the curve: x evenly spread with a little jitter, y; both (n,)."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-0.95, 0.95, n) + rng.uniform(-0.04, 0.04, n)
    return x, truth(x) + rng.normal(0, NOISE, n)


def held_back(seed: int) -> tuple[Array, Array]:
    """Validation points of the same curve, which no fit has seen."""
    rng = np.random.default_rng([seed, 1])
    x = np.linspace(-0.95, 0.95, HELD_BACK)
    return x, truth(x) + rng.normal(0, NOISE, HELD_BACK)


def features(x: Array, degree: int) -> Array:
    """x, x², …, x^degree as columns: (n, degree)."""
    return np.asarray(x[:, None] ** np.arange(1, degree + 1))


@dataclass(frozen=True)
class Fit:
    """Curves a polynomial makes of the same points, one for each strength λ.

    `weights` (n_strengths, degree) and `bias` (n_strengths,), which no penalty touches.
    """

    strengths: Array
    weights: Array
    bias: Array

    def predict(self, x: Array) -> Array:
        """(n_strengths, n) for x (n,)."""
        return np.asarray(self.weights @ features(x, self.weights.shape[1]).T + self.bias[:, None])

    def error(self, x: Array, y: Array) -> Array:
        """The mean squared error of each curve: (n_strengths,)."""
        return np.asarray(((self.predict(x) - y) ** 2).mean(axis=1))


def ridge(x: Array, y: Array, degree: int, strengths: Array) -> Fit:
    """The smallest mean (y − ŷ)² + λ·Σw² for each λ, in closed form.

    With the columns X and the targets y less their means, and X = U·diag(s)·Vᵀ:
    w = V · s/(s² + nλ) · Uᵀy; λ = 0 is least squares (the shortest w where many fit equally).
    """
    if not 1 <= degree <= MOST_DEGREE:
        raise ValueError(f"degree must be between 1 and {MOST_DEGREE}, got {degree}")
    columns = features(x, degree)
    means = columns.mean(axis=0)
    u, s, vt = np.linalg.svd(columns - means, full_matrices=False)
    seen = s > s[0] * 1e-13  # smaller ones are rounding
    strengths = np.asarray(strengths, dtype=np.float64)
    share = np.where(seen, s, 0) / (np.where(seen, s, 1) ** 2 + len(x) * strengths[:, None])
    weights = (share * (u.T @ (y - y.mean()))) @ vt
    return Fit(strengths, weights, y.mean() - weights @ means)


def state(training: Array, validation: Array, row: int) -> str:
    """What the curve `row` is, by the errors of curves with rising λ.

    A good fit's validation error is at most a quarter above the smallest; a worse one is an
    overfit where λ is smaller than there, and an underfit where it is larger.
    """
    best = int(np.argmin(validation))
    if validation[row] <= 1.25 * validation[best]:
        return GOOD
    return OVERFIT if row < best else UNDERFIT
