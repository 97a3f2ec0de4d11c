"""Runs from Python: trained in this process, and the saved ones of the dashboard's database."""

import sys
import warnings
from collections.abc import Sequence
from html import escape
from shutil import get_terminal_size
from types import TracebackType
from typing import Any, Self

import click

from playground.api.network import TrainedNetwork
from playground.experiment.describe import unused_settings
from playground.experiment.model import Experiment
from playground.history.environment import versions
from playground.history.events import Diverged, Epoch, Event, Progress, metric_name
from playground.history.history import Log
from playground.nn.format import truncate
from playground.nn.network import Snapshot
from playground.runs.logger import AttemptLogger, RunLogger
from playground.storage.query import RunQuery
from playground.storage.records import RunRow
from playground.storage.store import OwnerDigest, store

SLICE = 0.25  # seconds between two updates of the progress bar


def train(
    experiment: Experiment,
    *,
    progress: bool = True,
    log: bool | str = False,
    start: Snapshot | None = None,
) -> TrainedNetwork:
    """Train in this process to the end.

    >>> from playground import Experiment, train
    >>> result = train(Experiment().replace(dataset="iris", hidden=(8,), optimizer="adam"))
    >>> result.history.to_pandas().columns.tolist()[:4]
    ['loss', 'accuracy', 'val_loss', 'val_accuracy']
    >>> result.predict(result.dataset.test.x).shape
    (30, 3)
    >>> sorted(result.evaluate("test"))
    ['accuracy', 'loss']

    A setting without an effect, such as a momentum of SGD, is told by a warning.

    `progress`: show a progress bar, in a terminal or a notebook. `log`: save the run where the
    Runs page of the dashboard lists it; with runs of several browsers in the database, the id of a
    run of the browser that should list it. `start`: weights to begin with. A loss that is no
    longer finite ends the training with the state "diverged". What an interruption (Ctrl-C) leaves
    is saved as well with `log`.
    """
    if not isinstance(experiment, Experiment):
        raise TypeError(f"experiment must be an Experiment, got {truncate(experiment)}")
    if unused := unused_settings(experiment):
        warnings.warn("; ".join(unused), stacklevel=2)
    logger = None
    if log:
        logger = RunLogger(store(), owner_of_new_runs(log if isinstance(log, str) else None))
    from playground.training import Trainer

    trainer, events, attempt = Trainer(experiment, start), Log(), AttemptLogger(logger)
    state = "stopped"
    try:
        with ProgressBar(experiment, progress) as bar:
            while not trainer.over:
                new = trainer.advance(SLICE, with_snapshot=False).events
                bar.update(new)
                kept = [event for event in new if not isinstance(event, Progress)]
                attempt.log_events(experiment, events, kept, "playing", trainer.epoch)
                events.extend(kept)
        state = "diverged" if trainer.diverged else "finished"
    finally:  # an interruption may have lost the events of a slice, not its weights
        epoch = next((e.epoch for e in reversed(events) if isinstance(e, Epoch)), 0)
        newest = trainer.snapshot(epoch) if state == "stopped" else trainer.latest()
        attempt.log_events(experiment, events, [], state, epoch)
        attempt.save_snapshots(events, epoch, state, newest, trainer.snapshot)
    if attempt.unsaved:
        warnings.warn(attempt.unsaved, stacklevel=2)
    return TrainedNetwork(experiment, events, trainer.latest(), versions(), state, attempt.id)


class ProgressBar:
    """The epochs done, with the last scores, on standard error or in the output of a notebook."""

    def __init__(self, experiment: Experiment, shown: bool) -> None:
        self.epochs, self.steps = experiment.training.epochs, experiment.steps_per_epoch
        self.metric = metric_name(experiment.data.source.task)
        self.done, self.text = 0, ""
        self._notebook: Any = None
        self._terminal: Any = None
        if shown and (display := _display()) is not None:
            self._notebook = display(self, display_id=True)
        elif shown and sys.stderr.isatty():
            self._terminal = click.progressbar(
                length=self.epochs * self.steps, file=sys.stderr, width=24, show_pos=False,
                item_show_func=lambda _: self.text[: max(get_terminal_size().columns - 40, 0)],
            )  # fmt: skip

    def __enter__(self) -> Self:
        if self._terminal is not None:
            self._terminal.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._terminal is not None:
            self._terminal.__exit__(kind, error, trace)

    def update(self, events: tuple[Event, ...]) -> None:
        """Show the position and the scores after these events of a trainer."""
        before = self.done
        for event in events:
            if isinstance(event, Epoch):
                self.done, self.text = event.epoch * self.steps, self._scores(event)
            elif isinstance(event, Progress):
                self.done = (event.epoch - 1) * self.steps + event.batch
            elif isinstance(event, Diverged):
                self.text = f"diverged: {event.advice}"
        if self._terminal is not None:
            self._terminal.update(self.done - before, self.text)
        if self._notebook is not None:
            self._notebook.update(self)

    def _scores(self, event: Epoch) -> str:
        scores = {"loss": event.train.loss, self.metric: event.train.metric}
        if event.validation is not None:
            scores |= {"val_loss": event.validation.loss}
            scores |= {f"val_{self.metric}": event.validation.metric}
        values = " · ".join(f"{name} {value:.4g}" for name, value in scores.items())
        return f"epoch {event.epoch} of {self.epochs} · {values}"

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        total = self.epochs * self.steps
        return f'<progress value="{self.done}" max="{total}"></progress> {escape(self.text)}'


def _display() -> Any:
    """IPython's `display` in a notebook; None anywhere else."""
    ipython: Any = sys.modules.get("IPython")
    if ipython is None or getattr(ipython.get_ipython(), "kernel", None) is None:
        return None
    return ipython.display.display


# ---- saved runs --------------------------------------------------------------------------


def list_runs(text: str = "", datasets: Sequence[str] = ()) -> list[RunRow]:
    """The runs of all browsers in the database, the newest first.

    >>> from playground import list_runs, open_run
    >>> [open_run(row.id).history for row in list_runs("spiral")]
    []

    Every word of `text` must be in the name, the note, the label or a tag. `pandas.DataFrame` makes
    a table of them. The database is the one of the dashboard: PLAYGROUND_DATABASE_URL, or the file
    of this user.
    """
    runs, query = store(), RunQuery(text=text, datasets=datasets)
    rows = [row for owner in runs.owners() for row in runs.list_runs(owner, query)]
    return sorted(rows, key=lambda row: row.created, reverse=True)


def open_run(run: str | RunRow) -> TrainedNetwork:
    """A saved run by its id, or by its row in `list_runs`; LookupError if there is none.

    It has the weights of its last epoch if these were kept, or else those of the last epoch whose
    weights were.
    """
    id, runs = run.id if isinstance(run, RunRow) else run, store()
    owner = runs.owner_of(id)
    saved = runs.get(id, owner)
    snapshot = runs.snapshot(id, owner, saved.row.epoch) if saved.checkpoints else None
    return TrainedNetwork(
        saved.experiment, saved.events, snapshot, saved.versions, saved.row.state, saved.id
    )


def owner_of_new_runs(like: str | None = None) -> OwnerDigest:
    """Who lists the runs that Python saves: the browser that the database has runs of.

    like: the id of a run, whose browser it is where there are several. Without any browser the
    runs are nobody's, until the first browser lists its runs.
    """
    runs = store()
    if like is not None:
        return runs.owner_of(like)
    owners = [owner for owner in runs.owners() if owner]
    if len(owners) > 1:
        raise ValueError(
            f"log must be the id of a run of the browser that should list this one (see "
            f"`list_runs`), as {len(owners)} browsers have runs in the database, got True"
        )
    return owners[0] if owners else OwnerDigest("")
