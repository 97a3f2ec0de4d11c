"""Rows of runs as lines of the list, and which of those that play are really at work.

The list of saved runs: which are wanted, and in which order.
"""

import os
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psutil

from playground.nn.format import truncate
from playground.nn.losses import CLASSIFICATION
from playground.storage import serialization
from playground.storage.records import RunGroup, RunRow
from playground.storage.schema import RUNS

LEASE = 60.0  # seconds without a sign after which a run that plays is taken for interrupted
MOST_TAGS = 20

TEXTS = (
    "id", "group_id", "kind", "label", "generated", "named", "note", "link", "dataset", "task",
    "state", "process",
)  # fmt: skip
NUMBERS = (
    "epoch", "epochs", "loss", "metric", "val_loss", "val_metric", "best_metric", "parameters",
    "seconds", "created", "written",
)  # fmt: skip

# What a line is made of.
LINE = tuple(RUNS.c[name] for name in (*TEXTS, "tags", *NUMBERS))


@cache
def process() -> str:
    """This process, as no other one on any machine is called."""
    return f"{socket.gethostname()[:100]} {os.getpid()} {psutil.Process().create_time():.0f}"


class Alive:
    """Which runs that play are really at work; asks the system once about each process."""

    def __init__(self) -> None:
        self._now = time.time()
        self._known: dict[str, bool] = {process(): True}

    def state(self, process: str, written: float) -> str:
        """ "playing", or "interrupted": it plays no more though its row says so."""
        if process not in self._known:
            self._known[process] = _may_live(process)
        there = self._known[process] and self._now - written < LEASE
        return "playing" if there else "interrupted"


def _may_live(name: str) -> bool:
    """Whether that process may be there: one of another machine may."""
    host, _, rest = name.rpartition(" ")[0].rpartition(" ")
    if host != process().rpartition(" ")[0].rpartition(" ")[0]:
        return True
    try:
        started = psutil.Process(int(rest)).create_time()
    except (psutil.Error, ValueError, OverflowError):
        return False
    return f"{started:.0f}" == name.rpartition(" ")[2]


def listed(row: Sequence[Any], alive: Alive) -> RunRow:
    """A row that begins with the columns of LINE as a line of the list."""
    # Unpacked, because looking up columns by their names would take most of the time.
    (
        id, group, kind, label, generated, named, note, link, dataset, task, state, process, tags,
        epoch, epochs, loss, metric, val_loss, val_metric, best_metric, parameters, seconds,
        created, written,
    ) = row[: len(LINE)]  # fmt: skip
    try:
        for text in (id, group, kind, label, generated, named, note, link, dataset, task, process):
            if text.__class__ is not str:
                raise TypeError(f"a column must be text, got {truncate(text)}")
        for count in (epoch, epochs, parameters):
            if count.__class__ is not int:
                raise TypeError(f"a column must be a whole number, got {truncate(count)}")
        if state == "playing":
            state = alive.state(process, written)
        number = serialization.number
        return RunRow(
            id, group, kind, label, named or generated, note,
            () if tags == "[]" else serialization.texts(tags, MOST_TAGS),
            link, dataset, task, str(state), epoch, epochs, number(loss), number(metric),
            number(val_loss), number(val_metric), number(best_metric), parameters, float(seconds),
            datetime.fromtimestamp(created, UTC),
        )  # fmt: skip
    except (TypeError, ValueError, OverflowError, OSError):
        return _unreadable(truncate(id))


def _unreadable(id: str) -> RunRow:
    """What stands in the list for a row that is damaged: it can still be deleted."""
    return RunRow(
        id=id, group="", kind="", label="", name="a damaged run", note="", tags=(), link="v=1",
        dataset="", task="", state="unreadable", epoch=0, epochs=0, loss=None, metric=None,
        val_loss=None, val_metric=None, best_metric=None, parameters=0, seconds=0.0,
        created=datetime.fromtimestamp(0, UTC),
    )  # fmt: skip


def grouped(row: Any) -> RunGroup:
    """A row of GROUPS as a value."""
    created = datetime.fromtimestamp(row.created, UTC)
    return RunGroup(row.id, row.kind, row.title, row.plan, created)


KINDS = {"train": "Train", "race": "Race", "overfitting": "Overfitting", "sweep": "Sweep"}
STATES = {
    "playing": "▶ playing",
    "paused": "paused",
    "finished": "✓ finished",
    "stopped": "stopped",
    "diverged": "✗ diverged",
    "lost": "✗ lost",
    "interrupted": "interrupted",
    "unreadable": "✗ unreadable",
}


@dataclass(frozen=True)
class Wanted:
    """What a run must be to be shown; whatever is empty asks for nothing.

    Every word of `text` must be in the name, the note, a tag, or the label. One of `tags` must be
    there.
    """

    text: str = ""
    datasets: Sequence[str] = ()
    kinds: Sequence[str] = ()
    states: Sequence[str] = ()
    tags: Sequence[str] = ()
    group: str = ""

    def fits(self, run: RunRow) -> bool:
        """Whether this run is one of those."""
        return (
            (not self.group or run.group == self.group)
            and (not self.datasets or run.dataset in self.datasets)
            and (not self.kinds or run.kind in self.kinds)
            and (not self.states or run.state in self.states)
            and (not self.tags or not set(self.tags).isdisjoint(run.tags))
            and (not self.text.strip() or self._says(run))
        )

    def _says(self, run: RunRow) -> bool:
        text = " ".join((run.name, run.note, run.label, *run.tags)).casefold()
        return all(word in text for word in self.text.casefold().split())


def wanted_runs(runs: Iterable[RunRow], wanted: Wanted) -> list[RunRow]:
    """Those of `runs` that are wanted, in the same order."""
    return [run for run in runs if wanted.fits(run)]


@dataclass(frozen=True)
class SortOrder:
    """A way to sort: `key` of a run, None where it has none; `falling`: the usual direction."""

    label: str
    key: Callable[[RunRow], Any]
    falling: bool


ORDERS: dict[str, SortOrder] = {
    "created": SortOrder("When", lambda run: run.created, True),
    "name": SortOrder("Name", lambda run: run.name.casefold(), False),
    "best": SortOrder("Best validation score", lambda run: _goodness(run, run.best_metric), True),
    "last": SortOrder("Last validation score", lambda run: _goodness(run, run.val_metric), True),
    "val_loss": SortOrder("Validation loss", lambda run: run.val_loss, False),
    "epoch": SortOrder("Epochs", lambda run: run.epoch, True),
    "parameters": SortOrder("Parameters", lambda run: run.parameters, False),
    "seconds": SortOrder("Seconds of training", lambda run: run.seconds, False),
}


def _goodness(run: RunRow, metric: float | None) -> tuple[bool, float] | None:
    """More is better; accuracies stand before errors."""
    if metric is None:
        return None
    is_share = run.task == CLASSIFICATION
    return is_share, metric if is_share else -metric


def in_order(runs: Iterable[RunRow], by: str, falling: bool) -> list[RunRow]:
    """`runs` sorted by a key of ORDERS; those without such a number come last either way."""
    key = ORDERS[by].key
    keyed = [(key(run), run) for run in runs]
    there = [pair for pair in keyed if pair[0] is not None]
    there.sort(key=lambda pair: pair[0], reverse=falling)
    return [run for _, run in there] + [run for told, run in keyed if told is None]


def tags_of(runs: Iterable[RunRow]) -> list[str]:
    """Every tag there is, sorted."""
    return sorted({tag for run in runs for tag in run.tags}, key=str.casefold)


def split_tags(text: str) -> list[str]:
    """ "one, two" → ["one", "two"]."""
    return [tag for part in text.split(",") if (tag := " ".join(part.split()))]
