"""The network of `scratch` by Keras: what is one line here is a function there."""

from typing import Any

import keras
import numpy as np


def network(n_inputs: int, n_hidden: int, n_classes: int) -> Any:
    """Two layers; their first weights are set afterwards, to be those of the other side."""
    return keras.Sequential(
        [
            keras.Input((n_inputs,)),
            keras.layers.Dense(n_hidden, activation="relu"),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )


def compiled(model: Any, optimizer: Any) -> None:
    """Which loss, and which update."""
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=optimizer,
    )


def fit(model: Any, x: np.ndarray, y: np.ndarray, size: int, told: Any) -> None:
    """A step for each batch; `told` notes the loss of each."""
    model.fit(
        x,
        y,
        batch_size=size,
        shuffle=False,
        callbacks=[told],
        verbose=0,
    )


class EachLoss(keras.callbacks.Callback):  # type: ignore[misc]
    """The loss of each batch by itself; Keras would tell the mean since the epoch began."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Forget the batches before."""
        self.model.reset_metrics()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Note the loss of this one."""
        self.losses.append(float(logs["loss"]))


class EachStep(EachLoss):
    """The weights after each batch as well."""

    def __init__(self) -> None:
        super().__init__()
        self.after: list[list[np.ndarray]] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Note loss and weights."""
        super().on_train_batch_end(batch, logs)
        self.after.append(self.model.get_weights())


def optimizer(rule: str, rate: float) -> Any:
    """Keras' own for a rule of `scratch.UPDATES`; ValueError where it has none."""
    if rule == "sgd":
        return keras.optimizers.SGD(learning_rate=rate)
    if rule == "rmsprop":
        return keras.optimizers.RMSprop(learning_rate=rate)
    raise ValueError(f"update must be sgd or rmsprop, got {rule}")
