"""Softmax and cross-entropy: apart, together, their gradient, and where numbers overflow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.nn.activations import ACTIVATIONS, softmax
from playground.nn.losses import LOSSES

Array = NDArray[np.floating]

# Five rows of three logits to begin with, and the class of each.
LOGITS = ((12.0, 3.0, 2.0), (3.0, 10.0, 3.0), (2.0, 1.0, 5.0), (4.0, 6.0, 1.2), (3.0, 6.0, 1.0))
CLASSES = (0, 1, 2, 0, 1)

SMALLEST = 1e-7  # Keras takes no probability for smaller than this, and none for larger than 1 − it
LARGEST = float(np.finfo(np.float32).max)  # e^88.7; what is larger is inf
MOST = float(-np.log(SMALLEST))  # so no loss in two steps is larger: 16.118


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
class Gradient:
    """How one loss reaches the logits: `of_p` = ∂L/∂p (K,), `of_z` = ∂L/∂z (K,)."""

    loss: float
    of_p: Array
    of_z: Array


def through_softmax(name: str, y: Array, z: Array) -> Gradient:
    """A loss, by its name in LOSSES, after a softmax: ∂L/∂z = Jᵀ·∂L/∂p; y, z: (K,)."""
    loss, p = LOSSES[name], softmax(z)
    of_p = loss.df(y[None], p[None])[0]
    return Gradient(float(loss.f(y[None], p[None])[0]), of_p, jacobian(p).T @ of_p)


def through_sigmoid(name: str, y: float, z: Array) -> tuple[Array, Array]:
    """Loss and ∂L/∂z of one sigmoid output for the target `y`, 0 or 1; z (n,): both (n,).

    Of cross-entropy: p − y; of the squared error: 2(p − y)·p(1 − p).
    """
    sigmoid, loss = ACTIVATIONS["sigmoid"], LOSSES[name]
    z = np.asarray(z, dtype=np.float64)[:, None]
    target, p = np.full_like(z, y), sigmoid.f(z)
    if loss.f_z is not None and loss.df_z is not None:
        return loss.f_z(target, z), loss.df_z(target, p)[:, 0]
    return loss.f(target, p), (loss.df(target, p) * sigmoid.df(z))[:, 0]


@dataclass(frozen=True)
class Ways:
    """The cross-entropy of one row of logits in float32, computed in four ways."""

    exponentials: Array  # exp(z) as the formula has it: (K,)
    probabilities: Array  # exp(z) / Σ exp(z), from them: (K,)
    naive: float  # −ln of the target's one: may be nan or inf
    shifted: float  # softmax of z − max z, then −ln: inf where p has become 0
    clipped: float  # the same with p ≥ 1e-7, as Keras does: at most 16.118
    together: float  # from the logits: ln Σ exp(z − m) + m − z_target


def ways(z: Array, target: int) -> Ways:
    """The four ways to the loss −ln softmax(z)_target, in single precision as networks compute."""
    z32 = np.asarray(z, dtype=np.float32)
    y = one_hot(np.array([target]), len(z32)).astype(np.float32)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        e = np.exp(z32)
        p = e / e.sum()
        naive = -np.log(p[target])
        shifted = -np.log(softmax(z32)[target])
    return Ways(
        e, p, float(naive), float(shifted), float(in_two_steps(y, z32[None])[0]),
        float(in_one_step(y, z32[None])[0]),
    )  # fmt: skip


def of_right_class(name: str, p: Array) -> tuple[Array, Array]:
    """A loss over the probability p of the right one of two classes, and its slope: both (n,)."""
    p = np.asarray(p, dtype=np.float64)[:, None]
    y = np.ones_like(p)
    return LOSSES[name].f(y, p), LOSSES[name].df(y, p)[:, 0]
