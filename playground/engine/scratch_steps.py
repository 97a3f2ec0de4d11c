"""Every step of a small network, by `scratch` and by Keras, with all its numbers."""

import functools
from typing import Any

import numpy as np

from playground.engine import scratch, scratch_keras
from playground.labs.by_numpy import Answer, Array, Labels, Weights


def steps(weights: Weights, x: Array, y: Labels, size: int, rate: float) -> list[Answer]:
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
        answers.append(Answer(float(loss), gradient, after, told.losses[i], told.after[i]))
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
