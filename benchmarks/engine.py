"""Speed and memory of the engine beside Keras, scikit-learn, peers and the matrix-multiply rate.

Each comparison is one run in which the sides take turns; a ratio is the median of the rounds' own.
"""

import gc
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import psutil

from benchmarks import baselines, peers
from benchmarks.rows import Row, median_ratio, seconds
from playground.experiment.model import Experiment
from playground.history.history import history
from playground.runs import cluster
from playground.runs.run import Run
from playground.training.trainer import Trainer

POLL_SECONDS = 0.4  # as a page does

FASHION = Experiment().replace(
    train_size=55_000, validation_size=5_000, hidden=(300, 100), optimizer="sgd",
    learning_rate=0.01, batch_size=32, epochs=10_000,
)  # fmt: skip
SPIRAL = Experiment().replace(
    dataset="spiral", hidden=(8, 8), activation="tanh", learning_rate=0.03, batch_size=10,
    epochs=10_000,
)  # fmt: skip


def measure(quick: bool) -> Iterator[Row]:
    """All parts; `quick` takes fewer rounds and a tenth of the images."""
    rounds = 2 if quick else 5
    yield memory()
    yield from page(rounds)
    yield from spiral(rounds)
    yield from fashion(rounds, FASHION.replace(train_size=5_500) if quick else FASHION)


def _rounds(rounds: int, **sides: Callable[[], float]) -> dict[str, list[float]]:
    """The measurement of each side in each round, after one round that does not count."""
    for work in sides.values():
        work()
    results: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, work in sides.items():
            results[name].append(work())
    return results


def _epochs(experiment: Experiment, n: int = 1) -> Callable[[], float]:
    """Seconds for `n` more epochs of a run; a new run begins where the last one is nearly over."""
    trainer = Trainer(experiment)

    def work() -> float:
        nonlocal trainer
        if trainer.epoch + n > experiment.training.epochs:
            trainer = Trainer(experiment)
        until = trainer.epoch + n
        return seconds(lambda: trainer.advance(3600, until, with_snapshot=False))

    return work


def fashion(rounds: int, experiment: Experiment) -> Iterator[Row]:
    """Fashion-MNIST 784-300-100-10: engine, Model.fit, scikit-learn, the matrix-multiply rate."""
    with baselines.elsewhere() as other, baselines.elsewhere() as beside:
        measured = _rounds(
            rounds,
            engine=_epochs(experiment),
            multiply=other(baselines.multiply),
            dropout=_epochs(experiment.replace(dropout=0.2)),
            fit=other(baselines.fit, experiment),
            sklearn=other(baselines.scikit_learn, experiment),
            **_peers(beside, ("PyTorch", "JAX"), experiment, 1),
        )
    weights = sum(a * b for a, b in itertools.pairwise(experiment.layer_sizes))
    engine = measured["engine"]
    rates = [6.0 * weights * experiment.data.train_size / t for t in engine]
    median = {name: statistics.median(values) for name, values in measured.items()}
    ratio = {name: median_ratio(values, engine) for name, values in measured.items()}
    images = f"{experiment.data.train_size:,} images"
    yield Row(f"Fashion-MNIST 300-100, {images}: engine", median["engine"], "s")
    yield Row("… keras Model.fit", median["fit"], "s", ratio["fit"], "≥ 4")
    yield Row("… scikit-learn", median["sklearn"], "s", ratio["sklearn"], "≥ 2")
    for name in ("PyTorch", "JAX"):
        if name in measured:
            yield Row(f"… {name}", median[name], "s", ratio[name], "≥ 1")
    yield from _left_out("PyTorch", "JAX")
    yield Row("… engine with dropout", median["dropout"], "s", ratio["dropout"], "≤ 1.6")
    yield Row("Matrix multiply, 2048 × 2048", median["multiply"] / 1e9, "GFLOP/s")
    share = median_ratio(rates, measured["multiply"])
    yield Row("… engine, of that rate", statistics.median(rates) / 1e9, "GFLOP/s", share, "≥ 0.7")


def spiral(rounds: int) -> Iterator[Row]:
    """The spiral of TensorFlow Playground, 2-8-8-1: epochs a second."""
    n, few, some = 1_280, 20, 400
    names = ("PyTorch", "JAX", "nn.ts")
    with baselines.elsewhere() as other, baselines.elsewhere() as beside:
        measured = _rounds(
            rounds,
            engine=_epochs(SPIRAL, n),
            **{"keras Model.fit": other(baselines.fit, SPIRAL, few)},
            **_peers(beside, ("PyTorch",), SPIRAL, few),
            **_peers(beside, ("JAX", "nn.ts"), SPIRAL, some),
        )
    epochs = {"engine": n, "keras Model.fit": few, "PyTorch": few, "JAX": some, "nn.ts": some}
    rates = {name: [epochs[name] / t for t in times] for name, times in measured.items()}
    engine = rates.pop("engine")
    yield Row("Spiral 2-8-8-1: engine", statistics.median(engine), "epochs/s", target="≥ 5000")
    for name, found in rates.items():
        target = {"keras Model.fit": "≥ 100", "nn.ts": "≥ 4"}.get(name, "≥ 1")
        faster = median_ratio(engine, found)
        yield Row(f"… {name}", statistics.median(found), "epochs/s", faster, target)
    yield from _left_out(*names)


def _peers(
    beside: Callable[..., Callable[[], float]],
    names: Sequence[str],
    experiment: Experiment,
    epochs: int,
) -> dict[str, Callable[[], float]]:
    """The measurements of those peers that can be measured here."""
    found = {"PyTorch": peers.pytorch, "JAX": peers.jax, "nn.ts": peers.nn_ts}
    absent = peers.missing()
    return {name: beside(found[name], experiment, epochs) for name in names if name not in absent}


def _left_out(*names: str) -> Iterator[Row]:
    """A line for each peer that cannot be measured here."""
    for name, need in peers.missing().items():
        if name in names:
            yield Row(f"… {name}: left out, {need}")


def page(rounds: int) -> Iterator[Row]:
    """The default experiment in this process, and in a worker while a page polls it."""
    n = 20
    cluster.start()
    try:
        wait_for_workers()
        measured = _rounds(
            rounds, engine=_epochs(Experiment().replace(epochs=10_000), n), page=_polled(n)
        )
    finally:
        cluster.close()
    cost = median_ratio(measured["page"], measured["engine"])
    yield Row(f"Default experiment, {n} epochs", statistics.median(measured["engine"]), "s")
    yield Row("… in a worker, polled", statistics.median(measured["page"]), "s", cost, "≤ 1.1")


def wait_for_workers() -> None:
    """Wait until every worker of the local cluster is up."""
    while len(cluster.workers()) < cluster.n_workers():
        time.sleep(0.1)


def _polled(n: int) -> Callable[[], float]:
    """Seconds for `n` more epochs in a worker, polled as a page polls them."""
    run = Run(Experiment().replace(epochs=10_000))
    run.snapshot(0)

    def poll_to_the_end() -> None:
        run.play(n)
        while run.state == "playing":
            run.heartbeat()
            history(run.events)
            run.wait(POLL_SECONDS)

    return lambda: seconds(poll_to_the_end)


def memory() -> Row:
    """Memory of each further run in a process with a warm engine."""

    def resident() -> float:
        gc.collect()
        return float(psutil.Process().memory_info().rss) / 2**20

    runs = [Trainer(Experiment())]
    runs[0].advance(seconds=60, until_epoch=2)
    before = resident()
    for seed in range(1, 6):
        runs.append(Trainer(Experiment().replace(seed=seed)))
        runs[-1].advance(seconds=60, until_epoch=2)
    snapshots = [s for run in runs[1:] for s in run.checkpoints.snapshots.values()]
    kept = sum(snapshot.nbytes for snapshot in snapshots) / 2**20
    used = (resident() - before - kept) / 5
    return Row("A further run beside its snapshots", used, "MB", target="≤ 60")
