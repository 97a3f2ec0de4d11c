"""Server time of one update of the largest race: 8 competitors with 5 seeds each.

Trains them on the spiral, then draws the part of the page that changes as the server does: as
first opened, and with everything shown.
"""

import statistics
from collections.abc import Iterator

from streamlit.testing.v1 import AppTest

from benchmarks.rows import Row, run_page
from dashboard.state.session import RACE
from playground.experiment.model import Experiment
from playground.runs import cluster
from playground.runs.race import RACES, Race
from playground.runs.race_presets import preset

OWNER = ("0" * 32, "0" * 32)
EVERYTHING = {"race_parts": "Both", "race_smoothing": 0.6, "race_cost_open": True}


def _update() -> None:
    import time

    import streamlit as st

    from dashboard.state import identity, session
    from dashboard.state.session import RACE
    from dashboard.views.race.page import watch
    from playground.runs.race import RACES

    session.begin()
    race = identity.registered(RACES, RACE)
    if race is not None:
        began = time.perf_counter()
        watch(race, race.states)
        st.session_state["took"] = 1000 * (time.perf_counter() - began)


def measure(quick: bool) -> Iterator[Row]:
    """A row for each way of looking at the race."""
    seeds, epochs, rounds = (1, 30, 3) if quick else (5, 150, 10)
    base = Experiment().replace(dataset="spiral", hidden=(8, 8), epochs=epochs)
    race = Race(preset("optimizers", base, seeds=seeds))
    RACES.put((*OWNER, RACE), race)
    try:
        race.play()
        race.wait()
        app = AppTest.from_function(_update, default_timeout=120)
        app.session_state["known"] = OWNER
        for name, chosen in (("as opened", {}), ("both splits, smoothed, cost", EVERYTHING)):
            for key, value in chosen.items():
                app.session_state[key] = value
            taken = []
            for _ in range(rounds):
                run_page(app)
                taken.append(app.session_state["took"])
            yield Row(f"8 × {seeds} runs: {name}", statistics.median(taken), "ms")
        race.close()
    finally:
        cluster.close()
