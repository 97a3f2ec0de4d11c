"""Events, weights and scores as database rows, and back; whatever is read is validated."""

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, func, select

from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble, run_name, summary
from playground.experiment.url import encode
from playground.history.events import (  # fmt: skip
    Diverged,
    Epoch,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    LayerStatistics,
    Score,
    WeightsLoaded,
    WorkerLost,
)
from playground.nn.format import truncate
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot
from playground.storage.records import StoreError
from playground.storage.schema import EPOCHS

Row = dict[str, Any]

SCORES, VALIDATION_SCORES = ("loss", "metric"), ("val_loss", "val_metric")

LARGEST_EPOCH = 10_000_000
LONGEST_BODY = 20_000  # characters

EVENTS: dict[str, type] = {  # by the kind in a row; databases in use hold these names
    "changed": HyperparametersChanged,
    "taught": ExamplesAdded,
    "loaded": WeightsLoaded,
    "diverged": Diverged,
    "finished": Finished,
    "lost": WorkerLost,
}
KINDS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in EVENTS.items()}


def number(value: Any) -> float | None:
    """A finite number, or None: not every database can store NaN and infinity."""
    return float(value) if value is not None and math.isfinite(value) else None


def epoch_row(event: Epoch) -> Row:
    """An Epoch as a row; a score that is not finite becomes None."""
    train, validation = event.train, event.validation
    flat: list[float] = []
    for s in event.layers:
        flat += s.gradient, s.weight, s.update, math.nan if s.dead is None else s.dead
    return {
        "epoch": event.epoch,
        "step": event.step,
        "loss": number(train.loss),
        "metric": number(train.metric),
        "penalty": number(train.penalty),
        "validated": validation is not None,
        "val_loss": validation and number(validation.loss),
        "val_metric": validation and number(validation.metric),
        "val_penalty": validation and number(validation.penalty),
        "learning_rate": event.learning_rate,
        "seconds": event.seconds,
        "layers": struct.pack(f"<{len(flat)}d", *flat),
        "compile_seconds": event.compile_seconds,
    }


def event_row(event: Event) -> Row:
    """Any other event as a row."""
    kind = next(name for name, kind in EVENTS.items() if isinstance(event, kind))
    return {"kind": kind, "body": KINDS[kind].dump_json(event).decode()}


def log_of(epochs: Sequence[Any], events: Sequence[Any], n_layers: int) -> list[Event]:
    """The log of these rows; StoreError where they are impossible."""
    try:
        placed = _epochs(epochs, n_layers)
        placed += [(int(row.position), _event(row)) for row in events]
    except (TypeError, ValueError, KeyError, struct.error, ValidationError) as error:
        raise StoreError(
            f"This run cannot be read, its rows are damaged: {truncate(error)}."
        ) from error
    placed.sort(key=lambda pair: pair[0])
    if [position for position, _ in placed] != list(range(len(placed))):
        raise StoreError("This run cannot be read: a part of its history is missing.")
    log = [event for _, event in placed]
    numbers = [event.epoch for event in log if isinstance(event, Epoch)]
    if any(after <= before for before, after in pairwise(numbers)):
        raise StoreError("This run cannot be read: its epochs are not in order.")
    return log


def _epochs(rows: Sequence[Any], n_layers: int) -> list[tuple[int, Event]]:
    """Position and event of rows with the columns of EPOCHS."""
    form = struct.Struct(f"<{4 * n_layers}d")
    made: list[tuple[int, Event]] = []
    # Unpacked: a long run has 10,000 rows, and looking up columns by name is slow.
    for (
        _, position, epoch, step, loss, metric, penalty, validated, val_loss, val_metric,
        val_penalty, rate, seconds, layers, compile_seconds,
    ) in rows:  # fmt: skip
        statistics = form.unpack(layers)
        validation = Score(_number(val_loss), _number(val_metric), _number(val_penalty))
        event = Epoch(
            _count(epoch),
            _count(step),
            Score(_number(loss), _number(metric), _number(penalty)),
            validation if validated else None,
            float(rate),
            float(seconds),
            tuple(
                LayerStatistics(gradient, weight, update, None if dead != dead else dead)
                for gradient, weight, update, dead in zip(*[iter(statistics)] * 4, strict=True)
            ),
            None if compile_seconds is None else float(compile_seconds),
        )
        made.append((_count(position), event))
    return made


def _event(row: Any) -> Event:
    if not isinstance(row.body, str) or len(row.body) > LONGEST_BODY:
        raise ValueError("an event must be short text")
    event: Event = KINDS[row.kind].validate_json(row.body)
    _count(event.epoch)
    return event


def _count(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= LARGEST_EPOCH:
        raise ValueError(f"a count must be between 0 and {LARGEST_EPOCH:,}, got {truncate(value)}")
    return value


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def weights_of(snapshot: Snapshot) -> bytes | None:
    """All weights as float32 bytes; None if one of them is not finite."""
    if not all(np.isfinite(weight).all() for weight in snapshot.weights):
        return None
    return b"".join(np.ascontiguousarray(w, "<f4").tobytes() for w in snapshot.weights)


def snapshot_of(experiment: Experiment, epoch: int, content: Any) -> Snapshot:
    """The network of `experiment` with these weights; StoreError if the sizes differ."""
    sizes = list(pairwise(experiment.layer_sizes))
    expected = 4 * sum((n_in + 1) * n_out for n_in, n_out in sizes)
    if not isinstance(content, bytes) or len(content) != expected:
        got = len(content) if isinstance(content, bytes) else "none"
        raise StoreError(f"Saved weights must have {expected:,} bytes for this network, got {got}.")
    numbers = np.frombuffer(content, "<f4").astype(np.float32)
    if not np.isfinite(numbers).all():
        raise StoreError("Saved weights must be finite numbers.")
    numbers.setflags(write=False)
    weights, start = [], 0
    for n_in, n_out in sizes:
        weights.append(numbers[start : start + n_in * n_out].reshape(n_in, n_out))
        start += n_in * n_out
        weights.append(numbers[start : start + n_out])
        start += n_out
    return assemble(experiment, _count(epoch), weights)


def texts(body: Any, limit: int) -> tuple[str, ...]:
    """The first `limit` texts of a JSON list; empty for anything else."""
    try:
        values = json.loads(body)
    except (TypeError, ValueError, RecursionError):
        return ()
    if not isinstance(values, list) or not all(isinstance(text, str) for text in values):
        return ()
    return tuple(values[:limit])


def versions_of(body: Any) -> Mapping[str, str]:
    """A JSON object of texts; empty for anything else."""
    try:
        values = json.loads(body)
    except (TypeError, ValueError, RecursionError):
        return {}
    return {str(k): str(v)[:100] for k, v in values.items()} if isinstance(values, dict) else {}


def rows_of(run: int, events: Iterable[Event], first: int) -> tuple[list[Row], list[Row]]:
    """Rows of epochs and of other events, from position `first` on in the log of a run."""
    epochs: list[Row] = []
    others: list[Row] = []
    for position, event in enumerate(events, first):
        key = {"run": run, "position": position}
        if isinstance(event, Epoch):
            epochs.append(key | epoch_row(event))
        else:
            others.append(key | event_row(event))
    return epochs, others


@lru_cache(maxsize=64)
def columns_of(experiment: Experiment) -> Row:
    """The columns of a run that follow from its experiment."""
    return {
        "generated": run_name(experiment)[:300],
        "link": encode(experiment),
        "dataset": experiment.data.dataset,
        "task": experiment.data.source.task,
        "epochs": experiment.training.epochs,
        "parameters": summary(experiment).parameters,
    }


def columns_of_new_epochs(epochs: list[Row], run: Any) -> Row:
    """The columns of a run after further epochs; `run`: its row before."""
    metrics = [row["val_metric"] for row in epochs] + [run.best_metric]
    metrics = [metric for metric in metrics if metric is not None]
    best = max if run.task == CLASSIFICATION else min
    compiling = [row["compile_seconds"] for row in epochs] + [run.compile_seconds]
    compiling = [seconds for seconds in compiling if seconds is not None]
    validated = next((row for row in reversed(epochs) if row["validated"]), run._mapping)
    return {
        **{name: epochs[-1][name] for name in SCORES},
        **{name: validated[name] for name in VALIDATION_SCORES},
        "seconds": run.seconds + sum(row["seconds"] for row in epochs),
        "compile_seconds": sum(compiling) if compiling else None,
        "best_metric": best(metrics) if metrics else None,
    }


def columns_of_all_epochs(connection: Connection, number: int, task: str) -> Row:
    """The same columns from all epochs of the run in the database."""
    of_run = EPOCHS.c.run == number
    best = func.max if task == CLASSIFICATION else func.min
    sums = select(
        func.sum(EPOCHS.c.seconds), func.sum(EPOCHS.c.compile_seconds), best(EPOCHS.c.val_metric)
    )
    seconds, compiling, metric = connection.execute(sums.where(of_run)).one()
    values: Row = {}
    for names, rows in ((SCORES, of_run), (VALIDATION_SCORES, of_run & EPOCHS.c.validated)):
        scores = select(*(EPOCHS.c[name] for name in names)).where(rows)
        last = connection.execute(scores.order_by(EPOCHS.c.position.desc()).limit(1)).one_or_none()
        values |= last._mapping if last else dict.fromkeys(names)
    return {
        **values, "seconds": seconds or 0.0, "compile_seconds": compiling, "best_metric": metric
    }  # fmt: skip
