"""Keras' own answer: the outputs of every layer of a real Keras model with given weights."""

import functools
import threading
from typing import Any

import keras
import numpy as np

from playground.experiment.model import Experiment
from playground.nn.network import Snapshot
from playground.training.keras_model import build_model

_lock = threading.Lock()  # a model is shared by all who ask; its weights are set for each


@functools.lru_cache(maxsize=8)
def _model(experiment: Experiment) -> Any:
    """The model of an experiment, cut open so that it tells the output of every Dense layer."""
    model = build_model(experiment)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    return keras.Model(model.inputs[0], [layer.output for layer in dense])


def keras_outputs(experiment: Experiment, snapshot: Snapshot, x: np.ndarray) -> list[np.ndarray]:
    """What Keras computes for scaled inputs `x` (n, n_features): [(n, n_units) of each layer]."""
    weights = [w for layer in snapshot.layers for w in (layer.kernel, layer.bias)]
    with _lock:
        model = _model(experiment)
        model.set_weights(weights)
        outputs = model(x, training=False)
    return [np.asarray(output) for output in (outputs if len(weights) > 2 else [outputs])]


def keras_cross_entropies(y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keras' categorical cross-entropy of logits `z` (n, K) in float64: in two steps, and in one.

    Between the steps the probabilities become a plain array: Keras takes the logits of what its
    own softmax has returned, and so would never make the first step.
    """
    two = keras.losses.categorical_crossentropy(y, np.asarray(keras.ops.softmax(z)))
    one = keras.losses.categorical_crossentropy(y, z, from_logits=True)
    return np.asarray(two), np.asarray(one)
