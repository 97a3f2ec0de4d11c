"""Keras layers with the weights of the By hand lab."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from playground.labs.by_hand import CHECKPOINTS, EXPERIMENT, KerasNormalization, KerasSession
from playground.nn.network import Snapshot
from playground.runs.worker import TRAINING
from playground.training.trainer import Trainer


def neuron(activation: str, w: float, b: float, x: np.ndarray) -> KerasSession:
    """A Dense layer of one unit before it is built, and with the weights `w` and `b`."""
    dense = keras.layers.Dense(1, activation=activation, name="layer")
    kernel, bias = np.array([[w]]), np.array([b])
    setting = f"layer.set_weights([np.array([[{w:g}]]), np.array([{b:g}])])"
    lines = [
        (f'layer = keras.layers.Dense(1, activation="{activation}")', ""),
        ("layer.get_weights()", repr(dense.get_weights())),
        (setting, _error(dense.set_weights, [kernel, bias])),
    ]
    dense.build((None, 1))
    lines.append(("layer.build((None, 1))  # or its first call", ""))
    dense.set_weights([kernel, bias])
    lines += [(setting, ""), ("layer.get_weights()", repr(dense.get_weights()))]
    lines += _named(activation, kernel, bias, x[:1])
    return KerasSession(tuple(lines), np.asarray(dense(x[:, None]))[:, 0])


def _named(
    activation: str, kernel: np.ndarray, bias: np.ndarray, x: np.ndarray
) -> list[tuple[str, str]]:
    """The same layer in a model, found again by its name; `x` (1,) is predicted."""
    dense = keras.layers.Dense(
        1, activation=activation, name="L1", kernel_initializer=keras.initializers.GlorotUniform(0)
    )
    model = keras.Sequential([keras.Input((1,)), dense])
    w, b = model.get_layer("L1").get_weights()
    lines = [
        (f'model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, '
         f'activation="{activation}", name="L1")])', ""),
        ('w, b = model.get_layer("L1").get_weights()  # an Input layer builds at once', ""),
        ("print(w, b, w.shape, b.shape)", f"{w.round(2)} {b} {w.shape} {b.shape}"),
        ('model.get_layer("L1").set_weights([np.array('
         f'[[{kernel[0, 0]:g}]]), np.array([{bias[0]:g}])])', ""),
    ]  # fmt: skip
    model.get_layer("L1").set_weights([kernel, bias])
    model.compile(run_eagerly=True)  # one prediction is not worth a compilation
    predicted = model.predict(x.reshape(1, 1), verbose=0)
    return [
        *lines,
        ('model.get_layer("L1").get_weights()', repr(model.get_layer("L1").get_weights())),
        (f"model.predict(np.array([[{x[0]:g}]])).round(2)", repr(predicted.round(2))),
    ]


def layer(activation: str, kernel: np.ndarray, bias: np.ndarray, x: np.ndarray) -> KerasSession:
    """A Dense layer built by its first call; (m, n) → (m, units)."""
    (n, units), make = kernel.shape, keras.layers.Dense
    dense = make(units, activation=activation, name="layer")
    lines = [
        (f'layer = keras.layers.Dense({units}, activation="{activation}")', ""),
        ("layer.get_weights()", repr(dense.get_weights())),
        ("layer.built", repr(dense.built)),
        ("layer.set_weights([W, b])", _error(dense.set_weights, [kernel, bias])),
        (f"layer(X).shape  # X is {x.shape}: the first call builds", repr(tuple(dense(x).shape))),
        ("[w.shape for w in layer.get_weights()]", _shapes(dense)),
    ]
    if n != units:
        lines.append(("layer.set_weights([W.T, b])", _error(dense.set_weights, [kernel.T, bias])))
    dense.set_weights([kernel, bias])
    outputs = np.asarray(dense(x))
    lines += [
        ("layer.set_weights([W, b])", ""),
        ("layer.count_params()", f"{dense.count_params()}"),
    ]
    wide = np.zeros((len(x), n + 1), np.float32)
    lines.append((f"layer(np.zeros({wide.shape}))", _error(dense, wide)))
    model = keras.Sequential([keras.Input((n,)), make(units, name="layer")])
    lines += [
        (f"model = keras.Sequential([keras.Input(({n},)), keras.layers.Dense({units})])", ""),
        ("[w.shape for w in model.get_weights()]  # an Input layer builds at once", _shapes(model)),
    ]
    return KerasSession(tuple(lines), outputs)


def normalization(x: np.ndarray) -> KerasNormalization:
    """A Normalization layer adapted to `x` (n, n_features) and applied to it."""
    layer = keras.layers.Normalization(axis=-1)
    layer.adapt(x)
    return KerasNormalization(
        np.asarray(layer.mean).reshape(-1), np.asarray(layer.variance).reshape(-1),
        np.asarray(layer(x)), tuple(np.shape(weight) for weight in layer.get_weights()),
    )  # fmt: skip


def coffee(seed: int, epochs: tuple[int, ...] = CHECKPOINTS) -> list[Snapshot]:
    """The 2-3-1 network of EXPERIMENT trained from `seed`, at each of `epochs`."""
    trainer = Trainer(EXPERIMENT.replace(seed=seed))
    snapshots = []
    for epoch in epochs:
        with TRAINING:  # runs of this network may train beside it
            if epoch:
                trainer.advance(seconds=60, until_epoch=epoch)
            snapshots.append(trainer.latest())
    return snapshots


def _error(function: Callable[[Any], Any], argument: Any) -> str:
    """The first line of the ValueError that `function(argument)` raises; "" for none."""
    try:
        function(argument)
    except ValueError as error:
        return f"ValueError: {str(error).splitlines()[0][:300]}"
    return ""


def _shapes(layer: Any) -> str:
    return repr([weight.shape for weight in layer.get_weights()])
