"""Time to list 10,000 saved runs, to sort and search them, and to log an epoch.

Fills a database in a temporary folder and runs the Runs page's script as the server does.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from streamlit.testing.v1 import AppTest

from benchmarks.fixtures import LOG, fill
from benchmarks.rows import Row, milliseconds, run_page
from playground.experiment.model import Experiment
from playground.storage.store import Store, store

EXPERIMENTS = 500  # different ones among the runs
OWNER, TAB = "0" * 32, "1" * 32


def _page() -> None:
    from dashboard.state import session
    from dashboard.views.runs.page import runs

    session.begin()
    runs()


def measure(quick: bool) -> Iterator[Row]:
    """The database alone, the page in its views, and one logged epoch."""
    count, rounds = (1_000, 3) if quick else (10_000, 7)
    with TemporaryDirectory() as folder:
        os.environ["PLAYGROUND_DATABASE_URL"] = f"sqlite:///{Path(folder) / 'runs.sqlite'}"
        database = store()
        for i in range(EXPERIMENTS):
            rate = float(f"{0.001 * 1.013**i:.3g}")
            experiment = Experiment().replace(learning_rate=rate, seed=i)
            fill(database, OWNER, count // EXPERIMENTS, epochs=1, experiment=experiment)
        for name, work in _tasks(database):
            yield Row(f"{count:,} runs: {name}", milliseconds(work, rounds), "ms")
        experiment = Experiment()
        run = database.create_run(OWNER, experiment)
        epochs = iter(LOG)

        def log() -> None:
            event = next(epochs)
            database.log_events(run, experiment, [event], "playing", event.epoch)

        yield Row("an epoch logged", milliseconds(log, rounds), "ms")
        database.database.close()


def _tasks(database: Store) -> Iterator[tuple[str, Callable[[], object]]]:
    app = AppTest.from_function(_page, default_timeout=120)
    app.session_state["known"] = (OWNER, TAB)
    turn = iter(range(1_000))

    def sort() -> None:
        app.selectbox(key="runs_by").set_value(("best", "name")[next(turn) % 2])
        run_page(app)

    def search() -> None:
        app.text_input(key="runs_text").set_value(f"seed {next(turn)}")
        run_page(app)

    yield "the database alone", lambda: database.list_runs(OWNER)
    yield "list", lambda: run_page(app)
    yield "sorted", sort
    yield "searched", search
    app.session_state["runs_view"] = "Many runs"
    yield "many runs", lambda: run_page(app)
