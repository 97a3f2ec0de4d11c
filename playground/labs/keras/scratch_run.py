"""The two sides of the From scratch lab: MNIST chunk by chunk, and a small network step by step."""

import functools
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from playground.labs.keras import scratch, scratch_keras
from playground.labs.numpy_network import Array, KerasStep, Labels, Weights, batches
from playground.labs.scratch import (
    BATCH_SIZE,
    CHUNK,
    CLASSES,
    HIDDEN,
    PIXELS,
    Chunk,
    ScratchConfig,
    State,
)

SHAPES = [(PIXELS, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)]
MAX_NETWORKS = 4  # compiled and cached


def train_chunk(config: ScratchConfig, side: str, epoch: int, first: int, state: State) -> Chunk:
    """Train CHUNK batches of an epoch (from 0), from batch `first` on; `side`: a key of SIDES.

    The compiled network is cached in this process for the next chunk.
    """
    data = config.dataset()
    rows = config.order(epoch)[first * BATCH_SIZE : (first + CHUNK) * BATCH_SIZE]
    network = _network(side, config.optimizer, config.learning_rate)
    network.write(state)
    losses = network.fit(data.transform(data.train.x[rows]), data.train.y[rows])
    accuracy = None
    if first + CHUNK >= config.steps:
        scores = [network.scores(data.transform(x)) for x, _ in batches(*_test(config), 1_000)]
        accuracy = float((np.concatenate(scores).argmax(axis=1) == data.test.y).mean())
    return Chunk(network.read(), losses, accuracy)


def _test(config: ScratchConfig) -> tuple[Any, Any]:
    test = config.dataset().test
    return test.x, test.y


class SideNetwork(Protocol):
    """One side. Its state: the weights, then the optimizer's state; missing ones are 0."""

    def write(self, state: State) -> None:
        """Set the state."""

    def read(self) -> State:
        """The state."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> list[float]:
        """A step for each batch; the loss of each, before its update."""

    def scores(self, x: np.ndarray) -> np.ndarray:
        """Logits or probabilities (n, n_classes)."""


class ScratchNetwork:
    """The network of `scratch`."""

    def __init__(self, optimizer: str, learning_rate: float) -> None:
        zeros = [np.zeros(shape, np.float32) for shape in SHAPES]
        self._model = scratch.network(zeros)
        self._states = [tf.Variable(zero) for zero in zeros]
        rate = tf.constant(learning_rate)
        update = functools.partial(scratch.UPDATES[optimizer], learning_rate=rate)
        # As a graph it takes a third of the time and computes the same.
        self._step = tf.function(
            functools.partial(scratch.step, self._model, update, self._states),
            input_signature=[
                tf.TensorSpec([None, PIXELS], tf.float32), tf.TensorSpec([None], tf.int32)
            ],
        )  # fmt: skip

    def write(self, state: State) -> None:
        _assign([*self._model.weights, *self._states], state)

    def read(self) -> State:
        return [v.numpy() for v in (*self._model.weights, *self._states)]

    def fit(self, x: np.ndarray, y: np.ndarray) -> list[float]:
        return scratch.fit(self._step, x, y, BATCH_SIZE)

    def scores(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self._model(x))


class KerasNetwork:
    """The same in Keras."""

    def __init__(self, optimizer: str, learning_rate: float) -> None:
        self._model = scratch_keras.network(PIXELS, HIDDEN, CLASSES)
        scratch_keras.compiled(self._model, scratch_keras.optimizer(optimizer, learning_rate))
        self._model.optimizer.build(self._model.trainable_variables)

    @property
    def _variables(self) -> list[Any]:
        rate = self._model.optimizer.learning_rate
        states = [v for v in self._model.optimizer.variables if v is not rate]
        return [*self._model.trainable_variables, *states]

    def write(self, state: State) -> None:
        _assign(self._variables, state)

    def read(self) -> State:
        return [np.asarray(v) for v in self._variables]

    def fit(self, x: np.ndarray, y: np.ndarray) -> list[float]:
        callback = scratch_keras.BatchLosses()
        scratch_keras.fit(self._model, x, y, BATCH_SIZE, callback)
        return callback.losses

    def scores(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self._model(x))


SIDES: dict[str, Callable[[str, float], SideNetwork]] = {
    "scratch": ScratchNetwork, "keras": KerasNetwork,
}  # fmt: skip


@functools.lru_cache(maxsize=MAX_NETWORKS)
def _network(side: str, optimizer: str, learning_rate: float) -> SideNetwork:
    return SIDES[side](optimizer, learning_rate)


def _assign(variables: list[Any], state: State) -> None:
    """Set the variables; those beyond the end of `state` to 0."""
    for i, variable in enumerate(variables):
        variable.assign(state[i] if i < len(state) else np.zeros(variable.shape))


def steps(
    weights: Weights, x: Array, y: Labels, size: int, learning_rate: float
) -> list[KerasStep]:
    """One epoch of SGD in batches of `size`, from `weights` on; float32 as in TensorFlow."""
    first = [w.astype(np.float32) for w in weights]
    inputs, labels = x.astype(np.float32), y.astype(np.int32)
    theirs = _keras(first, inputs, labels, size, learning_rate)
    model = scratch.network(first)
    results = []
    for i, (x_batch, y_batch) in enumerate(scratch.batches(inputs, labels, size)):
        loss, slopes = scratch.gradients(model, x_batch, y_batch)
        for weight, slope in zip(model.weights, slopes, strict=True):
            scratch.sgd(weight, slope, None, learning_rate)
        after = [w.numpy() for w in model.weights]
        gradients = [g.numpy() for g in slopes]
        results.append(KerasStep(float(loss), gradients, after, theirs.losses[i], theirs.after[i]))
    return results


def _keras(
    weights: list[Any], x: Any, y: Any, size: int, learning_rate: float
) -> scratch_keras.BatchWeights:
    model = _model(weights[0].shape[0], *weights[2].shape)
    model.set_weights(weights)
    model.optimizer.learning_rate.assign(learning_rate)
    callback = scratch_keras.BatchWeights()
    scratch_keras.fit(model, x, y, size, callback)
    return callback


@functools.lru_cache(maxsize=1)
def _model(n_inputs: int, n_hidden: int, n_classes: int) -> Any:
    """Compiled once, for every learning rate."""
    model = scratch_keras.network(n_inputs, n_hidden, n_classes)
    scratch_keras.compiled(model, scratch_keras.optimizer("sgd", 0.1))
    return model
