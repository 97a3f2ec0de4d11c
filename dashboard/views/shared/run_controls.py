"""The buttons that play a run, the same on every page that shows one."""

from collections.abc import Callable

import streamlit as st

from dashboard.components.epoch_slider import epoch_slider
from dashboard.state import identity, session
from dashboard.state.network_view import NetworkView
from dashboard.widgets.messages import warn
from dashboard.widgets.run_status import (
    allowed,
    progress_share,
    progress_text,
    status,
    train_label,
    waiting,
)
from playground.datasets import Dataset
from playground.experiment.model import LARGEST_SEED, TUNABLE_WHILE_TRAINING, Experiment
from playground.runs.run import Run

REDRAW_SECONDS = 1.0  # while a run plays: most views take a tenth of it

SPEEDS: dict[str, float | None] = {
    "As fast as it goes": None,
    "20 epochs a second": 20.0,
    "5 epochs a second": 5.0,
    "1 epoch a second": 1.0,
}
SHOW = {"info": st.info, "success": st.success, "warning": st.warning, "error": st.error}


def own_run(experiment: Experiment) -> Run | None:
    """This tab's run, which takes up what it can of changed settings; None: nobody is known yet.

    A run without any epoch has nothing to lose: it is replaced as soon as the settings change.
    """
    run = session.run()
    if run is None:
        return _start(experiment)
    now, wanted = run.experiment.to_dict(), experiment.to_dict()
    changes = {name: value for name, value in wanted.items() if value != now[name]}
    if not changes:
        return run
    if run.state == "ready":
        return _start(experiment)
    if run.state in ("playing", "paused") and changes.keys() <= set(TUNABLE_WHILE_TRAINING):
        run.change(**changes)
    return run


def _start(experiment: Experiment) -> Run | None:
    """A new run for this tab, in place of the one before."""
    if identity.current() is None:
        return None
    before = session.run()
    evaluations = () if before is None else before.test_evaluations
    run = Run(experiment, logger=identity.run_logger(), test_evaluations=evaluations)
    session.set_run(run)
    return run


def begin(experiment: Experiment, play: bool) -> Run | None:
    """A new run of `experiment`, which becomes the current one; the run before it ends."""
    session.set_experiment(experiment)
    run = _start(session.experiment())
    if run is not None and play:
        run.play()
    return run


def _play(epochs: int | None = None) -> None:
    run, experiment = session.run(), session.experiment()
    if run is None or run.experiment != experiment:
        run = _start(experiment)
    if run is not None:
        run.play(epochs)


def _new_weights() -> None:
    experiment = session.experiment()
    seed = (experiment.network.seed + 1) % (LARGEST_SEED + 1)
    session.set_experiment(experiment.replace(seed=seed))
    _start(session.experiment())


def buttons(run: Run, changed: bool) -> None:
    """Train, Pause, Step, Reset, New weights and the speed; `changed`: the settings are others."""
    may = allowed(run.state, changed)
    with st.container(horizontal=True, vertical_alignment="bottom", key="buttons"):
        st.button(
            train_label(run.state, changed), key="train", icon=":material/play_arrow:",
            type="primary", disabled="train" not in may, on_click=_play,
            help="Train on, epoch after epoch.",
        )  # fmt: skip
        st.button(
            "Pause", key="pause", icon=":material/pause:", disabled="pause" not in may,
            on_click=run.pause, help="Stop for now; nothing is lost.",
        )  # fmt: skip
        st.button(
            "Step one epoch", key="step", icon=":material/skip_next:", disabled="step" not in may,
            on_click=_play, args=(1,), help="Train one epoch and pause.",
        )  # fmt: skip
        st.button(
            "Reset", key="reset", icon=":material/replay:", disabled="reset" not in may,
            on_click=run.reset,
            help="Back to the same first weights: the next run goes exactly as this one did.",
        )  # fmt: skip
        st.button(
            "New weights", key="new_weights", icon=":material/casino:", on_click=_new_weights,
            disabled=session.is_locked("seed"),
            help="The assignment locks the seed." if session.is_locked("seed") else
            "Draw other first weights and begin again: the seed becomes the next number.",
        )  # fmt: skip
        speed = st.selectbox(
            "Speed", list(SPEEDS), key="speed", width=200, persist_state="session",
            help="Slower is easier to watch.",
        )  # fmt: skip
    run.speed = SPEEDS[speed]


def message(run: Run, changed: bool) -> None:
    """Where the run stands, in words or as a bar."""
    with st.container():  # with a warning or without, what comes below keeps its place and zoom
        _where(run)
        if run.unsaved:
            warn([run.unsaved])
        if changed:
            st.warning(
                "The settings changed: Train starts a new network. Below is still the old one."
            )


def _where(run: Run) -> None:
    progress = run.progress
    if run.state == "playing" and progress is not None:
        share = progress_share(progress, run.experiment)
        st.progress(share, text=progress_text(progress, run.experiment, run.speed))
    elif run.state == "playing":
        st.progress(0.0, text="Starting …")
    else:
        kind, text = status(run.state, run.events, run.epoch, run.experiment)
        SHOW[kind](text)


def moves(run: Run) -> bool:
    """Whether the run has something new to show all by itself."""
    return run.state == "playing" or (run.latest is None and run.state == "ready")


def network_at_epoch(
    run: Run, dataset: Dataset, moved: Callable[[], None] = lambda: None
) -> NetworkView | None:
    """Show the epoch slider; the network after that epoch, or None before the first weights.

    moved: called when the slider is moved.
    """
    uirevision = run.network
    snapshot = run.latest
    epoch = epoch_slider(snapshot.epoch if snapshot else 0, uirevision, moved)
    note = st.container()  # with a sentence or without, what comes below keeps its place
    if snapshot is None:
        note.info(waiting(run.state))
        return None
    if epoch is not None and epoch != snapshot.epoch:
        try:
            snapshot = run.snapshot(epoch)
        except LookupError:
            note.warning(
                "Earlier weights are gone with the process that trained: these are the last."
            )
        else:
            if snapshot.epoch != epoch:
                note.caption(
                    f"Of so long a run not every epoch is kept: this is {snapshot.epoch:,}."
                )
    return NetworkView(run.experiment, dataset, snapshot, run, uirevision)
