"""Controls of a race, and the state of the race and of its competitors."""

import streamlit as st

from dashboard.figures.comparison import SIGNS
from dashboard.state import session
from dashboard.state.url import open_page
from dashboard.views.shared.run_controls import SPEEDS
from dashboard.views.shared.saved_runs import library, open_in_train
from dashboard.widgets.messages import literal, refuse
from dashboard.widgets.run_status import show_notice
from playground.history.events import Diverged, WorkerLost
from playground.nn.format import join_words
from playground.runs.race import Competitor, Race
from playground.storage.records import StoreError

OVER = ("finished", "stopped", "diverged", "lost")
STATE_LABELS = {"playing": "training"}  # other states are their own labels


def signed(label: str, number: int) -> str:
    """The label of a competitor with its symbol in the charts."""
    return f"{SIGNS[number % len(SIGNS)]} {label}"


def buttons(race: Race) -> None:
    """Start, pause, one epoch, stop, reset, and the speed."""
    state = race.state
    st.button(
        "Resume" if state == "paused" else "Start", key="race_play", type="primary",
        icon=":material/play_arrow:", disabled=state not in ("ready", "paused"),
        on_click=race.play, help="Trains all competitors, epoch after epoch.",
    )  # fmt: skip
    st.button(
        "Pause", key="race_pause", icon=":material/pause:", disabled=state != "playing",
        on_click=race.pause, help="Pauses the race; nothing is lost.",
    )  # fmt: skip
    st.button(
        "Epoch", key="race_step", icon=":material/skip_next:",
        disabled=state not in ("ready", "paused"), on_click=race.play, args=(1,),
        help="Trains every competitor for one epoch and pauses.",
    )  # fmt: skip
    st.button(
        "Stop all", key="race_stop", icon=":material/stop:", disabled=state == "finished",
        on_click=race.stop, help="Ends the race; curves and leaderboard stay.",
    )  # fmt: skip
    st.button(
        "Reset", key="race_reset", icon=":material/replay:",
        disabled=state == "ready", on_click=race.reset,
        help="Back to the same initial weights; these curves are discarded. The same race "
        "gives the same numbers again.",
    )  # fmt: skip
    speed = st.selectbox(
        "Speed", list(SPEEDS), key="race_speed", width=130, persist_state="session",
        help="Slower is easier to watch.",
    )  # fmt: skip
    race.speed = SPEEDS[speed]


def competitor_buttons(race: Race) -> None:
    """Stop or open a single competitor."""
    states, key = race.states, f"race_one_{race.name}"
    number = st.selectbox(
        "Competitor", range(len(states)), key=key, width=230,
        format_func=lambda i: signed(race.competitors[i].label, i),
        help="The competitor to stop or to open.",
    )  # fmt: skip
    st.button(
        "Stop it", key="race_stop_one", icon=":material/person_remove:",
        disabled=states[number] in OVER, on_click=race.stop, args=(number,),
        help="Ends this competitor; the race continues.",
    )  # fmt: skip
    if st.button(
        "Open in Train", key="race_open", icon=":material/model_training:",
        help="Makes its network the current one on every page. The run on the Train page ends; "
        "the race continues.",
    ):  # fmt: skip
        _open(race.competitors[number], race.runs[number][0].saved)


def _open(competitor: Competitor, saved: str | None) -> None:
    """Open a competitor on the Train page, with its weights where they are saved."""
    try:
        own = library() if saved else None
        if own is not None and saved:
            open_in_train(own, own.store.get(saved, own.owner))
            return
    except (LookupError, StoreError):
        pass  # its settings are still known
    session.set_experiment(competitor.experiments[0])
    open_page("train")


def message(race: Race) -> None:
    """The progress of the race, and which competitors have failed."""
    state, epoch, epochs = race.state, race.epoch, race.epochs
    count = len(race.competitors)
    if state == "playing":
        left = sum(own not in OVER for own in race.states)
        who = f"{count} competitors" if left == count else f"{left} of {count} competitors left"
        text = f"Epoch {epoch:,} of {epochs:,} · {who}"
        if not epoch:
            begun = sum(all(run.epoch for run in runs) for runs in race.runs)
            text = (
                f"{begun} of {count} competitors have finished epoch 1; it takes longest, as each "
                "network is compiled for this machine"
            )
        st.progress(min(epoch / epochs, 1.0), text=text)
    elif state == "paused":
        st.info(f"Paused after epoch {epoch:,} of {epochs:,}.")
    elif state == "ready":
        st.info("Not started: all competitors have their initial weights. Press Start.")
    elif all(own == "stopped" for own in race.states):
        st.success(f"Stopped after epoch {epoch:,}. Reset starts the race again.")
    else:
        st.success(f"Finished after {epoch:,} epochs.")
    show_notice(
        (c.label, run) for c, own in zip(race.competitors, race.runs, strict=True) for run in own
    )
    for sentence in failures(race):
        st.warning(literal(sentence))
    unsaved = next((run.unsaved for runs in race.runs for run in runs if run.unsaved), "")
    if unsaved:
        refuse(unsaved)


def failures(race: Race) -> list[str]:
    """One sentence for each reason why competitors ended early."""
    reasons: dict[str, list[str]] = {}
    for competitor, runs in zip(race.competitors, race.runs, strict=True):
        for run in runs:
            last = run.events[-1] if run.events else None
            name = competitor.label
            if len(runs) > 1:
                name += f" (seed {run.experiment.network.seed})"
            if isinstance(last, Diverged):
                reason = f"diverged: the loss was no longer finite. {last.advice}"
                reasons.setdefault(reason, []).append(f"{name} in epoch {last.epoch:,}")
            elif isinstance(last, WorkerLost):
                reasons.setdefault(f"ended: {last.reason}", []).append(name)
    return [f"{join_words(names)} {reason}" for reason, names in reasons.items()]
