"""Curves as CSV, one row per epoch, under the names of Keras' history.

`loss` and the metric are means during the epoch, `val_loss` and `val_…` are after it.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from playground.history.events import Epoch, Event, metric_name
from playground.history.history import Log
from playground.nn.format import escape_formula


def curves_csv(events: Iterable[Event], task: str) -> str:
    """epoch, updates, seconds, loss, accuracy, val_loss, val_accuracy, learning_rate.

    `seconds` are cumulative, without compilation; `compile_seconds` follow where measured. The
    metric is `accuracy` (0 to 1) or `mean_absolute_error`; `val_` columns need validation examples
    and are empty after epochs that were not evaluated on them.
    """
    rows = _rows(events, task)
    return _text([list(rows[0]) if rows else ["epoch"], *(list(row.values()) for row in rows)])


def runs_csv(runs: Sequence[tuple[str, Iterable[Event], str]]) -> str:
    """The curves of several runs (name, events, task) below each other, with a column `run`.

    The other columns are those of any run; a cell without a value is empty.
    """
    named = [
        (escape_formula(name), row) for name, events, task in runs for row in _rows(events, task)
    ]
    columns = list(dict.fromkeys(column for _, row in named for column in row)) or ["epoch"]
    lines = [[name, *(row.get(column, "") for column in columns)] for name, row in named]
    return _text([["run", *columns], *lines])


def _rows(events: Iterable[Event], task: str) -> list[dict[str, float | None]]:
    metric, rows, compiling = metric_name(task), [], 0.0
    log = Log(events)
    seconds = log.history().training_seconds()
    epochs = [event for event in log if isinstance(event, Epoch)]
    validated = any(event.validation for event in epochs)
    for event, spent in zip(epochs, seconds.tolist(), strict=True):
        row: dict[str, float | None] = {"epoch": event.epoch, "updates": event.step}
        row |= {"seconds": round(spent, 6)}
        if event.compile_seconds is not None:
            compiling += event.compile_seconds
            row["compile_seconds"] = round(compiling, 6)
        row |= {"loss": event.train.loss, metric: event.train.metric}
        if validated:
            score = event.validation
            loss, value = (None, None) if score is None else (score.loss, score.metric)
            row |= {"val_loss": loss, f"val_{metric}": value}
        rows.append(row | {"learning_rate": event.learning_rate})
    return rows


def _text(lines: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()
