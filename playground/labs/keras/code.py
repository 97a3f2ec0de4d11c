"""The models of the six steps as real Keras objects, and what they say of themselves."""

from collections import Counter
from typing import Any

import keras
import numpy as np

from playground.experiment.model import Experiment
from playground.labs.code import takes_images
from playground.training.keras_model import dense_layers, loss, optimizer

WIDTH = 68  # characters of a line of the summary


def summaries(experiment: Experiment) -> dict[str, str]:
    """The text of `model.summary()` in both forms, as it is after `fit`.

    Layers and models are called what Keras calls them in a new process.
    """
    found = {}
    rows = min(experiment.training.batch_size, experiment.data.train_size)
    for form, make in (("sequential", _sequential), ("subclass", _subclass)):
        model = make(_layers(experiment))
        model(np.zeros((rows, *_shape(experiment)), np.float32))  # the first batch builds it
        chosen = optimizer(experiment.training)
        model.compile(optimizer=chosen, loss=loss(experiment, False, "sum_over_batch_size"))
        chosen.build(model.trainable_variables)  # as the first update does
        lines: list[str] = []
        model.summary(line_length=WIDTH, print_fn=lambda text, lines=lines, **_: lines.append(text))
        found[form] = "\n".join(lines).strip()
    return found


def _shape(experiment: Experiment) -> tuple[int, ...]:
    source = experiment.data.source
    return source.shape if takes_images(experiment) else (source.n_features,)


def _layers(experiment: Experiment) -> list[Any]:
    network = experiment.network
    made: list[Any] = [keras.layers.Flatten()] * takes_images(experiment)
    dense = dense_layers(experiment)
    for i, layer in enumerate(dense):
        made.append(layer)
        if network.dropout and i < len(dense) - 1:
            made.append(keras.layers.Dropout(network.dropout))
    seen: Counter[str] = Counter()
    for layer in made:
        kind = type(layer).__name__.lower()
        layer.name = f"{kind}_{seen[kind]}" if seen[kind] else kind
        seen[kind] += 1
    return made


def _sequential(made: list[Any]) -> Any:
    return keras.Sequential(made, name="sequential")


def _subclass(made: list[Any]) -> Any:
    class MyModel(keras.Model):  # type: ignore[misc]
        """Passes an example through layers of one's own, as `call` says."""

        def __init__(self) -> None:
            super().__init__(name="my_model")
            self.made = made

        def call(self, x: Any, training: bool = False) -> Any:
            for layer in self.made:
                x = layer(x)
            return x

    return MyModel()
