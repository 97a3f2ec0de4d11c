"""Training in NumPy, in this process: of networks so small that it takes no time."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.nn.backprop import backward
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Layer, Snapshot

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7  # of Adam, as in Keras


def initial_network(experiment: Experiment) -> Snapshot:
    """A network with Glorot uniform kernels, drawn from the experiment's seed, and biases of 0."""
    rng, network = np.random.default_rng(experiment.network.seed), experiment.network
    task = experiment.data.source.task
    output = "softmax" if experiment.layer_sizes[-1] > 1 else "sigmoid"
    activations = (*network.layer_activations, output if task == CLASSIFICATION else "linear")
    sizes = experiment.layer_sizes
    layers = [
        Layer(INITIALIZERS["glorot_uniform"].draw(rng, n_in, n_out), np.zeros(n_out, np.float32), f)
        for (n_in, n_out), f in zip(pairwise(sizes), activations, strict=True)
    ]
    return Snapshot(0, tuple(layers))


def adam_steps(experiment: Experiment, dataset: Dataset) -> Iterator[Snapshot]:
    """The network before training and after each update by Adam, endlessly.

    m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², W ← W − η·m̂ / (√v̂ + ε), where m̂ = m / (1 − β₁ᵗ)
    and v̂ = v / (1 − β₂ᵗ), on batches of the experiment's size in the order of the examples.
    """
    training, snapshot = experiment.training, initial_network(experiment)
    x, y = dataset.transform(dataset.train.x), dataset.train.y
    m = [np.zeros_like(weight) for weight in snapshot.weights]
    v = [np.zeros_like(weight) for weight in snapshot.weights]
    yield snapshot
    t = 0
    while True:
        for start in range(0, len(x), training.batch_size):
            rows = slice(start, start + training.batch_size)
            slopes = backward(snapshot, x[rows], y[rows], training.loss)
            t += 1
            weights: list[NDArray[np.floating]] = []
            pairs = zip(slopes.kernels, slopes.biases, strict=True)
            for i, g in enumerate(g for pair in pairs for g in pair):
                m[i] = BETA_1 * m[i] + (1 - BETA_1) * g
                v[i] = BETA_2 * v[i] + (1 - BETA_2) * g * g
                step = m[i] / (1 - BETA_1**t) / (np.sqrt(v[i] / (1 - BETA_2**t)) + EPSILON)
                weights.append(snapshot.weights[i] - np.float32(training.learning_rate) * step)
            snapshot = snapshot.with_weights(weights)
            yield snapshot
