"""Polynomials with an L2 penalty, for a curve and for a border: too stiff, right, too loose."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_DEGREE = 15
STRENGTHS = np.logspace(-9, 1, 21)  # λ to choose from, two a decade
NOISE = 0.25  # σ of the points about the curve
FLIPPED = 0.1  # share of wrong labels
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
    if not 1 <= degree <= MOST_DEGREE:
        raise ValueError(f"degree must be between 1 and {MOST_DEGREE}, got {degree}")
    return np.asarray(x[:, None] ** np.arange(1, degree + 1))


def plane_border(x: Array) -> Array:
    """x₂ of the true border between the classes over x₁ (n,): sin(πx₁)/2."""
    return np.asarray(np.sin(np.pi * x) / 2)


def plane_held_back(seed: int) -> tuple[Array, Array]:
    """Validation points like those of `plane_points`, which no fit has seen."""
    return plane_points(10 * HELD_BACK, 1_000 + seed)


def plane_points(n: int, seed: int) -> tuple[Array, Array]:
    """n points of the square −1 … 1 (n, 2) and their classes −1 and 1 (n,), some of them wrong.

    Above the border it is 1; some labels are the other class's: a share FLIPPED.
    """
    rng = np.random.default_rng([seed, 2])
    x = rng.uniform(-1, 1, (n, 2))
    y = np.where(x[:, 1] > plane_border(x[:, 0]), 1.0, -1.0)
    return x, np.where(rng.random(n) < FLIPPED, -y, y)


def plane_features(x: Array, degree: int) -> Array:
    """Every x₁^i·x₂^j with 1 ≤ i + j ≤ degree as a column: (n, degree(degree + 3)/2)."""
    if not 1 <= degree <= MOST_DEGREE:
        raise ValueError(f"degree must be between 1 and {MOST_DEGREE}, got {degree}")
    first, second = (x[:, [k]] ** np.arange(degree + 1) for k in range(2))
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i) if i + j]
    i, j = np.array(powers).T
    return np.asarray(first[:, i] * second[:, j])


@dataclass(frozen=True)
class Fit:
    """What ridge regression makes of the same examples, for each of several strengths λ.

    `weights` (n_strengths, n_columns) and `bias` (n_strengths,), which no penalty touches.
    """

    strengths: Array
    weights: Array
    bias: Array

    def predict(self, columns: Array) -> Array:
        """(n_strengths, n) for columns (n, n_columns)."""
        return np.asarray(self.weights @ columns.T + self.bias[:, None])

    def error(self, columns: Array, y: Array) -> Array:
        """The mean squared error for each strength: (n_strengths,)."""
        return np.asarray(((self.predict(columns) - y) ** 2).mean(axis=1))

    def wrong(self, columns: Array, y: Array) -> Array:
        """The share of targets −1 and 1 on whose side the answer is not: (n_strengths,)."""
        return np.asarray((np.sign(self.predict(columns)) != y).mean(axis=1))


def ridge(columns: Array, y: Array, strengths: Array) -> Fit:
    """The smallest mean (y − ŷ)² + λ·Σw² for each λ, in closed form.

    With the columns X (n, n_columns) and the targets y (n,) less their means, and
    X = U·diag(s)·Vᵀ: w = V · s/(s² + nλ) · Uᵀy; λ = 0 is least squares (the shortest w where many
    fit equally).
    """
    means = columns.mean(axis=0)
    u, s, vt = np.linalg.svd(columns - means, full_matrices=False)
    seen = s > s[0] * 1e-13  # smaller ones are rounding
    strengths = np.asarray(strengths, dtype=np.float64)
    share = np.where(seen, s, 0) / (np.where(seen, s, 1) ** 2 + len(y) * strengths[:, None])
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
