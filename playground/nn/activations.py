"""Activation functions: f and its derivative f′ in NumPy, the formula, and the name in Keras.

The functions work on arrays of any shape and keep the shape and the float dtype.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Activation:
    """An activation a = f(z) with its derivative da/dz, elementwise.

    `parameters` names the fields of `Network` that f and f′ take as keyword arguments.
    `keras` is its name for `keras.activations.get`. `initializer` names the entry of INITIALIZERS
    that best preserves the scale of signals from layer to layer.
    """

    label: str
    formula: str  # LaTeX
    f: Callable[..., Array]
    df: Callable[..., Array]
    keras: str
    parameters: tuple[str, ...] = ()
    initializer: str = "glorot_uniform"  # Glorot & Bengio 2010: for functions like tanh
    costly: bool = False  # f takes several times longer than ReLU


def _elu(z: Array) -> Array:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def _elu_slope(z: Array) -> Array:
    return np.where(z > 0, 1, np.exp(np.minimum(z, 0))).astype(z.dtype)


def _gauss_cdf(z: Array) -> Array:
    return np.asarray(0.5 * (1 + erf(z / 2**0.5)), dtype=z.dtype)


def _gauss_pdf(z: Array) -> Array:
    return np.asarray(np.exp(-(z**2) / 2) / (2 * np.pi) ** 0.5, dtype=z.dtype)


def _between(z: Array, low: float, high: float) -> Array:
    return ((z > low) & (z < high)).astype(z.dtype)


def _softplus(z: Array) -> Array:
    return np.asarray(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))


def _mish_slope(z: Array) -> Array:
    t = np.tanh(_softplus(z))
    return np.asarray(t + z * (1 - t**2) * expit(z))


# SELU's constants are the fixed point of mean 0 and variance 1 (Klambauer et al. 2017).
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

_HE = "he_normal"  # He et al. 2015: for functions that are 0, or nearly, where z is negative

ACTIVATIONS: dict[str, Activation] = {
    "linear": Activation("Linear", "z", lambda z: z, np.ones_like, "linear"),
    "sigmoid": Activation(
        "Sigmoid", r"\frac{1}{1+e^{-z}}", expit, lambda z: expit(z) * expit(-z), "sigmoid",
        costly=True,
    ),
    "tanh": Activation("Tanh", r"\tanh z", np.tanh, lambda z: 1 - np.tanh(z) ** 2, "tanh"),
    "relu": Activation(
        "ReLU", r"\max(0, z)", lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype),
        "relu", (), _HE,
    ),
    "leaky_relu": Activation(
        "Leaky ReLU", r"z \text{ if } z>0 \text{ else } \alpha z",
        lambda z, negative_slope: np.maximum(z, z.dtype.type(negative_slope) * z),  # as α ≤ 1
        lambda z, negative_slope: np.where(z > 0, 1, negative_slope).astype(z.dtype),
        "leaky_relu", ("negative_slope",), _HE,
    ),
    "elu": Activation(
        "ELU", r"z \text{ if } z>0 \text{ else } e^z-1", _elu, _elu_slope, "elu", (), _HE, True
    ),
    "selu": Activation(
        "SELU", r"1.0507\,(z \text{ if } z>0 \text{ else } 1.6733\,(e^z-1))",
        lambda z: (_SELU_SCALE * np.where(z > 0, z, _SELU_ALPHA * _elu(z))).astype(z.dtype),
        lambda z: (_SELU_SCALE * np.where(z > 0, 1, _SELU_ALPHA * _elu_slope(z))).astype(z.dtype),
        "selu", (), "lecun_normal", True,  # Klambauer et al. 2017
    ),
    "gelu": Activation(
        "GELU", r"z\,\Phi(z)", lambda z: z * _gauss_cdf(z),
        lambda z: _gauss_cdf(z) + z * _gauss_pdf(z), "gelu", (), _HE, True,
    ),
    "silu": Activation(
        "SiLU (swish)", r"z\,\sigma(z)", lambda z: z * expit(z),
        lambda z: expit(z) * (1 + z * expit(-z)), "silu", (), _HE, True,
    ),
    "mish": Activation(
        "Mish", r"z \tanh(\ln(1+e^z))", lambda z: z * np.tanh(_softplus(z)), _mish_slope, "mish",
        (), _HE, True,
    ),
    "softplus": Activation("Softplus", r"\ln(1+e^z)", _softplus, expit, "softplus", (), _HE, True),
    "softsign": Activation(
        "Softsign", r"\frac{z}{1+|z|}", lambda z: z / (1 + np.abs(z)),
        lambda z: 1 / (1 + np.abs(z)) ** 2, "softsign",
    ),
    "relu6": Activation(
        "ReLU6", r"\min(\max(0, z), 6)", lambda z: np.clip(z, 0, 6), lambda z: _between(z, 0, 6),
        "relu6", (), _HE,
    ),
    "hard_sigmoid": Activation(
        "Hard sigmoid", r"\min(\max(0, z/6+1/2), 1)", lambda z: np.clip(z / 6 + 0.5, 0, 1),
        lambda z: _between(z, -3, 3) / 6, "hard_sigmoid",
    ),
    "hard_silu": Activation(
        "Hard SiLU", r"z \min(\max(0, z/6+1/2), 1)", lambda z: z * np.clip(z / 6 + 0.5, 0, 1),
        lambda z: np.clip(z / 6 + 0.5, 0, 1) + z * _between(z, -3, 3) / 6, "hard_silu", (), _HE,
    ),
    "exponential": Activation("Exponential", "e^z", np.exp, np.exp, "exponential"),
}  # fmt: skip


def softmax(z: Array) -> Array:
    """exp(zₖ) / Σⱼ exp(zⱼ) over the last axis of `z` (…, n_classes), without overflow."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))
