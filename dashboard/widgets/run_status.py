"""Status and progress of a run in words, and which of its buttons are enabled."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import streamlit as st

from dashboard.widgets.messages import literal
from playground.experiment.model import Experiment
from playground.history.events import Diverged, Event, Finished, Progress, StopRule, WorkerLost
from playground.runs.run import Run

STOPPED: dict[StopRule, str] = {
    "patience": "Early stopping after epoch {0:,}: no improvement of the validation loss for "
    "{2:,} epochs.",
    "target": "Target reached after epoch {0:,}: {1.target_value:g}.",
    "time": "Stopped after epoch {0:,}: {1.time_limit:g} s of training are over.",
}

Kind = Literal["info", "success", "warning", "error"]


class Status(NamedTuple):
    """A message and its severity."""

    kind: Kind
    text: str


def status(state: str, events: Sequence[Event], epoch: int, experiment: Experiment) -> Status:
    """Status of a run in `state` whose last finished epoch is `epoch`."""
    last = events[-1] if events else None
    match last:
        case Diverged() if state == "diverged":
            return Status(
                "error",
                f"Training has stopped: the loss of update {last.step:,} (epoch {last.epoch}) was "
                f"no longer a finite number. {last.advice}",
            )
        case WorkerLost() if state == "lost":
            return Status(
                "error",
                f"Training has stopped after epoch {last.epoch}: {_sentence(last.reason)} "
                "Start again trains from the initial weights.",
            )
        case Finished() if state == "finished":
            return Status("success", _finished(last, experiment))
    if state == "paused":
        return Status("info", f"Paused after epoch {epoch:,}.")
    if state == "ready":
        return Status("info", "Not trained yet: these are the initial weights. Press Train.")
    return Status("info", "Training.")


def waiting(state: str) -> str:
    """Message while there are no weights to show."""
    if state == "lost":
        return "The weights of this network are lost: Start again trains it anew."
    return "A worker process makes the initial weights …"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "…")) else text + "."


def _finished(last: Finished, experiment: Experiment) -> str:
    text = f"Finished: {last.epoch:,} epochs trained."
    if last.stopped_early:
        training = experiment.training
        waited = training.patience * experiment.judged_every
        text = STOPPED[last.stopped_by or "patience"].format(last.epoch, training, waited)
    if last.restored and last.best_epoch is not None:
        text += f" The weights are those of the best epoch, {last.best_epoch}."
    return text


def progress_text(progress: Progress, experiment: Experiment, speed: float | None) -> str:
    """ "Epoch 3 of 100 · batch 80 of 157 · 45,000 images/s · 12 s left"."""
    examples = "images" if experiment.data.source.kind == "image" else "examples"
    epochs = max(experiment.training.epochs, progress.epoch)  # training on added examples adds some
    parts = [
        f"Epoch {progress.epoch:,} of {epochs:,}",
        f"batch {progress.batch:,} of {progress.batches:,}",
    ]
    if progress.images_per_second > 0:
        parts.append(f"{progress.images_per_second:,.0f} {examples}/s")
        left = (1 - progress_share(progress, experiment)) * experiment.training.epochs
        seconds = left * experiment.data.train_size / progress.images_per_second
        parts.append(_duration(max(seconds, left / speed if speed else 0)) + " left")
    return " · ".join(parts)


def progress_share(progress: Progress, experiment: Experiment) -> float:
    """Fraction of the run's batches that is done, 0 to 1."""
    done = progress.epoch - 1 + progress.batch / progress.batches
    return min(1.0, max(0.0, done / experiment.training.epochs))


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def enabled_buttons(state: str) -> frozenset[str]:
    """Enabled ones of "train", "pause", "step", "reset", "new_weights" for a run in `state`."""
    enabled = {"new_weights"}
    if state in ("ready", "paused", "finished", "lost"):
        enabled |= {"train", "step"}
    if state == "playing":
        enabled.add("pause")
    if state != "ready":
        enabled.add("reset")
    return frozenset(enabled)


def train_label(state: str) -> str:
    """Label of the button that trains a run in `state`."""
    return {"paused": "Resume", "finished": "Train on", "lost": "Start again"}.get(state, "Train")


def show_notice(runs: Iterable[tuple[str, Run | None]]) -> None:
    """The first sentence that one of several runs, with their labels, has about its worker."""
    for label, run in runs:
        if run is not None and (notice := run.notice):
            st.caption(literal(f"{label}: {notice}"))
            return
