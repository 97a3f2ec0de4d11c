"""What can be taken away of a run: files for a spreadsheet, for Keras, for paper."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import streamlit as st

from dashboard.components.chart import POLL_SECONDS
from dashboard.state import identity, stored
from dashboard.state.pages import page_address
from dashboard.widgets.messages import literal, refuse
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.experiment.url import encode
from playground.export.csv import curves_csv, runs_csv
from playground.export.html_report import Report, report
from playground.export.script import Script, ScriptError, reproducible, script
from playground.export.script.data import needs_file
from playground.history.environment import versions
from playground.history.events import Epoch, Event
from playground.nn.network import Snapshot
from playground.runs.jobs import Jobs
from playground.runs.run import Run
from playground.storage.records import SavedRun, StoreError
from playground.storage.store import store

WIDTH = 215  # pixels of a button
WAIT_SECONDS = 1.0  # between two looks whether there is an epoch
MOST_FILES = 12  # kept here after they were made: the largest network takes 25 MB


# What is made, in a sentence; the worker's function, and its arguments.
Work = tuple[Any, ...]


@dataclass(frozen=True)
class ExportedRun:
    """A run as it can be taken away.

    `key` tells it from all others, `events` and `snapshot` give what there is at the moment they
    are asked; LookupError or StoreError where there are no weights.
    """

    key: str
    experiment: Experiment
    events: Callable[[], list[Event]]
    snapshot: Callable[[], Snapshot]
    versions: Mapping[str, str]
    name: str = ""
    note: str = ""
    created: datetime | None = None
    start: Snapshot | None = None
    plays: bool = False  # whether there is more to come
    page: str = ""  # the address that opens an experiment
    began: float = field(default_factory=time.time)

    @property
    def epoch(self) -> int:
        """Epochs finished."""
        return max((e.epoch for e in self.events() if isinstance(e, Epoch)), default=0)

    @property
    def stem(self) -> str:
        """What its files are called: letters, digits and dashes of its name."""
        words = re.findall(r"[A-Za-z0-9.]+", self.name or title(self.experiment))
        return "-".join(words).lower()[:60].strip("-.") or "run"


def take_away(saved: SavedRun, key: str = "saved") -> None:
    """The files of a saved run."""
    known = identity.current()
    if known is None:
        return
    listed, owner = saved.row, known[0]
    events = list(saved.events)
    _offer(
        ExportedRun(
            key=f"{listed.id} {listed.epoch}",
            experiment=saved.experiment,
            events=lambda: events,
            snapshot=lambda: store().snapshot(listed.id, owner, listed.epoch),
            versions=saved.versions,
            name=listed.name,
            note=listed.note,
            created=listed.created,
            page=page_address("train"),
            began=listed.created.timestamp(),
        ),
        key,
    )


def take_away_run(run: Run, key: str = "own") -> None:
    """The files of a run that is here, trained a moment ago or playing."""

    def snapshot() -> Snapshot:
        if run.latest is None:
            raise LookupError("its weights are not here yet")
        return run.latest

    _offer(
        ExportedRun(
            key=run.network,
            experiment=run.experiment,
            events=lambda: list(run.events),
            snapshot=snapshot,
            versions=versions(),
            plays=run.state == "playing",
            start=run.start,
            page=page_address("train"),
        ),
        key,
    )


def take_curves(runs: Sequence[tuple[str, SavedRun]], key: str = "several") -> None:
    """The curves of several runs, each with its name, in one file."""
    _row(
        key, "csv", "Curves of these runs (.csv)", "runs.csv", "text/csv", ":material/table:",
        lambda: runs_csv([(name, saved.events, saved.row.task) for name, saved in runs]),
        "All of them below each other, with the name of the run in the first column.",
    )  # fmt: skip


def _offer(taken: ExportedRun, key: str) -> None:
    """A button for each file, with a sentence beside it."""
    with st.container(key=f"take_{key}", gap="small"):
        if not taken.epoch:
            _nothing_yet(taken)
            return
        _row(
            key, "report", "Report", f"{taken.stem}.html", "text/html", ":material/description:",
            lambda: _report(taken),
            "One page with curves, scores, settings and note, to print or hand in.",
        )  # fmt: skip
        _row(
            key, "csv", "Curves (.csv)", f"{taken.stem}.csv", "text/csv", ":material/table:",
            lambda: curves_csv(taken.events(), taken.experiment.data.source.task),
            "Loss, score and learning rate after every epoch, for a spreadsheet.",
        )  # fmt: skip
        _script(taken, key)
        _made(
            taken, key, "keras", "Network (.keras)", f"{taken.stem}.keras",
            "The network with its weights, for `keras.models.load_model`. It takes raw inputs: "
            "the scaling is its first layer.",
            lambda: _network(taken),
        )  # fmt: skip
        _made(
            taken, key, "tensorboard", "TensorBoard (.zip)", f"{taken.stem}-tensorboard.zip",
            "The curves as event files, as Keras' own callback writes them: unpack, then "
            "`tensorboard --logdir` and the folder.",
            lambda: _event_files(taken),
        )  # fmt: skip
        _row(
            key, "json", "Settings (.json)", f"{taken.stem}.json", "application/json",
            ":material/tune:", lambda: taken.experiment.model_dump_json(indent=2),
            "For `python -m playground train --experiment`.",
        )  # fmt: skip


def _nothing_yet(taken: ExportedRun) -> None:
    """Says so, and looks again as long as the run plays."""

    def wait() -> None:
        st.caption("Train at least one epoch: until then there is nothing to take away.")
        if taken.epoch:
            st.rerun()

    st.fragment(wait, run_every=WAIT_SECONDS if taken.plays else None, key="take_nothing")()


def _row(
    key: str, what: str, label: str, file: str, mime: str, icon: str,
    make: Callable[[], str | bytes], sentence: str,
) -> None:  # fmt: skip
    """A file that is made in a moment, when its button is pressed."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            label, make, file, mime, key=f"take_{key}_{what}", on_click="ignore", icon=icon,
            help="Saves this file on your own machine; what it holds is said beside it.",
            width=WIDTH,
        )  # fmt: skip
        st.caption(sentence, width="stretch")


def _report(taken: ExportedRun) -> str:
    about = Report(
        name=taken.name,
        note=taken.note,
        link=f"{taken.page}?{encode(taken.experiment)}",
        versions=taken.versions,
        created=taken.created,
    )
    return report(taken.experiment, taken.events(), about)


def _script(taken: ExportedRun, key: str) -> None:
    """The script, in a .zip where files belong to it."""
    events = taken.events()
    first, last, notes = reproducible(taken.experiment, events)
    packed = needs_file(first.data) or taken.start is not None
    sentence = (
        "Plain Keras that trains it again to the same numbers, and says whether it did. It needs "
        "nothing of this program."
    )
    if packed:
        sentence += " Its data lie beside it: unpack all files into one folder."

    def made() -> Script:
        events, name = taken.events(), f"{taken.stem}.py"
        return script(taken.experiment, events, taken.versions, taken.start, name)

    if last == 0:
        try:
            made()
        except ScriptError as error:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    "Script (.py)", key=f"take_{key}_script", disabled=True, width=WIDTH,
                    icon=":material/code:",
                    help="The experiment as a Keras script that trains it outside this "
                    "program; try it in a notebook.",
                )  # fmt: skip
                st.caption(literal(str(error)), width="stretch")
        return
    name, mime = ("zip", "application/zip") if packed else ("py", "text/x-python")
    _row(
        key, "script", f"Script (.{name})", f"{taken.stem}.{name}", mime, ":material/code:",
        lambda: made().packed if packed else made().text,
        " ".join([sentence, *(literal(note) for note in notes)]),
    )  # fmt: skip


# ---- files that a worker makes -------------------------------------------------------------


def _network(taken: ExportedRun) -> Work:
    snapshot = taken.snapshot()
    return (
        f"The weights after epoch {snapshot.epoch:,}.",
        "playground.training.keras_export:keras_file",
        taken.experiment,
        snapshot,
    )


def _event_files(taken: ExportedRun) -> Work:
    events = taken.events()
    told = f"All epochs up to {taken.epoch:,}."
    return (
        told,
        "playground.training.keras_export:event_files",
        taken.experiment,
        events,
        taken.began,
    )


@cache
def _jobs() -> Jobs:
    return Jobs(MOST_FILES)


def _made(
    taken: ExportedRun, key: str, what: str, label: str, file: str, sentence: str,
    work: Callable[[], Work],
) -> None:  # fmt: skip
    """A file that TensorFlow writes: it is made by a worker on demand, then it can be saved."""
    watching = _is_working(taken, what)

    def offer() -> None:
        _prepared(taken, key, what, label, file, sentence, work)
        if watching != _is_working(taken, what):
            st.rerun()  # last: from now on there is something to wait for, or no longer

    every = POLL_SECONDS if watching else None
    st.fragment(offer, run_every=every, key=f"take_{key}_{what}_part")()


def _is_working(taken: ExportedRun, what: str) -> bool:
    job = _jobs().latest((taken.key, what))
    return job is not None and job.state == "working"


def _prepared(
    taken: ExportedRun, key: str, what: str, label: str, file: str, sentence: str,
    work: Callable[[], Work],
) -> None:  # fmt: skip
    """The button that begins, or the one that saves; why it failed stands below."""
    job, working = _jobs().latest((taken.key, what)), _is_working(taken, what)
    made = job is not None and job.key == (taken.key, what, taken.epoch)
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is not None and made and job.state == "done":
            st.download_button(
                label, job.result, file, "application/octet-stream", key=f"take_{key}_{what}",
                on_click="ignore", icon=":material/download:", type="primary", width=WIDTH,
                help="Saves this file on your own machine; what it holds is said beside it.",
            )  # fmt: skip
            st.caption(f"{job.note} {sentence}", width="stretch")
        else:
            st.button(
                f"Prepare {label}", key=f"prepare_{key}_{what}", icon=":material/build:",
                disabled=working, width=WIDTH, on_click=_begin, args=(taken, what, work),
                help="Lets a worker write the file; it can be saved in a moment.",
            )  # fmt: skip
            st.caption("Being made …" if working else sentence, width="stretch")
    problem = stored.get(f"take_{what}", taken.key)
    if job is not None and made and job.state == "failed":
        problem = job.reason
    if problem:
        refuse(f"{label} could not be made: {problem}")


def _begin(taken: ExportedRun, what: str, work: Callable[[], Work]) -> None:
    """Let a worker make a file; why there is nothing to make it of is kept for the page."""
    question = (taken.key, what, taken.epoch)
    old = _jobs().get(question)
    if old is not None and old.state == "failed":
        _jobs().remove(question, old)
    try:
        note, path, *arguments = work()
    except (LookupError, StoreError) as error:
        stored.set(f"take_{what}", str(error), taken.key)
        return
    stored.set(f"take_{what}", "", taken.key)
    _jobs().submit((taken.key, what), question, path, *arguments, note=note)
