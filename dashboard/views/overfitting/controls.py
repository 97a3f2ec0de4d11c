"""Runs trained together for one view: start, pause, stop, and where they stand."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.components import chart
from dashboard.state import identity
from dashboard.widgets.messages import literal
from dashboard.widgets.run_status import status
from playground.runs.logger import RunLogger
from playground.runs.race import RACES, Competitor, Race

# What the runs of each view are called together, among the saved ones.
TITLES = {
    "twin": "Overfitting twin",
    "labels": "Random labels",
    "penalties": "L1 against L2",
    "fits": "Too small, fitting, too large",
    "capacity": "Capacity × data",
}

NOTHING_KEPT = (
    "Nothing is training here now; what was trained before a restart of the server is among the "
    "saved runs, on the page Runs."
)


def start(name: str, competitors: Sequence[Competitor]) -> None:
    """Train `competitors` together as this tab's race called `name`, in place of the last one."""
    group = identity.new_run_group("overfitting", TITLES[name])

    def logger(i: int, _seed: int) -> RunLogger | None:
        return identity.run_logger("overfitting", group, competitors[i].label)

    race = Race(competitors, loggers=logger, snapshots="watched")
    identity.register(RACES, name, race)
    race.play()


def buttons(
    name: str, label: str, competitors: Sequence[Competitor], help: str, race: Race | None
) -> None:
    """The button that starts, and those that pause and stop."""
    state = race.state if race is not None else "none"
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{name}_buttons"):
        st.button(
            label, key=f"{name}_start", type="primary", icon=":material/play_arrow:",
            on_click=start, args=(name, competitors), help=help,
            disabled=identity.current() is None,
        )  # fmt: skip
        if race is None:
            return
        st.button(
            "Pause", key=f"{name}_pause", icon=":material/pause:", disabled=state != "playing",
            on_click=race.pause, help="Stop for now; nothing is lost.",
        )  # fmt: skip
        st.button(
            "Resume", key=f"{name}_resume", icon=":material/resume:",
            disabled=state not in ("paused", "ready"), on_click=race.play,
            help="Goes on training, which was paused because nobody watched.",
        )  # fmt: skip
        st.button(
            "Stop", key=f"{name}_stop", icon=":material/stop:",
            disabled=state not in ("playing", "paused"), on_click=race.stop,
            help="End them for good; what they have learnt stays to be seen.",
        )  # fmt: skip


def watch(name: str, race: Race, draw: Callable[[Race], None]) -> None:
    """Draw what moves a few times a second for as long as something does."""
    moves = race.state == "playing"
    every = chart.POLL_SECONDS if moves else None
    st.fragment(_watch, run_every=every, key=f"{name}_watch")(race, draw, moves)


def _watch(race: Race, draw: Callable[[Race], None], moved: bool) -> None:
    race.heartbeat()
    _message(race)
    draw(race)
    if moved and race.state != "playing":
        st.rerun()  # last, or the browser would take away what was not drawn yet


def _message(race: Race) -> None:
    """How far they are; what went wrong, if anything did."""
    state = race.state
    if state == "playing":
        done = race.epoch / race.epochs
        text = f"Epoch {race.epoch:,} of {race.epochs:,}, all in step"
        st.progress(min(done, 1.0), text=text if race.epoch else "Starting …")
    elif state == "paused":
        st.info(f"Paused after epoch {race.epoch:,}.")
    for competitor, runs in zip(race.competitors, race.runs, strict=True):
        for run in runs:
            if run.state in ("diverged", "lost"):
                text = status(run.state, run.events, run.epoch, run.experiment).text
                st.error(f"{literal(competitor.label)}: {literal(text)}")
    for unsaved in {run.unsaved for runs in race.runs for run in runs} - {""}:
        st.warning(literal(unsaved))
