"""Both sides of the lab From scratch at work: `scratch` by itself, and Keras' compile and fit.

Every step of a small network, by `scratch` and by Keras, with all its numbers.
"""

import functools
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from playground.labs.keras import scratch, scratch_keras
from playground.labs.scratch.config import (
    BATCH_SIZE,
    CLASSES,
    HIDDEN,
    PIECE,
    PIXELS,
    Piece,
    ScratchPlan,
    State,
)
from playground.labs.scratch.numpy_network import Array, BatchResult, Labels, Weights, batches

SHAPES = [(PIXELS, HIDDEN), (HIDDEN,), (HIDDEN, CLASSES), (CLASSES,)]
KEPT = 4  # networks of both sides, compiled


def piece(plan: ScratchPlan, side: str, epoch: int, first: int, state: State) -> Piece:
    """The next PIECE batches of an epoch (from 0), from batch `first` on; side of `SIDES`.

    What is compiled stays in this process for the next piece.
    """
    data = plan.dataset()
    rows = plan.order(epoch)[first * BATCH_SIZE : (first + PIECE) * BATCH_SIZE]
    network = _network(side, plan.rule, plan.rate)
    network.write(state)
    losses = network.fit(data.scaled(data.train.x[rows]), data.train.y[rows])
    accuracy = None
    if first + PIECE >= plan.steps:
        guesses = [network.scores(data.scaled(x)) for x, _ in batches(*_test(plan), 1_000)]
        accuracy = float((np.concatenate(guesses).argmax(axis=1) == data.test.y).mean())
    return Piece(network.read(), losses, accuracy)


def _test(plan: ScratchPlan) -> tuple[Any, Any]:
    test = plan.dataset().test
    return test.x, test.y


class SideNetwork(Protocol):
    """One side. A state is the weights, then what its update rule remembers; empty: nothing yet."""

    def write(self, state: State) -> None:
        """Go on from `state`."""

    def read(self) -> State:
        """The state now."""

    def fit(self, x: np.ndarray, y: np.ndarray) -> list[float]:
        """A step for each batch; the loss of each, before its update."""

    def scores(self, x: np.ndarray) -> np.ndarray:
        """For each example, the more the likelier a class is, (n, n_classes)."""


class Scratch:
    """The network of `scratch`."""

    def __init__(self, rule: str, rate: float) -> None:
        zeros = [np.zeros(shape, np.float32) for shape in SHAPES]
        self._chain = scratch.network(zeros)
        self._memories = [tf.Variable(zero) for zero in zeros]
        update = functools.partial(scratch.UPDATES[rule], rate=tf.constant(rate))
        # As a graph it takes a third of the time; what it computes is the same.
        self._step = tf.function(
            functools.partial(scratch.step, self._chain, update, self._memories),
            input_signature=[
                tf.TensorSpec([None, PIXELS], tf.float32), tf.TensorSpec([None], tf.int32)
            ],
        )  # fmt: skip

    def write(self, state: State) -> None:
        _assign([*self._chain.weights, *self._memories], state)

    def read(self) -> State:
        return [v.numpy() for v in (*self._chain.weights, *self._memories)]

    def fit(self, x: np.ndarray, y: np.ndarray) -> list[float]:
        return scratch.fit(self._step, x, y, BATCH_SIZE)

    def scores(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self._chain(x))


class Keras:
    """The same by Keras."""

    def __init__(self, rule: str, rate: float) -> None:
        self._model = scratch_keras.network(PIXELS, HIDDEN, CLASSES)
        scratch_keras.compiled(self._model, scratch_keras.optimizer(rule, rate))
        self._model.optimizer.build(self._model.trainable_variables)

    def write(self, state: State) -> None:
        rate = self._model.optimizer.learning_rate
        others = [v for v in self._model.optimizer.variables if v is not rate]
        _assign([*self._model.trainable_variables, *others], state)

    def read(self) -> State:
        rate = self._model.optimizer.learning_rate
        others = [v for v in self._model.optimizer.variables if v is not rate]
        return [np.asarray(v) for v in (*self._model.trainable_variables, *others)]

    def fit(self, x: np.ndarray, y: np.ndarray) -> list[float]:
        told = scratch_keras.EachLoss()
        scratch_keras.fit(self._model, x, y, BATCH_SIZE, told)
        return told.losses

    def scores(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self._model(x))


SIDES: dict[str, Callable[[str, float], SideNetwork]] = {"scratch": Scratch, "keras": Keras}


@functools.lru_cache(maxsize=KEPT)
def _network(side: str, rule: str, rate: float) -> SideNetwork:
    return SIDES[side](rule, rate)


def _assign(variables: list[Any], state: State) -> None:
    """Set the variables; those beyond the end of `state` to 0."""
    for i, variable in enumerate(variables):
        variable.assign(state[i] if i < len(state) else np.zeros(variable.shape))


def steps(weights: Weights, x: Array, y: Labels, size: int, rate: float) -> list[BatchResult]:
    """One epoch of SGD in batches of `size`, from `weights` on; float32 as in TensorFlow."""
    first = [w.astype(np.float32) for w in weights]
    inputs, labels = x.astype(np.float32), y.astype(np.int32)
    told = _keras(first, inputs, labels, size, rate)
    chain = scratch.network(first)
    answers = []
    for i, (x_batch, y_batch) in enumerate(scratch.batches(inputs, labels, size)):
        loss, slopes = scratch.slopes(chain, x_batch, y_batch)
        for weight, slope in zip(chain.weights, slopes, strict=True):
            scratch.descend(weight, slope, None, rate)
        after = [w.numpy() for w in chain.weights]
        gradient = [g.numpy() for g in slopes]
        answers.append(BatchResult(float(loss), gradient, after, told.losses[i], told.after[i]))
    return answers


def _keras(weights: list[Any], x: Any, y: Any, size: int, rate: float) -> scratch_keras.EachStep:
    model = _model(weights[0].shape[0], *weights[2].shape)
    model.set_weights(weights)
    model.optimizer.learning_rate.assign(rate)
    told = scratch_keras.EachStep()
    scratch_keras.fit(model, x, y, size, told)
    return told


@functools.lru_cache(maxsize=1)
def _model(n_inputs: int, n_hidden: int, n_classes: int) -> Any:
    """Compiled once, for every rate."""
    model = scratch_keras.network(n_inputs, n_hidden, n_classes)
    scratch_keras.compiled(model, scratch_keras.optimizer("sgd", 0.1))
    return model
