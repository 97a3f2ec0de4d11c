"""Speed and memory, measured on this machine: each comparison in one run, the sides taking turns.

Every figure is a median over the rounds; a ratio is the median of the rounds' own ratios, so a
machine that is slow for a while slows both sides.
"""

import gc
import itertools
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import click
import psutil

from benchmarks import rivals
from playground.experiment.model import Experiment
from playground.history.environment import THREADS
from playground.history.history import history
from playground.runs import cluster
from playground.runs.run import Run
from playground.training.trainer import Trainer

POLL_SECONDS = 0.4  # as the page does

FASHION = Experiment().replace(
    train_size=55_000, validation_size=5_000, hidden=(300, 100), optimizer="sgd",
    learning_rate=0.01, batch_size=32, epochs=10_000,
)  # fmt: skip
SPIRAL = Experiment().replace(
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


@contextmanager
def elsewhere() -> Iterator[Callable[..., Callable[[], float]]]:
    """Functions of `rivals`, to run in one other process with TensorFlow's own thread settings."""
    os.environ[THREADS] = "0"
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield lambda work, *args: lambda: pool.submit(work, *args).result()
    del os.environ[THREADS]


def _rounds(rounds: int, **sides: Callable[[], float]) -> dict[str, list[float]]:
    """What each side measures in each round, after one round that does not count."""
    for work in sides.values():
        work()
    results: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, work in sides.items():
            results[name].append(work())
    return results


def _ratio(above: list[float], below: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def _epochs(experiment: Experiment, n: int = 1) -> Callable[[], float]:
    """Seconds for `n` more epochs of a run; a new run begins where the last one is nearly over."""
    trainer = Trainer(experiment)

    def work() -> float:
        nonlocal trainer
        if trainer.epoch + n > experiment.training.epochs:
            trainer = Trainer(experiment)
        until = trainer.epoch + n
        return rivals.seconds(lambda: trainer.advance(3600, until, with_snapshot=False))

    return work


def fashion(rounds: int) -> Iterator[Row]:
    """Fashion-MNIST 784-300-100-10: engine, Model.fit, scikit-learn, the matrix-multiply rate."""
    with elsewhere() as other:
        measured = _rounds(
            rounds,
            engine=_epochs(FASHION),
            multiply=other(rivals.multiply),
            dropout=_epochs(FASHION.replace(dropout=0.2)),
            fit=other(rivals.fit, FASHION),
            sklearn=other(rivals.scikit_learn, FASHION),
        )
    weights = sum(a * b for a, b in itertools.pairwise(FASHION.layer_sizes))
    ours = measured["engine"]
    rates = [6.0 * weights * FASHION.data.train_size / t for t in ours]
    median = {name: statistics.median(values) for name, values in measured.items()}
    ratio = {name: _ratio(values, ours) for name, values in measured.items()}
    yield Row("Fashion-MNIST 300-100, one epoch: engine", median["engine"], "s")
    yield Row("… keras Model.fit", median["fit"], "s", ratio["fit"], "≥ 4")
    yield Row("… scikit-learn", median["sklearn"], "s", ratio["sklearn"], "≥ 2")
    yield Row("… engine with dropout", median["dropout"], "s", ratio["dropout"], "≤ 1.6")
    yield Row("Matrix multiply, 2048 × 2048", median["multiply"] / 1e9, "GFLOP/s")
    share = _ratio(rates, measured["multiply"])
    yield Row("… engine, of that rate", statistics.median(rates) / 1e9, "GFLOP/s", share, "≥ 0.7")


def spiral(rounds: int) -> Iterator[Row]:
    """The spiral of TensorFlow Playground, 2-8-8-1: epochs a second."""
    n, few = 1_280, 20
    with elsewhere() as other:
        measured = _rounds(rounds, engine=_epochs(SPIRAL, n), fit=other(rivals.fit, SPIRAL, few))
    ours, theirs = ([k / t for t in measured[name]] for k, name in ((n, "engine"), (few, "fit")))
    faster = _ratio(ours, theirs)
    yield Row("Spiral 2-8-8-1: engine", statistics.median(ours), "epochs/s", target="≥ 5000")
    yield Row("… keras Model.fit", statistics.median(theirs), "epochs/s", faster, "≥ 100")


def _watched(n: int) -> Callable[[], float]:
    """Seconds for `n` more epochs in a worker, polled as a page polls them."""
    run = Run(Experiment().replace(epochs=10_000))
    run.snapshot(0)

    def poll_to_the_end() -> None:
        run.play(n)
        while run.state == "playing":
            run.heartbeat()
            history(run.events)
            run.wait(POLL_SECONDS)

    return lambda: rivals.seconds(poll_to_the_end)


def page(rounds: int) -> Iterator[Row]:
    """The default experiment in this process, and in a worker while a page polls it."""
    n = 20
    cluster.start()
    try:
        while len(cluster.workers()) < cluster.n_workers():
            time.sleep(0.1)
        measured = _rounds(
            rounds, engine=_epochs(Experiment().replace(epochs=10_000), n), page=_watched(n)
        )
    finally:
        cluster.close()
    cost = _ratio(measured["page"], measured["engine"])
    yield Row(f"Default experiment, {n} epochs", statistics.median(measured["engine"]), "s")
    yield Row("… in a worker, polled", statistics.median(measured["page"]), "s", cost, "≤ 1.1")


def memory(_: int) -> Iterator[Row]:
    """What a worker takes: idle with a warm engine, and each further run on it."""

    def resident() -> float:
        gc.collect()
        return float(psutil.Process().memory_info().rss) / 2**20

    runs = [Trainer(Experiment())]
    runs[0].advance(seconds=60, until_epoch=2)
    before = resident()
    for seed in range(1, 6):
        runs.append(Trainer(Experiment().replace(seed=seed)))
        runs[-1].advance(seconds=60, until_epoch=2)
    kept = sum(s.nbytes for run in runs[1:] for s in map(run.snapshot, run.kept)) / 2**20
    yield Row(
        "A further run beside its snapshots", (resident() - before - kept) / 5, "MB", target="≤ 60"
    )


PARTS: tuple[Callable[[int], Iterator[Row]], ...] = (memory, page, spiral, fashion)


def benchmark(as_json: bool = False, quick: bool = False, only_race: bool = False) -> None:
    """Measure and print a table, or one JSON object a line; `quick` takes fewer rounds."""
    from benchmarks.engine_race import race

    for part in (race,) if only_race else (*PARTS, race):
        for row in part(2 if quick else 5):
            click.echo(json.dumps(asdict(row), ensure_ascii=False) if as_json else _line(row))


def _line(row: Row) -> str:
    ratio = "" if row.ratio is None else f"{row.ratio:9.2f}×"
    return f"{row.what:45} {row.median:10.3f} {row.unit:10} {ratio:10} {row.target}"
