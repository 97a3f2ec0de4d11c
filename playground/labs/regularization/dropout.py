"""Dropout on a small network: masks in training, all units in prediction, and their mean."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

INPUTS = np.array([1.0, -0.5, 0.8])  # the one example that goes through
HIDDEN = (6, 4)
MOST_RATE = 0.9


@dataclass(frozen=True)
class DropoutNetwork:
    """Dense layers with ReLU, and a linear output; `kernels` (n_in, n_out) each, no biases."""

    kernels: tuple[Array, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of each layer, inputs first."""
        return (len(self.kernels[0]), *(kernel.shape[1] for kernel in self.kernels))


def network(n_hidden: int, seed: int = 358) -> DropoutNetwork:
    """Fixed weights: 3 inputs, one or two hidden layers (6 or 6 and 4 units), 1 output.

    By this seed most units have something to say on INPUTS.
    """
    if not 1 <= n_hidden <= len(HIDDEN):
        raise ValueError(f"hidden layers must be between 1 and {len(HIDDEN)}, got {n_hidden}")
    rng = np.random.default_rng(seed)
    sizes = (len(INPUTS), *HIDDEN[:n_hidden], 1)
    return DropoutNetwork(
        tuple(
            rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out)).round(2)
            for n_in, n_out in pairwise(sizes)
        )
    )


def masks(of: DropoutNetwork, rate: float, rng: np.random.Generator, n: int) -> tuple[Array, ...]:
    """n masks of each hidden layer, (n, n_units) of 0 (off, with probability rate) and 1."""
    if not 0 <= rate <= MOST_RATE:
        raise ValueError(f"rate must be between 0 and {MOST_RATE}, got {rate}")
    return tuple((rng.random((n, units)) >= rate).astype(np.float64) for units in of.sizes[1:-1])


def train(of: DropoutNetwork, kept: tuple[Array, ...], rate: float) -> list[Array]:
    """Outputs of every layer in training, (n, n_units) each, for n masks of each hidden layer.

    What stays on is divided by 1 − rate, so that a unit gives what it used to on average.
    """
    n, a = len(kept[0]), INPUTS
    outputs = [np.tile(a, (n, 1))]
    for kernel, mask in zip(of.kernels[:-1], kept, strict=True):
        outputs.append(np.maximum(outputs[-1] @ kernel, 0) * mask / (1 - rate))
    return [*outputs, outputs[-1] @ of.kernels[-1]]


def predict(of: DropoutNetwork) -> list[Array]:
    """Outputs of every layer in prediction, (1, n_units) each: no mask, nothing scaled."""
    everything = tuple(np.ones((1, units)) for units in of.sizes[1:-1])
    return train(of, everything, 0.0)


def running_mean(of: DropoutNetwork, rate: float, seed: int, n: int) -> tuple[Array, Array]:
    """Outputs in training with n masks after each other, and their mean so far: both (n,)."""
    kept = masks(of, rate, np.random.default_rng(seed), n)
    outputs = train(of, kept, rate)[-1][:, 0]
    return outputs, np.cumsum(outputs) / np.arange(1, n + 1)
