"""The Losses lab in NumPy: losses of one number, softmax with cross-entropy, and overflow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.nn.activations import ACTIVATIONS, softmax
from playground.nn.losses import LOSSES, REGRESSION

Array = NDArray[np.floating]

# ---- regression: losses of an error e = prediction − target ----------------------------------

REGRESSION_LOSSES = tuple(name for name, loss in LOSSES.items() if REGRESSION in loss.tasks)

# Seven points near a line; beside them the movable outlier, and the limits of its x and y.
POINTS_X = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
POINTS_Y = np.array([1.4, 1.9, 2.7, 2.8, 3.6, 3.9, 4.6])
OUTLIER = (6.5, 12.0)
EXTENT = ((0.0, 8.0), (-6.0, 14.0))

_MAX_ITERATIONS = 500  # of reweighted least squares
_TOLERANCE = 1e-12


def error_loss(name: str, error: Array, delta: float = 1.0) -> Array:
    """The loss of each error, (n,).

    LOSSES have Huber's with δ = 1; with any δ it is δ²·L(e/δ): e²/2 up to |e| = δ, and
    δ·(|e| − δ/2) beyond. The other losses have no δ.
    """
    scale = delta if name == "huber" else 1.0
    error = np.asarray(error, dtype=np.float64)[:, None] / scale
    return scale**2 * LOSSES[name].f(np.zeros_like(error), error)


def error_slope(name: str, error: Array, delta: float = 1.0) -> Array:
    """The derivative of `error_loss` with respect to the error, (n,); 0 at a kink."""
    scale = delta if name == "huber" else 1.0
    error = np.asarray(error, dtype=np.float64)[:, None] / scale
    return scale * LOSSES[name].df(np.zeros_like(error), error)[:, 0]


def fit(name: str, x: Array, y: Array, line: bool, delta: float = 1.0) -> tuple[float, float]:
    """(slope, intercept) of the line, or constant (slope 0), with the lowest mean loss.

    Mean squared error: least squares (of a constant: the mean). Mean absolute error: the best
    line through two of the points (of a constant: the median). Huber: iteratively reweighted least
    squares. Raises ValueError for a name that is not in REGRESSION_LOSSES.
    """
    if name not in REGRESSION_LOSSES:
        raise ValueError(f"loss must be one of {', '.join(REGRESSION_LOSSES)}, got {name}")
    columns = np.column_stack([x if line else np.zeros_like(x), np.ones_like(x)])
    if name == "mean_squared_error":
        return _pair(np.linalg.lstsq(columns, y)[0])
    if name == "mean_absolute_error":
        return _least_absolute(x, y) if line else (0.0, float(np.median(y)))
    return _huber(columns, y, delta)


def mean_loss(
    name: str, x: Array, y: Array, line: tuple[float, float], delta: float = 1.0
) -> float:
    """The mean loss of a line (slope, intercept) over all points."""
    return float(error_loss(name, line[0] * x + line[1] - y, delta).mean())


def _least_absolute(x: Array, y: Array) -> tuple[float, float]:
    """The best of the lines through two of the points; one of them is optimal among all lines."""
    i, j = np.triu_indices(len(x), 1)
    i, j = (rows[x[i] != x[j]] for rows in (i, j))
    slopes = (y[j] - y[i]) / (x[j] - x[i])
    intercepts = y[i] - slopes * x[i]
    errors = np.abs(slopes[:, None] * x + intercepts[:, None] - y).sum(axis=1)
    best = int(np.argmin(errors))
    return float(slopes[best]), float(intercepts[best])


def _huber(columns: Array, y: Array, delta: float) -> tuple[float, float]:
    """Reweighted least squares: each error has the weight min(1, δ/|e|)."""
    w = np.linalg.lstsq(columns, y)[0]
    for _ in range(_MAX_ITERATIONS):
        weight = np.minimum(1.0, delta / np.maximum(np.abs(y - columns @ w), _TOLERANCE))
        root = np.sqrt(weight)
        before, w = w, np.linalg.lstsq(columns * root[:, None], y * root)[0]
        if np.abs(w - before).max() < _TOLERANCE:
            break
    return _pair(w)


def _pair(w: Array) -> tuple[float, float]:
    return float(w[0]), float(w[1])


# ---- classification: softmax and cross-entropy ------------------------------------------------

# Five rows of three logits, and the class of each.
LOGITS = ((12.0, 3.0, 2.0), (3.0, 10.0, 3.0), (2.0, 1.0, 5.0), (4.0, 6.0, 1.2), (3.0, 6.0, 1.0))
CLASSES = (0, 1, 2, 0, 1)

MIN_PROBABILITY = 1e-7  # Keras clips probabilities to 1e-7 … 1 − 1e-7
MAX_LOSS = float(-np.log(MIN_PROBABILITY))  # of clipped probabilities: 16.118
MAX_FLOAT32 = float(np.finfo(np.float32).max)  # e^88.7


def one_hot(classes: Array | NDArray[np.int64], n_classes: int) -> Array:
    """Class numbers (n,) → targets (n, n_classes) of 0 and 1."""
    return np.eye(n_classes)[np.asarray(classes, dtype=np.int64)]


def cross_entropy(y: Array, p: Array) -> Array:
    """H(y, p) = −Σₖ yₖ ln pₖ of each row, after dividing p by its sum, as Keras does: (n,)."""
    return LOSSES["cross_entropy"].f(y, p / p.sum(axis=-1, keepdims=True))


def in_two_steps(y: Array, z: Array) -> Array:
    """First p = softmax(z), then the cross-entropy of p: (n,)."""
    return cross_entropy(y, softmax(z))


def in_one_step(y: Array, z: Array) -> Array:
    """ln Σⱼ exp(zⱼ) − Σₖ yₖzₖ, from the logits: (n,)."""
    return np.asarray(np.logaddexp.reduce(z, axis=-1) - (y * z).sum(axis=-1))


def jacobian(p: Array) -> Array:
    """∂pₖ/∂zⱼ of the softmax = pₖ(δₖⱼ − pⱼ), from its output (K,): (K, K), row k, column j."""
    return np.diag(p) - np.outer(p, p)


@dataclass(frozen=True)
class SoftmaxGradient:
    """A loss after a softmax with its gradients: `dp` = ∂L/∂p (K,), `dz` = ∂L/∂z (K,)."""

    loss: float
    dp: Array
    dz: Array


def softmax_gradient(name: str, y: Array, z: Array) -> SoftmaxGradient:
    """The gradient of a loss in LOSSES after a softmax: ∂L/∂z = Jᵀ·∂L/∂p; y, z: (K,)."""
    loss, p = LOSSES[name], softmax(z)
    dp = loss.df(y[None], p[None])[0]
    return SoftmaxGradient(float(loss.f(y[None], p[None])[0]), dp, jacobian(p).T @ dp)


def sigmoid_gradient(name: str, y: float, z: Array) -> tuple[Array, Array]:
    """Loss and ∂L/∂z of one sigmoid output for the target `y`, 0 or 1; z (n,): both (n,).

    Of cross-entropy: p − y; of the squared error: 2(p − y)·p(1 − p).
    """
    sigmoid, loss = ACTIVATIONS["sigmoid"], LOSSES[name]
    z = np.asarray(z, dtype=np.float64)[:, None]
    target, p = np.full_like(z, y), sigmoid.f(z)
    if loss.f_z is not None and loss.df_z is not None:
        return loss.f_z(target, z), loss.df_z(target, p)[:, 0]
    return loss.f(target, p), (loss.df(target, p) * sigmoid.df(z))[:, 0]


def true_class_loss(name: str, p: Array) -> tuple[Array, Array]:
    """Loss and slope over the probability p (n,) of the true one of two classes: both (n,)."""
    p = np.asarray(p, dtype=np.float64)[:, None]
    y = np.ones_like(p)
    return LOSSES[name].f(y, p), LOSSES[name].df(y, p)[:, 0]


# Three predictions and the classes of their examples; the first is the one printed in the course.
PREDICTIONS = ((0.256, 0.695, 0.048), (0.1, 0.2, 0.7), (0.3, 0.6, 0.1))
PREDICTED_CLASSES = (1, 2, 0)

LABEL_FORMS = ("index", "one-hot")
KERAS_LOSSES = {  # as a string, and the class that takes `from_logits`
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "binary_crossentropy": "BinaryCrossentropy",
}
KERAS_METRICS = (
    "accuracy", "sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy",
)  # fmt: skip

KerasAnswer = float | str  # a number, or the message of a ValueError


def verdict(answer: KerasAnswer, expected: float) -> str:
    """Whether Keras gave the expected number, another one without a word, or an error."""
    if isinstance(answer, str):
        return "error"
    return "right" if abs(answer - expected) < 1e-5 else "wrong"


@dataclass(frozen=True)
class Float32CrossEntropy:
    """The cross-entropy of one row of logits in float32, computed in four ways."""

    exponentials: Array  # exp(z): (K,)
    probabilities: Array  # exp(z) / Σ exp(z): (K,)
    naive: float  # −ln of the target's probability: may be nan or inf
    shifted: float  # the same from softmax(z − max z): inf where p underflows to 0
    clipped: float  # the same with p ≥ 1e-7, as Keras does: at most 16.118
    from_logits: float  # ln Σ e^(z − m) + m − z_target with m = max z


def float32_cross_entropy(z: Array, target: int) -> Float32CrossEntropy:
    """−ln softmax(z)_target in single precision, z (K,)."""
    z32 = np.asarray(z, dtype=np.float32)
    y = one_hot(np.array([target]), len(z32)).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        e = np.exp(z32)
        p = e / e.sum()
        naive = -np.log(p[target])
        shifted = -np.log(softmax(z32)[target])
    return Float32CrossEntropy(
        e, p, float(naive), float(shifted), float(in_two_steps(y, z32[None])[0]),
        float(in_one_step(y, z32[None])[0]),
    )  # fmt: skip
