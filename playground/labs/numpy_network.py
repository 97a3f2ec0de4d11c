"""A network with one hidden layer trained with NumPy: 4-3-3 on iris, its gradient by hand.

ReLU, softmax and cross-entropy, as in `playground.labs.keras.scratch`, where GradientTape computes
the gradient. The lab shows the functions down to `wrong_update`.
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
    """Pre-activations and outputs for a batch x (n, n_inputs): of the hidden and the last layer."""

    z_1: Array
    a_1: Array
    z_2: Array
    p: Array


def batches(x: Array, y: Labels, size: int) -> Iterator[tuple[Array, Labels]]:
    """`size` examples at a time, in their order; the last batch may be smaller."""
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
    """−ln p of the true class for each example: ln Σ exp(z) minus the z of that class."""
    return np.asarray(np.logaddexp.reduce(z, axis=1) - z[np.arange(len(y)), y])


def gradients(weights: Weights, x: Array, y: Labels, passed: Forward) -> Weights:
    """The derivative of the mean loss by each weight: the chain rule, from the output back."""
    n, kernel_2 = len(x), weights[2]
    d_2 = (passed.p - np.eye(passed.p.shape[1])[y]) / n  # softmax and loss together: (p − y) / n
    d_1 = (d_2 @ kernel_2.T) * (passed.z_1 > 0)  # back through W₂, then through ReLU
    return [x.T @ d_1, d_1.sum(axis=0), passed.a_1.T @ d_2, d_2.sum(axis=0)]


def sgd(weights: Weights, slopes: Weights, learning_rate: float) -> Weights:
    """SGD: w ← w − η g."""
    return [w - learning_rate * g for w, g in zip(weights, slopes, strict=True)]


def wrong_update(weights: Weights, learning_rate: float) -> Weights:
    """The published bug: w ← w − η w. The gradient is not used."""
    return [w - learning_rate * w for w in weights]


@dataclass(frozen=True)
class NumpyStep:
    """All numbers of one step: `weights` before it, `after` after it."""

    x: Array
    y: Labels
    weights: Weights
    forward: Forward
    losses: Array
    gradients: Weights
    after: Weights

    @property
    def loss(self) -> float:
        """The mean over the batch."""
        return float(self.losses.mean())


@dataclass(frozen=True)
class KerasStep:
    """The same step by GradientTape, and by Keras' `fit`."""

    loss: float
    gradients: Weights
    after: Weights
    keras_loss: float
    keras_after: Weights


def fit(weights: Weights, x: Array, y: Labels, size: int, learning_rate: float) -> list[NumpyStep]:
    """One epoch of SGD, a step for each batch."""
    steps = []
    for x_batch, y_batch in batches(x, y, size):
        passed = forward(weights, x_batch)
        slopes = gradients(weights, x_batch, y_batch, passed)
        after = sgd(weights, slopes, learning_rate)
        each = losses(y_batch, passed.z_2)
        steps.append(NumpyStep(x_batch, y_batch, weights, passed, each, slopes, after))
        weights = after
    return steps


Index = tuple[int, ...]


def numerical_gradient(step: NumpyStep, array: int, index: Index, h: float = 1e-5) -> float:
    """The central difference of one weight: (L(w + h) − L(w − h)) / 2h."""

    def loss(change: float) -> float:
        weights = [w.copy() for w in step.weights]
        weights[array][index] += change
        return float(losses(step.y, forward(weights, step.x).z_2).mean())

    return (loss(h) - loss(-h)) / (2 * h)


SIZES = (4, 3, 3)
BATCH_SIZE = 5
STEPS = 24
NAMES = ("W₁", "b₁", "W₂", "b₂")
SEED = 2


def examples() -> tuple[Array, Labels]:
    """Standardized flowers for one epoch, and their species."""
    data = load(Data(dataset="iris", train_size=STEPS * BATCH_SIZE, validation_size=0))
    return data.transform(data.train.x).astype(float), data.train.y.astype(np.int64)


def initial_weights() -> Weights:
    """Glorot kernels, biases 0."""
    rng, draw = np.random.default_rng(SEED), INITIALIZERS["glorot_uniform"].draw
    weights: Weights = []
    for n_in, n_out in pairwise(SIZES):
        weights += [draw(rng, n_in, n_out).astype(float), np.zeros(n_out)]
    return weights


@lru_cache(maxsize=64)
def epoch_steps(learning_rate: float) -> tuple[NumpyStep, ...]:
    """One epoch from `initial_weights`."""
    return tuple(fit(initial_weights(), *examples(), BATCH_SIZE, learning_rate))


def weight_indices() -> list[tuple[int, Index]]:
    """Every weight: the number of its array, and its index in it."""
    return [(i, index) for i, w in enumerate(initial_weights()) for index in np.ndindex(*w.shape)]


def weight_name(array: int, index: Index) -> str:
    """ "W₁[2, 0]", counted from 0."""
    return f"{NAMES[array]}[{', '.join(map(str, index))}]"
