"""A training run of the lab From scratch: what is chosen, and what both sides begin with.

The losses that the published from-scratch run printed, every 100 batches of 128 on MNIST.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets import Dataset, load
from playground.datasets.download import BUNDLED, cached
from playground.experiment.model import Data
from playground.nn.initializers import INITIALIZERS

HIDDEN, CLASSES, PIXELS = 512, 10, 784
ALL = 60_000  # training images of MNIST
BATCH_SIZE = 128
PIECE = 100  # batches between two losses that are printed
State = list[NDArray[Any]]  # the weights, then what an update rule remembers
LIMITS = {"rate": (1e-4, 1.0), "epochs": (1, 100)}


@dataclass(frozen=True)
class InitialWeights:
    """Where the kernels begin; every bias begins at 0."""

    label: str
    formula: str  # LaTeX
    draw: Callable[[np.random.Generator, int, int], NDArray[np.float32]]


def _positive(rng: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float32]:
    return np.asarray(np.float32(0.1) * rng.random((n_in, n_out), np.float32))


_GLOROT = INITIALIZERS["glorot_uniform"]

STARTS: dict[str, InitialWeights] = {
    "positive": InitialWeights("between 0 and 0.1", r"W \sim U(0,\ 0.1)", _positive),
    "glorot": InitialWeights("around 0 (Glorot)", rf"W \sim {_GLOROT.formula}", _GLOROT.draw),
}


@dataclass(frozen=True)
class OptimizerChoice:
    """How a weight is changed; `keras`: what Keras is told for the same, "" where it has none."""

    label: str
    formula: str  # LaTeX
    keras: str


RULES: dict[str, OptimizerChoice] = {
    "sgd": OptimizerChoice("SGD", r"w \leftarrow w - \eta g", "SGD"),
    "rmsprop": OptimizerChoice(
        "RMSprop", r"v \leftarrow 0.9 v + 0.1 g^2,\; w \leftarrow w - \eta g/\sqrt{v}", "RMSprop"
    ),
    "shrink": OptimizerChoice("the mistake: w · η", r"w \leftarrow w - \eta w", ""),
}


@dataclass(frozen=True)
class ScratchPlan:
    """One run of 784-512-10 on MNIST; equal plans give equal runs.

    rest: whether the last batch of an epoch is trained when fewer than 128 images are left for it.
    ValueError where a value is not allowed.
    """

    images: int = BUNDLED
    start: str = "positive"
    rule: str = "sgd"
    rate: float = 0.001
    epochs: int = 10
    shuffle: bool = False
    rest: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        choices: Mapping[str, Mapping[str, object]] = {"start": STARTS, "rule": RULES}
        for name, table in choices.items():
            if getattr(self, name) not in table:
                raise ValueError(
                    f"{name} must be one of {', '.join(table)}, got {getattr(self, name)}"
                )
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be between {low} and {high}, got {value}")
        if not BATCH_SIZE <= self.images <= ALL:
            raise ValueError(f"images must be between {BATCH_SIZE} and {ALL}, got {self.images}")

    @property
    def steps(self) -> int:
        """Updates of one epoch."""
        return -(-self.images // BATCH_SIZE) if self.rest else self.images // BATCH_SIZE

    @property
    def data(self) -> Data:
        """The images; the test part is 10,000 with the full set and 1,000 with the bundled one."""
        return Data(dataset="mnist", train_size=self.images, validation_size=0)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The rows of an epoch (from 0), as many as are trained."""
        n = min(self.images, self.steps * BATCH_SIZE)
        if not self.shuffle:
            return np.arange(n)
        return np.random.default_rng([self.seed, 1, epoch]).permutation(self.images)[:n]

    def dataset(self) -> Dataset:
        """The images."""
        return load(self.data)

    def weights(self) -> list[NDArray[np.float32]]:
        """[kernel₁, bias₁, kernel₂, bias₂] before the first step."""
        rng, draw = np.random.default_rng(self.seed), STARTS[self.start].draw
        kernels = draw(rng, PIXELS, HIDDEN), draw(rng, HIDDEN, CLASSES)
        biases = np.zeros(HIDDEN, np.float32), np.zeros(CLASSES, np.float32)
        return [part for layer in zip(kernels, biases, strict=True) for part in layer]


def most_images() -> int:
    """As many as are on this machine."""
    return ALL if cached("mnist") else BUNDLED


@dataclass(frozen=True)
class Piece:
    """Some batches done: the state after them, and the loss of each batch before its update.

    accuracy: the share of test images that are right; at the end of an epoch only.
    """

    state: State
    losses: list[float]
    accuracy: float | None


# A row an epoch, of 468 batches: the loss before the update of batch 0, 100, … 400. The eighth
# epoch's last number and the two epochs after it are not legible.
PRINTED: tuple[tuple[float, ...], ...] = (
    (5.57, 2.24, 2.18, 2.09, 2.25),
    (1.93, 1.88, 1.80, 1.71, 1.85),
    (1.59, 1.58, 1.47, 1.42, 1.52),
    (1.32, 1.34, 1.21, 1.20, 1.28),
    (1.11, 1.16, 1.01, 1.04, 1.11),
    (0.97, 1.02, 0.87, 0.92, 0.99),
    (0.86, 0.91, 0.77, 0.83, 0.90),
    (0.77, 0.83, 0.70, 0.76),
)
STEPS = 468  # of an epoch
EVERY = 100
ACCURACY = {"scratch": 0.84, "keras": 0.9788}  # on the 10,000 test images


def points() -> tuple[tuple[int, float], ...]:
    """(update, loss) of each number printed."""
    return tuple(
        (epoch * STEPS + i * EVERY, loss)
        for epoch, row in enumerate(PRINTED)
        for i, loss in enumerate(row)
    )
