"""Export of a trained network as a `.keras` file and of its curves as TensorBoard event files."""

import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from playground.datasets import load
from playground.experiment.model import Experiment
from playground.history.events import Epoch, Event, metric_name
from playground.nn.activations import ACTIVATIONS
from playground.nn.network import Snapshot
from playground.training import keras_model

# Limits of a Normalization layer, which keeps the variance as float32.
SMALLEST_SCALE, LARGEST_SCALE = 1e-6, 1e18


def keras_file(experiment: Experiment, snapshot: Snapshot) -> bytes:
    """A `.keras` file: a compiled model with the weights of `snapshot` that takes raw inputs.

    Images (n, height, width) as in the data set, other examples (n, n_features) in their units: the
    first layers scale them. It has L1/L2 and dropout, so that it can be trained further.
    """
    model = raw_model(experiment, snapshot)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.keras"
        model.save(path)
        return path.read_bytes()


def raw_model(experiment: Experiment, snapshot: Snapshot) -> Any:
    """The model of `keras_file`."""
    network = experiment.network
    layers = _scaling(experiment)
    for i, dense in enumerate(_plain_layers(experiment, snapshot)):
        hidden = i < len(snapshot.layers) - 1
        entry = ACTIVATIONS[network.layer_activations[i]] if hidden else None
        layers.append(dense)
        if entry is not None and entry.parameters:
            layers.append(
                _activation_layer(entry.keras, keras_model.parameters(network, entry.parameters))
            )
        if network.dropout and hidden:
            layers.append(keras.layers.Dropout(network.dropout))
    model = keras.Sequential(layers, name="network")
    dense_layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    for dense, layer in zip(dense_layers, snapshot.layers, strict=True):
        dense.set_weights([layer.kernel, layer.bias])
    model.compile(
        keras_model.optimizer(experiment.training),
        loss=keras_model.loss(experiment, from_logits=False, reduction="sum_over_batch_size"),
        metrics=["accuracy" if experiment.data.source.classes else "mean_absolute_error"],
    )
    model.optimizer.build(model.trainable_variables)  # or loading the file warns of missing ones
    return model


def _plain_layers(experiment: Experiment, snapshot: Snapshot) -> Iterator[Any]:
    """Dense layers that can be serialized: activations by name."""
    network, regularizer = experiment.network, None
    if network.l1 or network.l2:
        regularizer = keras.regularizers.L1L2(network.l1, network.l2)
    for i, layer in enumerate(snapshot.layers):
        entry = ACTIVATIONS.get(layer.activation)
        name = layer.activation if entry is None else entry.keras
        yield keras.layers.Dense(
            layer.bias.size,
            activation="linear" if entry is not None and entry.parameters else name,
            kernel_regularizer=regularizer,
            name="output" if i == len(snapshot.layers) - 1 else f"hidden_{i + 1}",
        )


def _activation_layer(name: str, parameters: dict[str, float]) -> Any:
    """An activation with parameters as a layer: "leaky_relu" is LeakyReLU."""
    classes = {each.lower(): getattr(keras.layers, each) for each in dir(keras.layers)}
    return classes[name.replace("_", "")](**parameters)


def _scaling(experiment: Experiment) -> list[Any]:
    """Layers from raw inputs to those of the network: (x − shift) / scale."""
    source, dataset = experiment.data.source, load(experiment.data)
    shift, scale = dataset.shift, dataset.scale
    if source.shape:
        divided = keras.layers.Rescaling(float(1 / scale[0]), float(-shift[0] / scale[0]))
        return [keras.Input(source.shape), keras.layers.Flatten(), divided]
    layers: list[Any] = [keras.Input((source.n_features,))]
    if (scale > SMALLEST_SCALE).all() and (scale < LARGEST_SCALE).all():
        variance = np.square(scale.astype(np.float64))
        layers.append(keras.layers.Normalization(mean=shift, variance=variance))
    else:
        factor = 1 / scale.astype(np.float64)
        layers.append(keras.layers.Rescaling(factor.tolist(), (-shift * factor).tolist()))
    return layers


def event_files(experiment: Experiment, events: Iterable[Event], began: float) -> bytes:
    """The curves as TensorBoard event files in a zip, laid out as by Keras' callback.

    `train/` has epoch_loss, epoch_accuracy (or epoch_mean_absolute_error) and epoch_learning_rate,
    `validation/` the first two; steps are epochs from 0. began: seconds since 1970.
    """
    metric = metric_name(experiment.data.source.task)
    epochs = [event for event in events if isinstance(event, Epoch)]
    ends = began + np.cumsum([epoch.seconds for epoch in epochs])
    splits: dict[str, list[dict[str, float]]] = {"train": [], "validation": []}
    for epoch in epochs:
        rate = {"epoch_learning_rate": epoch.learning_rate}
        for split, score, more in (
            ("train", epoch.train, rate),
            ("validation", epoch.validation, {}),
        ):
            if score is not None:
                values = {"epoch_loss": score.loss, f"epoch_{metric}": score.metric}
                splits[split].append(values | more)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for split, records in splits.items():
            if records:
                name = f"{split}/events.out.tfevents.{int(began)}.playground.v2"
                archive.writestr(name, _event_file(records, ends.tolist(), began))
    return content.getvalue()


def _event_file(records: list[dict[str, float]], ends: list[float], began: float) -> bytes:
    """One event file: a header, and one event per epoch with all its values."""
    first = tf.compat.v1.Event(wall_time=began, file_version="brain.Event:2")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events"
        with tf.io.TFRecordWriter(str(path)) as writer:
            writer.write(first.SerializeToString())
            for step, (values, end) in enumerate(zip(records, ends, strict=True)):
                event = tf.compat.v1.Event(wall_time=end, step=step)
                for tag, value in values.items():
                    _add(event.summary, tag, value)
                writer.write(event.SerializeToString())
        return path.read_bytes()


def _add(summary: Any, tag: str, value: float) -> None:
    """Add a number as `tf.summary.scalar` does: a float32 tensor for the plugin "scalars"."""
    entry = summary.value.add(tag=tag)
    entry.tensor.CopyFrom(tf.make_tensor_proto(np.float32(value)))
    entry.metadata.plugin_data.plugin_name = "scalars"
    entry.metadata.data_class = 1  # DATA_CLASS_SCALAR
