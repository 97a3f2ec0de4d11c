"""A network of one hidden layer trained with NumPy, its gradient derived by hand.

ReLU in the hidden layer, softmax at the end, cross-entropy as the loss: the same network as in
`playground.labs.keras.scratch`, where GradientTape finds the gradient.

The small network whose every number the lab From scratch shows: 4-3-3 on iris.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playground.datasets import load
from playground.experiment.model import Data
from playground.nn.initializers import INITIALIZERS

Array = NDArray[np.float64]


Labels = NDArray[np.int64]
Weights = list[Array]  # [kernel₁, bias₁, kernel₂, bias₂]


@dataclass(frozen=True)
class Forward:
    """What a batch x (n, n_inputs) becomes: z and a of the hidden layer, z and p of the last."""

    z_1: Array
    a_1: Array
    z_2: Array
    p: Array


def batches(x: Array, y: Labels, size: int) -> Iterator[tuple[Array, Labels]]:
    """`size` examples at a time, in their order; what is left makes the last batch."""
    for first in range(0, len(x), size):
        yield x[first : first + size], y[first : first + size]


def forward(weights: Weights, x: Array) -> Forward:
    """Two layers: z = x W + b, then ReLU or softmax."""
    kernel_1, bias_1, kernel_2, bias_2 = weights
    z_1 = x @ kernel_1 + bias_1
    a_1 = np.maximum(z_1, 0)
    z_2 = a_1 @ kernel_2 + bias_2
    e = np.exp(z_2 - z_2.max(axis=1, keepdims=True))
    return Forward(z_1, a_1, z_2, e / e.sum(axis=1, keepdims=True))


def losses(y: Labels, z: Array) -> Array:
    """−ln p of the right class, for each example: ln Σ exp(z) less the z of that class."""
    return np.asarray(np.logaddexp.reduce(z, axis=1) - z[np.arange(len(y)), y])


def slopes(weights: Weights, x: Array, y: Labels, now: Forward) -> Weights:
    """How fast the average loss grows with each weight, by the chain rule, from the end back."""
    n, kernel_2 = len(x), weights[2]
    d_2 = (now.p - np.eye(now.p.shape[1])[y]) / n  # of softmax and loss together: (p − y) / n
    d_1 = (d_2 @ kernel_2.T) * (now.z_1 > 0)  # back through W₂, then through ReLU
    return [x.T @ d_1, d_1.sum(axis=0), now.a_1.T @ d_2, d_2.sum(axis=0)]


def descend(weights: Weights, all_slopes: Weights, rate: float) -> Weights:
    """SGD: w ← w − η g."""
    return [w - rate * g for w, g in zip(weights, all_slopes, strict=True)]


def shrink(weights: Weights, rate: float) -> Weights:
    """The mistake: w ← w − η w. The slope is not used."""
    return [w - rate * w for w in weights]


@dataclass(frozen=True)
class NumpyStep:
    """All numbers of one step; `weights` are those before it, `after` those after it."""

    x: Array
    y: Labels
    weights: Weights
    now: Forward
    losses: Array
    slopes: Weights
    after: Weights

    @property
    def loss(self) -> float:
        """The average over the batch."""
        return float(self.losses.mean())


@dataclass(frozen=True)
class BatchResult:
    """One step as TensorFlow has it: GradientTape's slopes, and what is after it on both sides."""

    loss: float
    slopes: Weights
    after: Weights
    keras_loss: float
    keras_after: Weights


def fit(weights: Weights, x: Array, y: Labels, size: int, rate: float) -> list[NumpyStep]:
    """One epoch of SGD, a step for each batch."""
    steps = []
    for x_batch, y_batch in batches(x, y, size):
        now = forward(weights, x_batch)
        gradient = slopes(weights, x_batch, y_batch, now)
        after = descend(weights, gradient, rate)
        all_losses = losses(y_batch, now.z_2)
        steps.append(NumpyStep(x_batch, y_batch, weights, now, all_losses, gradient, after))
        weights = after
    return steps


def nudged(step: NumpyStep, layer: int, place: tuple[int, ...], by: float = 1e-5) -> float:
    """The slope of one weight by trying: (L(w + h) − L(w − h)) / 2h."""

    def loss(h: float) -> float:
        weights = [w.copy() for w in step.weights]
        weights[layer][place] += h
        return float(losses(step.y, forward(weights, step.x).z_2).mean())

    return (loss(by) - loss(-by)) / (2 * by)


SIZES = (4, 3, 3)
BATCH_SIZE = 5
STEPS = 24
NAMES = ("W₁", "b₁", "W₂", "b₂")
SEED = 2


def examples() -> tuple[Array, Labels]:
    """Flowers for one epoch, standardised, and their species."""
    data = load(Data(dataset="iris", train_size=STEPS * BATCH_SIZE, validation_size=0))
    return data.scaled(data.train.x).astype(float), data.train.y.astype(np.int64)


def weights() -> Weights:
    """Before the first step: kernels by Glorot, biases 0."""
    rng, draw = np.random.default_rng(SEED), INITIALIZERS["glorot_uniform"].draw
    first: Weights = []
    for n_in, n_out in pairwise(SIZES):
        first += [draw(rng, n_in, n_out).astype(float), np.zeros(n_out)]
    return first


@lru_cache(maxsize=64)
def steps(rate: float) -> tuple[NumpyStep, ...]:
    """One epoch."""
    return tuple(fit(weights(), *examples(), BATCH_SIZE, rate))


def places() -> list[tuple[int, tuple[int, ...]]]:
    """Every weight: which of the four arrays, and where in it."""
    return [(i, place) for i, w in enumerate(weights()) for place in np.ndindex(*w.shape)]


def name(part: int, place: tuple[int, ...]) -> str:
    """As it is written in code, counted from 0: "W₁[2, 0]"."""
    return f"{NAMES[part]}[{', '.join(map(str, place))}]"
