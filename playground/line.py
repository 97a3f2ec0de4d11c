"""Rows of runs as lines of the list, and which of those that play are really at work."""

import os
import socket
import time
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

    def state(self, row: Any) -> str:
        """The state of a run, "interrupted" if it plays no more though it says so."""
        if row.state != "playing":
            return str(row.state)
        if row.process not in self._known:
            self._known[row.process] = _may_live(str(row.process))
        there = self._known[row.process] and self._now - row.written < LEASE
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


def listed(row: Any, alive: Alive) -> Listed:
    """A row with the columns of LINE as a line of the list."""
    try:
        for text in row[: len(TEXTS)]:
            if not isinstance(text, str):
                raise TypeError(f"a column must be text, got {shown(text)}")
        return Listed(
            id=row.id, group=row.group_id, kind=row.kind, label=row.label,
            name=row.named or row.generated, note=row.note, tags=rows.texts(row.tags, MOST_TAGS),
            link=row.link, dataset=row.dataset, task=row.task, state=alive.state(row),
            epoch=int(row.epoch), epochs=int(row.epochs), loss=rows.number(row.loss),
            metric=rows.number(row.metric), val_loss=rows.number(row.val_loss),
            val_metric=rows.number(row.val_metric), best_metric=rows.number(row.best_metric),
            parameters=int(row.parameters), seconds=float(row.seconds),
            created=datetime.fromtimestamp(row.created, UTC),
        )  # fmt: skip
    except (TypeError, ValueError, OverflowError, OSError):
        return _unreadable(shown(row.id))


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
