"""Activations to play with: f and f′ with a parameter to move, and what follows from their shape.

What can be measured on a curve (means, monotone or not, …) is measured, not written down.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from playground.nn.activations import ACTIVATIONS

Array = NDArray[np.float64]

DEVIATIONS, POINTS = 9.0, 3_601  # of the sums over a normal distribution
FAR = 1e4  # outputs so far out tell whether they stay bounded
JUMP = 1e-2  # of f′ between two neighbouring points: more is a kink


@dataclass(frozen=True)
class Parameter:
    """The number in a formula that can be moved; f and f′ take it as second argument.

    `field` names the field of `Network` that sets it; "" where networks always use `usual`.
    """

    symbol: str  # LaTeX
    usual: float
    low: float
    high: float
    help: str
    formula: str  # LaTeX of f with the symbol in it
    slope: str  # LaTeX of f′
    f: Callable[[Array, float], Array]
    df: Callable[[Array, float], Array]
    field: str = ""

    @property
    def step(self) -> float:
        """A small change of it."""
        return 0.01 if self.high <= 1 else 0.1


def _leaky_slope(z: Array, alpha: float) -> Array:
    return np.where(z > 0, 1.0, alpha)


PARAMETERS: dict[str, Parameter] = {
    "leaky_relu": Parameter(
        r"\alpha", 0.2, 0.0, 1.0,
        "Slope where z is negative. 0 makes it ReLU, 1 a straight line; try 0.01.",
        r"\max(z, \alpha z)", r"1 \text{ if } z>0 \text{ else } \alpha",
        lambda z, alpha: np.maximum(z, alpha * z), _leaky_slope, "negative_slope",
    ),
    "elu": Parameter(
        r"\alpha", 1.0, 0.1, 3.0,
        "How far below zero it goes: −α at most. Only with α = 1 it has no kink at 0.",
        r"z \text{ if } z>0 \text{ else } \alpha(e^z-1)",
        r"1 \text{ if } z>0 \text{ else } \alpha e^z",
        lambda z, alpha: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))),
        lambda z, alpha: np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0))),
    ),
    "silu": Parameter(
        r"\beta", 1.0, 0.1, 10.0,
        "How sharply it bends: a large β makes it ReLU, a small one half a straight line.",
        r"z\,\sigma(\beta z)", r"\sigma(\beta z)\,(1 + \beta z\,\sigma(-\beta z))",
        lambda z, beta: z * expit(beta * z),
        lambda z, beta: expit(beta * z) * (1 + beta * z * expit(-beta * z)),
    ),
    "softplus": Parameter(
        r"\beta", 1.0, 0.1, 10.0,
        "How sharply it bends: the larger β, the nearer it comes to ReLU.",
        r"\tfrac{1}{\beta}\ln(1+e^{\beta z})", r"\sigma(\beta z)",
        lambda z, beta: np.logaddexp(0, beta * z) / beta, lambda z, beta: expit(beta * z),
    ),
    "relu6": Parameter(
        "c", 6.0, 0.5, 10.0,
        "Where it stops to grow: units beyond it learn nothing more. Try 1.",
        r"\min(\max(0, z), c)", r"1 \text{ if } 0<z<c \text{ else } 0",
        lambda z, cap: np.clip(z, 0, cap), lambda z, cap: ((z > 0) & (z < cap)).astype(z.dtype),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class ActivationCurve:
    """An entry of ACTIVATIONS with its parameter, if it has one, at some value."""

    name: str
    value: float | None = None

    @property
    def label(self) -> str:
        """What it is called."""
        return ACTIVATIONS[self.name].label

    def f(self, z: Array) -> Array:
        """f at any z."""
        if self.value is None:
            return np.asarray(ACTIVATIONS[self.name].f(z))
        return PARAMETERS[self.name].f(z, self.value)

    def df(self, z: Array) -> Array:
        """f′ at any z."""
        if self.value is None:
            return np.asarray(ACTIVATIONS[self.name].df(z))
        return PARAMETERS[self.name].df(z, self.value)


def curve(name: str, value: float | None = None) -> ActivationCurve:
    """The curve of an entry of ACTIVATIONS; without a value its parameter has the usual one."""
    if name not in PARAMETERS:
        return ActivationCurve(name)
    return ActivationCurve(name, PARAMETERS[name].usual if value is None else value)


@dataclass(frozen=True)
class Outputs:
    """What comes out where z is normal: mean and spread of f(z), mean of f′(z)² and of f′ = 0.

    `gain` is √E[f′²]: by what factor a gradient shrinks or grows on its way back through f.
    """

    mean: float
    spread: float
    gain: float


@lru_cache(maxsize=512)
def outputs(of: ActivationCurve, mean: float = 0.0, spread: float = 1.0) -> Outputs:
    """What comes out of a curve where z ~ N(mean, spread²), spread > 0."""
    t = np.linspace(-DEVIATIONS, DEVIATIONS, POINTS)
    weight = np.exp(-(t**2) / 2)
    weight /= weight.sum()
    z = mean + spread * t
    f, df = of.f(z), of.df(z)
    centre = float(weight @ f)
    deviation = float(np.sqrt(weight @ (f - centre) ** 2))
    return Outputs(centre, deviation, float(np.sqrt(weight @ df**2)))


def mean_between(of: ActivationCurve, low: float, high: float) -> float:
    """The mean of f where z is uniform from `low` to `high`."""
    f = of.f(np.linspace(low, high, POINTS))
    return float((f[:-1] + f[1:]).mean() / 2)


@dataclass(frozen=True)
class Qualities:
    """What an activation had better be, and whether its output stays within limits."""

    nonlinear: bool
    smooth: bool  # f′ has no jump
    monotone: bool
    identity: bool  # f(z) ≈ z near 0
    bounded: bool


@lru_cache(maxsize=512)
def qualities(of: ActivationCurve) -> Qualities:
    """Found on the curve itself, between −12 and 12."""
    z = np.linspace(-12, 12, 24_001)
    f, df = of.f(z), of.df(z)
    near = np.array([-1e-4, 1e-4])
    with np.errstate(over="ignore"):
        far = of.f(np.array([-FAR, FAR]))
    return Qualities(
        nonlinear=bool(np.ptp(df) > 0),
        smooth=bool(np.abs(np.diff(df)).max() < JUMP * max(1.0, float(np.abs(df).max()))),
        monotone=bool((np.diff(f) >= -1e-12).all()),
        identity=bool(np.abs(of.f(near) - near).max() < 1e-7),
        bounded=bool(np.abs(far).max() < FAR / 10),
    )
