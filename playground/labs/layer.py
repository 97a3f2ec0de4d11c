"""A dense layer by hand: A = f(X·W + b), and why a unit is a column of W."""

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
