"""How long the server takes for one update of the largest race: 8 competitors with 5 seeds each.

    python -m benchmarks.race

Trains them on the spiral, then draws the part of the page that moves as the server does, and
prints medians in milliseconds: as first seen, and with all there is to see.
"""

import statistics
import sys
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from dashboard.state.session import RACE
from playground.experiment.model import Experiment
from playground.runs import cluster
from playground.runs.race import RACES, Race
from playground.runs.race_presets import preset

EPOCHS = 150
ROUNDS = 10
OWNER = ("0" * 32, "0" * 32)
ALL = {"race_parts": "Both", "race_smoothing": 0.6, "race_cost_open": True}


def _update() -> None:
    import time

    import streamlit as st

    from dashboard.state import identity, session
    from dashboard.state.session import RACE
    from dashboard.views.race.page import watch

    session.begin()
    race = identity.registered(RACES, RACE)
    if race is not None:
        began = time.perf_counter()
        watch(race, False, race.states)
        st.session_state["took"] = 1000 * (time.perf_counter() - began)


def benchmark(say: Callable[[str], object] = print) -> None:
    """Print a line for each way of looking at the race."""
    base = Experiment().replace(dataset="spiral", hidden=(8, 8), epochs=EPOCHS)
    race = Race(preset("optimizers", base, seeds=5))
    RACES.put((*OWNER, RACE), race)
    race.play()
    race.wait()
    app = AppTest.from_function(_update, default_timeout=120)
    app.session_state["known"] = OWNER
    for name, chosen in (("as first seen", {}), ("both parts, smoothed, cost", ALL)):
        for key, value in chosen.items():
            app.session_state[key] = value
        taken = []
        for _ in range(ROUNDS):
            app.run()
            if app.exception:
                raise RuntimeError(app.exception[0].value)
            taken.append(app.session_state["took"])
        say(f"{name:<28}{statistics.median(taken):>6.0f} ms  (8 × 5 runs, {EPOCHS} epochs)")
    race.close()


if __name__ == "__main__":
    try:
        benchmark()
    finally:
        cluster.close()
    sys.exit(0)
