"""Server time to open each view of the Data and Inspect pages, and to move it to another epoch.

Trains the default network (784-300-100-10) for a few epochs, then runs each page's script as the
server does, without the sidebar.
"""

import statistics
from collections.abc import Iterator

from streamlit.testing.v1 import AppTest

from benchmarks.rows import Row, milliseconds, run_page, seconds
from dashboard.views.data.page import VIEWS as DATA
from dashboard.views.inspect.page import VIEWS as INSPECT
from playground.experiment.model import Experiment
from playground.runs import cluster
from playground.runs.run import RUNS, Run

EPOCHS = 12
OWNER = ("0" * 32, "0" * 32)


def _page() -> None:
    import streamlit as st

    from dashboard.state import session
    from dashboard.views.data.page import data
    from dashboard.views.inspect.page import inspect

    session.begin()
    {"data": data, "inspect": inspect}[st.session_state["page"]]()


def measure(quick: bool) -> Iterator[Row]:
    """Two rows for each view of Inspect, one for each of Data."""
    rounds = 2 if quick else 5
    run = Run(Experiment().replace(epochs=EPOCHS))
    RUNS.put(OWNER, run)
    try:
        run.play()
        run.wait()
        app = AppTest.from_function(_page, default_timeout=120)
        app.session_state["known"] = OWNER
        for page, views in (("data", DATA), ("inspect", INSPECT)):
            app.session_state["page"] = page
            for name in views:
                app.session_state[f"{page}_view"] = name
                opened = milliseconds(lambda: run_page(app), rounds)
                yield Row(f"{page}: {name}, opened", opened, "ms")
                if page == "inspect":
                    moved = statistics.median(_moved(app, run, rounds))
                    yield Row(f"{page}: {name}, another epoch", moved, "ms")
        run.close()
    finally:
        cluster.close()


def _moved(app: AppTest, run: Run, rounds: int) -> Iterator[float]:
    for epoch in range(1, 2 * rounds, 2):
        app.session_state["shown_epoch"] = (run.network, epoch)
        yield 1000 * seconds(lambda: run_page(app))
