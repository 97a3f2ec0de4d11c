"""The other sides of the benchmark, each timing itself, in a process with the usual settings."""

import functools
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from sklearn.neural_network import MLPClassifier

from playground.datasets import load
from playground.experiment.model import Experiment
from playground.training.keras_model import build_model, targets

N = 2048  # rows and columns of the matrices that are multiplied


def seconds(work: Callable[[], object]) -> float:
    """How long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def fit(experiment: Experiment, epochs: int = 1) -> float:
    """Seconds for `epochs` of plain `Model.fit`, validating as the engine does."""
    model, x, y, seen = _keras(experiment)
    size = experiment.training.batch_size
    return seconds(lambda: model.fit(x, y, size, epochs, verbose=0, validation_data=seen))


def fit_new(experiment: Experiment, epochs: int) -> float:
    """The same, with a model of its own."""
    model, x, y, seen = _keras.__wrapped__(experiment)
    size = experiment.training.batch_size
    return seconds(lambda: model.fit(x, y, size, epochs, verbose=0, validation_data=seen))


def scikit_learn(experiment: Experiment) -> float:
    """Seconds for one epoch of scikit-learn's MLPClassifier, without validation."""
    model, x, y, classes = _classifier(experiment)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that one epoch does not converge
        return seconds(lambda: model.partial_fit(x, y, classes=classes))


def multiply() -> float:
    """FLOP a second in products of two N × N float32 matrices, as TensorFlow multiplies them."""
    a = _matrix()
    return 10 * 2.0 * N**3 / seconds(lambda: [tf.linalg.matmul(a, a).numpy() for _ in range(10)])


@functools.cache
def _matrix() -> Any:
    return tf.random.stateless_normal((N, N), seed=(0, 0))


@functools.cache
def _keras(experiment: Experiment) -> tuple[Any, ...]:
    dataset = load(experiment.data)
    x, y = dataset.transform(dataset.train.x), targets(experiment, dataset.train.y)
    seen = dataset.transform(dataset.validation.x), targets(experiment, dataset.validation.y)
    return build_model(experiment), x, y, seen


@functools.cache
def _classifier(experiment: Experiment) -> tuple[Any, ...]:
    dataset, training = load(experiment.data), experiment.training
    model = MLPClassifier(
        experiment.network.hidden,
        solver="sgd",
        momentum=0,
        alpha=0,
        batch_size=training.batch_size,
        learning_rate_init=training.learning_rate,
        random_state=0,
    )
    y = dataset.train.y
    return model, dataset.transform(dataset.train.x), y, np.unique(y)
