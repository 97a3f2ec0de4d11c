"""The By hand lab in NumPy: a neuron, a Normalization layer, a dense layer, the coffee network.

Networks as small as that one are trained in NumPy, in this process: it takes no time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets import Dataset, Split, load
from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Layer, Snapshot, backward

Array = NDArray[Any]

EPSILON = 1e-7  # Keras divides by no smaller standard deviation: a constant feature becomes 0
BETA_1, BETA_2, ADAM_EPSILON = 0.9, 0.999, 1e-7  # of Adam, as in Keras

# Initial kernel of the course's 2-3-1 network: inputs in rows, units in columns.
W1 = ((0.8, 0.94, 0.54), (-0.16, 0.8, -0.07))


@dataclass(frozen=True)
class KerasSession:
    """Lines of Python with what Keras printed for each, and the layer's outputs."""

    lines: tuple[tuple[str, str], ...]
    outputs: Array

    @property
    def text(self) -> str:
        """As an interactive session: the lines behind `>>>`, their results below."""
        rows = []
        for code, result in self.lines:
            rows += [f">>> {code}", *filter(None, [result])]
        return "\n".join(rows)


@dataclass(frozen=True)
class KerasNormalization:
    """The weights of an adapted Keras Normalization layer and its outputs."""

    mean: Array
    variance: Array
    outputs: Array
    shapes: tuple[tuple[int, ...], ...]  # of get_weights: mean, variance, count


@dataclass(frozen=True)
class Normalization:
    """Mean and variance of each column, (n_features,) float32."""

    mean: Array
    variance: Array

    @classmethod
    def adapt(cls, x: Array) -> "Normalization":
        """Estimate them from the rows of `x` (n, n_features); the variance divides by n."""
        wide = x.astype(np.float64)
        return cls(wide.mean(axis=0).astype(np.float32), wide.var(axis=0).astype(np.float32))

    def __call__(self, x: Array) -> Array:
        """(x − mean)/√variance, for `x` (n, n_features)."""
        deviation = np.maximum(np.sqrt(self.variance), np.float32(EPSILON))
        return np.asarray((x - self.mean) / deviation)


def limits(x: Array) -> list[tuple[float, float]]:
    """(maximum, minimum) of each column."""
    return [(float(column.max()), float(column.min())) for column in x.T]


def sigmoid(z: Array) -> Array:
    """1/(1 + e^(−z)) as the formula is written; 0 where e^(−z) overflows."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-z)))


_ACTIVATIONS = {"linear": lambda z: z, "sigmoid": sigmoid}


def neuron(activation: str, w: float, b: float, x: Array) -> tuple[Array, Array]:
    """(z, a) of one unit for inputs `x` (n,), computed with `np.dot` in the dtype of `x`."""
    kernel, bias = np.array([[w]], x.dtype), np.array([b], x.dtype)
    z = np.dot(x[:, None], kernel) + bias
    return z[:, 0], _ACTIVATIONS[activation](z)[:, 0]


def decision_boundary(w: float, b: float) -> float | None:
    """The x where z = 0 and a sigmoid gives 0.5; None where w is 0."""
    return -b / w if w else None


def ulp_distance(a: Array, b: Array) -> NDArray[np.int64]:
    """The number of float32 steps between `a` and `b`; 0: equal to the last bit.

    Two float32 of one sign are as far apart as their bits read as integers.
    """
    first, second = (_ordered(np.asarray(values, np.float32)) for values in (a, b))
    return np.asarray(np.abs(first - second))


def _ordered(values: Array) -> NDArray[np.int64]:
    bits = values.view(np.int32).astype(np.int64)
    return np.asarray(np.where(bits < 0, -(2**31) - bits, bits))


def initial_weights(n: int, units: int, seed: int = 0) -> tuple[Array, Array]:
    """W (n, units) and b (units,): those of the course for 2 inputs and 3 units, else U(−1, 1)."""
    if (n, units) == (2, 3):
        return np.array(W1), np.zeros(units)
    rng = np.random.default_rng([seed, n, units])
    return rng.uniform(-1, 1, (n, units)).round(2), np.zeros(units)


def products(x: Array, kernel: Array, row: int, unit: int) -> Array:
    """x_row,i · W_i,unit for every input i, (n,): z is their sum and the bias."""
    return np.asarray(x[row] * kernel[:, unit])


def pre_activations(x: Array, kernel: Array, bias: Array) -> Array:
    """Z = X·W + b: (m, n)·(n, units) + (units,) → (m, units)."""
    return np.asarray(x @ kernel + bias)


def transposed_product(x: Array, kernel: Array, bias: Array, row: int) -> Array:
    """One row of Z as Wᵀ·x + b: (units, n)·(n,) + (units,) → (units,)."""
    return np.asarray(kernel.T @ x[row] + bias)


def n_parameters(n: int, units: int) -> int:
    """n·units weights and `units` biases."""
    return n * units + units


# The course trains 10 epochs on 1,000 copies of 200 roasts in batches of 32: 62,500 updates.
# 200 roasts in batches of 32 are 7 updates an epoch.
EPOCHS = 9_000
CHECKPOINTS = (0, 10, 30, 100, 200, 400, 700, 1_000, 1_500, 2_000, 3_000, 4_500, 6_000, 9_000)

EXPERIMENT = Experiment().replace(
    dataset="coffee", train_size=200, validation_size=0, hidden=(3,), activation="sigmoid",
    optimizer="adam", learning_rate=0.01, batch_size=32, epochs=EPOCHS,
)  # fmt: skip

# Weights of such a training (seed 3): [W1, b1, W2, b2].
TRAINED = (
    ((-0.04, 13.17, 13.49), (11.24, 10.92, 0.29)),
    (13.63, 1.27, 14.09),
    ((27.03,), (-37.43,), (27.61,)),
    (-35.71,),
)


@cache
def roasts() -> Dataset:
    """200 coffee roasts: temperature in °C, duration in minutes, and whether they are good."""
    return load(EXPERIMENT.data)


@dataclass(frozen=True)
class CopiesRun:
    """A training of the coffee network on so many copies of the roasts, and its scores on them."""

    copies: int
    epochs: int
    updates: int
    loss: float
    accuracy: float


def updates_per_epoch(copies: int) -> int:
    """Batches of an epoch over `copies` of the roasts; 1,000 copies of 200 have 6,250."""
    return -(-copies * EXPERIMENT.data.train_size // EXPERIMENT.training.batch_size)


def train_copies(copies: int, epochs: int, seed: int = 0) -> CopiesRun:
    """Train on `np.tile(X, (copies, 1))` by Adam, in that order, from the weights of `seed`."""
    data, experiment = roasts(), EXPERIMENT.replace(seed=seed)
    x, y, updates = data.train.x, data.train.y, epochs * updates_per_epoch(copies)
    tiled = replace(data, train=Split(np.tile(x, (copies, 1)), np.tile(y, copies)))
    network = next(islice(adam_steps(experiment, tiled), updates, None))
    inputs = data.transform(x)
    loss = backward(network, inputs, y, experiment.training.loss).loss
    accuracy = float(((network.predict(inputs)[:, 0] > 0.5) == y).mean())
    return CopiesRun(copies, epochs, updates, loss, accuracy)


def compare_copies(copies: int, epochs: int, seed: int = 0) -> list[CopiesRun]:
    """No copies for `epochs`, `copies` for as many, and no copies for about as many updates."""
    equal = round(epochs * updates_per_epoch(copies) / updates_per_epoch(1))
    return [
        train_copies(count, each, seed)
        for count, each in ((1, epochs), (copies, epochs), (1, equal))
    ]


def coffee_network(weights: tuple[Any, ...] = TRAINED) -> Snapshot:
    """The 2-3-1 network with the weights [W1 (2, 3), b1 (3,), W2 (3, 1), b2 (1,)]."""
    return assemble(EXPERIMENT, EPOCHS, [np.array(w, np.float32) for w in weights])


def format_weights(snapshot: Snapshot) -> str:
    """The weights with their shapes, to two decimals, as the course prints them."""
    with np.printoptions(precision=2, suppress=True):
        w1, b1, w2, b2 = (np.asarray(w) for w in snapshot.weights)
        return (
            f"W1{w1.shape}:\n{w1}\nb1{b1.shape}: {b1}\n"
            f"W2{w2.shape}:\n{w2}\nb2{b2.shape}: {b2}"
        )  # fmt: skip


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
                step = m[i] / (1 - BETA_1**t) / (np.sqrt(v[i] / (1 - BETA_2**t)) + ADAM_EPSILON)
                weights.append(snapshot.weights[i] - np.float32(training.learning_rate) * step)
            snapshot = snapshot.with_weights(weights)
            yield snapshot
