"""The experiment's network as real Keras objects: layers, loss, optimizer, compiled model."""

import functools
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the import: no start-up chatter
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # networks this small are faster on the CPU

import keras
import numpy as np
import tensorflow as tf

from playground.experiment.model import Experiment, Network, Training
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import CLASSIFICATION, LOSSES
from playground.nn.optimizers import OPTIMIZERS

# It warns of retracing wherever several programs of ours are compiled, one after another.
tf.get_logger().setLevel("ERROR")

THREADS = "PLAYGROUND_THREADS"

# More threads help one large network on an idle machine, and hinder small ones and each other:
# runs side by side keep all cores busy. 0: as many as TensorFlow likes.
tf.config.threading.set_intra_op_parallelism_threads(int(os.environ.get(THREADS, "1")))


def output_activation(experiment: Experiment) -> str:
    """softmax for classes, sigmoid for two classes in one unit, linear for regression."""
    if experiment.data.source.task != CLASSIFICATION:
        return "linear"
    return "softmax" if experiment.data.source.n_outputs > 1 else "sigmoid"


def parameters(network: Network, names: tuple[str, ...]) -> dict[str, float]:
    """The network's values of the fields that an activation or initializer takes."""
    return {name: getattr(network, name) for name in names}


def activation(network: Network, name: str) -> Callable[[Any], Any]:
    """Keras' own function for one of ACTIVATIONS, its parameters filled in."""
    entry = ACTIVATIONS[name]
    function = keras.activations.get(entry.keras)
    given = parameters(network, entry.parameters)
    return functools.partial(function, **given) if given else function


def initializer(network: Network, name: str, seed: int) -> Any:
    """Keras' own initializer for one of INITIALIZERS."""
    entry = INITIALIZERS[name]
    seeded = {"seed": seed} if entry.random else {}
    given = parameters(network, entry.parameters)
    return getattr(keras.initializers, entry.keras)(**given, **seeded)


def optimizer(training: Training) -> Any:
    """Keras' own optimizer with the hyper-parameters of `training`."""
    entry = OPTIMIZERS[training.optimizer]
    given = {name: getattr(training, name) for name in entry.defaults}
    clipping = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}
    if training.clipping in clipping:
        given[clipping[training.clipping]] = training.clip_limit
    return getattr(keras.optimizers, entry.keras)(**given, **entry.constants)


def loss(experiment: Experiment, from_logits: bool, reduction: str | None) -> Any:
    """Keras' own loss; with `from_logits` cross-entropy takes z instead of probabilities."""
    name = experiment.training.loss
    if name != "cross_entropy":
        return getattr(keras.losses, LOSSES[name].keras)(reduction=reduction)
    sparse = experiment.data.source.n_outputs > 1
    kind = "SparseCategoricalCrossentropy" if sparse else "BinaryCrossentropy"
    return getattr(keras.losses, kind)(from_logits=from_logits, reduction=reduction)


def targets(experiment: Experiment, y: np.ndarray) -> np.ndarray:
    """Class numbers (n,) for softmax cross-entropy; one-hot or one column, float32, otherwise."""
    n_outputs = experiment.data.source.n_outputs
    if n_outputs == 1:
        return y.astype(np.float32)[:, None]
    if experiment.training.loss == "cross_entropy":
        return y.astype(np.int32)
    return np.asarray(np.eye(n_outputs, dtype=np.float32)[y])


def dense_layers(experiment: Experiment) -> list[Any]:
    """The Dense layers of the network, not yet built; their seeds follow from `network.seed`."""
    network, sizes = experiment.network, experiment.layer_sizes
    seeds = np.random.SeedSequence([network.seed, 0]).generate_state(2 * len(sizes)).tolist()
    functions = [activation(network, name) for name in network.layer_activations]
    functions.append(keras.activations.get(output_activation(experiment)))
    return [
        keras.layers.Dense(
            units,
            activation=function,
            kernel_initializer=initializer(network, network.kernel_initializer, seeds[2 * i]),
            bias_initializer=initializer(network, network.bias_initializer, seeds[2 * i + 1]),
        )
        for i, (units, function) in enumerate(zip(sizes[1:], functions, strict=True))
    ]


def initial_weights(experiment: Experiment) -> list[np.ndarray]:
    """[W₁, b₁, W₂, b₂, …] float32, as the layers of `build_model` start."""
    weights = []
    for n_in, layer in zip(experiment.layer_sizes, dense_layers(experiment), strict=False):
        layer.build((None, n_in))
        weights += [np.asarray(w) for w in layer.get_weights()]
    return weights


def build_model(experiment: Experiment) -> Any:
    """A compiled `keras.Sequential`, to train with plain `fit` on `dataset.scaled(x)`.

    It has the same initial weights as the trainer's network, and L1/L2 as Keras regularizers.
    """
    network = experiment.network
    layers: list[Any] = [keras.Input((experiment.layer_sizes[0],))]
    for layer in dense_layers(experiment):
        if network.l1 or network.l2:
            layer.kernel_regularizer = keras.regularizers.L1L2(network.l1, network.l2)
        layers.append(layer)
        if network.dropout:
            layers.append(keras.layers.Dropout(network.dropout))
    if network.dropout:
        layers.pop()  # none after the output
    model = keras.Sequential(layers)
    metric = {"linear": "mae", "sigmoid": "binary_accuracy"}.get(
        output_activation(experiment),
        "sparse_categorical_accuracy"
        if experiment.training.loss == "cross_entropy"
        else "categorical_accuracy",
    )
    model.compile(
        optimizer=optimizer(experiment.training),
        loss=loss(experiment, from_logits=False, reduction="sum_over_batch_size"),
        metrics=[metric],
    )
    return model
