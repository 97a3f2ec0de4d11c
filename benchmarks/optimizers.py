"""A race of eight optimizers beside the same runs one after another, and eight Model.fits."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from statistics import median

from benchmarks import baselines
from benchmarks.engine import wait_for_workers
from benchmarks.rows import Row, median_ratio, seconds
from playground.experiment.model import Experiment
from playground.runs import cluster
from playground.runs.race import Competitor, Race
from playground.runs.race_presets import preset

BASE = Experiment().replace(
    train_size=5_000, validation_size=1_000, hidden=(300, 100), batch_size=32, epochs=10
)
PATIENCE = 900.0  # seconds for one race


def measure(quick: bool) -> Iterator[Row]:
    """Fashion-MNIST: first with compilation on each side, then again."""
    base = BASE.replace(train_size=1_000, epochs=2) if quick else BASE
    competitors = preset("optimizers", base)
    cluster.start()
    try:
        wait_for_workers()
        alone = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        with alone as pool, baselines.elsewhere() as other:
            short = _short(competitors)
            pool.submit(baselines.sequence, short).result()  # TensorFlow is loaded
            other(baselines.fit_all, short)()
            sides: dict[str, Callable[[], float]] = {
                "race": lambda: _race(competitors),
                "sequence": lambda: pool.submit(baselines.sequence, competitors).result(),
                "fits": other(baselines.fit_all, competitors),
            }
            yield from _rows("first time", [{name: work() for name, work in sides.items()}])
            rounds = range(1 if quick else 5)
            times = [{name: work() for name, work in sides.items()} for _ in rounds]
            yield from _rows("again", times)
    finally:
        cluster.close()


def _short(competitors: tuple[Competitor, ...]) -> tuple[Competitor, ...]:
    """One run of another shape, to load whatever has to be loaded."""
    first = competitors[0]
    return (replace(first, experiments=(first.experiments[0].replace(hidden=(8,), epochs=1),)),)


def _race(competitors: tuple[Competitor, ...]) -> float:
    """Seconds from the start of a race until all have finished, on workers that are warm."""
    race = Race(competitors)

    def to_the_end() -> None:
        race.play()
        if race.wait(PATIENCE) != "finished" or set(race.states) != {"finished"}:
            raise RuntimeError(f"the race came to {race.states}")

    duration = seconds(to_the_end)
    race.close()
    return duration


def _rows(when: str, times: list[dict[str, float]]) -> Iterator[Row]:
    race, sequence, fits = ([each[name] for each in times] for name in ("race", "sequence", "fits"))
    yield Row(f"Race of 8 optimizers, {when}", median(race), "s")
    ratio = median_ratio(race, sequence)
    yield Row("… the same runs in sequence", median(sequence), "s", ratio, "≤ 1.3 (race / it)")
    ratio = median_ratio(fits, race)
    yield Row("… eight Model.fits", median(fits), "s", ratio, "≥ 3 (it / race)")
