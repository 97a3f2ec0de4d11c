"""Rows of runs as lines of the list, and which of those that play are really at work."""

import os
import socket
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import psutil

from playground import rows
from playground.database import RUNS
from playground.saved import Group, Listed
from playground.values import shown

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


def listed(row: Sequence[Any], alive: Alive) -> Listed:
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
                raise TypeError(f"a column must be text, got {shown(text)}")
        for count in (epoch, epochs, parameters):
            if count.__class__ is not int:
                raise TypeError(f"a column must be a whole number, got {shown(count)}")
        if state == "playing":
            state = alive.state(process, written)
        number = rows.number
        return Listed(
            id, group, kind, label, named or generated, note,
            () if tags == "[]" else rows.texts(tags, MOST_TAGS),
            link, dataset, task, str(state), epoch, epochs, number(loss), number(metric),
            number(val_loss), number(val_metric), number(best_metric), parameters, float(seconds),
            datetime.fromtimestamp(created, UTC),
        )  # fmt: skip
    except (TypeError, ValueError, OverflowError, OSError):
        return _unreadable(shown(id))


def _unreadable(id: str) -> Listed:
    """What stands in the list for a row that is damaged: it can still be deleted."""
    return Listed(
        id=id, group="", kind="", label="", name="a damaged run", note="", tags=(), link="v=1",
        dataset="", task="", state="unreadable", epoch=0, epochs=0, loss=None, metric=None,
        val_loss=None, val_metric=None, best_metric=None, parameters=0, seconds=0.0,
        created=datetime.fromtimestamp(0, UTC),
    )  # fmt: skip


def grouped(row: Any) -> Group:
    """A row of GROUPS as a value."""
    created = datetime.fromtimestamp(row.created, UTC)
    return Group(row.id, row.kind, row.title, row.plan, created)
