"""One neuron by hand: a = f(w·x + b), in the float32 that Keras computes with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


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
