"""The network of `scratch` in Keras: an argument here is a function there."""

from typing import Any

import keras
import numpy as np


def network(n_inputs: int, n_hidden: int, n_classes: int) -> Any:
    """Two layers; their weights are set afterwards, to those of the other side."""
    return keras.Sequential(
        [
            keras.Input((n_inputs,)),
            keras.layers.Dense(n_hidden, activation="relu"),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


def compiled(model: Any, optimizer: Any) -> None:
    """Set the loss and the optimizer."""
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=optimizer,
    )


def fit(model: Any, x: np.ndarray, y: np.ndarray, size: int, callback: Any) -> None:
    """A step for each batch; `callback` records the loss of each."""
    model.fit(
        x,
        y,
        batch_size=size,
        shuffle=False,
        callbacks=[callback],
        verbose=0,
    )


class BatchLosses(keras.callbacks.Callback):  # type: ignore[misc]
    """The loss of each batch; Keras reports the mean since the epoch began."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self.model.reset_metrics()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.losses.append(float(logs["loss"]))


class BatchWeights(BatchLosses):
    """The weights after each batch as well."""

    def __init__(self) -> None:
        super().__init__()
        self.after: list[list[np.ndarray]] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        super().on_train_batch_end(batch, logs)
        self.after.append(self.model.get_weights())


def optimizer(name: str, learning_rate: float) -> Any:
    """Keras' optimizer for a key of `scratch.UPDATES`; ValueError without one."""
    if name == "sgd":
        return keras.optimizers.SGD(learning_rate=learning_rate)
    if name == "rmsprop":
        return keras.optimizers.RMSprop(learning_rate=learning_rate)
    raise ValueError(f"optimizer must be sgd or rmsprop, got {name}")
