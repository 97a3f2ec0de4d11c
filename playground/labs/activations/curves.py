"""Activations with a variable parameter: f, f′, their properties, strengths and weaknesses."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from playground.nn.activations import ACTIVATIONS

Array = NDArray[np.float64]

DEVIATIONS, POINTS = 9.0, 3_601  # of the sums over a normal distribution
FAR = 1e4  # where an output beyond FAR / 10 counts as unbounded
JUMP = 1e-2  # of f′ between two adjacent points: more is a kink


@dataclass(frozen=True)
class Parameter:
    """The variable number in a formula; f and f′ take it as second argument.

    `field` names the field of `Network` that sets it; "" where networks always use `default`.
    """

    symbol: str  # LaTeX
    default: float
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
        """The step of its slider."""
        return 0.01 if self.high <= 1 else 0.1


PARAMETERS: dict[str, Parameter] = {
    "leaky_relu": Parameter(
        r"\alpha", 0.2, 0.0, 1.0,
        "The slope for negative z. 0 is ReLU, 1 a straight line; try 0.01.",
        r"\max(z, \alpha z)", r"1 \text{ if } z>0 \text{ else } \alpha",
        lambda z, alpha: np.maximum(z, alpha * z), lambda z, alpha: np.where(z > 0, 1.0, alpha),
        "negative_slope",
    ),
    "elu": Parameter(
        r"\alpha", 1.0, 0.1, 3.0,
        "The lower limit is −α. Only α = 1 has no kink at 0.",
        r"z \text{ if } z>0 \text{ else } \alpha(e^z-1)",
        r"1 \text{ if } z>0 \text{ else } \alpha e^z",
        lambda z, alpha: np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0))),
        lambda z, alpha: np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0))),
    ),
    "silu": Parameter(
        r"\beta", 1.0, 0.1, 10.0,
        "How sharp the bend is: a large β gives ReLU, a small one half a straight line.",
        r"z\,\sigma(\beta z)", r"\sigma(\beta z)\,(1 + \beta z\,\sigma(-\beta z))",
        lambda z, beta: z * expit(beta * z),
        lambda z, beta: expit(beta * z) * (1 + beta * z * expit(-beta * z)),
    ),
    "softplus": Parameter(
        r"\beta", 1.0, 0.1, 10.0,
        "How sharp the bend is: the larger β, the closer to ReLU.",
        r"\tfrac{1}{\beta}\ln(1+e^{\beta z})", r"\sigma(\beta z)",
        lambda z, beta: np.logaddexp(0, beta * z) / beta, lambda z, beta: expit(beta * z),
    ),
    "relu6": Parameter(
        "c", 6.0, 0.5, 10.0,
        "The upper limit: beyond it the slope is 0. Try 1.",
        r"\min(\max(0, z), c)", r"1 \text{ if } 0<z<c \text{ else } 0",
        lambda z, cap: np.clip(z, 0, cap), lambda z, cap: ((z > 0) & (z < cap)).astype(z.dtype),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class ActivationCurve:
    """An entry of ACTIVATIONS with a value of its parameter, if it has one."""

    name: str
    value: float | None = None

    @property
    def label(self) -> str:
        """Its label in ACTIVATIONS."""
        return ACTIVATIONS[self.name].label

    def f(self, z: Array) -> Array:
        """f(z), same shape."""
        if self.value is None:
            return np.asarray(ACTIVATIONS[self.name].f(z))
        return PARAMETERS[self.name].f(z, self.value)

    def df(self, z: Array) -> Array:
        """f′(z), same shape."""
        if self.value is None:
            return np.asarray(ACTIVATIONS[self.name].df(z))
        return PARAMETERS[self.name].df(z, self.value)


def curve(name: str, value: float | None = None) -> ActivationCurve:
    """The curve of an entry of ACTIVATIONS; without a value its parameter has the default."""
    if name not in PARAMETERS:
        return ActivationCurve(name)
    return ActivationCurve(name, PARAMETERS[name].default if value is None else value)


@dataclass(frozen=True)
class OutputStatistics:
    """Mean and standard deviation of f(z) for a normal z.

    `gradient_gain` is √E[f′²]: the factor by which a gradient changes on its way back through f.
    """

    mean: float
    deviation: float
    gradient_gain: float


@lru_cache(maxsize=512)
def output_statistics(
    of: ActivationCurve, mean: float = 0.0, deviation: float = 1.0
) -> OutputStatistics:
    """The statistics for z ~ N(mean, deviation²), deviation > 0."""
    t = np.linspace(-DEVIATIONS, DEVIATIONS, POINTS)
    weight = np.exp(-(t**2) / 2)
    weight /= weight.sum()
    z = mean + deviation * t
    f, df = of.f(z), of.df(z)
    center = float(weight @ f)
    return OutputStatistics(
        center, float(np.sqrt(weight @ (f - center) ** 2)), float(np.sqrt(weight @ df**2))
    )


def mean_between(of: ActivationCurve, low: float, high: float) -> float:
    """The mean of f for z uniform on `low` … `high`."""
    f = of.f(np.linspace(low, high, POINTS))
    return float((f[:-1] + f[1:]).mean() / 2)


@dataclass(frozen=True)
class Properties:
    """Desirable properties of an activation, and whether its output is bounded."""

    nonlinear: bool
    smooth: bool  # f′ has no jump
    monotone: bool
    identity: bool  # f(z) ≈ z near 0
    bounded: bool


@lru_cache(maxsize=512)
def properties(of: ActivationCurve) -> Properties:
    """The properties, measured on the curve between −12 and 12."""
    z = np.linspace(-12, 12, 24_001)
    f, df = of.f(z), of.df(z)
    near = np.array([-1e-4, 1e-4])
    with np.errstate(over="ignore"):
        far = of.f(np.array([-FAR, FAR]))
    return Properties(
        nonlinear=bool(np.ptp(df) > 0),
        smooth=bool(np.abs(np.diff(df)).max() < JUMP * max(1.0, float(np.abs(df).max()))),
        monotone=bool((np.diff(f) >= -1e-12).all()),
        identity=bool(np.abs(of.f(near) - near).max() < 1e-7),
        bounded=bool(np.abs(far).max() < FAR / 10),
    )


@dataclass(frozen=True)
class Facts:
    """Facts about an entry of ACTIVATIONS: formulas in LaTeX, sentences in Markdown."""

    slope: str = "f'(z)"  # LaTeX of f′
    range: str = r"\text{–}"  # LaTeX
    strengths: tuple[str, ...] = ()
    weaknesses: tuple[str, ...] = ()


_VANISHES = "Far from 0 the slope is nearly 0: gradients vanish through many layers."
_COSTLY = "Needs exponentials: slower than ReLU."
_NOT_CENTERED = "Outputs are not centered on 0, which slows down learning."
_GROWS = "Outputs have no upper limit: use a smaller learning rate."
_DIES = "A unit whose z is negative for every example gets no gradient: it is dead for good."
_CHEAP = "Cheap: no more than a comparison."
_KEEPS = "Slope 1 where z is positive: gradients pass unchanged."
_SMOOTH = "Smooth: f′ has no jump."
_SELDOM_DIES = "Some gradient for negative z: inactive units can recover."

FACTS: dict[str, Facts] = {
    "linear": Facts(
        "1",
        r"(-\infty, \infty)",
        (_CHEAP, "Suits the output of a regression: any number is possible."),
        ("Several layers of it are one linear layer: depth adds nothing.", _GROWS),
    ),
    "sigmoid": Facts(
        r"\sigma(z)\,(1-\sigma(z))",
        "(0, 1)",
        (
            "Outputs between 0 and 1, monotone and smooth: suits the output of a binary "
            "classification.",
            "Its derivative is simple: σ(1 − σ).",
        ),
        (
            "The slope is at most ¼ and nearly 0 far from 0: gradients vanish through many layers.",
            "Outputs are never centered on 0: slow convergence.",
            "Needs an exponential: slow to compute.",
        ),
    ),
    "tanh": Facts(
        r"1-\tanh^2 z",
        "(-1, 1)",
        (
            "Outputs between −1 and 1, monotone and smooth.",
            "Centered on 0: converges faster than sigmoid.",
        ),
        (_VANISHES, "Needs exponentials: slow to compute."),
    ),
    "relu": Facts(
        r"1 \text{ if } z>0 \text{ else } 0",
        r"[0, \infty)",
        (
            "No vanishing gradient where z is positive: slope 1.",
            "Only compares z with 0: very fast.",
            "Converges much faster than sigmoid and tanh.",
            "Sparse: about half of the units are 0 for any one example.",
        ),
        (_NOT_CENTERED, _DIES, _GROWS),
    ),
    "leaky_relu": Facts(
        r"1 \text{ if } z>0 \text{ else } \alpha",
        r"(-\infty, \infty)",
        ("All strengths of ReLU.", "Does not die: the slope α lets units recover."),
        ("In practice not always better than ReLU.", "One more hyperparameter, α.", _GROWS),
    ),
    "elu": Facts(
        r"1 \text{ if } z>0 \text{ else } \alpha e^z",
        r"(-\alpha, \infty)",
        (_KEEPS, "Negative outputs bring the mean closer to 0.", _SELDOM_DIES),
        (_COSTLY, "Far below 0 the slope is nearly 0.", _GROWS),
    ),
    "selu": Facts(
        r"1.0507 \text{ if } z>0 \text{ else } 1.7581\,e^z",
        r"(-1.7581, \infty)",
        (
            "Self-normalizing: with LeCun normal weights each layer brings mean and standard "
            "deviation back to 0 and 1.",
            _SELDOM_DIES,
        ),
        ("Self-normalizing only with standardized inputs and LeCun normal weights.", _COSTLY),
    ),
    "gelu": Facts(
        r"\Phi(z) + z\,\varphi(z)",
        r"[-0.170, \infty)",
        (_SMOOTH, "Common in transformers; often a little better than ReLU.", _SELDOM_DIES),
        ("Needs an error function: slower than ReLU.", "Not monotone below 0.", _GROWS),
    ),
    "silu": Facts(
        r"\sigma(z)\,(1 + z\,\sigma(-z))",
        r"[-0.278, \infty)",
        (_SMOOTH, "Close to ReLU, and often a little better in deep networks.", _SELDOM_DIES),
        (_COSTLY, "Not monotone below 0.", _GROWS),
    ),
    "mish": Facts(
        r"\tanh s + z\,\sigma(z)\,(1-\tanh^2 s),\ s=\ln(1+e^z)",
        r"[-0.309, \infty)",
        (_SMOOTH, "Similar to SiLU, with a slightly deeper minimum.", _SELDOM_DIES),
        ("Needs an exponential, a logarithm and a tanh: slow.", "Not monotone below 0.", _GROWS),
    ),
    "softplus": Facts(
        r"\sigma(z)",
        r"(0, \infty)",
        ("ReLU without the kink: f′ has no jump.", "Suits an output that must be positive."),
        (_NOT_CENTERED, _COSTLY, "Seldom better than ReLU in hidden layers."),
    ),
    "softsign": Facts(
        r"\frac{1}{(1+|z|)^2}",
        "(-1, 1)",
        ("Centered on 0.", "Like tanh without an exponential; its slope decreases more slowly."),
        (_VANISHES, "Approaches its limits slowly."),
    ),
    "relu6": Facts(
        r"1 \text{ if } 0<z<6 \text{ else } 0",
        "[0, 6]",
        (
            "Bounded: robust in low-precision arithmetic, made for mobile devices.",
            _CHEAP,
            "Slope 1 between 0 and the upper limit.",
        ),
        (_DIES, "Above the limit the slope is 0 too: units can get stuck there.", _NOT_CENTERED),
    ),
    "hard_sigmoid": Facts(
        r"\tfrac16 \text{ if } |z|<3 \text{ else } 0",
        "[0, 1]",
        ("Sigmoid in three straight pieces, without exponentials.", "Outputs between 0 and 1."),
        (
            "Beyond ±3 the slope is exactly 0: units get stuck there.",
            "The slope is at most ⅙: gradients vanish quickly.",
            _NOT_CENTERED,
        ),
    ),
    "hard_silu": Facts(
        r"0 \text{ if } z<-3,\ 1 \text{ if } z>3,\ \text{else } \tfrac{z}{3}+\tfrac12",
        r"[-0.375, \infty)",
        (
            "Close to SiLU without an exponential: made for mobile devices.",
            "Slope 1 where z is above 3: gradients pass unchanged.",
        ),
        ("Below −3 the slope is exactly 0: units can die.", "Not monotone below 0.", _GROWS),
    ),
    "exponential": Facts(
        "e^z",
        r"(0, \infty)",
        ("Its own derivative.", "Suits an output that is a positive rate."),
        ("Explodes in hidden layers: numbers overflow after a few of them.", _NOT_CENTERED),
    ),
}
