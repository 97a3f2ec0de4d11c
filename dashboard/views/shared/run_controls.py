"""Controls of a run, the same on every page that shows one, and the slider of its epochs."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st
from pydantic import ValidationError

from dashboard.components import status as status_parts
from dashboard.components.slider import epoch_slider
from dashboard.state import identity, session, stored, url
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.former_runs import keep_former
from dashboard.widgets.messages import refuse, warn
from dashboard.widgets.run_status import (
    enabled_buttons,
    progress_share,
    progress_text,
    status,
    train_label,
    waiting,
)
from playground.datasets import Dataset
from playground.experiment.model import LARGEST_SEED, TUNABLE_WHILE_TRAINING, Experiment, explain
from playground.nn.network import Snapshot
from playground.runs.run import Run

MORE_EPOCHS = 50  # of training on, by default
REDRAW_SECONDS = 1.0  # while a run plays: most views take a tenth of it

SPEEDS: dict[str, float | None] = {
    "No limit": None,
    "20 epochs per second": 20.0,
    "5 epochs per second": 5.0,
    "1 epoch per second": 1.0,
}
SHOW = {"info": st.info, "success": st.success, "warning": st.warning, "error": st.error}


def own_run(experiment: Experiment) -> Run | None:
    """This tab's run, with the changed settings it can take over; None without an identity.

    Any other change ends it: results never stand below settings they do not belong to.
    """
    run = session.run()
    if run is None:
        return _start(experiment)
    before, after = run.experiment.to_dict(), experiment.to_dict()
    changes = {name: value for name, value in after.items() if value != before[name]}
    if not changes:
        return run
    if run.state in ("playing", "paused") and changes.keys() <= set(TUNABLE_WHILE_TRAINING):
        run.change(**changes)
        return run
    if changes.keys() == {"epochs"} and run.can_extend and after["epochs"] > run.epoch:
        run.extend(after["epochs"])
        return run
    return _start(experiment)


def train_on(run: Run, epochs: int, epoch: int | None = None) -> None:
    """Train on after the end of a run, or after an earlier `epoch` in a run of its own.

    Also where its trainer is gone; why it could not is kept for `show_refusal`.
    """
    try:
        if epoch is None and run.can_extend:
            run.train_on(epochs)
        else:
            branch = run.branch(run.epoch if epoch is None else epoch, epochs)
            keep_former(run)
            session.set_run(branch)
            run = branch
            run.play()
    except ValidationError as error:
        stored.set("not trained on", "; ".join(explain(error, labels=True)))
    except (LookupError, ValueError) as error:
        stored.set("not trained on", str(error))
    session.set_experiment(run.experiment)


def show_refusal() -> None:
    """Why the last run could not be trained on, once."""
    if reason := stored.get("not trained on"):
        refuse(reason)
        stored.set("not trained on", "")


def _start(experiment: Experiment) -> Run | None:
    """A new run for this tab, in place of the one before."""
    if identity.current() is None:
        return None
    before = session.run()
    keep_former(before)
    evaluations = () if before is None else before.test_evaluations
    run = Run(experiment, logger=identity.run_logger(), test_evaluations=evaluations)
    session.set_run(run)
    return run


def start_run(experiment: Experiment, play: bool) -> Run | None:
    """Start a run of `experiment`, which becomes the current one, in place of the one before."""
    session.set_experiment(experiment)
    run = _start(session.experiment())
    if run is not None and play:
        run.play()
    return run


def _play(epochs: int | None = None) -> None:
    run = own_run(session.experiment())
    if run is not None and run.state == "finished":
        train_on(run, epochs or stored.widget("more_epochs") or MORE_EPOCHS)
    elif run is not None:
        run.play(epochs)


def _play_update() -> None:
    run = own_run(session.experiment())
    if run is not None:
        run.play_update()


def _reset(run: Run) -> None:
    keep_former(run)
    run.reset()


def _reinitialize() -> None:
    experiment = session.experiment()
    seed = (experiment.network.seed + 1) % (LARGEST_SEED + 1)
    session.set_experiment(experiment.replace(seed=seed))
    _start(session.experiment())


def buttons(run: Run) -> None:
    """Draw the buttons and the speed; an address can choose which."""
    enabled = enabled_buttons(run.state)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", width="content", key="buttons"
    ):
        if "pause" in enabled and url.shows("train"):
            st.button(
                "Pause", key="pause", icon=":material/pause:", on_click=run.pause, type="primary",
                shortcut="Space", help="Pauses training; nothing is lost (space bar).",
            )  # fmt: skip
        elif url.shows("train"):
            st.button(
                train_label(run.state), key="train", icon=":material/play_arrow:",
                type="primary", disabled="train" not in enabled, on_click=_play,
                shortcut="Space", help="Trains epoch after epoch (space bar).",
            )  # fmt: skip
        if url.shows("step_update"):
            st.button(
                "", key="step_update", icon=":material/chevron_right:", on_click=_play_update,
                disabled="step" not in enabled, shortcut="s",
                help="Trains one update, with one batch, then pauses (S).",
            )  # fmt: skip
        if url.shows("step"):
            st.button(
                "Epoch", key="step", icon=":material/skip_next:", disabled="step" not in enabled,
                on_click=_play, args=(1,), shortcut="e", help="Trains one epoch, then pauses (E).",
            )  # fmt: skip
        if url.shows("reset"):
            st.button(
                "", key="reset", icon=":material/replay:", disabled="reset" not in enabled,
                on_click=_reset, args=(run,),
                help="Reset: back to the initial weights of this seed; the next training is "
                "identical (R).",
            )  # fmt: skip
        if url.shows("new_weights"):
            st.button(
                "", key="new_weights", icon=":material/casino:", on_click=_reinitialize,
                disabled=session.is_locked("seed"), shortcut="n",
                help="The assignment locks the seed." if session.is_locked("seed") else
                "New seed: draws other initial weights; the seed becomes the next number (N).",
            )  # fmt: skip
        if url.shows("undo"):
            _undo_buttons()
        speed = None
        if url.shows("speed"):
            speed = st.selectbox(
                "Speed", list(SPEEDS), key="speed", width=112, persist_state="session",
                label_visibility="collapsed",
                help="Limits the epochs per second, so that changes can be watched.",
            )  # fmt: skip
    run.speed = SPEEDS[speed or next(iter(SPEEDS))]


def _undo_buttons() -> None:
    st.button(
        "", key="undo", icon=":material/undo:", on_click=session.undo, type="tertiary",
        disabled=not session.can_undo(),
        help="Takes the last change of the settings back (Ctrl Z).",
    )  # fmt: skip
    st.button(
        "", key="redo", icon=":material/redo:", on_click=session.redo, type="tertiary",
        disabled=not session.can_redo(), help="Makes the change again (Ctrl Shift Z).",
    )  # fmt: skip


def message(run: Run, stream: str = "") -> None:
    """Draw the status of the run, as text or as a progress bar that follows a stream."""
    # With a warning or without, what comes below keeps its place and zoom.
    with st.container(key="run_message"):
        _status(run, stream)
        if run.unsaved:
            warn([run.unsaved])


def progress(run: Run) -> Mapping[str, Any]:
    """Data of the progress bar of a run that trains."""
    if run.progress is None:
        return status_parts.progress_data(0.0, run.notice or "Starting …")
    share = progress_share(run.progress, run.experiment)
    text = progress_text(run.progress, run.experiment, run.speed)
    return status_parts.progress_data(share, " · ".join(filter(None, (text, run.notice))))


def _status(run: Run, stream: str) -> None:
    if run.state == "playing":
        status_parts.progress(progress(run), "progress", stream)
    else:
        kind, text = status(run.state, run.events, run.epoch, run.experiment)
        if run.state == "paused" and (update := run.update) is not None:
            text = (
                f"Update {update.step:,} done: the loss of its batch {update.loss_before:.4f} → "
                f"{update.loss_after:.4f}. More below."
            )
        SHOW[kind](f"{text} {run.notice}".strip())


def is_updating(run: Run) -> bool:
    """Whether the run changes without a click."""
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
    with st.container():  # with or without a note, what comes below keeps its place
        if snapshot is None:
            st.info(waiting(run.state))
            return None
        if epoch is not None and epoch != snapshot.epoch:
            snapshot = snapshot_at(run, epoch) or snapshot
    return NetworkView(run.experiment, dataset, snapshot, run, uirevision)


def snapshot_at(run: Run, epoch: int) -> Snapshot | None:
    """The weights after `epoch`, with a note if they are others; None if they are lost."""
    try:
        snapshot = run.snapshot(epoch)
    except LookupError:
        st.warning("Earlier weights were lost with the worker process: these are the last ones.")
        return None
    if snapshot.epoch != epoch:
        st.caption(
            f"Not every epoch of a long run has a checkpoint: this is epoch {snapshot.epoch:,}."
        )
    return snapshot
