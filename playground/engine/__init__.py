"""Build and train networks with Keras: the only package that loads TensorFlow."""

from playground.engine.build import keras_model
from playground.engine.reference import keras_outputs
from playground.engine.trainer import Trainer

__all__ = ["Trainer", "keras_model", "keras_outputs"]
