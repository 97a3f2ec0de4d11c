"""Real Keras layers doing what the By hand lab does in NumPy."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from playground.labs.by_hand.coffee import EXPERIMENT, MOMENTS
from playground.labs.keras_calls import Normalized, Session
from playground.nn.network import Snapshot
from playground.training.trainer import Trainer


def neuron(activation: str, w: float, b: float, x: np.ndarray) -> Session:
    """One unit: no weights before it is built, those that were set afterwards; f(w·x + b)."""
    dense = keras.layers.Dense(1, activation=activation, name="layer")
    kernel, bias = np.array([[w]]), np.array([b])
    setting = f"layer.set_weights([np.array([[{w:g}]]), np.array([{b:g}])])"
    lines = [
        (f'layer = keras.layers.Dense(1, activation="{activation}")', ""),
        ("layer.get_weights()", repr(dense.get_weights())),
        (setting, _refusal(dense.set_weights, [kernel, bias])),
    ]
    dense.build((None, 1))
    lines.append(("layer.build((None, 1))  # or its first call", ""))
    dense.set_weights([kernel, bias])
    lines += [(setting, ""), ("layer.get_weights()", repr(dense.get_weights()))]
    return Session(tuple(lines), np.asarray(dense(x[:, None]))[:, 0])


def layer(activation: str, kernel: np.ndarray, bias: np.ndarray, x: np.ndarray) -> Session:
    """A layer of several units, built by its first call; (m, n) → (m, units)."""
    (n, units), make = kernel.shape, keras.layers.Dense
    dense = make(units, activation=activation, name="layer")
    lines = [
        (f'layer = keras.layers.Dense({units}, activation="{activation}")', ""),
        ("layer.get_weights()", repr(dense.get_weights())),
        ("layer.built", repr(dense.built)),
        ("layer.set_weights([W, b])", _refusal(dense.set_weights, [kernel, bias])),
        (f"layer(X).shape  # X is {x.shape}: the first call builds", repr(_shape(dense(x)))),
        ("[each.shape for each in layer.get_weights()]", _shapes(dense)),
    ]
    if n != units:
        lines.append(("layer.set_weights([W.T, b])", _refusal(dense.set_weights, [kernel.T, bias])))
    dense.set_weights([kernel, bias])
    outputs = np.asarray(dense(x))
    lines += [
        ("layer.set_weights([W, b])", ""),
        ("layer.count_params()", f"{dense.count_params()}"),
    ]
    wide = np.zeros((len(x), n + 1), np.float32)
    lines.append((f"layer(np.zeros({wide.shape}))", _refusal(dense, wide)))
    model = keras.Sequential([keras.Input((n,)), make(units, name="layer")])
    lines += [
        (f"model = keras.Sequential([keras.Input(({n},)), keras.layers.Dense({units})])", ""),
        (
            "[each.shape for each in model.get_weights()]  # an Input layer builds at once",
            _shapes(model),
        ),
    ]
    return Session(tuple(lines), outputs)


def normalization(x: np.ndarray) -> Normalized:
    """`adapt` and one call of Keras' Normalization layer."""
    made = keras.layers.Normalization(axis=-1)
    made.adapt(x)
    weights = made.get_weights()
    return Normalized(
        np.asarray(made.mean).reshape(-1), np.asarray(made.variance).reshape(-1),
        np.asarray(made(x)), tuple(np.shape(each) for each in weights),
    )  # fmt: skip


def roasting(seed: int, moments: tuple[int, ...] = MOMENTS) -> list[Snapshot]:
    """The network of EXPERIMENT with its seed, after each number of epochs in `moments`."""
    trainer = Trainer(EXPERIMENT.replace(seed=seed))
    found = []
    for epoch in moments:
        if epoch:
            trainer.advance(seconds=60, until_epoch=epoch)
        found.append(trainer.latest())
    return found


def _refusal(function: Callable[[Any], Any], argument: Any) -> str:
    """What Keras says of an argument that does not fit; "" if it takes it."""
    try:
        function(argument)
    except ValueError as error:
        first = str(error).splitlines()[0]
        return f"ValueError: {first[:300]}"
    return ""


def _shape(tensor: Any) -> tuple[int, ...]:
    return tuple(tensor.shape)


def _shapes(holder: Any) -> str:
    return repr([each.shape for each in holder.get_weights()])
