"""Curves as a table (.csv), a row an epoch, under the names of Keras' history."""

import csv
import io
from collections.abc import Iterable, Sequence

from playground.history.events import Epoch, Event, metric_name

# A spreadsheet takes what begins so for a formula, and computes it.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def curves_csv(events: Iterable[Event], task: str) -> str:
    """epoch, updates, seconds (since the beginning), loss, accuracy, val_loss, …, learning_rate.

    The metric is `accuracy` (0 to 1) or `mean_absolute_error`; without validation examples there
    are no `val_` columns.
    """
    rows = _rows(events, task)
    return _written([list(rows[0]) if rows else ["epoch"], *(list(row.values()) for row in rows)])


def runs_csv(runs: Sequence[tuple[str, Iterable[Event], str]]) -> str:
    """The curves of several runs (name, events, task) below each other, the run's name first.

    The columns are those of any of them; what a run does not have is empty.
    """
    found = [(harmless(name), row) for name, events, task in runs for row in _rows(events, task)]
    columns = list(dict.fromkeys(column for _, row in found for column in row))
    lines = [[name, *(row.get(column, "") for column in columns)] for name, row in found]
    return _written([["run", *(columns or ["epoch"])], *lines])


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: with an apostrophe before it if need be."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _rows(events: Iterable[Event], task: str) -> list[dict[str, float]]:
    metric, seconds, rows = metric_name(task), 0.0, []
    for event in events:
        if not isinstance(event, Epoch):
            continue
        seconds += event.seconds
        row: dict[str, float] = {"epoch": event.epoch, "updates": event.step}
        row |= {"seconds": round(seconds, 6), "loss": event.train.loss, metric: event.train.metric}
        if event.validation is not None:
            row |= {"val_loss": event.validation.loss, f"val_{metric}": event.validation.metric}
        rows.append(row | {"learning_rate": event.learning_rate})
    return rows


def _written(lines: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
