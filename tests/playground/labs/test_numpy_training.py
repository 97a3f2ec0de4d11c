"""Training in NumPy follows the definition of Adam."""

from itertools import islice

import numpy as np

from playground.datasets import load
from playground.experiment.model import Experiment
from playground.labs.numpy_training import adam_steps
from playground.nn.backprop import backward

SMALL = Experiment().replace(
    dataset="xor", train_size=60, validation_size=20, hidden=(6,), activation="tanh",
    learning_rate=0.05, batch_size=20,
)  # fmt: skip


def test_the_first_update_of_adam_moves_each_weight_by_the_rate_against_its_gradient() -> None:
    dataset = load(SMALL.data)
    first, second = islice(adam_steps(SMALL, dataset), 2)
    slopes = backward(first, dataset.transform(dataset.train.x[:20]), dataset.train.y[:20],
                      SMALL.training.loss)  # fmt: skip
    for before, after, g in zip(
        first.weights[::2], second.weights[::2], slopes.kernels, strict=True
    ):
        moved = np.abs(g) > 1e-4
        np.testing.assert_allclose(
            (after - before)[moved], -0.05 * np.sign(g)[moved], rtol=0, atol=1e-4
        )


def test_it_learns_exclusive_or() -> None:
    dataset = load(SMALL.data)
    *_, last = islice(adam_steps(SMALL, dataset), 300)
    right = (last.predict(dataset.transform(dataset.train.x))[:, 0] > 0.5) == dataset.train.y
    assert right.mean() > 0.9
