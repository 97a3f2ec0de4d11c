"""An experiment as Keras objects: layers, loss, optimizer, compiled model, and its outputs."""

import functools
import itertools
import os
import threading
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the import: no messages
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")  # networks this small are faster on the CPU

import keras
import numpy as np
import tensorflow as tf

from playground.experiment.model import Experiment, Network, Training, require_experiment
from playground.history.environment import threads
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import LOSSES
from playground.nn.network import Snapshot
from playground.nn.optimizers import OPTIMIZERS

# It warns of retracing when several programs are compiled one after another.
tf.get_logger().setLevel("ERROR")

# More threads help one large network on an idle machine, and slow down small ones: runs side by
# side keep all cores busy. 0: TensorFlow decides.
tf.config.threading.set_intra_op_parallelism_threads(threads())


def parameters(network: Network, names: tuple[str, ...]) -> dict[str, float]:
    """The values of the fields that an activation or initializer takes."""
    return {name: getattr(network, name) for name in names}


def activation(network: Network, name: str) -> Callable[[Any], Any]:
    """Keras' function for one of ACTIVATIONS, with its parameters."""
    entry = ACTIVATIONS[name]
    function = keras.activations.get(entry.keras)
    given = parameters(network, entry.parameters)
    return functools.partial(function, **given) if given else function


def initializer(network: Network, name: str, seed: int) -> Any:
    """Keras' initializer for one of INITIALIZERS."""
    entry = INITIALIZERS[name]
    seeded = {"seed": seed} if entry.random else {}
    given = parameters(network, entry.parameters)
    return getattr(keras.initializers, entry.keras)(**given, **seeded)


def optimizer(training: Training) -> Any:
    """Keras' optimizer with the hyperparameters of `training`."""
    entry = OPTIMIZERS[training.optimizer]
    given = {name: getattr(training, name) for name in entry.defaults}
    clipping = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}
    if training.clipping in clipping:
        given[clipping[training.clipping]] = training.clip_limit
    return getattr(keras.optimizers, entry.keras)(**given, **entry.constants)


def loss(experiment: Experiment, from_logits: bool, reduction: str | None) -> Any:
    """Keras' loss; with `from_logits` cross-entropy takes z instead of probabilities."""
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
    """The Dense layers, not yet built; their seeds derive from `network.seed`."""
    network, sizes = experiment.network, experiment.layer_sizes
    seeds = np.random.SeedSequence([network.seed, 0]).generate_state(2 * len(sizes)).tolist()
    functions = [activation(network, name) for name in network.layer_activations]
    functions.append(keras.activations.get(experiment.output_activation))
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
    """[W₁, b₁, W₂, b₂, …] float32, equal to those of `build_model`."""
    weights = []
    for n_in, layer in zip(experiment.layer_sizes, dense_layers(experiment), strict=False):
        layer.build((None, n_in))
        weights += [np.asarray(w) for w in layer.get_weights()]
    return weights


def start_weights(experiment: Experiment, start: Snapshot) -> list[np.ndarray]:
    """The weights of `start`; ValueError where the experiment's layers have other sizes."""
    sizes = experiment.layer_sizes
    shapes = [shape for pair in itertools.pairwise(sizes) for shape in (pair, pair[1:])]
    if [w.shape for w in start.weights] != shapes:
        got = [len(start.layers[0].kernel), *(len(layer.bias) for layer in start.layers)]
        ours, theirs = ("-".join(map(str, each)) for each in (sizes, got))
        raise ValueError(f"start must be a network of {ours}, got {theirs}")
    return [np.array(w, np.float32) for w in start.weights]


def build_model(experiment: Experiment) -> Any:
    """A compiled `keras.Sequential`, to train with `fit` on `dataset.transform(x)`.

    It has the initial weights of the trainer's network, and L1/L2 as Keras regularizers.
    """
    require_experiment(experiment)
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
        experiment.output_activation,
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


_lock = threading.Lock()  # of the shared models: their weights are set for each call


@functools.lru_cache(maxsize=8)
def _model_of_outputs(experiment: Experiment) -> Any:
    """The model of an experiment with the outputs of all Dense layers."""
    model = build_model(experiment)
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    return keras.Model(model.inputs[0], [layer.output for layer in dense])


def keras_outputs(experiment: Experiment, snapshot: Snapshot, x: np.ndarray) -> list[np.ndarray]:
    """Keras' outputs of every layer for network inputs `x` (n, n_features): [(n, n_units), …]."""
    with _lock:
        model = _model_of_outputs(experiment)
        model.set_weights(list(snapshot.weights))
        outputs = model(x, training=False)
    return [np.asarray(output) for output in (outputs if len(snapshot.layers) > 1 else [outputs])]


def keras_cross_entropies(y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Keras' categorical cross-entropy of logits `z` (n, K): after softmax, and from logits.

    After softmax the probabilities become a plain array: Keras takes the logits of what its own
    softmax has returned, and would skip it.
    """
    two = keras.losses.categorical_crossentropy(y, np.asarray(keras.ops.softmax(z)))
    one = keras.losses.categorical_crossentropy(y, z, from_logits=True)
    return np.asarray(two), np.asarray(one)
