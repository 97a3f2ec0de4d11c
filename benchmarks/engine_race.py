"""A race of eight optimizers beside the same eight runs one after another, and eight Model.fits."""

import functools
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from statistics import median

from benchmarks import rivals
from benchmarks.engine import Row, elsewhere
from playground.experiment.model import Experiment
from playground.runs import cluster
from playground.runs.race import Competitor, Race
from playground.runs.race_presets import preset
from playground.training.trainer import Trainer

BASE = Experiment().replace(
    train_size=5_000, validation_size=1_000, hidden=(300, 100), batch_size=32, epochs=10
)
PATIENCE = 900.0  # seconds for one race


def _race(competitors: tuple[Competitor, ...]) -> float:
    """Seconds from the start of a race until all have finished, on workers that are warm."""
    race = Race(competitors)

    def to_the_end() -> None:
        race.play()
        if race.wait(PATIENCE) != "finished" or set(race.states) != {"finished"}:
            raise RuntimeError(f"the race came to {race.states}")

    seconds = rivals.seconds(to_the_end)
    race.close()
    return seconds


def _sequence(competitors: tuple[Competitor, ...]) -> float:
    """Seconds for the same runs one after another in this process."""

    def each() -> None:
        for competitor in competitors:
            Trainer(competitor.experiments[0]).advance(3600, with_snapshot=False)

    return rivals.seconds(each)


def _fits(competitors: tuple[Competitor, ...]) -> float:
    """Seconds for as many calls of Model.fit, each of a new model as anybody's is."""
    experiments = [competitor.experiments[0] for competitor in competitors]
    return sum(rivals.fit_new(each, each.training.epochs) for each in experiments)


def race(rounds: int) -> Iterator[Row]:
    """8 optimizers on Fashion-MNIST: first with compilation on each side, then again."""
    competitors = preset("optimizers", BASE)
    cluster.start()
    try:
        while len(cluster.workers()) < cluster.n_workers():
            time.sleep(0.1)
        alone = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        with alone as pool, elsewhere() as other:
            pool.submit(_sequence, _short(competitors)).result()  # TensorFlow is loaded
            sides: dict[str, Callable[[], float]] = {
                "race": functools.partial(_race, competitors),
                "sequence": lambda: pool.submit(_sequence, competitors).result(),
                "fits": other(_fits, competitors),
            }
            other(_fits, _short(competitors))()
            yield from _rows("first time", [{name: work() for name, work in sides.items()}])
            times = [{name: work() for name, work in sides.items()} for _ in range(rounds)]
            yield from _rows("again", times)
    finally:
        cluster.close()


def _short(competitors: tuple[Competitor, ...]) -> tuple[Competitor, ...]:
    """One run of another shape, to load whatever has to be loaded."""
    first = competitors[0]
    return (replace(first, experiments=(first.experiments[0].replace(hidden=(8,), epochs=1),)),)


def _rows(when: str, times: list[dict[str, float]]) -> Iterator[Row]:
    def of(name: str) -> float:
        return median(each[name] for each in times)

    def ratio(above: str, below: str) -> float:
        return median(each[above] / each[below] for each in times)

    yield Row(f"Race of 8 optimizers, {when}", of("race"), "s")
    to_sequence = ratio("race", "sequence")
    yield Row("… the same runs in sequence", of("sequence"), "s", to_sequence, "≤ 1.3 (race / it)")
    yield Row("… eight Model.fits", of("fits"), "s", ratio("fits", "race"), "≥ 3 (it / race)")
