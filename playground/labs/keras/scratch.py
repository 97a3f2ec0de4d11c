"""A network trained with TensorFlow's operations and GradientTape alone: no layer, no fit.

The From scratch lab shows these functions as they are here.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

Tensor = Any
Update = Callable[[Any, Tensor, Any], None]  # of a weight, with its gradient and optimizer state


class NaiveDense:
    """One layer: a = f(x W + b)."""

    def __init__(self, kernel: np.ndarray, bias: np.ndarray, f: Callable[[Tensor], Tensor]) -> None:
        self.kernel, self.bias, self.f = tf.Variable(kernel), tf.Variable(bias), f

    def __call__(self, x: Tensor) -> Tensor:
        return self.f(x @ self.kernel + self.bias)


class NaiveSequential:
    """Layers, each applied to the output of the one before."""

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
    """ReLU, then the logits z of the classes; softmax(z) are their probabilities."""
    kernel_1, bias_1, kernel_2, bias_2 = weights
    return NaiveSequential(
        NaiveDense(kernel_1, bias_1, tf.nn.relu), NaiveDense(kernel_2, bias_2, tf.identity)
    )


def batches(x: np.ndarray, y: np.ndarray, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """`size` examples at a time, in their order; the last batch may be smaller."""
    for first in range(0, len(x), size):
        yield x[first : first + size], y[first : first + size]


def losses(y: Tensor, z: Tensor) -> Tensor:
    """−ln p of the true class for each example: ln Σ exp(z) minus the z of that class."""
    z_true = tf.gather(z, y, axis=1, batch_dims=1)
    return tf.reduce_logsumexp(z, axis=1) - z_true


def gradients(model: NaiveSequential, x: Tensor, y: Tensor) -> tuple[Tensor, list[Tensor]]:
    """The mean loss of a batch, and its derivative by each weight."""
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(losses(y, model(x)))
    return loss, tape.gradient(loss, model.weights)


def sgd(weight: Any, gradient: Tensor, state: Any, learning_rate: Tensor) -> None:
    """SGD: w ← w − η g."""
    weight.assign_sub(learning_rate * gradient)


def rmsprop(weight: Any, gradient: Tensor, state: Any, learning_rate: Tensor) -> None:
    """RMSprop: v ← 0.9 v + 0.1 g², w ← w − η g / √(v + 10⁻⁷)."""
    state.assign(0.9 * state + 0.1 * gradient**2)
    weight.assign_sub(learning_rate * gradient / tf.sqrt(state + 1e-7))


def wrong_update(weight: Any, gradient: Tensor, state: Any, learning_rate: Tensor) -> None:
    """The published bug: w ← w − η w. The gradient is not used."""
    weight.assign_sub(learning_rate * weight)


def step(model: NaiveSequential, update: Update, states: list[Any], x: Tensor, y: Tensor) -> Tensor:
    """One step: forward, loss, gradient, update; returns the loss before it."""
    loss, slopes = gradients(model, x, y)
    for weight, gradient, state in zip(model.weights, slopes, states, strict=True):
        update(weight, gradient, state)
    return loss


def fit(one_step: Callable[..., Tensor], x: np.ndarray, y: np.ndarray, size: int) -> list[float]:
    """A step for each batch; returns the loss of each."""
    return [float(one_step(x_batch, y_batch)) for x_batch, y_batch in batches(x, y, size)]


UPDATES = {"sgd": sgd, "rmsprop": rmsprop, "wrong": wrong_update}
