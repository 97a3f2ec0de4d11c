"""Export of a run: report, curves, Keras script, model and TensorBoard files, settings."""

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
from dashboard.state.url import page_address
from dashboard.views.shared.curves import baseline_text
from dashboard.widgets.messages import literal, refuse
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title
from playground.experiment.url import encode
from playground.export.csv import curves_csv, runs_csv
from playground.export.html_report import Report, report
from playground.export.script import Script, ScriptError, reproducible, script
from playground.export.script.data import needs_file
from playground.history.environment import versions
from playground.history.events import AFTER_EPOCH, DURING_EPOCH, Epoch, Event
from playground.nn.network import Snapshot
from playground.runs.jobs import Jobs
from playground.runs.run import Run
from playground.storage.records import SavedRun, StoreError
from playground.storage.store import store

WIDTH = 215  # pixels of a button
WAIT_SECONDS = 1.0  # between two checks for the first epoch
MAX_FILES = 12  # made by workers and kept; the largest network takes 25 MB
MAX_STEM = 60  # characters of a file name
DOWNLOAD_HELP = "Downloads this file; its content is described beside it."


@dataclass(frozen=True)
class ExportedRun:
    """A run to export.

    `key` identifies it; `events` and `snapshot` give its state at the moment of the call.
    `snapshot` raises LookupError or StoreError where there are no weights.
    """

    key: str
    experiment: Experiment
    events: Callable[[], list[Event]]
    snapshot: Callable[[], Snapshot]
    versions: Mapping[str, str]
    name: str = ""
    note: str = ""
    created: datetime | None = None
    start: Snapshot | None = None  # initial weights other than those of the seed
    plays: bool = False
    page: str = ""  # the address that opens an experiment
    began: float = field(default_factory=time.time)

    @property
    def epoch(self) -> int:
        """Epochs finished."""
        return max((e.epoch for e in self.events() if isinstance(e, Epoch)), default=0)

    @property
    def stem(self) -> str:
        """File name without ending: whole words of the run's name, joined by dashes."""
        words = re.findall(r"[A-Za-z0-9.]+", self.name or title(self.experiment))
        stem = "-".join(words).lower().strip("-.")
        if len(stem) > MAX_STEM:
            stem = stem[: MAX_STEM + 1].rpartition("-")[0] or stem[:MAX_STEM]
        return stem.strip("-.") or "run"

    def script(self) -> Script:
        """The Keras script; ScriptError without comparable epochs."""
        try:
            end = self.snapshot()
        except (LookupError, StoreError):
            end = None
        file = f"{self.stem}.py"
        return script(self.experiment, self.events(), self.versions, self.start, file, end)


def export_saved_run(saved: SavedRun, key: str = "saved") -> None:
    """The files of a saved run."""
    known = identity.current()
    if known is None:
        return
    row, owner = saved.row, known[0]
    events = list(saved.events)
    _files(
        ExportedRun(
            key=f"{row.id} {row.epoch}",
            experiment=saved.experiment,
            events=lambda: events,
            snapshot=lambda: store().snapshot(row.id, owner, row.epoch),
            versions=saved.versions,
            name=row.name,
            note=row.note,
            created=row.created,
            page=page_address("train"),
            began=row.created.timestamp(),
        ),
        key,
    )


def export_run(run: Run, key: str = "own") -> None:
    """The files of a run of this server."""

    def snapshot() -> Snapshot:
        if run.latest is None:
            raise LookupError("its weights have not arrived yet")
        return run.latest

    _files(
        ExportedRun(
            key=run.network,
            experiment=run.experiment,
            events=lambda: list(run.events),
            snapshot=snapshot,
            versions=versions(),
            plays=run.state == "playing",
            start=run.start if run.start and not run.start.epoch else None,
            page=page_address("train"),
        ),
        key,
    )


def export_curves(runs: Sequence[tuple[str, SavedRun]], key: str = "several") -> None:
    """The curves of several named runs in one file."""
    _download(
        key, "csv", "Curves of these runs (.csv)", "runs.csv", "text/csv", ":material/table:",
        lambda: runs_csv([(name, saved.events, saved.row.task) for name, saved in runs]),
        "All runs in one table, with the name of the run in the first column.",
    )  # fmt: skip


def _files(run: ExportedRun, key: str) -> None:
    """A button for each file, with a sentence beside it."""
    with st.container(key=f"export_{key}", gap="small"):
        if not run.epoch:
            _wait(run)
            return
        _download(
            key, "report", "Report", f"{run.stem}.html", "text/html", ":material/description:",
            lambda: _report(run),
            "One page with curves, scores, settings and note, to print or hand in.",
        )  # fmt: skip
        _download(
            key, "csv", "Curves (.csv)", f"{run.stem}.csv", "text/csv", ":material/table:",
            lambda: curves_csv(run.events(), run.experiment.data.source.task),
            f"Loss and metric of every epoch (training: {DURING_EPOCH}; validation: "
            f"{AFTER_EPOCH}), learning rate and seconds.",
        )  # fmt: skip
        _script(run, key)
        _prepared(
            run, key, "keras", "Network (.keras)", f"{run.stem}.keras",
            "The trained network for `keras.models.load_model`. It takes raw inputs: the scaling "
            "is its first layer.",
        )  # fmt: skip
        _prepared(
            run, key, "tensorboard", "TensorBoard (.zip)", f"{run.stem}-tensorboard.zip",
            "The curves as event files, as Keras' callback writes them: unpack them, then "
            "`tensorboard --logdir` and the folder.",
        )  # fmt: skip
        _download(
            key, "json", "Settings (.json)", f"{run.stem}.json", "application/json",
            ":material/tune:", lambda: run.experiment.model_dump_json(indent=2),
            "For `python -m playground train --experiment`.",
        )  # fmt: skip


def _wait(run: ExportedRun) -> None:
    """The message before the first epoch, checked again while the run plays."""

    def wait() -> None:
        st.caption("Nothing to export yet: train at least one epoch.")
        if run.epoch:
            st.rerun()

    st.fragment(wait, run_every=WAIT_SECONDS if run.plays else None, key="export_nothing")()


def _download(
    key: str, what: str, label: str, file: str, mime: str, icon: str,
    make: Callable[[], str | bytes] | bytes, sentence: str, primary: bool = False,
) -> None:  # fmt: skip
    """A button that downloads what `make` returns, or is, and a sentence beside it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            label, make, file, mime, key=f"export_{key}_{what}", on_click="ignore", icon=icon,
            type="primary" if primary else "secondary", help=DOWNLOAD_HELP, width=WIDTH,
        )  # fmt: skip
        st.caption(sentence, width="stretch")


def _report(run: ExportedRun) -> str:
    link = f"{run.page}?{encode(run.experiment)}"
    baseline = baseline_text([run.experiment])
    about = Report(run.name, run.note, link, run.versions, run.created, baseline)
    return report(run.experiment, run.events(), about)


def _script(run: ExportedRun, key: str) -> None:
    """The script, in a .zip where it needs further files; disabled where there is none."""
    first, last, notes = reproducible(run.experiment, run.events())
    packed = needs_file(first.data) or run.start is not None
    if last == 0:
        try:
            run.script()
        except ScriptError as error:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    "Script (.py)", key=f"export_{key}_script", disabled=True, width=WIDTH,
                    icon=":material/code:", help="The run as a script of plain Keras.",
                )  # fmt: skip
                st.caption(literal(str(error)), width="stretch")
        return
    sentence = "Plain Keras that trains it again and compares its numbers with the recorded ones."
    if packed:
        sentence += " Its data are files beside it: unpack all into one folder."
    name, mime = ("zip", "application/zip") if packed else ("py", "text/x-python")
    _download(
        key, "script", f"Script (.{name})", f"{run.stem}.{name}", mime, ":material/code:",
        lambda: run.script().packed if packed else run.script().text,
        " ".join([sentence, *(literal(note) for note in notes)]),
    )  # fmt: skip


# ---- files that a worker makes -----------------------------------------------------------


@cache
def _jobs() -> Jobs:
    return Jobs(MAX_FILES)


def _work(run: ExportedRun, what: str) -> tuple[Any, ...]:
    """A note on the file, the worker's function, and its arguments."""
    module = "playground.training.keras_export"
    if what == "keras":
        snapshot = run.snapshot()
        note = f"The weights after epoch {snapshot.epoch:,}."
        return note, f"{module}:keras_file", run.experiment, snapshot
    note = f"All epochs up to {run.epoch:,}."
    return note, f"{module}:event_files", run.experiment, run.events(), run.began


def _prepared(
    run: ExportedRun, key: str, what: str, label: str, file: str, sentence: str
) -> None:  # fmt: skip
    """A file that TensorFlow writes: a worker makes it on demand, then it can be downloaded."""

    def works() -> bool:
        job = _jobs().latest((run.key, what))
        return job is not None and job.state == "working"

    polled = works()

    def draw() -> None:
        job = _jobs().latest((run.key, what))
        current = job is not None and job.key == (run.key, what, run.epoch)
        if job is not None and current and job.state == "done":
            _download(
                key, what, label, file, "application/octet-stream", ":material/download:",
                job.result, f"{job.note} {sentence}", primary=True,
            )  # fmt: skip
        else:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    f"Prepare {label}", key=f"prepare_{key}_{what}", icon=":material/build:",
                    disabled=works(), width=WIDTH, on_click=_begin, args=(run, what),
                    help="Makes the file in a worker; then it can be downloaded.",
                )  # fmt: skip
                st.caption("Being made …" if works() else sentence, width="stretch")
        problem = stored.get(f"export_{what}", run.key)
        if job is not None and current and job.state == "failed":
            problem = job.reason
        if problem:
            refuse(f"{label} could not be made: {problem}")
        if polled != works():
            st.rerun()  # last: polling begins or ends

    every = POLL_SECONDS if polled else None
    st.fragment(draw, run_every=every, key=f"export_{key}_{what}_part")()


def _begin(run: ExportedRun, what: str) -> None:
    """Start a job; why there is nothing to make a file of is stored for the page."""
    job_key = (run.key, what, run.epoch)
    old = _jobs().get(job_key)
    if old is not None and old.state == "failed":
        _jobs().remove(job_key, old)
    try:
        note, path, *arguments = _work(run, what)
    except (LookupError, StoreError) as error:
        stored.set(f"export_{what}", str(error), run.key)
        return
    stored.set(f"export_{what}", "", run.key)
    _jobs().submit((run.key, what), job_key, path, *arguments, note=note)
