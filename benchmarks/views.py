"""How long the server takes to open each view, and to move it to another epoch.

    python -m benchmarks.views

Trains the default network (784-300-100-10) for a few epochs, then runs each page's script as the
server does, sidebar included, and prints medians in milliseconds. Last, how long it takes to list
10,000 saved runs and to write one down.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from tempfile import TemporaryDirectory

from streamlit.testing.v1 import AppTest

from benchmarks.crowd import LEARNT, fill
from dashboard.views.data.page import VIEWS as DATA
from dashboard.views.inspect.page import VIEWS as INSPECT
from playground.experiment.model import Experiment
from playground.history.events import Epoch
from playground.runs import cluster
from playground.runs.run import RUNS, Run
from playground.storage.store import Store

EPOCHS = 12
ROUNDS = 5
SAVED = 10_000
OWNER = ("0" * 32, "0" * 32)


def _page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.data.page import data
    from dashboard.views.inspect.page import inspect

    session.begin()
    {"data": data, "inspect": inspect}[st.session_state["page"]]()


def _milliseconds(app: AppTest) -> float:
    began = time.perf_counter()
    app.run()
    if app.exception:
        raise RuntimeError(app.exception[0].value)
    return 1000 * (time.perf_counter() - began)


def _measure(app: AppTest, epochs: Iterator[int | None]) -> float:
    """The median over epochs; `None` leaves the slider where it is."""
    taken = []
    for epoch in epochs:
        if epoch is not None:
            run = RUNS.get(OWNER)
            app.session_state["shown_epoch"] = (run.network if run else "", epoch)
        taken.append(_milliseconds(app))
    return statistics.median(taken)


def _saved_runs(say: Callable[[str], object]) -> None:
    """Print what the database of runs costs, with a SQLite file."""
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/runs.sqlite")
        fill(store, OWNER[0], SAVED)
        run, experiment = store.create_run(OWNER[0], Experiment()), Experiment()

        def write(event: Epoch) -> None:
            store.log_events(run, experiment, [event], "playing", event.epoch)

        listed = statistics.median(
            _seconds(lambda: store.list_runs(OWNER[0])) for _ in range(ROUNDS)
        )
        written = statistics.median(_seconds(partial(write, event)) for event in LEARNT)
        store.database.close()
    say(f"{f'list of {SAVED:,} saved runs':<28}{1000 * listed:>10.0f}")
    say(f"{'an epoch written down':<28}{1000 * written:>10.1f}")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def benchmark(say: Callable[[str], object] = print) -> None:
    """Print a line for each view."""
    run = Run(Experiment().replace(epochs=EPOCHS))
    RUNS.put(OWNER, run)
    run.play()
    run.wait()
    app = AppTest.from_function(_page, default_timeout=120)
    app.session_state["known"] = OWNER
    say(f"{'view':<28}{'opened':>10}{'at another epoch':>20}   (ms)")
    for page, views in (("data", DATA), ("inspect", INSPECT)):
        app.session_state["page"] = page
        for name in views:
            app.session_state[f"{page}_view"] = name
            _milliseconds(app)  # loads what it imports
            opened = _measure(app, iter([None] * ROUNDS))
            moved = ""
            if page == "inspect":
                moved = f"{_measure(app, iter(range(1, 2 * ROUNDS, 2))):.0f}"
            say(f"{page + ': ' + name:<28}{opened:>10.0f}{moved:>20}")
    run.close()
    _saved_runs(say)


if __name__ == "__main__":
    try:
        benchmark()
    finally:
        cluster.close()
    sys.exit(0)
