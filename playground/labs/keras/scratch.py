"""A network trained by TensorFlow's arithmetic and its GradientTape alone: no layer, no fit.

`playground.labs.listing` shows these functions on the page: what is read there is what runs.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any
Update = Callable[[Any, Tensor, Any], None]  # of a weight, from its slope and its memory


class NaiveDense:
    """One layer: a = f(x W + b)."""

    def __init__(self, kernel: np.ndarray, bias: np.ndarray, f: Callable[[Tensor], Tensor]) -> None:
        self.kernel, self.bias, self.f = tf.Variable(kernel), tf.Variable(bias), f

    def __call__(self, x: Tensor) -> Tensor:
        return self.f(x @ self.kernel + self.bias)


class NaiveSequential:
    """Layers, each fed with what the one before gives."""

    def __init__(self, *layers: NaiveDense) -> None:
        self.layers = layers

    def __call__(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x

    @property
    def weights(self) -> list[Any]:
        return [weight for layer in self.layers for weight in (layer.kernel, layer.bias)]


def network(weights: list[np.ndarray]) -> NaiveSequential:
    """ReLU, then the scores z of the classes; softmax(z) are their probabilities."""
    kernel_1, bias_1, kernel_2, bias_2 = weights
    return NaiveSequential(
        NaiveDense(kernel_1, bias_1, tf.nn.relu), NaiveDense(kernel_2, bias_2, tf.identity)
    )


def batches(x: np.ndarray, y: np.ndarray, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`size` examples at a time, in their order; what is left makes the last batch."""
    for first in range(0, len(x), size):
        yield x[first : first + size], y[first : first + size]


def losses(y: Tensor, z: Tensor) -> Tensor:
    """−ln p of the right class, for each example: ln Σ exp(z) less the z of that class."""
    right = tf.gather(z, y, axis=1, batch_dims=1)
    return tf.reduce_logsumexp(z, axis=1) - right


def slopes(chain: NaiveSequential, x: Tensor, y: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The average loss of a batch, and how fast it grows with each weight."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(losses(y, chain(x)))
    return loss, tape.gradient(loss, chain.weights)


def descend(weight: Any, slope: Tensor, memory: Any, rate: Tensor) -> None:
    """SGD: w ← w − η g."""
    weight.assign_sub(rate * slope)


def rmsprop(weight: Any, slope: Tensor, memory: Any, rate: Tensor) -> None:
    """RMSprop: v ← 0.9 v + 0.1 g², w ← w − η g / √(v + 10⁻⁷)."""
    memory.assign(0.9 * memory + 0.1 * slope**2)
    weight.assign_sub(rate * slope / tf.sqrt(memory + 1e-7))


def shrink(weight: Any, slope: Tensor, memory: Any, rate: Tensor) -> None:
    """The mistake: w ← w − η w. The slope is not used."""
    weight.assign_sub(rate * weight)


def step(
    chain: NaiveSequential, update: Update, memories: list[Any], x: Tensor, y: Tensor
) -> Tensor:
    """One step: forward, loss, gradient, update; the loss before it."""
    loss, all_slopes = slopes(chain, x, y)
    for weight, slope, memory in zip(chain.weights, all_slopes, memories, strict=True):
        update(weight, slope, memory)
    return loss


def fit(one_step: Callable[..., Tensor], x: np.ndarray, y: np.ndarray, size: int) -> list[float]:
    """A step for each batch; the loss of each."""
    return [float(one_step(x_batch, y_batch)) for x_batch, y_batch in batches(x, y, size)]


UPDATES = {"sgd": descend, "rmsprop": rmsprop, "shrink": shrink}
