"""`model.summary()` of the models whose code the Code lab shows."""

from collections import Counter
from typing import Any

import keras
import numpy as np

from playground.experiment.model import Experiment
from playground.labs.code import takes_images
from playground.training.keras_model import dense_layers, loss, optimizer

WIDTH = 68  # characters of a line of the summary


def summaries(experiment: Experiment) -> dict[str, str]:
    """The text of `model.summary()` after `fit` for each form of the model.

    Layers and models have the names that Keras gives them in a new process.
    """
    texts = {}
    rows = min(experiment.training.batch_size, experiment.data.train_size)
    for form, make in (("sequential", _sequential), ("subclass", _subclass)):
        model = make(_layers(experiment))
        model(np.zeros((rows, *_shape(experiment)), np.float32))  # the first batch builds it
        built = optimizer(experiment.training)
        model.compile(optimizer=built, loss=loss(experiment, False, "sum_over_batch_size"))
        built.build(model.trainable_variables)  # as the first update does
        lines: list[str] = []
        model.summary(line_length=WIDTH, print_fn=lambda text, lines=lines, **_: lines.append(text))
        texts[form] = "\n".join(lines).strip()
    return texts


def _shape(experiment: Experiment) -> tuple[int, ...]:
    source = experiment.data.source
    return source.shape if takes_images(experiment) else (source.n_features,)


def _layers(experiment: Experiment) -> list[Any]:
    network = experiment.network
    layers: list[Any] = [keras.layers.Flatten()] * takes_images(experiment)
    dense = dense_layers(experiment)
    for i, layer in enumerate(dense):
        layers.append(layer)
        if network.dropout and i < len(dense) - 1:
            layers.append(keras.layers.Dropout(network.dropout))
    counts: Counter[str] = Counter()
    for layer in layers:
        kind = type(layer).__name__.lower()
        layer.name = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
    return layers


def _sequential(layers: list[Any]) -> Any:
    return keras.Sequential(layers, name="sequential")


def _subclass(layers: list[Any]) -> Any:
    class MyModel(keras.Model):  # type: ignore[misc]
        """A model with a `call` of its own."""

        def __init__(self) -> None:
            super().__init__(name="my_model")
            self.dense = layers

        def call(self, x: Any, training: bool = False) -> Any:
            for layer in self.dense:
                x = layer(x)
            return x

    return MyModel()
