"""How long the server takes to list 10,000 saved runs, and to filter and sort them.

    python -m benchmarks.saved_runs

Fills a database in a temporary folder, then runs the page's script as the server does, and prints
medians in milliseconds.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from streamlit.testing.v1 import AppTest

from playground.experiment.model import Experiment
from playground.history.events import Epoch, Event, Finished, LayerStatistics, Score
from playground.storage.store import Store, store

RUNS = 10_000
KINDS = 500  # different experiments among them
ROUNDS = 7
OWNER, TAB = "0" * 32, "1" * 32


def fill(kept: Store, runs: int = RUNS) -> None:
    """Save `runs` runs of one epoch each for OWNER."""
    rates = [float(f"{0.001 * 1.013**i:.3g}") for i in range(KINDS)]
    kinds = [Experiment().replace(learning_rate=rate, seed=i) for i, rate in enumerate(rates)]
    layers = (LayerStatistics(0.1, 0.1, 0.01, None),) * 3
    for i in range(runs):
        metric = 0.5 + 0.4 * (i * 37 % 1000) / 1000
        score = Score(1 - metric, metric)
        events: list[Event] = [
            Epoch(1, 157, score, score, 0.01, 0.3, layers),
            Finished(1, False, None, False),
        ]
        id = kept.create_run(OWNER, kinds[i % KINDS])
        kept.log_events(id, kinds[i % KINDS], events, "finished", 1)


def _page() -> None:
    from dashboard.state import session
    from dashboard.views.runs.page import runs

    session.begin()
    runs()


@dataclass(frozen=True)
class Taken:
    """Medians in milliseconds: of the clock, and of this process' own work."""

    wall: float
    cpu: float


def _median(work: Callable[[], object], before: Callable[[int], object] = lambda i: None) -> Taken:
    """What `work` takes, without the first time, which loads what it imports."""
    wall, cpu = [], []
    for i in range(ROUNDS + 1):
        before(i)
        began, worked = time.perf_counter(), time.process_time()
        work()
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - worked))
    return Taken(statistics.median(wall[1:]), statistics.median(cpu[1:]))


def benchmark(say: Callable[[str], object] = print, runs: int = RUNS) -> dict[str, Taken]:
    """Print a line for each task."""
    with TemporaryDirectory() as folder:
        os.environ["PLAYGROUND_DATABASE_URL"] = f"sqlite:///{Path(folder) / 'runs.sqlite'}"
        kept = store()
        fill(kept, runs)
        told = measured(kept)
    say(f"{f'{runs:,} saved runs':<28}{'on the clock':>14}{'own work':>12}   (ms)")
    for name, taken in told.items():
        say(f"{name:<28}{taken.wall:>14.0f}{taken.cpu:>12.0f}")
    return told


def measured(kept: Store) -> dict[str, Taken]:
    """What the runs of OWNER in `kept` take to be asked for, and to be shown."""
    app = AppTest.from_function(_page, default_timeout=120)
    app.session_state["known"] = (OWNER, TAB)

    def run() -> None:
        app.run()
        if app.exception:
            raise RuntimeError(app.exception[0].value)

    told = {"the database alone": _median(lambda: kept.list_runs(OWNER)), "list": _median(run)}
    by, text = app.selectbox(key="runs_by"), app.text_input(key="runs_text")
    told["… sorted"] = _median(run, lambda i: by.set_value(("best", "name")[i % 2]))
    told["… searched"] = _median(run, lambda i: text.set_value(f"seed {i + 1}"))
    app.session_state["runs_view"] = "Many runs"
    told["many runs"] = _median(run)
    return told


if __name__ == "__main__":
    benchmark()
    sys.exit(0)
