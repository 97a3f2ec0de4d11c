"""How long the server takes to open each view, and to move it to another epoch.

    python -m dashboard.benchmark

Trains the default network (784-300-100-10) for a few epochs, then runs each page's script as the
server does, sidebar included, and prints medians in milliseconds.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator

from streamlit.testing.v1 import AppTest

from dashboard.views.data.page import VIEWS as DATA
from dashboard.views.inside.page import VIEWS as INSIDE
from playground import cluster
from playground.experiment import Experiment
from playground.run import RUNS, Run

EPOCHS = 12
ROUNDS = 5
OWNER = ("0" * 32, "0" * 32)


def _page() -> None:
    import streamlit as st

    from dashboard import session
    from dashboard.views.data.page import data
    from dashboard.views.inside.page import inside

    session.begin()
    {"data": data, "inside": inside}[st.session_state["page"]]()


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


def benchmark(say: Callable[[str], object] = print) -> None:
    """Print a line for each view."""
    run = Run(Experiment().change(epochs=EPOCHS))
    RUNS.put(OWNER, run)
    run.play()
    run.wait()
    app = AppTest.from_function(_page, default_timeout=120)
    app.session_state["known"] = OWNER
    say(f"{'view':<28}{'opened':>10}{'at another epoch':>20}   (ms)")
    for page, views in (("data", DATA), ("inside", INSIDE)):
        app.session_state["page"] = page
        for name in views:
            app.session_state[f"{page}_view"] = name
            _milliseconds(app)  # loads what it imports
            opened = _measure(app, iter([None] * ROUNDS))
            moved = ""
            if page == "inside":
                moved = f"{_measure(app, iter(range(1, 2 * ROUNDS, 2))):.0f}"
            say(f"{page + ': ' + name:<28}{opened:>10.0f}{moved:>20}")
    run.close()


if __name__ == "__main__":
    try:
        benchmark()
    finally:
        cluster.close()
    sys.exit(0)
