"""One unit trained with a rate that is too large for it: with ReLU it dies, and how else not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.labs.activations.curves import ActivationCurve

Array = NDArray[np.float64]

STEPS = 60
START = (1.0, 3.0)  # w, b: far above the targets, so that the first step is a long one

X = np.linspace(-1.0, 1.0, 20)
Y = 0.6 + 0.3 * X  # a line that lies above 0: a living unit can follow it exactly


@dataclass(frozen=True)
class Life:
    """A unit a = f(w x + b) from step 0, untrained, to step STEPS; each (STEPS + 1,)."""

    of: ActivationCurve
    w: Array
    b: Array
    loss: Array  # mean over the examples of (a − y)²
    awake: Array  # share of the examples with z > 0
    gradient: Array  # √((∂L/∂w)² + (∂L/∂b)²), what the next step follows

    def z(self, step: int) -> Array:
        """The pre-activation of each example at a step, (20,)."""
        return np.asarray(self.w[step] * X + self.b[step])

    @property
    def off(self) -> int | None:
        """The first step at which z is negative for every example; None: there is none."""
        return _first(self.awake == 0)

    @property
    def back(self) -> int | None:
        """The first step after that at which some z is positive again; None: there is none."""
        off = self.off
        found = None if off is None else _first(self.awake[off:] > 0)
        return None if off is None or found is None else off + found

    @property
    def dead(self) -> bool:
        """Whether it is off at the end with no gradient left to move it."""
        return bool(self.awake[-1] == 0 and self.gradient[-1] == 0)


def _first(holds: NDArray[np.bool_]) -> int | None:
    found = np.flatnonzero(holds)
    return int(found[0]) if len(found) else None


def live(of: ActivationCurve, rate: float) -> Life:
    """Train a unit by gradient descent on all examples: (w, b) ← (w, b) − rate · ∂L/∂(w, b)."""
    rows = np.empty((STEPS + 1, 5))
    w, b = START
    for step in range(STEPS + 1):
        z = w * X + b
        error = of.f(z) - Y
        signal = 2 * error * of.df(z)
        of_w, of_b = float(np.mean(signal * X)), float(np.mean(signal))
        rows[step] = w, b, np.mean(error**2), np.mean(z > 0), np.hypot(of_w, of_b)
        w, b = w - rate * of_w, b - rate * of_b
    return Life(of, *rows.T)
