"""A dense layer by hand: A = f(X·W + b), and why a unit is a column of W.

One neuron by hand: a = f(w·x + b), in the float32 that Keras computes with.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


# The weights of the course's 2-3-1 network as it begins: inputs in rows, units in columns.
W1 = ((0.8, 0.94, 0.54), (-0.16, 0.8, -0.07))


def start(n: int, units: int, seed: int = 0) -> tuple[Array, Array]:
    """W (n, units) and b (units,) to begin with: those of the course where they fit."""
    if (n, units) == (2, 3):
        return np.array(W1), np.zeros(units)
    rng = np.random.default_rng([seed, n, units])
    return rng.uniform(-1, 1, (n, units)).round(2), np.zeros(units)


def products(x: Array, kernel: Array, row: int, unit: int) -> Array:
    """x_row,i · W_i,unit for every input i, (n,): with the bias they add up to z."""
    return np.asarray(x[row] * kernel[:, unit])


def sums(x: Array, kernel: Array, bias: Array) -> Array:
    """Z = X·W + b: (m, n)·(n, units) + (units,) → (m, units); each row of X has a row of Z."""
    return np.asarray(x @ kernel + bias)


def transposed(x: Array, kernel: Array, bias: Array, row: int) -> Array:
    """The same row of Z by columns: Wᵀ·x + b, (units, n)·(n,) + (units,) → (units,)."""
    return np.asarray(kernel.T @ x[row] + bias)


def n_parameters(n: int, units: int) -> int:
    """n·units weights and `units` biases; how many examples there are does not matter."""
    return n * units + units


def sigmoid(z: Array) -> Array:
    """1/(1 + e^(−z)) as one writes it; 0 where e^(−z) is beyond all numbers."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-z)))


ANSWERS = {"linear": lambda z: z, "sigmoid": sigmoid}


def neuron(activation: str, w: float, b: float, x: Array) -> tuple[Array, Array]:
    """(z, a) of one unit for inputs `x` (n,), with `np.dot` as for a layer: dtype of `x`."""
    kernel, bias = np.array([[w]], x.dtype), np.array([b], x.dtype)
    z = np.dot(x[:, None], kernel) + bias
    return z[:, 0], ANSWERS[activation](z)[:, 0]


def border(w: float, b: float) -> float | None:
    """The x where z = 0 and a sigmoid says 0.5; None where w is 0."""
    return -b / w if w else None


def apart(ours: Array, theirs: Array) -> NDArray[np.int64]:
    """How many float32 numbers lie between two, the second one counted; 0: equal to the last bit.

    Two float32 of one sign are as far apart as their bits read as whole numbers.
    """
    places = [_place(np.asarray(each, np.float32)) for each in (ours, theirs)]
    return np.asarray(np.abs(places[0] - places[1]))


def _place(values: Array) -> NDArray[np.int64]:
    bits = values.view(np.int32).astype(np.int64)
    return np.asarray(np.where(bits < 0, -(2**31) - bits, bits))
