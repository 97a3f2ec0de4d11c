"""What a penalty alone does to one weight: its pull, and where that leads."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEPS = 40


def pull(norm: str, w: Array, strength: float) -> Array:
    """The slope of λ·J(w) by w, same shape: λ·sign(w) for "l1", 2λw for "l2"."""
    return np.asarray(strength * np.sign(w) if norm == "l1" else 2 * strength * w)


def shrink(norm: str, start: float, strength: float, rate: float, steps: int = STEPS) -> Array:
    """One weight under the penalty alone, η = `rate`, from `start`: (steps + 1,).

    L2 multiplies it by 1 − 2ηλ each time, and so never makes it zero. L1 takes ηλ off its size
    and stops at 0, where the pulls from both sides meet (a soft threshold, as in proximal descent;
    plain descent would jump about 0 by ηλ).
    """
    t = np.arange(steps + 1)
    if norm == "l1":
        return np.asarray(np.sign(start) * np.maximum(np.abs(start) - rate * strength * t, 0))
    return np.asarray(start * (1 - 2 * rate * strength) ** t)
