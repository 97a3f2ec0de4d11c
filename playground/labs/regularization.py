"""The Regularization lab in NumPy: L1 and L2 penalties, ridge regression, dropout."""

from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from playground.nn.network import Layer, Snapshot

Array = NDArray[np.float64]

# ---- penalties --------------------------------------------------------------------------------

NORMS = {"l1": "L1", "l2": "L2"}
STEPS = 40


@dataclass(frozen=True)
class QuadraticLoss:
    """A data loss E(w) = ½(w − c)ᵀH(w − c) of two weights.

    `hessian` is H (2, 2), symmetric and positive definite; `center` is c (2,), the minimum.
    """

    center: Array
    hessian: Array

    @classmethod
    def of(cls, center: tuple[float, float], steepness: float, tilt: float) -> "QuadraticLoss":
        """H = [[1, r], [r, s]] with s = `steepness` > 0 and r = `tilt`·√s, −1 < tilt < 1."""
        if steepness <= 0 or not -1 < tilt < 1:
            raise ValueError(
                "steepness must be positive and tilt between −1 and 1, got "
                f"{steepness} and {tilt}"
            )  # fmt: skip
        r = tilt * np.sqrt(steepness)
        return cls(np.array(center, dtype=np.float64), np.array([[1.0, r], [r, steepness]]))

    def __call__(self, w: Array) -> Array:
        """E of weights (…, 2)."""
        d = w - self.center
        return np.asarray(((d @ self.hessian) * d).sum(axis=-1) / 2)

    def contour(self, level: float, points: int = 121) -> Array:
        """The closed ellipse E = `level` ≥ 0: (points, 2)."""
        root = np.linalg.cholesky(self.hessian)  # H = L·Lᵀ, so Lᵀ(w − c) is on a circle
        ellipse = np.linalg.solve(root.T, _circle(points).T).T
        return np.asarray(self.center + np.sqrt(2 * level) * ellipse)


def _circle(points: int) -> Array:
    angle = np.linspace(0, 2 * np.pi, points)
    return np.column_stack([np.cos(angle), np.sin(angle)])


def penalty(norm: str, w: Array) -> Array:
    """J(w) of weights (…, 2): ‖w‖₁ = Σ|w| for "l1", ‖w‖₂² = Σw² for "l2", as in Keras."""
    return np.asarray(np.abs(w).sum(axis=-1) if norm == "l1" else (w**2).sum(axis=-1))


def penalty_slope(norm: str, w: Array, strength: float) -> Array:
    """The derivative of λ·J(w), same shape as `w`: λ·sign(w) for "l1", 2λw for "l2"."""
    return np.asarray(strength * np.sign(w) if norm == "l1" else 2 * strength * w)


def penalty_contour(norm: str, size: float, points: int = 121) -> Array:
    """The closed curve J(w) = `size`: a diamond ("l1") or a circle ("l2"), (points, 2)."""
    if norm == "l1":
        return size * np.array([[1.0, 0], [0, 1], [-1, 0], [0, -1], [1, 0]])
    return np.asarray(np.sqrt(size) * _circle(points))


def minimizers(data_loss: QuadraticLoss, norm: str, strengths: Array) -> Array:
    """The weights that minimize E(w) + λ·J(w), exactly, for each λ ≥ 0 (n,): (n, 2).

    L2: the slope H(w − c) + 2λw is zero, so w = (H + 2λI)⁻¹Hc. L1: with the signs s of w known,
    the slope H(w − c) + λs of the nonzero weights is zero; of the nine cases s ∈ {−, 0, +}² the
    one with the smallest sum is the solution.
    """
    strengths = np.asarray(strengths, dtype=np.float64)
    h, c = data_loss.hessian, data_loss.center
    if norm == "l2":
        systems = h + 2 * strengths[:, None, None] * np.eye(2)
        return np.asarray(np.linalg.solve(systems, (h @ c)[None, :, None])[..., 0])
    cases = np.stack(
        [_with_signs(data_loss, strengths, np.array(s)) for s in product((-1, 0, 1), repeat=2)]
    )
    sums = data_loss(cases) + strengths * penalty("l1", cases)  # (9, n)
    return np.asarray(cases[sums.argmin(axis=0), np.arange(len(strengths))])


def _with_signs(data_loss: QuadraticLoss, strengths: Array, signs: Array) -> Array:
    """The stationary point of E + λ·s·w over the weights whose sign is not 0: (n, 2)."""
    h, c = data_loss.hessian, data_loss.center
    w = np.zeros((len(strengths), 2))
    free = np.flatnonzero(signs)
    if len(free):
        right = (h @ c)[free] - strengths[:, None] * signs[free]
        w[:, free] = np.linalg.solve(h[np.ix_(free, free)], right.T).T
    return w


def zero_threshold(path: Array, strengths: Array) -> float | None:
    """The smallest of the rising `strengths` (n,) from which on a weight (n,) is exactly 0."""
    nonzero = np.flatnonzero(path)
    if not len(nonzero):
        return float(strengths[0])
    return None if nonzero[-1] == len(path) - 1 else float(strengths[nonzero[-1] + 1])


def penalty_descent(
    norm: str, start: float, strength: float, learning_rate: float, steps: int = STEPS
) -> Array:
    """One weight under gradient descent on the penalty alone, from `start`: (steps + 1,).

    L2 multiplies it by 1 − 2ηλ in each step and never reaches zero. L1 subtracts ηλ from its size
    and stops at 0 (soft thresholding, as in proximal gradient descent; plain gradient descent would
    oscillate around 0 by ηλ).
    """
    t = np.arange(steps + 1)
    if norm == "l1":
        size = np.maximum(np.abs(start) - learning_rate * strength * t, 0)
        return np.asarray(np.sign(start) * size)
    return np.asarray(start * (1 - 2 * learning_rate * strength) ** t)


# ---- polynomials with an L2 penalty: a curve, and a boundary between two classes ---------------

MAX_DEGREE = 15
STRENGTHS = np.logspace(-9, 1, 21)  # λ, two a decade
NOISE = 0.25  # σ of the targets of the curve
LABEL_NOISE = 0.1  # fraction of wrong labels
VALIDATION_SIZE = 100  # of the curve

UNDERFIT, GOOD, OVERFIT = "underfit", "good fit", "overfit"


def true_curve(x: Array) -> Array:
    """sin(πx) + x/2 on −1 … 1."""
    return np.sin(np.pi * x) + x / 2


def curve_points(n: int, seed: int) -> tuple[Array, Array]:
    """n noisy points of the curve: x evenly spaced with a little jitter, y; both (n,)."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-0.95, 0.95, n) + rng.uniform(-0.04, 0.04, n)
    return x, true_curve(x) + rng.normal(0, NOISE, n)


def curve_validation(seed: int) -> tuple[Array, Array]:
    """Validation points of the same curve."""
    rng = np.random.default_rng([seed, 1])
    x = np.linspace(-0.95, 0.95, VALIDATION_SIZE)
    return x, true_curve(x) + rng.normal(0, NOISE, VALIDATION_SIZE)


def curve_features(x: Array, degree: int) -> Array:
    """x, x², …, x^degree as columns: (n, degree)."""
    _check_degree(degree)
    return np.asarray(x[:, None] ** np.arange(1, degree + 1))


def true_boundary(x: Array) -> Array:
    """x₂ of the boundary between the classes over x₁ (n,): sin(πx₁)/2."""
    return np.asarray(np.sin(np.pi * x) / 2)


def plane_points(n: int, seed: int) -> tuple[Array, Array]:
    """n points of the square −1 … 1 (n, 2) and their classes −1 and 1 (n,).

    Above the boundary the class is 1; a fraction LABEL_NOISE of the labels is wrong.
    """
    rng = np.random.default_rng([seed, 2])
    x = rng.uniform(-1, 1, (n, 2))
    y = np.where(x[:, 1] > true_boundary(x[:, 0]), 1.0, -1.0)
    return x, np.where(rng.random(n) < LABEL_NOISE, -y, y)


def plane_validation(seed: int) -> tuple[Array, Array]:
    """Validation points distributed as `plane_points`."""
    return plane_points(10 * VALIDATION_SIZE, 1_000 + seed)


def plane_features(x: Array, degree: int) -> Array:
    """Every x₁^i·x₂^j with 1 ≤ i + j ≤ degree as a column: (n, degree(degree + 3)/2)."""
    _check_degree(degree)
    first, second = (x[:, [k]] ** np.arange(degree + 1) for k in range(2))
    powers = [(i, j) for i in range(degree + 1) for j in range(degree + 1 - i) if i + j]
    i, j = np.array(powers).T
    return np.asarray(first[:, i] * second[:, j])


def _check_degree(degree: int) -> None:
    if not 1 <= degree <= MAX_DEGREE:
        raise ValueError(f"degree must be between 1 and {MAX_DEGREE}, got {degree}")


@dataclass(frozen=True)
class RidgeFit:
    """Ridge regression of the same examples for each of several λ.

    `weights` (n_strengths, n_columns); `bias` (n_strengths,), which is not penalized.
    """

    strengths: Array
    weights: Array
    bias: Array

    def predict(self, columns: Array) -> Array:
        """(n_strengths, n) for columns (n, n_columns)."""
        return np.asarray(self.weights @ columns.T + self.bias[:, None])

    def mean_squared_error(self, columns: Array, y: Array) -> Array:
        """For each λ: (n_strengths,)."""
        return np.asarray(((self.predict(columns) - y) ** 2).mean(axis=1))

    def error_rate(self, columns: Array, y: Array) -> Array:
        """The fraction of targets −1 and 1 with a prediction of the other sign: (n_strengths,)."""
        return np.asarray((np.sign(self.predict(columns)) != y).mean(axis=1))


def ridge(columns: Array, y: Array, strengths: Array) -> RidgeFit:
    """Minimize the mean of (y − ŷ)² + λ·Σw² for each λ, in closed form.

    With the centered columns X (n, n_columns), the centered targets y (n,) and X = U·diag(s)·Vᵀ:
    w = V · s/(s² + nλ) · Uᵀy; λ = 0 is least squares (of minimal norm).
    """
    means = columns.mean(axis=0)
    u, s, vt = np.linalg.svd(columns - means, full_matrices=False)
    nonzero = s > s[0] * 1e-13  # smaller ones are rounding errors
    strengths = np.asarray(strengths, dtype=np.float64)
    squares = np.where(nonzero, s, 1) ** 2 + len(y) * strengths[:, None]
    weights = (np.where(nonzero, s, 0) / squares * (u.T @ (y - y.mean()))) @ vt
    return RidgeFit(strengths, weights, y.mean() - weights @ means)


def fit_quality(validation: Array, row: int) -> str:
    """UNDERFIT, GOOD or OVERFIT for fit `row`, by the validation errors of rising λ.

    A good fit's validation error is at most a quarter above the smallest; a worse one is an
    overfit where λ is smaller than there, and an underfit where it is larger.
    """
    best = int(np.argmin(validation))
    if validation[row] <= 1.25 * validation[best]:
        return GOOD
    return OVERFIT if row < best else UNDERFIT


# ---- dropout on a small network ----------------------------------------------------------------

INPUTS = np.array([[1.0, -0.5, 0.8]])  # one example
HIDDEN = (6, 4)
MAX_RATE = 0.9


def dropout_network(n_hidden: int, seed: int = 358) -> Snapshot:
    """Fixed weights: 3 inputs, one or two ReLU layers (6 or 6 and 4 units), 1 linear output.

    With this seed most units are active on INPUTS.
    """
    if not 1 <= n_hidden <= len(HIDDEN):
        raise ValueError(f"hidden layers must be between 1 and {len(HIDDEN)}, got {n_hidden}")
    rng = np.random.default_rng(seed)
    sizes = tuple(pairwise((INPUTS.shape[1], *HIDDEN[:n_hidden], 1)))
    return Snapshot(0, tuple(
        Layer(rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)).round(2), np.zeros(n_out),
              "relu" if i < n_hidden else "linear")
        for i, (n_in, n_out) in enumerate(sizes)
    ))  # fmt: skip


def dropout_masks(
    network: Snapshot, rate: float, rng: np.random.Generator, n: int
) -> tuple[Array, ...]:
    """n masks of each hidden layer, (n, n_units): 0 with probability `rate`, else 1."""
    if not 0 <= rate <= MAX_RATE:
        raise ValueError(f"rate must be between 0 and {MAX_RATE}, got {rate}")
    sizes = [len(layer.bias) for layer in network.layers[:-1]]
    return tuple((rng.random((n, units)) >= rate).astype(np.float64) for units in sizes)


def training_outputs(network: Snapshot, masks: tuple[Array, ...], rate: float) -> list[Array]:
    """INPUTS and the outputs of every layer in training, (n, n_units) each, for n masks.

    Units that stay on are divided by 1 − rate: their expected output is that without dropout.
    """
    outputs = [np.tile(INPUTS, (len(masks[0]), 1))]
    for layer, mask in zip(network.layers[:-1], masks, strict=True):
        outputs.append(layer.activate(layer.pre_activation(outputs[-1])) * mask / (1 - rate))
    last = network.layers[-1]
    return [*outputs, last.activate(last.pre_activation(outputs[-1]))]


def prediction_outputs(network: Snapshot) -> list[Array]:
    """INPUTS and the outputs of every layer in prediction, (1, n_units) each: no dropout."""
    return [INPUTS, *(a for _, a in network.forward(INPUTS))]
