"""Weight initializers: the distribution of each, and its Keras class."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Initializer:
    """How a kernel (n_in, n_out) or a bias (n_out,) is filled before training.

    `parameters` names the fields of `Network` given to the Keras class `keras`.
    `random`: whether it takes a seed. `draw` gives float32 (n_in, n_out) in NumPy: from the same
    distribution as Keras, not the same numbers.
    """

    label: str
    formula: str  # LaTeX: N(mean, variance) or U(low, high)
    keras: str
    draw: Callable[..., Array]  # (generator, n_in, n_out, **parameters)
    parameters: tuple[str, ...] = ()
    random: bool = True


def _uniform(variance: Callable[[int, int], float]) -> Callable[..., Array]:
    """U(±√(3·variance)), the variance from (n_in, n_out)."""

    def draw(rng: Generator, n_in: int, n_out: int) -> Array:
        limit = np.float32(np.sqrt(3 * variance(n_in, n_out)))
        return np.asarray(limit * (2 * rng.random((n_in, n_out), np.float32) - 1))

    return draw


# A normal distribution truncated at ±2σ has this standard deviation, which Keras compensates.
_TRUNCATION, _TRUNCATED_STDDEV = 2.0, 0.87962566103423978


def _normal(variance: Callable[[int, int], float]) -> Callable[..., Array]:
    """N(0, variance) without the values beyond two standard deviations, as Keras draws it."""

    def draw(rng: Generator, n_in: int, n_out: int) -> Array:
        drawn = rng.standard_normal((n_in, n_out), np.float32)
        while (beyond := np.abs(drawn) > _TRUNCATION).any():
            drawn[beyond] = rng.standard_normal(int(beyond.sum()), np.float32)
        return np.asarray(np.float32(np.sqrt(variance(n_in, n_out)) / _TRUNCATED_STDDEV) * drawn)

    return draw


def _glorot(n_in: int, n_out: int) -> float:
    return 2 / (n_in + n_out)


def _he(n_in: int, n_out: int) -> float:
    return 2 / n_in


def _lecun(n_in: int, n_out: int) -> float:
    return 1 / n_in


def _plain_normal(rng: Generator, n_in: int, n_out: int, stddev: float) -> Array:
    return np.asarray(np.float32(stddev) * rng.standard_normal((n_in, n_out), np.float32))


def _all(value: float) -> Callable[..., Array]:
    return lambda rng, n_in, n_out: np.full((n_in, n_out), value, np.float32)


INITIALIZERS: dict[str, Initializer] = {
    "glorot_uniform": Initializer(
        "Glorot uniform", r"U(\pm\sqrt{6/(n_{in}+n_{out})})", "GlorotUniform", _uniform(_glorot)
    ),
    "glorot_normal": Initializer(
        "Glorot normal", r"N(0, 2/(n_{in}+n_{out}))", "GlorotNormal", _normal(_glorot)
    ),
    "he_uniform": Initializer("He uniform", r"U(\pm\sqrt{6/n_{in}})", "HeUniform", _uniform(_he)),
    "he_normal": Initializer("He normal", r"N(0, 2/n_{in})", "HeNormal", _normal(_he)),
    "lecun_uniform": Initializer(
        "LeCun uniform", r"U(\pm\sqrt{3/n_{in}})", "LecunUniform", _uniform(_lecun)
    ),
    "lecun_normal": Initializer("LeCun normal", r"N(0, 1/n_{in})", "LecunNormal", _normal(_lecun)),
    "random_normal": Initializer(
        "Normal", r"N(0, \sigma^2)", "RandomNormal", _plain_normal, ("stddev",)
    ),
    "zeros": Initializer("Zeros", "0", "Zeros", _all(0), random=False),
    "ones": Initializer("Ones", "1", "Ones", _all(1), random=False),
}
