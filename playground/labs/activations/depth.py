"""The scale of activations and gradients in each layer of a deep network before training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.analysis.inspection.signal_propagation import TOLERATED
from playground.labs.activations.curves import ActivationCurve
from playground.nn.initializers import INITIALIZERS

Array = NDArray[np.float64]

EXAMPLES = 64
MAX_LAYERS = 20


@dataclass(frozen=True)
class Propagation:
    """Root mean squares over examples and units; inf or NaN where numbers overflow.

    forward: (depth + 1,) of the inputs and of the outputs of each layer.
    backward: (depth,) of ∂L/∂z in each layer, where ∂L/∂a of the last one has size 1.
    """

    forward: Array
    backward: Array

    @property
    def kind(self) -> str:
        """A name in KINDS: what becomes of the gradient, or of the signal before it."""
        if not np.isfinite([*self.forward, *self.backward]).all():
            return "overflow"
        if not self.backward[0]:
            return "zero"
        if self.change < 1 / TOLERATED:
            return "vanishing"
        if self.change > TOLERATED or self.forward[-1] > TOLERATED * self.forward[0]:
            return "exploding"
        return "kept"

    @property
    def change(self) -> float:
        """The gradient in the first layer relative to that sent back from the last, which is 1."""
        return float(self.backward[0])

    @property
    def factor(self) -> float:
        """The factor of the gradient per layer (geometric mean)."""
        return float(self.change ** (1 / len(self.backward)))

    @property
    def log10_change(self) -> float:
        """log₁₀ of `change`, limited to ±30; 30 where numbers overflow."""
        if self.kind == "overflow":
            return 30.0
        return float(np.clip(np.log10(max(self.change, 1e-300)), -30, 30))


KINDS = {
    "kept": "keeps its scale",
    "vanishing": "vanishes",
    "exploding": "explodes",
    "zero": "is exactly 0",
    "overflow": "overflows",
}


def kernels(initializer: str, depth: int, width: int, stddev: float = 0.05, seed: int = 0) -> Array:
    """Weights (depth, width, width) drawn by an entry of INITIALIZERS."""
    rng = np.random.default_rng([seed, 2])
    entry = INITIALIZERS[initializer]
    parameters = {"stddev": stddev} if "stddev" in entry.parameters else {}
    return np.array([entry.draw(rng, width, width, **parameters) for _ in range(depth)], float)


def propagate(of: ActivationCurve, weights: Array, seed: int = 0) -> list[Propagation]:
    """Propagate EXAMPLES x ~ N(0, 1) through several networks, and a gradient of size 1 back.

    weights: (networks, depth, width, width). Forward: z = a·W, a = f(z). Back: ∂L/∂z = ∂L/∂a·f′(z),
    and ∂L/∂a of the layer before = ∂L/∂z·Wᵀ. Biases are 0, as before training.
    """
    rng, depth = np.random.default_rng([seed, 3]), weights.shape[1]
    x, last = rng.standard_normal((2, EXAMPLES, weights.shape[-1]))
    a, gradient = x, last / _rms(last)
    forward, backward, slopes = [np.broadcast_to(_rms(x), len(weights))], [], []
    with np.errstate(all="ignore"):  # overflow is a result
        for layer in range(depth):
            z = a @ weights[:, layer]
            a, slope = of.f(z), of.df(z)
            forward.append(_rms(a))
            slopes.append(slope)
        for layer in reversed(range(depth)):
            gradient = gradient * slopes[layer]
            backward.append(_rms(gradient))
            gradient = gradient @ weights[:, layer].swapaxes(-1, -2)
    networks = zip(np.transpose(forward), np.transpose(backward[::-1]), strict=True)
    return [Propagation(*rows) for rows in networks]


def _rms(values: Array) -> Array:
    """The root mean square of each matrix (…, n, width)."""
    return np.asarray(np.sqrt(np.mean(values**2, axis=(-2, -1))))
