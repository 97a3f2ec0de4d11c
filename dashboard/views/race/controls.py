"""The buttons of a race, and in words where it and each competitor stand."""

import streamlit as st

from dashboard.figures.comparison import SIGNS
from dashboard.state import session
from dashboard.state.pages import open_page
from dashboard.views.shared.run_controls import SPEEDS
from dashboard.views.shared.saved_runs import library, open_in_train
from dashboard.widgets.messages import literal, refuse
from playground.history.events import Diverged, WorkerLost
from playground.nn.format import join_words
from playground.runs.race import Competitor, Race
from playground.storage.records import StoreError

OVER = ("finished", "stopped", "diverged", "lost")
WORDS = {
    "ready": "ready", "playing": "training", "paused": "paused", "finished": "done",
    "stopped": "stopped", "diverged": "diverged", "lost": "lost",
}  # fmt: skip


def named(race_label: str, number: int) -> str:
    """A competitor with the sign it has in the charts."""
    return f"{SIGNS[number % len(SIGNS)]} {race_label}"


def buttons(race: Race) -> None:
    """Start, Pause, Step, Stop all, Reset, and the speed."""
    state = race.state
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_buttons"):
        st.button(
            "Resume" if state == "paused" else "Start", key="race_play", type="primary",
            icon=":material/play_arrow:", disabled=state not in ("ready", "paused"),
            on_click=race.play, help="Train all on, epoch after epoch.",
        )  # fmt: skip
        st.button(
            "Pause", key="race_pause", icon=":material/pause:", disabled=state != "playing",
            on_click=race.pause, help="Stop for now; nothing is lost.",
        )  # fmt: skip
        st.button(
            "Step one epoch", key="race_step", icon=":material/skip_next:",
            disabled=state not in ("ready", "paused"), on_click=race.play, args=(1,),
            help="Train every competitor one epoch and pause.",
        )  # fmt: skip
        st.button(
            "Stop all", key="race_stop", icon=":material/stop:", disabled=state == "finished",
            on_click=race.stop,
            help="End the race for good; curves and ranking stay as they are.",
        )  # fmt: skip
        st.button(
            "Reset", key="race_reset", icon=":material/replay:",
            disabled=state == "ready", on_click=race.reset,
            help="Back to the same first weights; these curves and this ranking are thrown away. "
            "Started again, the race goes exactly as this one did.",
        )  # fmt: skip
        speed = st.selectbox(
            "Speed", list(SPEEDS), key="race_speed", width=200, persist_state="session",
            help="Slower is easier to watch.",
        )  # fmt: skip
    race.speed = SPEEDS[speed]


def one(race: Race) -> None:
    """What can be done with a single competitor."""
    states, key = race.states, f"race_one_{race.name}"
    with st.container(horizontal=True, vertical_alignment="bottom", key="race_single"):
        number = st.selectbox(
            "Competitor", range(len(states)), key=key, width=260,
            format_func=lambda i: named(race.competitors[i].label, i),
            help="Whom the buttons beside it are for; try opening the winner in Train.",
        )  # fmt: skip
        st.button(
            "Stop it", key="race_stop_one", icon=":material/person_remove:",
            disabled=states[number] in OVER, on_click=race.stop, args=(number,),
            help="End this competitor for good; the others race on.",
        )  # fmt: skip
        opens = st.button(
            "Open in Train", key="race_open", icon=":material/model_training:",
            help="Make it the current network on every page, with what it has learnt so far: to "
            "look inside, to draw for it. The run on the Train page now ends; the race goes on.",
        )  # fmt: skip
    if opens:
        _open(race.competitors[number], race.runs[number][0].saved)


def _open(competitor: Competitor, saved: str | None) -> None:
    """Show a competitor on the Train page: what it has learnt, as far as that is saved."""
    try:
        own = library() if saved else None
        if own is not None and saved:
            open_in_train(own, own.store.get(saved, own.owner))
            return
    except (LookupError, StoreError):
        pass  # its experiment is still there
    session.set_experiment(competitor.experiments[0])
    open_page("train")


def message(race: Race) -> None:
    """Where the race stands, in words or as a bar; and who is out of it, and why."""
    state, epoch, epochs = race.state, race.epoch, race.epochs
    count = len(race.competitors)
    if state == "playing":
        left = sum(each not in OVER for each in race.states)
        who = f"{count} competitors" if left == count else f"{left} of {count} competitors go on"
        text = f"Epoch {epoch:,} of {epochs:,} · {who}"
        if not epoch:
            text = f"{_begun(race)} of {count} competitors have finished epoch 1; the first one "
            text += "takes longest, as each network is prepared for this machine"
        st.progress(min(epoch / epochs, 1.0), text=text)
    elif state == "paused":
        st.info(f"Paused after epoch {epoch:,} of {epochs:,}: Resume or Step goes on.")
    elif state == "ready":
        st.info("Nobody has begun: all stand at their first, random weights. Press Start.")
    else:
        st.success(_ended(race))
    for sentence in troubles(race):
        st.warning(literal(sentence))
    unsaved = next((run.unsaved for runs in race.runs for run in runs if run.unsaved), "")
    if unsaved:
        refuse(unsaved)


def _begun(race: Race) -> int:
    """Competitors with a finished epoch in every run."""
    return sum(all(run.epoch for run in runs) for runs in race.runs)


def _ended(race: Race) -> str:
    stopped = [i for i, state in enumerate(race.states) if state == "stopped"]
    if len(stopped) == len(race.competitors):
        return f"Stopped after epoch {race.epoch:,}. Reset begins the race anew."
    return f"Done: the race is over after {race.epoch:,} epochs."


def troubles(race: Race) -> list[str]:
    """One sentence for each reason why competitors ended before their time."""
    reasons: dict[str, list[str]] = {}
    for competitor, runs in zip(race.competitors, race.runs, strict=True):
        for run in runs:
            last = run.events[-1] if run.events else None
            name = competitor.label
            if len(runs) > 1:
                name += f" (seed {run.experiment.network.seed})"
            if isinstance(last, Diverged):
                what = f"lost its way: the loss was no longer a finite number. {last.advice}"
                reasons.setdefault(what, []).append(f"{name} in epoch {last.epoch:,}")
            elif isinstance(last, WorkerLost):
                reasons.setdefault(f"came to an end: {last.reason}", []).append(name)
    return [f"{join_words(names)} {what}" for what, names in reasons.items()]
