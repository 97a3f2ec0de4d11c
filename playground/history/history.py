"""The log of a run, and its finished epochs as columns of numbers, ready to be drawn.

How long training took, without what is done only once before it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from playground.history.events import Epoch, Event, ExamplesAdded, HyperparametersChanged

Column = NDArray[np.float32]

_TRAIN = ("loss", "metric", "penalty", "learning_rate", "seconds")
_VALIDATION = ("val_loss", "val_metric", "val_penalty")


@dataclass(frozen=True)
class History:
    """One value an epoch in every column, read-only.

    `metric` is the accuracy (0 to 1) or the mean absolute error, as in `events.Score`; a loss
    contains the L1/L2 penalty, which also stands by itself. Without validation examples `val_loss`,
    `val_metric` and `val_penalty` are None.
    """

    epoch: NDArray[np.int32]  # from 1
    loss: Column
    metric: Column
    penalty: Column
    val_loss: Column | None
    val_metric: Column | None
    val_penalty: Column | None
    learning_rate: Column
    seconds: Column  # of each epoch
    changes: tuple[HyperparametersChanged, ...]
    lessons: tuple[ExamplesAdded, ...]
    best_epoch: int | None  # of the smallest validation loss, the first of equals

    def __len__(self) -> int:
        return len(self.epoch)


class Log(Sequence[Event]):
    """Events in the order they happened; only ever longer.

    One thread appends while others read. The columns grow with the log, so that a history costs the
    same after 10,000 epochs as after one.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events: list[Event] = []
        self._changes: list[HyperparametersChanged] = []
        self._lessons: list[ExamplesAdded] = []
        self._epochs = np.zeros(64, np.int32)
        self._columns = np.zeros((len(_TRAIN) + len(_VALIDATION), 64), np.float32)
        self._count = 0
        self._validated = False
        self._best: tuple[float, int] | None = None
        self.extend(events)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._events[index]

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def extend(self, events: Iterable[Event]) -> None:
        """Append `events`."""
        for event in events:
            if isinstance(event, Epoch):
                self._add(event)
            elif isinstance(event, HyperparametersChanged):
                self._changes.append(event)
            elif isinstance(event, ExamplesAdded):
                self._lessons.append(event)
            self._events.append(event)

    def _add(self, e: Epoch) -> None:
        n = self._count
        if n == len(self._epochs):
            # New arrays: those handed out before stay as they are.
            self._epochs = np.concatenate([self._epochs, np.zeros_like(self._epochs)])
            self._columns = np.concatenate([self._columns, np.zeros_like(self._columns)], axis=1)
        self._epochs[n] = e.epoch
        train = (e.train.loss, e.train.metric, e.train.penalty, e.learning_rate, e.seconds)
        self._columns[: len(_TRAIN), n] = train
        if e.validation is not None:
            self._validated = True
            seen = e.validation
            self._columns[len(_TRAIN) :, n] = seen.loss, seen.metric, seen.penalty
            if self._best is None or e.validation.loss < self._best[0]:
                self._best = e.validation.loss, e.epoch
        self._count = n + 1

    def history(self) -> History:
        """The finished epochs so far."""
        n = self._count
        epochs, rows = self._epochs[:n], self._columns[:, :n]
        epochs.flags.writeable = rows.flags.writeable = False
        names = _TRAIN + _VALIDATION if self._validated else _TRAIN
        columns: dict[str, Column | None] = dict.fromkeys(_VALIDATION)
        columns.update(zip(names, rows, strict=False))
        best = self._best[1] if self._best else None
        return History(
            epoch=epochs,
            changes=tuple(self._changes),
            lessons=tuple(self._lessons),
            best_epoch=best,
            **columns,  # type: ignore[arg-type]
        )


def history(events: Iterable[Event]) -> History:
    """The finished epochs among `events`; at no cost where they are a Log."""
    return (events if isinstance(events, Log) else Log(events)).history()


@dataclass(frozen=True)
class LayerHistory:
    """Layers over the epochs: gradient and update beside weight, root mean squares as in events.

    NaN where a weight is 0 throughout.
    """

    epoch: NDArray[np.int32]  # (n,) from 1
    gradient: Column  # (n, n_layers)
    ratio: Column  # (n, n_layers): update / weight


def layer_history(events: Iterable[Event], most: int = 500) -> LayerHistory:
    """The layers after at most `most` of the finished epochs, evenly spread, with the last one."""
    epochs = [event for event in events if isinstance(event, Epoch)]
    if len(epochs) > most:
        rows = np.linspace(0, len(epochs) - 1, most).round().astype(int)
        epochs = [epochs[row] for row in rows]
    told = [[(s.gradient, s.update, s.weight) for s in event.layers] for event in epochs]
    columns = np.array(told, np.float64).reshape(len(epochs), len(told[0]) if told else 0, 3)
    gradient, update, weight = np.moveaxis(columns, 2, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(weight > 0, update / weight, np.nan)
    number = np.array([event.epoch for event in epochs], np.int32)
    return LayerHistory(number, gradient.astype(np.float32), ratio.astype(np.float32))


USUAL = slice(1, 6)  # the epochs that say how long one takes


def seconds_spent(history: History) -> NDArray[np.float64]:
    """Seconds of training and validating until the end of each epoch.

    The first epoch counts no more than the median of the next five: beside training, a network's
    program is compiled in it, which takes seconds once and says nothing about the competitor.
    """
    seconds = history.seconds.astype(np.float64)
    usual = seconds[USUAL]
    if len(usual):
        seconds[0] = min(seconds[0], float(np.median(usual)))
    return np.cumsum(seconds)
