"""What the engine is compared with; each function times itself.

They run in a process of their own with TensorFlow's default threads (`elsewhere`).
"""

import functools
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
import tensorflow as tf
from sklearn.neural_network import MLPClassifier

from benchmarks.rows import seconds
from playground.datasets import load
from playground.experiment.model import Experiment
from playground.history.environment import THREADS
from playground.runs.race import Competitor
from playground.training.keras_model import build_model, targets
from playground.training.trainer import Trainer

N = 2048  # rows and columns of the matrices that are multiplied


@contextmanager
def elsewhere() -> Iterator[Callable[..., Callable[[], float]]]:
    """Calls of functions of this module in one other process."""
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
    with patch.dict(os.environ, {THREADS: "0"}), pool:
        yield lambda work, *args: lambda: pool.submit(work, *args).result()


def fit(experiment: Experiment, epochs: int = 1) -> float:
    """Seconds for `epochs` of `Model.fit`, validating as the engine does."""
    return _fit(_keras(experiment), experiment, epochs)


def fit_all(competitors: tuple[Competitor, ...]) -> float:
    """Seconds for `Model.fit` of each competitor, each with a new model."""
    experiments = [competitor.experiments[0] for competitor in competitors]
    return sum(_fit(_keras.__wrapped__(e), e, e.training.epochs) for e in experiments)


def _fit(keras: tuple[Any, ...], experiment: Experiment, epochs: int) -> float:
    model, x, y, validation = keras
    size = experiment.training.batch_size
    return seconds(lambda: model.fit(x, y, size, epochs, verbose=0, validation_data=validation))


def sequence(competitors: tuple[Competitor, ...]) -> float:
    """Seconds for the engine's runs of all competitors, one after another."""

    def train() -> None:
        for competitor in competitors:
            Trainer(competitor.experiments[0]).advance(3600, with_snapshot=False)

    return seconds(train)


def scikit_learn(experiment: Experiment) -> float:
    """Seconds for one epoch of scikit-learn's MLPClassifier, without validation."""
    model, x, y, classes = _classifier(experiment)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that one epoch does not converge
        return seconds(lambda: model.partial_fit(x, y, classes=classes))


def multiply() -> float:
    """FLOP/s in products of two N × N float32 matrices, as TensorFlow multiplies them."""
    a = _matrix()
    return 10 * 2.0 * N**3 / seconds(lambda: [tf.linalg.matmul(a, a).numpy() for _ in range(10)])


@functools.cache
def _matrix() -> Any:
    return tf.random.stateless_normal((N, N), seed=(0, 0))


@functools.cache
def _keras(experiment: Experiment) -> tuple[Any, ...]:
    dataset = load(experiment.data)
    x, y = dataset.transform(dataset.train.x), targets(experiment, dataset.train.y)
    validation = dataset.validation
    scored = dataset.transform(validation.x), targets(experiment, validation.y)
    return build_model(experiment), x, y, scored


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
