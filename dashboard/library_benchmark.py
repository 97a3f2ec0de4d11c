"""How long the server takes to list 10,000 saved runs, and to filter and sort them.

    python -m dashboard.library_benchmark

Fills a database in a temporary folder, then runs the page's script as the server does, and prints
medians in milliseconds.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from streamlit.testing.v1 import AppTest

from playground.events import Epoch, Event, Finished, LayerStatistics, Score
from playground.experiment import Experiment
from playground.store import Store, store

RUNS = 10_000
KINDS = 500  # different experiments among them
ROUNDS = 7
OWNER, TAB = "0" * 32, "1" * 32
LIMIT_MS = 500


def fill(kept: Store, runs: int = RUNS) -> None:
    """Save `runs` runs of one epoch each for OWNER."""
    rates = [float(f"{0.001 * 1.013**i:.3g}") for i in range(KINDS)]
    kinds = [Experiment().change(learning_rate=rate, seed=i) for i, rate in enumerate(rates)]
    layers = (LayerStatistics(0.1, 0.1, 0.01, None),) * 3
    for i in range(runs):
        metric = 0.5 + 0.4 * (i * 37 % 1000) / 1000
        score = Score(1 - metric, metric)
        events: list[Event] = [
            Epoch(1, 157, score, score, 0.01, 0.3, layers),
            Finished(1, False, None, False),
        ]
        id = kept.begin(OWNER, kinds[i % KINDS])
        kept.write(id, kinds[i % KINDS], events, "finished", 1)


def _page() -> None:
    from dashboard import session
    from dashboard.views.runs.page import runs

    session.begin()
    runs()


def _median(app: AppTest, before: Callable[[int], object]) -> float:
    taken = []
    for i in range(ROUNDS + 1):
        before(i)
        began = time.perf_counter()
        app.run()
        taken.append(1000 * (time.perf_counter() - began))
        if app.exception:
            raise RuntimeError(app.exception[0].value)
    return statistics.median(taken[1:])  # the first loads what it imports


def benchmark(say: Callable[[str], object] = print, runs: int = RUNS) -> float:
    """Print a line for each task; returns the slowest in milliseconds."""
    with TemporaryDirectory() as folder:
        os.environ["PLAYGROUND_DATABASE_URL"] = f"sqlite:///{Path(folder) / 'runs.sqlite'}"
        kept = store()
        fill(kept, runs)
        app = AppTest.from_function(_page, default_timeout=120)
        app.session_state["known"] = (OWNER, TAB)
        asked = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            kept.list(OWNER)
            asked.append(1000 * (time.perf_counter() - began))
        told = {
            "the database alone": statistics.median(asked),
            "list": _median(app, lambda i: None),
            "… sorted by score": _median(
                app, lambda i: app.selectbox(key="runs_by").set_value(("best", "name")[i % 2])
            ),
            "… filtered by text": _median(
                app, lambda i: app.text_input(key="runs_text").set_value(f"seed {i + 1}")
            ),
        }
        app.session_state["runs_view"] = "Many runs"
        told["many runs"] = _median(app, lambda i: None)
    say(f"{runs:,} saved runs, milliseconds of server time")
    for name, taken in told.items():
        say(f"{name:<28}{taken:>10.0f}")
    return max(told.values())


if __name__ == "__main__":
    slowest = benchmark()
    print("every one below" if slowest < LIMIT_MS else "NOT below", LIMIT_MS, "ms")
    sys.exit(0)
