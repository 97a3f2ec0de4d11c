"""What Keras answers to the code of the labs: summaries, losses and metrics by name."""

from collections import Counter
from importlib.metadata import version
from typing import Any

import keras
import numpy as np

from playground.experiment.model import Experiment
from playground.export.script import training
from playground.labs.by_hand import KerasSession
from playground.labs.code import takes_images
from playground.labs.losses import (
    KERAS_LOSSES,
    KERAS_METRICS,
    LABEL_FORMS,
    KerasAnswer,
    one_hot,
)
from playground.nn.optimizers import OPTIMIZERS
from playground.training.keras_model import dense_layers, initial_weights, loss, optimizer

WIDTH = 68  # characters of a line of the summary


def summaries(experiment: Experiment) -> dict[str, str]:
    """The text of `model.summary()` after `fit` for each form of the model.

    Layers and models have the names that Keras gives them in a new process.
    """
    texts = {}
    train_size = experiment.data.train_size
    rows = min(experiment.training.batch_size, train_size)
    for form, make in (("sequential", _sequential), ("subclass", _subclass)):
        model = make(_layers(experiment))
        if train_size % rows:  # Keras builds for batches of any size
            model(keras.Input(_shape(experiment)))
        else:
            model(np.zeros((rows, *_shape(experiment)), np.float32))  # the first batch builds it
        built = optimizer(experiment.training)
        model.compile(optimizer=built, loss=loss(experiment, False, "sum_over_batch_size"))
        built.build(model.trainable_variables)  # as the first update does
        lines: list[str] = []
        model.summary(line_length=WIDTH, print_fn=lambda text, lines=lines, **_: lines.append(text))
        texts[form] = "\n".join(lines).strip()
    return texts | {"add": texts["sequential"]}


def asked(experiment: Experiment, weights: tuple[np.ndarray, ...] | None) -> KerasSession:
    """Versions, layers by index and by name, and weights of the model; without any, the initial."""
    model = _sequential(_layers(experiment))
    model.build((None, *_shape(experiment)))
    model.set_weights(initial_weights(experiment) if weights is None else list(weights))
    index = int(takes_images(experiment))
    first, name = model.layers[index], experiment.training.optimizer
    kernel, bias = first.get_weights()
    string = OPTIMIZERS[name].keras.lower()
    with np.printoptions(threshold=20, edgeitems=2, precision=4, suppress=True):
        return KerasSession(
            (
                ("print(tf.__version__, keras.__version__)",
                 f"{version('tensorflow')} {keras.__version__}"),
                ("model.layers", repr(model.layers).replace(">, ", ">,\n ")),
                (f"hidden1 = model.layers[{index}]", ""),
                ("hidden1.name", repr(first.name)),
                (f"model.get_layer({first.name!r}) is hidden1",
                 repr(model.get_layer(first.name) is first)),
                ("weights, biases = hidden1.get_weights()", ""),
                ("weights", repr(kernel)), ("weights.shape", repr(kernel.shape)),
                ("biases", repr(bias)), ("biases.shape", repr(bias.shape)),
                ("len(model.get_weights())", repr(len(model.get_weights()))),
                (f"float(keras.optimizers.get({string!r}).learning_rate)  # as a string",
                 f"{float(keras.optimizers.get(string).learning_rate):.6g}"),
                (f"{training.optimizer(experiment, exact=False)}  # as an object", "")
                if training.has_schedule(experiment.training) else
                (f"float({training.optimizer(experiment, exact=False)}.learning_rate)",
                 f"{float(optimizer(experiment.training).learning_rate):.6g}"),
            ), np.zeros(0),
        )  # fmt: skip


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


# ---- labels, losses and metrics ------------------------------------------------------------------


def label_answers(
    outputs: np.ndarray, classes: np.ndarray
) -> dict[tuple[str, str], dict[str, KerasAnswer]]:
    """Every loss and metric by name on the same `outputs` (n, n_classes), for each label form.

    {(name, "from_logits=…"): {label form: answer}}; metrics have no argument: "".
    """
    forms = dict(zip(LABEL_FORMS, (classes, one_hot(classes, outputs.shape[1])), strict=True))
    answers: dict[tuple[str, str], dict[str, KerasAnswer]] = {}
    for name, class_name in KERAS_LOSSES.items():
        for from_logits in (False, True):
            loss = getattr(keras.losses, class_name)(from_logits=from_logits)
            answers[name, f"from_logits={from_logits}"] = {
                form: _answer(lambda y=y, loss=loss: loss(y, outputs)) for form, y in forms.items()
            }
    metrics = {form: _metrics(y, outputs) for form, y in forms.items()}
    for name in KERAS_METRICS:
        answers[name, ""] = {form: metrics[form][name] for form in forms}
    return answers


def _metrics(y: np.ndarray, outputs: np.ndarray) -> dict[str, float]:
    """Every metric by name; which one "accuracy" is, `compile` decides by the shapes."""
    model = keras.Sequential([keras.Input(outputs.shape[1:]), keras.layers.Activation("linear")])
    loss = list(KERAS_LOSSES)[y.ndim - 1]  # the one for this form
    model.compile(loss=loss, metrics=list(KERAS_METRICS), run_eagerly=True)
    scores: dict[str, float] = model.evaluate(outputs, y, verbose=0, return_dict=True)
    return scores


def _answer(compute: Any) -> KerasAnswer:
    try:
        return float(compute())
    except ValueError as error:
        return f"ValueError: {' '.join(str(error).split())[:300]}"
