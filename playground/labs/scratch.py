"""The From scratch lab: a run, also beside Keras; published figures, batches, source listings."""

import ast
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets import Dataset, load
from playground.datasets.download import cached
from playground.datasets.images import BUNDLED
from playground.experiment.model import Data
from playground.nn.initializers import INITIALIZERS
from playground.runs import cluster, jobs
from playground.runs.leased import LEASE, Leased, LoopSettings, Registry

HIDDEN, CLASSES, PIXELS = 512, 10, 784
ALL = 60_000  # training images of MNIST
BATCH_SIZE = 128
CHUNK = 100  # batches computed in one call of a worker
State = list[NDArray[Any]]  # the weights, then the optimizer's state
LIMITS = {"learning_rate": (1e-4, 1.0), "epochs": (1, 100)}


@dataclass(frozen=True)
class InitialWeights:
    """The distribution of the kernels; every bias is 0."""

    label: str
    formula: str  # LaTeX
    draw: Callable[[np.random.Generator, int, int], NDArray[np.float32]]


def _positive(rng: np.random.Generator, n_in: int, n_out: int) -> NDArray[np.float32]:
    return np.asarray(np.float32(0.1) * rng.random((n_in, n_out), np.float32))


_GLOROT = INITIALIZERS["glorot_uniform"]

SCRATCH_INITIALIZERS: dict[str, InitialWeights] = {
    "positive": InitialWeights("between 0 and 0.1", r"W \sim U(0,\ 0.1)", _positive),
    "glorot": InitialWeights("Glorot, around 0", rf"W \sim {_GLOROT.formula}", _GLOROT.draw),
}


@dataclass(frozen=True)
class ScratchOptimizer:
    """An update rule of `labs.keras.scratch`; `keras` names its Keras class, "" without one."""

    label: str
    formula: str  # LaTeX
    keras: str


SCRATCH_OPTIMIZERS: dict[str, ScratchOptimizer] = {
    "sgd": ScratchOptimizer("SGD", r"w \leftarrow w - \eta g", "SGD"),
    "rmsprop": ScratchOptimizer(
        "RMSprop", r"v \leftarrow 0.9 v + 0.1 g^2,\; w \leftarrow w - \eta g/\sqrt{v}", "RMSprop"
    ),
    "wrong": ScratchOptimizer("the bug: w − ηw", r"w \leftarrow w - \eta w", ""),
}


@dataclass(frozen=True)
class ScratchConfig:
    """A run of 784-512-10 on MNIST; equal configurations give equal runs.

    partial_batch: whether an epoch ends with a batch of fewer than 128 images, if some are left.
    Raises ValueError for a value that is not allowed.
    """

    images: int = BUNDLED
    initializer: str = "positive"
    optimizer: str = "sgd"
    learning_rate: float = 0.001
    epochs: int = 10
    shuffle: bool = False
    partial_batch: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        choices: Mapping[str, Mapping[str, object]] = {
            "initializer": SCRATCH_INITIALIZERS, "optimizer": SCRATCH_OPTIMIZERS,
        }  # fmt: skip
        for name, table in choices.items():
            value = getattr(self, name)
            if value not in table:
                raise ValueError(f"{name} must be one of {', '.join(table)}, got {value}")
        for name, (low, high) in {**LIMITS, "images": (BATCH_SIZE, ALL)}.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be between {low} and {high}, got {value}")

    @property
    def steps(self) -> int:
        """Updates of one epoch."""
        full = self.images // BATCH_SIZE
        return full + (self.partial_batch and self.images % BATCH_SIZE > 0)

    @property
    def data(self) -> Data:
        """The images; 10,000 test images with the full data set, 1,000 with the bundled one."""
        return Data(dataset="mnist", train_size=self.images, validation_size=0)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """The rows that an epoch (from 0) trains on, in their order."""
        n = min(self.images, self.steps * BATCH_SIZE)
        if not self.shuffle:
            return np.arange(n)
        return np.random.default_rng([self.seed, 1, epoch]).permutation(self.images)[:n]

    def dataset(self) -> Dataset:
        """The images."""
        return load(self.data)

    def initial_weights(self) -> list[NDArray[np.float32]]:
        """[kernel₁, bias₁, kernel₂, bias₂] before the first step."""
        rng = np.random.default_rng(self.seed)
        draw = SCRATCH_INITIALIZERS[self.initializer].draw
        kernels = draw(rng, PIXELS, HIDDEN), draw(rng, HIDDEN, CLASSES)
        biases = np.zeros(HIDDEN, np.float32), np.zeros(CLASSES, np.float32)
        return [array for layer in zip(kernels, biases, strict=True) for array in layer]


def available_images() -> int:
    """The number of training images on this machine."""
    return ALL if cached("mnist") else BUNDLED


@dataclass(frozen=True)
class Chunk:
    """Some batches of a run: the state after them, and the loss of each before its update.

    accuracy: on the test images; at the end of an epoch only.
    """

    state: State
    losses: list[float]
    accuracy: float | None


# ---- the published run --------------------------------------------------------------------------

# The printed losses, a row an epoch of 468 batches: before the update of batch 0, 100, … 400. The
# eighth epoch's last number and the two epochs after it are not legible.
PUBLISHED_LOSSES: tuple[tuple[float, ...], ...] = (
    (5.57, 2.24, 2.18, 2.09, 2.25),
    (1.93, 1.88, 1.80, 1.71, 1.85),
    (1.59, 1.58, 1.47, 1.42, 1.52),
    (1.32, 1.34, 1.21, 1.20, 1.28),
    (1.11, 1.16, 1.01, 1.04, 1.11),
    (0.97, 1.02, 0.87, 0.92, 0.99),
    (0.86, 0.91, 0.77, 0.83, 0.90),
    (0.77, 0.83, 0.70, 0.76),
)
PUBLISHED_STEPS = 468  # of an epoch
PRINT_EVERY = 100
PUBLISHED_ACCURACY = {"scratch": 0.84, "keras": 0.9788}  # on the 10,000 test images


def published_points() -> tuple[tuple[int, float], ...]:
    """(update, loss) of each published number."""
    return tuple(
        (epoch * PUBLISHED_STEPS + i * PRINT_EVERY, loss)
        for epoch, row in enumerate(PUBLISHED_LOSSES)
        for i, loss in enumerate(row)
    )


@dataclass(frozen=True)
class EpochBatches:
    """The batches of one epoch: `full` ones, one of `part` images or none, `empty` ones.

    images: in the data set; seen: how many of them an epoch trains on, from the first on.
    """

    images: int
    full: int
    part: int
    empty: int
    size: int = BATCH_SIZE  # images of a full batch

    @property
    def steps(self) -> int:
        """Updates of one epoch, those with an empty batch among them."""
        return self.full + (self.part > 0) + self.empty

    @property
    def seen(self) -> int:
        """Images in any batch."""
        return self.full * self.size + self.part


def published_batches(images: int, batch_size: int) -> EpochBatches:
    """The published loop: images // batch_size steps, with a generator that ignores batch_size.

    It always yields 128 images; where 128 does not divide them, the last ones are in no batch.
    """
    steps = images // batch_size
    full = min(steps, images // BATCH_SIZE)
    part = images % BATCH_SIZE if steps > full else 0
    return EpochBatches(images, full, part, steps - full - (part > 0))


def all_batches(images: int, batch_size: int) -> EpochBatches:
    """Every image once, in batches of `batch_size`: Keras' loop, and the lab's own."""
    return EpochBatches(images, images // batch_size, images % batch_size, 0, batch_size)


# ---- source listings ----------------------------------------------------------------------------


@cache
def _definitions(path: str) -> tuple[str, dict[str, ast.stmt]]:
    text = files("playground").joinpath(path).read_text(encoding="utf-8")
    kinds = (ast.FunctionDef, ast.ClassDef)
    return text, {node.name: node for node in ast.parse(text).body if isinstance(node, kinds)}


def listing(path: str, *names: str) -> str:
    """The source of the functions and classes `names` in the file `path` of the package.

    As `inspect.getsource`, but without importing the module (and TensorFlow). Raises KeyError for a
    name that is not there.
    """
    text, definitions = _definitions(path)
    return "\n\n".join(ast.get_source_segment(text, definitions[name]) or "" for name in names)


SIDES = {"scratch": "From scratch", "keras": "Keras"}
TRAIN_CHUNK = "playground.labs.keras.scratch_run:train_chunk"
MOST = 40  # runs of all users
POLL_SECONDS = 0.5  # while no page watches


class SideRun:
    """Losses and accuracies of one side so far; `state` as in `SideBySide`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.losses: tuple[float, ...] = ()
        self.accuracies: tuple[float, ...] = ()  # on the test images, one an epoch
        self.state = "playing"
        self.reason = ""


class SideBySide(Leased):
    """Both sides of a run at once; only one where Keras does not have the optimizer.

    `state`: "playing", "finished", "diverged" (a loss was not finite), "stopped", or "failed".
    After the lease it waits for a heartbeat.
    """

    def __init__(self, config: ScratchConfig, lease: float = LEASE) -> None:
        super().__init__(LoopSettings(lease))
        self.config = config
        self._closed = False
        names = [
            name
            for name in SIDES
            if name == "scratch" or SCRATCH_OPTIMIZERS[config.optimizer].keras
        ]
        self.sides = {name: SideRun(name) for name in names}
        for number, side in enumerate(self.sides.values()):
            jobs.start(self._train, side, number)

    @property
    def state(self) -> str:
        """The worst of the sides' states; "playing" while one plays."""
        states = {side.state for side in self.sides.values()}
        worst = ("playing", "failed", "stopped", "diverged", "finished")
        return next(state for state in worst if state in states)

    @property
    def progress(self) -> float:
        """Progress of the slower side, 0 to 1."""
        behind = min(len(side.losses) for side in self.sides.values())
        return behind / (self.config.steps * self.config.epochs)

    @property
    def difference(self) -> float | None:
        """The largest |loss from scratch − loss by Keras| / loss so far; None for one side."""
        if len(self.sides) < 2:
            return None
        ours, theirs = (side.losses for side in self.sides.values())
        return max(
            (abs(a - b) / max(b, 1e-3) for a, b in zip(ours, theirs, strict=False)), default=0.0
        )

    def close(self) -> None:
        """Stop after the chunks under way."""
        self._closed = True
        self.wake()

    def _train(self, side: SideRun, number: int) -> None:
        """Train one side in the worker of its `number`, or another idle one."""
        try:
            side.state = self._all_chunks(side, number)
        except Exception as error:
            side.reason = str(error) or type(error).__name__
            side.state = "failed"
        self.wake()

    def _all_chunks(self, side: SideRun, number: int) -> str:
        state = list(self.config.initial_weights())
        for epoch in range(self.config.epochs):
            for first in range(0, self.config.steps, CHUNK):
                if not self._is_watched():
                    return "stopped"
                workers = cluster.all_workers()
                near = sorted(workers)[number % len(workers)]
                chunk: Chunk = jobs.in_worker(
                    TRAIN_CHUNK, self.config, side.name, epoch, first, state, near=near
                )
                state = chunk.state
                side.losses += tuple(chunk.losses)
                if not all(map(math.isfinite, chunk.losses)):
                    return "diverged"
                if chunk.accuracy is not None:
                    side.accuracies += (chunk.accuracy,)
        return "finished"

    def _is_watched(self) -> bool:
        """Wait for a heartbeat after the lease; False once it is closed."""
        while self.lease_left < 0 and not self._closed:
            time.sleep(POLL_SECONDS)
        return not self._closed


SIDE_BY_SIDE: Registry[SideBySide] = Registry(MOST)
