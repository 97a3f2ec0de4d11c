"""Lists of saved runs: searched and sorted by the database, read as values."""

import json
import os
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psutil
from sqlalchemy import ColumnElement, and_, case, func, or_, true

from playground.nn.format import truncate
from playground.nn.losses import CLASSIFICATION
from playground.storage.records import RunGroup, RunRow
from playground.storage.schema import RUNS
from playground.storage.serialization import number, texts

LEASE = 60.0  # seconds without a write after which a run that plays counts as interrupted
MAX_TAGS = 20

TEXTS = (
    "id", "group_id", "kind", "label", "generated", "named", "note", "link", "dataset", "task",
    "state", "process",
)  # fmt: skip
NUMBERS = (
    "epoch", "epochs", "loss", "metric", "val_loss", "val_metric", "best_metric", "parameters",
    "seconds", "compile_seconds", "created", "written",
)  # fmt: skip

ROW = tuple(RUNS.c[name] for name in (*TEXTS, "tags", *NUMBERS))  # the columns of a RunRow

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

Clause = ColumnElement[Any]

_NAME = func.coalesce(func.nullif(RUNS.c.named, ""), RUNS.c.generated)


@dataclass(frozen=True)
class SortOrder:
    """A sort order: `keys` in decreasing importance; `descending`: the usual direction."""

    label: str
    keys: tuple[Any, ...]
    descending: bool


def _goodness(metric: Any) -> tuple[Any, ...]:
    """Accuracies before errors; of these, the higher is better, of those the lower."""
    is_accuracy = RUNS.c.task == CLASSIFICATION
    return case((is_accuracy, 1), else_=0), case((is_accuracy, metric), else_=-metric)


ORDERS: Mapping[str, SortOrder] = {
    "created": SortOrder("When", (RUNS.c.number,), True),
    "name": SortOrder("Name", (func.lower(_NAME),), False),
    "best": SortOrder("Best validation score", _goodness(RUNS.c.best_metric), True),
    "last": SortOrder("Last validation score", _goodness(RUNS.c.val_metric), True),
    "val_loss": SortOrder("Validation loss", (RUNS.c.val_loss,), False),
    "epoch": SortOrder("Epochs", (RUNS.c.epoch,), True),
    "parameters": SortOrder("Parameters", (RUNS.c.parameters,), False),
    "seconds": SortOrder("Seconds of training", (RUNS.c.seconds,), False),
}


@dataclass(frozen=True)
class RunQuery:
    """Which runs to list, and in which order; an empty field selects all.

    Every word of `text` must be in the name, the note, the label or a tag. One of `tags` must be
    there.
    """

    text: str = ""
    datasets: Sequence[str] = ()
    kinds: Sequence[str] = ()
    states: Sequence[str] = ()
    tags: Sequence[str] = ()
    group: str = ""
    ids: Sequence[str] | None = None
    scored: bool = False  # only runs with a validation score
    order: str = "created"  # a key of ORDERS
    descending: bool = True

    def where(self, alive: Iterable[str]) -> Clause:
        """The condition; `alive`: the processes whose runs can be playing."""
        clauses: list[Clause] = [true()]
        for column, values in ((RUNS.c.dataset, self.datasets), (RUNS.c.kind, self.kinds)):
            if values:
                clauses.append(column.in_(values))
        if self.group:
            clauses.append(RUNS.c.group_id == self.group)
        if self.ids is not None:
            clauses.append(RUNS.c.id.in_(self.ids))
        if self.scored:
            clauses.append(RUNS.c.best_metric.is_not(None))
        if self.states:
            clauses.append(_has_state(self.states, list(alive)))
        if self.tags:
            matches = (RUNS.c.tags.contains(_json(tag), autoescape=True) for tag in self.tags)
            clauses.append(or_(*matches))
        for word in self.text.casefold().split():
            parts = {
                _NAME: word,
                RUNS.c.note: word,
                RUNS.c.label: word,
                RUNS.c.tags: _json(word)[1:-1],
            }
            matches = (func.lower(c).contains(part, autoescape=True) for c, part in parts.items())
            clauses.append(or_(*matches))
        return and_(*clauses)

    def order_by(self) -> list[Clause]:
        """The sort keys; runs without such a number are last in either direction."""
        keys = ORDERS[self.order].keys
        directed = [key.desc() if self.descending else key.asc() for key in keys]
        return [case((keys[-1].is_(None), 1), else_=0), *directed, RUNS.c.number.desc()]


def _json(text: str) -> str:
    """A text as it stands in the JSON list of tags, with its quotes."""
    return json.dumps(text, ensure_ascii=False)


def _has_state(states: Sequence[str], alive: Sequence[str]) -> Clause:
    stored = RUNS.c.state
    plays = and_(RUNS.c.process.in_(alive), RUNS.c.written > time.time() - LEASE)
    clauses: list[Clause] = [stored.in_([state for state in states if state != "playing"])]
    if "playing" in states:
        clauses.append(and_(stored == "playing", plays))
    if "interrupted" in states:
        clauses.append(and_(stored == "playing", ~plays))
    if "unreadable" in states:
        clauses.append(stored.not_in(list(STATES)))
    return or_(*clauses)


@dataclass(frozen=True)
class RunFacets:
    """What an owner's runs can be filtered by."""

    total: int
    playing: bool  # whether any of them is
    datasets: Mapping[str, str]  # name → the link text of a run on it
    tags: tuple[str, ...]  # sorted


def split_tags(text: str) -> list[str]:
    """ "one, two" → ["one", "two"]."""
    return [tag for part in text.split(",") if (tag := " ".join(part.split()))]


@cache
def process() -> str:
    """This process, named uniquely among all processes of all machines."""
    return f"{socket.gethostname()[:100]} {os.getpid()} {psutil.Process().create_time():.0f}"


def is_alive(name: str) -> bool:
    """Whether the process of that name may be running; one of another machine may be."""
    host, _, pid = name.rpartition(" ")[0].rpartition(" ")
    if name == process() or host != process().rpartition(" ")[0].rpartition(" ")[0]:
        return True
    try:
        started = psutil.Process(int(pid)).create_time()
    except (psutil.Error, ValueError, OverflowError):
        return False
    return f"{started:.0f}" == name.rpartition(" ")[2]


def run_rows(rows: Sequence[Sequence[Any]]) -> list[RunRow]:
    """Database rows that begin with the columns of ROW as values."""
    now = time.time()
    alive = cache(is_alive)  # each process is looked up once
    return [_run_row(row, lambda process: alive(process), now) for row in rows]


def _run_row(row: Sequence[Any], alive: Any, now: float) -> RunRow:
    # Unpacked, because looking up columns by name would take most of the time.
    (
        id, group, kind, label, generated, named, note, link, dataset, task, state, process, tags,
        epoch, epochs, loss, metric, val_loss, val_metric, best_metric, parameters, seconds,
        compile_seconds, created, written,
    ) = row[: len(ROW)]  # fmt: skip
    try:
        for text in (id, group, kind, label, generated, named, note, link, dataset, task, process):
            if text.__class__ is not str:
                raise TypeError(f"a column must be text, got {truncate(text)}")
        for count in (epoch, epochs, parameters):
            if count.__class__ is not int:
                raise TypeError(f"a column must be a whole number, got {truncate(count)}")
        if state == "playing" and not (now - written < LEASE and alive(process)):
            state = "interrupted"
        return RunRow(
            id, group, kind, label, named or generated, note,
            () if tags == "[]" else texts(tags, MAX_TAGS),
            link, dataset, task, str(state), epoch, epochs, number(loss), number(metric),
            number(val_loss), number(val_metric), number(best_metric), parameters, float(seconds),
            number(compile_seconds), datetime.fromtimestamp(created, UTC),
        )  # fmt: skip
    except (TypeError, ValueError, OverflowError, OSError):
        return RunRow(  # a damaged row stays in the list, where it can be deleted
            id=truncate(id), group="", kind="", label="", name="a damaged run", note="", tags=(),
            link="v=1", dataset="", task="", state="unreadable", epoch=0, epochs=0, loss=None,
            metric=None, val_loss=None, val_metric=None, best_metric=None, parameters=0,
            seconds=0.0, compile_seconds=None, created=datetime.fromtimestamp(0, UTC),
        )  # fmt: skip


def run_group(row: Any) -> RunGroup:
    """A row of GROUPS as a value."""
    created = datetime.fromtimestamp(row.created, UTC)
    return RunGroup(row.id, row.kind, row.title, row.plan, created)
