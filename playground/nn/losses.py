"""Losses: the value for one example in NumPy, the formula, and the tasks of each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

CLASSIFICATION, REGRESSION = "classification", "regression"


@dataclass(frozen=True)
class Loss:
    """A loss between targets `y` and outputs `p`, both (n, n_outputs); `f` gives (n,).

    For classification `y` is one-hot (or one column of 0 and 1) and `p` holds probabilities.
    `df` is ∂f/∂p, (n, n_outputs). Where the output layer and the loss belong together, `f_z` is the
    loss from `y` and the pre-activations z, and `df_z` is ∂f/∂z from `y` and `p`.
    """

    label: str
    formula: str  # LaTeX
    f: Callable[[Array, Array], Array]
    df: Callable[[Array, Array], Array]
    keras: str
    tasks: tuple[str, ...] = (CLASSIFICATION, REGRESSION)
    f_z: Callable[[Array, Array], Array] | None = None
    df_z: Callable[[Array, Array], Array] | None = None
    constant: Callable[[Array], np.floating] = np.mean  # the best constant output for targets (n,)


def _cross_entropy(y: Array, p: Array) -> Array:
    p = np.clip(p, 1e-7, 1 - 1e-7)  # as Keras does
    if p.shape[-1] == 1:
        y, p = np.hstack([y, 1 - y]), np.hstack([p, 1 - p])
    return np.asarray(-(y * np.log(p)).sum(axis=-1))


def _cross_entropy_slope(y: Array, p: Array) -> Array:
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return np.asarray((p - y) / (p * (1 - p)) if p.shape[-1] == 1 else -y / p)


def _cross_entropy_from_z(y: Array, z: Array) -> Array:
    """ln Σⱼ exp(zⱼ) − Σₖ yₖzₖ; one output stands beside another one whose z is always 0."""
    both = np.hstack([z, np.zeros_like(z)]) if z.shape[-1] == 1 else z
    return np.asarray(np.logaddexp.reduce(both, axis=-1) - (y * z).sum(axis=-1))


def _huber(y: Array, p: Array) -> Array:
    e = np.abs(y - p)
    return np.asarray(np.where(e <= 1, e**2 / 2, e - 0.5).mean(axis=-1))


LOSSES: dict[str, Loss] = {
    "cross_entropy": Loss(
        "Cross-entropy",
        r"-\sum_k y_k \ln p_k",
        _cross_entropy,
        _cross_entropy_slope,
        "CategoricalCrossentropy",  # BinaryCrossentropy where there is one output
        (CLASSIFICATION,),
        _cross_entropy_from_z,
        lambda y, p: p - y,
    ),
    "mean_squared_error": Loss(
        "Mean squared error",
        r"\frac{1}{K}\sum_k (y_k-p_k)^2",
        lambda y, p: ((y - p) ** 2).mean(axis=-1),
        lambda y, p: 2 * (p - y) / p.shape[-1],
        "MeanSquaredError",
    ),
    "mean_absolute_error": Loss(
        "Mean absolute error",
        r"\frac{1}{K}\sum_k |y_k-p_k|",
        lambda y, p: np.abs(y - p).mean(axis=-1),
        lambda y, p: np.sign(p - y) / p.shape[-1],
        "MeanAbsoluteError",
        constant=np.median,
    ),
    "huber": Loss(
        "Huber",
        r"\frac{1}{K}\sum_k (\tfrac12 e_k^2 \text{ if } |e_k|\le 1 \text{ else } |e_k|-\tfrac12)",
        _huber,
        lambda y, p: np.clip(p - y, -1, 1) / p.shape[-1],
        "Huber",
    ),
}


# The default loss of each task.
DEFAULT_LOSS = {CLASSIFICATION: "cross_entropy", REGRESSION: "mean_squared_error"}
