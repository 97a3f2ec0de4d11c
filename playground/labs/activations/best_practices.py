"""Four pieces of advice to a beginner, each taken or not, on one small network."""

from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from playground.nn.activations import ACTIVATIONS

Array = NDArray[np.float32]

SIZES = (2, 16, 16, 16, 1)
STEPS = 150  # updates, each with all examples
SMALL, LARGE = 0.3, 5.0  # learning rates
EXAMPLES, CENTRE, SPREAD = 120, (40.0, 5.0), (10.0, 2.0)  # of the two inputs, unscaled
FINE = 60  # points along each side of the map


@dataclass(frozen=True)
class Advice:
    """What is done as advised; where not, the usual mistake is made instead."""

    relu: bool = True  # else sigmoid
    small_rate: bool = True  # SMALL, else LARGE
    standardize: bool = True  # else the inputs as they are
    he: bool = True  # weights N(0, 2/n), else uniform from 0 to 0.1

    def flipped(self, name: str) -> "Advice":
        """The same but for one."""
        return Advice(**{f.name: getattr(self, f.name) ^ (f.name == name) for f in fields(self)})


@dataclass(frozen=True)
class TrainedNetwork:
    """loss: (STEPS + 1,) cross-entropy before each update and after the last; inf if it overflows.

    answers: the probability of class 1 at each point of the map, (FINE, FINE), row 0 on top.
    """

    loss: Array
    accuracy: float
    answers: Array

    @property
    def learnt(self) -> bool:
        """Whether it does clearly better than tossing a coin."""
        return bool(self.accuracy >= 0.75 and self.loss[-1] < 0.6)


def examples() -> tuple[Array, Array]:
    """x (EXAMPLES, 2) of different scales, a ring around a disc; y (EXAMPLES, 1) of 0 and 1."""
    rng = np.random.default_rng(7)
    y = np.arange(EXAMPLES) % 2
    radius = 0.55 + 0.9 * y + 0.16 * rng.standard_normal(EXAMPLES)
    angle = rng.uniform(0, 2 * np.pi, EXAMPLES)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return (x * SPREAD + CENTRE).astype(np.float32), y[:, None].astype(np.float32)


def extent() -> tuple[float, float, float, float]:
    """Smallest and largest x₁, smallest and largest x₂ of the map."""
    (a, b), (s, t) = CENTRE, SPREAD
    return a - 2 * s, a + 2 * s, b - 2 * t, b + 2 * t


@lru_cache(maxsize=256)
def trained(advice: Advice, seed: int = 0) -> TrainedNetwork:
    """Train the network by plain gradient descent: STEPS updates with all examples."""
    x, y = examples()
    mean, spread = (x.mean(0), x.std(0)) if advice.standardize else (np.zeros(2), np.ones(2))
    scaled = ((x - mean) / spread).astype(np.float32)
    network = _Network(advice, seed)
    rate = SMALL if advice.small_rate else LARGE
    losses = np.empty(STEPS + 1, np.float32)
    with np.errstate(all="ignore"):
        for step in range(STEPS + 1):
            losses[step] = network.update(scaled, y, rate if step < STEPS else 0.0)
        left, right, bottom, top = extent()
        points = np.meshgrid(np.linspace(left, right, FINE), np.linspace(top, bottom, FINE))
        grid = ((np.stack(points, -1).reshape(-1, 2) - mean) / spread).astype(np.float32)
        answers = expit(network.forward(grid)[0][-1]).reshape(FINE, FINE)
        right_ones = (network.forward(scaled)[0][-1] > 0) == (y > 0.5)
    losses[~np.isfinite(losses)] = np.inf
    return TrainedNetwork(losses, float(right_ones.mean()), answers)


class _Network:
    """Layers of SIZES; the last one gives z, the others an activation."""

    def __init__(self, advice: Advice, seed: int) -> None:
        rng = np.random.default_rng(seed)
        entry = ACTIVATIONS["relu" if advice.relu else "sigmoid"]
        self._f, self._df = entry.f, entry.df
        self._kernels = [
            rng.normal(0, np.sqrt(2 / n), (n, m)).astype(np.float32)
            if advice.he
            else rng.uniform(0, 0.1, (n, m)).astype(np.float32)
            for n, m in pairwise(SIZES)
        ]
        self._biases = [np.zeros(m, np.float32) for m in SIZES[1:]]

    def forward(self, x: Array) -> tuple[list[Array], list[Array]]:
        """z of each layer, and what goes into each layer."""
        zs, inputs = [], [x]
        for kernel, bias in zip(self._kernels, self._biases, strict=True):
            zs.append(inputs[-1] @ kernel + bias)
            inputs.append(self._f(zs[-1]))
        return zs, inputs

    def update(self, x: Array, y: Array, rate: float) -> float:
        """One step down the gradient of the mean cross-entropy; returns the loss before it."""
        zs, inputs = self.forward(x)
        loss = float(np.mean(np.logaddexp(0, zs[-1]) - y * zs[-1]))
        signal = (expit(zs[-1]) - y) / np.float32(len(x))
        for i in reversed(range(len(zs))):
            of_kernel, of_bias = inputs[i].T @ signal, signal.sum(0)
            if i:
                signal = (signal @ self._kernels[i].T) * self._df(zs[i - 1])
            self._kernels[i] -= np.float32(rate) * of_kernel
            self._biases[i] -= np.float32(rate) * of_bias
        return loss
