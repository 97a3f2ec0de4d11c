"""Speed and memory, measured on this machine: each comparison in one run, the sides taking turns.

Every figure is a median over the rounds; a ratio is the median of the rounds' own ratios, so a
machine that is slow for a while slows both sides.
"""

import gc
import itertools
import json
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import click
import numpy as np
import psutil
import tensorflow as tf
from sklearn.neural_network import MLPClassifier

from playground.datasets import load
from playground.engine.build import keras_model, targets
from playground.engine.trainer import Trainer
from playground.experiment import Experiment

FASHION = Experiment().change(
    train_size=55_000, validation_size=5_000, hidden=(300, 100), optimizer="sgd",
    learning_rate=0.01, batch_size=32, epochs=10_000,
)  # fmt: skip
SPIRAL = Experiment().change(
    dataset="spiral", hidden=(8, 8), activation="tanh", learning_rate=0.03, batch_size=10,
    epochs=10_000,
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the result: a median and, in a comparison, the ratio to the engine."""

    what: str
    median: float
    unit: str
    ratio: float | None = None  # other / engine for times, engine / other for rates
    target: str = ""


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _rounds(sides: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each side in each round, after one uncounted round."""
    for work in sides.values():
        work()
    times: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, work in sides.items():
            times[name].append(_seconds(work))
    return times


def _ratio(above: list[float], below: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def _epochs(experiment: Experiment, n: int = 1) -> Callable[[], object]:
    """`n` more epochs of a run, each time it is called."""
    trainer = Trainer(experiment)

    def work() -> None:
        until = trainer.epoch + n
        trainer.advance(seconds=3600, until_epoch=until, with_snapshot=False)

    return work


def _fit(experiment: Experiment, n: int = 1) -> Callable[[], object]:
    """`n` epochs of plain `Model.fit`, validating as the engine does."""
    dataset, model = load(experiment.data), keras_model(experiment)
    x, y = dataset.scaled(dataset.train.x), targets(experiment, dataset.train.y)
    seen = dataset.scaled(dataset.validation.x), targets(experiment, dataset.validation.y)
    size = experiment.training.batch_size
    return lambda: model.fit(x, y, size, n, verbose=0, validation_data=seen)


def _sklearn(experiment: Experiment) -> Callable[[], object]:
    """One epoch of scikit-learn's MLPClassifier, without validation."""
    dataset, training = load(experiment.data), experiment.training
    x, y = dataset.scaled(dataset.train.x), dataset.train.y
    model = MLPClassifier(
        experiment.network.hidden,
        solver="sgd",
        momentum=0,
        alpha=0,
        batch_size=training.batch_size,
        learning_rate_init=training.learning_rate,
        random_state=0,
    )
    classes = np.unique(y)
    return lambda: model.partial_fit(x, y, classes)


def _matrix_multiply() -> tuple[Callable[[], object], float]:
    """A product of two 2048 × 2048 float32 matrices as TensorFlow does it, and its FLOP."""
    n = 2048
    a = tf.random.stateless_normal((n, n), seed=(0, 0))
    return lambda: tf.linalg.matmul(a, a).numpy(), 2.0 * n**3


def fashion(rounds: int) -> Iterator[Row]:
    """Fashion-MNIST 784-300-100-10: engine, Model.fit, scikit-learn, the matrix-multiply rate."""
    multiply, flop = _matrix_multiply()
    dropped = FASHION.change(dropout=0.2)
    times = _rounds(
        {
            "engine": _epochs(FASHION),
            "multiply": lambda: [multiply() for _ in range(10)],
            "dropout": _epochs(dropped),
            "fit": _fit(FASHION),
            "sklearn": _sklearn(FASHION),
        },
        rounds,
    )
    ours = times["engine"]
    sizes = FASHION.layer_sizes
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    work = 6.0 * weights * FASHION.data.train_size
    rates = [10 * flop / t for t in times["multiply"]]
    share = statistics.median(work / t / rate for t, rate in zip(ours, rates, strict=True))
    middle = {name: statistics.median(t) for name, t in times.items()}
    fit, sklearn, dropout = (_ratio(times[name], ours) for name in ("fit", "sklearn", "dropout"))
    yield Row("Fashion-MNIST 300-100, one epoch: engine", middle["engine"], "s")
    yield Row("… keras Model.fit", middle["fit"], "s", fit, "≥ 4")
    yield Row("… scikit-learn", middle["sklearn"], "s", sklearn, "≥ 2")
    yield Row("… engine with dropout", middle["dropout"], "s", dropout, "≤ 1.6")
    yield Row("Matrix multiply, 2048 × 2048", statistics.median(rates) / 1e9, "GFLOP/s")
    reached = statistics.median(work / t for t in ours) / 1e9
    yield Row("… engine, of that rate", reached, "GFLOP/s", share, "≥ 0.7")


def spiral(rounds: int) -> Iterator[Row]:
    """The spiral of TensorFlow Playground, 2-8-8-1: epochs a second."""
    ours_at_once, theirs_at_once = 1_280, 20
    times = _rounds(
        {"engine": _endless(SPIRAL, ours_at_once), "fit": _fit(SPIRAL, theirs_at_once)}, rounds
    )
    ours = [ours_at_once / t for t in times["engine"]]
    theirs = [theirs_at_once / t for t in times["fit"]]
    yield Row("Spiral 2-8-8-1: engine", statistics.median(ours), "epochs/s", target="≥ 5000")
    yield Row(
        "… keras Model.fit", statistics.median(theirs), "epochs/s", _ratio(ours, theirs), "≥ 100"
    )


def _endless(experiment: Experiment, n: int) -> Callable[[], object]:
    """As `_epochs`, with a new run when the last one is nearly over."""
    work, done = _epochs(experiment, n), 0

    def again() -> None:
        nonlocal work, done
        if done + n > experiment.training.epochs:
            work, done = _epochs(experiment, n), 0
        work()
        done += n

    return again


def memory(_: int) -> Iterator[Row]:
    """What a worker takes: idle with a warm engine, and each further run on it."""

    def resident() -> float:
        gc.collect()
        return float(psutil.Process().memory_info().rss) / 2**20

    runs = [Trainer(Experiment())]
    runs[0].advance(seconds=60, until_epoch=2)
    before = resident()
    for seed in range(1, 6):
        runs.append(Trainer(Experiment().change(seed=seed)))
        runs[-1].advance(seconds=60, until_epoch=2)
    kept = sum(s.nbytes for run in runs[1:] for s in map(run.snapshot, run.kept)) / 2**20
    yield Row(
        "A further run beside its snapshots", (resident() - before - kept) / 5, "MB", target="≤ 60"
    )


PARTS: tuple[Callable[[int], Iterator[Row]], ...] = (memory, spiral, fashion)


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns that one epoch does not converge
        yield


def benchmark(as_json: bool = False, quick: bool = False) -> None:
    """Measure and print a table, or one JSON object a line; `quick` takes fewer rounds."""
    with _quiet():
        for part in PARTS:
            for row in part(2 if quick else 5):
                click.echo(json.dumps(asdict(row), ensure_ascii=False) if as_json else _line(row))


def _line(row: Row) -> str:
    ratio = "" if row.ratio is None else f"{row.ratio:9.2f}×"
    return f"{row.what:45} {row.median:10.3f} {row.unit:10} {ratio:10} {row.target}"
