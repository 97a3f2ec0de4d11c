"""Controls of the runs that train together in one view, and their progress."""

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard.components import stream
from dashboard.state import identity
from dashboard.widgets.messages import literal
from dashboard.widgets.run_status import show_notice, status
from playground.runs.logger import RunLogger
from playground.runs.race import RACES, Competitor, Race
from playground.runs.sweep import Sweep

# Titles of the runs of each view, among the saved ones.
TITLES = {
    "regularizers": "With vs without regularization",
    "labels": "Random labels",
    "penalties": "L1 vs L2",
    "fits": "Too small, fitting, too large",
    "capacity": "Capacity × examples",
}

NOTHING_KEPT = "Runs from before a restart of the server are on the page Runs."


def start(name: str, competitors: Sequence[Competitor]) -> None:
    """Train `competitors` together as this tab's race called `name`, in place of the last one."""
    group = identity.new_run_group("overfitting", TITLES[name])

    def logger(i: int, _seed: int) -> RunLogger | None:
        return identity.run_logger("overfitting", group, competitors[i].label)

    race = Race(competitors, logger, snapshots="watched")
    identity.register(RACES, name, race)
    race.play()


def buttons(
    name: str,
    label: str,
    start: Callable[[], None],
    help: str,
    runs: Race | Sweep | None,
    icon: str = ":material/play_arrow:",
) -> None:
    """Start and, once there are runs, pause, resume and stop."""
    state = "none" if runs is None else runs.state
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{name}_buttons"):
        st.button(
            label, key=f"{name}_start", type="primary", icon=icon, on_click=start, help=help,
            disabled=identity.current() is None,
        )  # fmt: skip
        if runs is None:
            return
        st.button(
            "Pause", key=f"{name}_pause", icon=":material/pause:", disabled=state != "playing",
            on_click=runs.pause, help="Pauses training; nothing is lost.",
        )  # fmt: skip
        st.button(
            "Resume", key=f"{name}_resume", icon=":material/resume:",
            disabled=state not in ("paused", "ready"), on_click=runs.play,
            help="Continues; runs that nobody watches are paused.",
        )  # fmt: skip
        st.button(
            "Stop", key=f"{name}_stop", icon=":material/stop:",
            disabled=state not in ("playing", "paused"), on_click=runs.stop,
            help="Ends training; the results stay.",
        )  # fmt: skip


def watch(name: str, race: Race, draw: Callable[[Race], None]) -> None:
    """Draw a race, anew while it plays."""
    runs = [run for own in race.runs for run in own]

    def drawn() -> None:
        _message(race)
        draw(race)

    stream.fragment(
        drawn, f"{name}_watch", race,
        lambda: (race.states, tuple((len(run.events), id(run.latest)) for run in runs)),
        moves=lambda: race.state == "playing",
    )  # fmt: skip


def _message(race: Race) -> None:
    """Progress and failures."""
    state = race.state
    if state == "playing":
        text = f"Epoch {race.epoch:,} of {race.epochs:,} of every run"
        share = min(race.epoch / race.epochs, 1.0)
        st.progress(share, text=text if race.epoch else "Starting …")
    elif state == "paused":
        st.info(f"Paused after epoch {race.epoch:,}.")
    show_notice(
        (c.label, run) for c, own in zip(race.competitors, race.runs, strict=True) for run in own
    )
    for competitor, runs in zip(race.competitors, race.runs, strict=True):
        for run in runs:
            if run.state in ("diverged", "lost"):
                text = status(run.state, run.events, run.epoch, run.experiment).text
                st.error(f"{literal(competitor.label)}: {literal(text)}")
    for unsaved in {run.unsaved for runs in race.runs for run in runs} - {""}:
        st.warning(literal(unsaved))
