"""Build and train networks with Keras: the only package that loads TensorFlow."""

from playground.training.keras_model import build_model
from playground.training.keras_reference import keras_outputs
from playground.training.trainer import Trainer

__all__ = ["Trainer", "build_model", "keras_outputs"]
