"""Training with Keras: beside `labs.keras` the only package that imports TensorFlow."""

from playground.history.environment import quiet_start

with quiet_start():
    from playground.training.keras_model import build_model, keras_outputs
    from playground.training.trainer import Trainer

__all__ = ["Trainer", "build_model", "keras_outputs"]
