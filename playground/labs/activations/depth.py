"""How large signals and gradients are in each layer of a deep network nobody has trained yet."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.analysis.inspection.signal_propagation import TOLERATED
from playground.labs.activations.curves import ActivationCurve
from playground.nn.initializers import INITIALIZERS

Array = NDArray[np.float64]

ROWS = 64  # examples that are sent through
MOST_LAYERS = 20


@dataclass(frozen=True)
class Passage:
    """Root mean squares over examples and units; inf or NaN where numbers overflow.

    forward: (depth + 1,) of the inputs and of the outputs of each layer.
    back: (depth,) of ∂L/∂z in each layer, where ∂L/∂a of the last one has size 1.
    """

    forward: Array
    back: Array

    @property
    def kind(self) -> str:
        """A name in KINDS: what becomes of the gradient, or of the signal before it."""
        if not np.isfinite([*self.forward, *self.back]).all():
            return "overflow"
        if not self.back[0]:
            return "zero"
        change = self.change
        if change < 1 / TOLERATED:
            return "vanishing"
        if change > TOLERATED or self.forward[-1] > TOLERATED * self.forward[0]:
            return "exploding"
        return "kept"

    @property
    def change(self) -> float:
        """The gradient in the first layer as a multiple of the gradient sent back, which is 1."""
        return float(self.back[0])

    @property
    def factor(self) -> float:
        """By which factor the gradient changes a layer (geometric mean)."""
        return float(self.change ** (1 / len(self.back)))


KINDS = {
    "kept": "keeps its size",
    "vanishing": "vanishes",
    "exploding": "explodes",
    "zero": "is exactly 0",
    "overflow": "overflows",
}


def kernels(initializer: str, depth: int, width: int, stddev: float = 0.05, seed: int = 0) -> Array:
    """Weights (depth, width, width) of equal layers, drawn by an entry of INITIALIZERS."""
    rng = np.random.default_rng([seed, 2])
    entry = INITIALIZERS[initializer]
    given = {"stddev": stddev} if "stddev" in entry.parameters else {}
    return np.array([entry.draw(rng, width, width, **given) for _ in range(depth)], dtype=float)


def passages(of: ActivationCurve, weights: Array, seed: int = 0) -> list[Passage]:
    """Send ROWS examples x ~ N(0, 1) through each of some networks, and a gradient of size 1 back.

    weights: (networks, depth, width, width). Forward: z = a·W, a = f(z). Back: ∂L/∂z = ∂L/∂a·f′(z),
    and ∂L/∂a of the layer before = ∂L/∂z·Wᵀ. There are no biases: they begin at 0.
    """
    rng, depth = np.random.default_rng([seed, 3]), weights.shape[1]
    x, last = rng.standard_normal((2, ROWS, weights.shape[-1]))
    a, gradient = x, last / _size(last)
    forward, back, slopes = [np.broadcast_to(_size(x), len(weights))], [], []
    with np.errstate(all="ignore"):  # what overflows is told as it is
        for layer in range(depth):
            z = a @ weights[:, layer]
            a, slope = of.f(z), of.df(z)
            forward.append(_size(a))
            slopes.append(slope)
        for layer in reversed(range(depth)):
            gradient = gradient * slopes[layer]
            back.append(_size(gradient))
            gradient = gradient @ weights[:, layer].swapaxes(-1, -2)
    columns = zip(np.transpose(forward), np.transpose(back[::-1]), strict=True)
    return [Passage(signal, error) for signal, error in columns]


def _size(values: Array) -> Array:
    """The root mean square of each matrix (…, n, width)."""
    return np.asarray(np.sqrt(np.mean(values**2, axis=(-2, -1))))
