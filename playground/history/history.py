"""The event log of a run, and its finished epochs as columns and as a figure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from playground.history.events import Epoch, Event, ExamplesAdded, HyperparametersChanged

if TYPE_CHECKING:
    import pandas as pd

Column = NDArray[np.float32]

_TRAIN = ("loss", "metric", "penalty", "learning_rate", "seconds", "compile_seconds")
_VALIDATION = ("val_loss", "val_metric", "val_penalty")

TYPICAL = slice(1, 6)  # the epochs whose median stands for the first one


@dataclass(frozen=True, repr=False)
class History:
    """One value per epoch in every column, read-only.

    `loss`, `metric`: means during the epoch; `val_loss`, `val_metric`: after it, NaN where it was
    not evaluated (see `validated`), None without any evaluation. The metric is the accuracy (0 to
    1) or the mean absolute error. A loss includes the L1/L2 penalty, which is also a column of its
    own.

    `best_epoch` has the lowest `val_loss`, penalty included, the first of equals: the value that
    Keras reports and its EarlyStopping monitors. None without any evaluation.

    `metric_name` is Keras' name of the metric where the task is known.
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
    compile_seconds: Column  # before each epoch; NaN where `seconds` may include them
    changes: tuple[HyperparametersChanged, ...]
    examples_added: tuple[ExamplesAdded, ...]
    best_epoch: int | None
    metric_name: str = "metric"

    def __len__(self) -> int:
        return len(self.epoch)

    @cached_property
    def validated(self) -> "History":
        """The epochs after which the network was evaluated on the validation examples.

        The history itself where that is each of them, or none: with a `validation_freq` of N every
        N-th. Whoever reads a last validation score, or both splits side by side, reads it here.
        """
        rows = None if self.val_loss is None else ~np.isnan(self.val_loss)
        if rows is None or rows.all() or not rows.any():
            return self
        columns = {n: getattr(self, n)[rows] for n in ("epoch", *_TRAIN, *_VALIDATION)}
        return replace(self, **columns)

    def __repr__(self) -> str:
        columns = dict(self._named()) | dict(self.validated._named()[2:])
        last = (f"{name} {values[-1]:.4g}" for name, values in columns.items() if len(self))
        return f"<History of {len(self)} epochs{': ' * bool(len(self))}{', '.join(last)}>"

    def _repr_html_(self) -> str:
        return str(self.to_pandas()._repr_html_())  # type: ignore[operator]  # of notebooks

    def _named(self) -> list[tuple[str, Column]]:
        """The scores under the names of Keras' history, those of validation where there are any."""
        metric = self.metric_name
        columns = {
            "loss": self.loss, metric: self.metric,
            "val_loss": self.val_loss, f"val_{metric}": self.val_metric,
        }  # fmt: skip
        return [(name, values) for name, values in columns.items() if values is not None]

    def to_pandas(self) -> "pd.DataFrame":
        """A row per epoch: the scores by the names of Keras' history, learning rate and seconds.

        NaN where an epoch was not evaluated on the validation examples.
        """
        import pandas as pd

        columns = {**dict(self._named()), "learning_rate": self.learning_rate}
        columns["seconds"] = self.seconds
        return pd.DataFrame(columns, index=pd.Index(self.epoch, name="epoch"))

    def plot(self) -> Any:
        """Loss and metric over the epochs, as a `plotly.graph_objects.Figure`."""
        return curves(self)

    def training_seconds(self) -> NDArray[np.float64]:
        """Cumulative seconds (n,) of training and validation, compilation excluded.

        In runs that did not measure compilation, the first epoch includes it: there it counts no
        more than the median of the next five.
        """
        seconds = self.seconds.astype(np.float64)
        typical = seconds[TYPICAL]
        if len(typical) and np.isnan(self.compile_seconds[0]):
            seconds[0] = min(seconds[0], float(np.median(typical)))
        return np.cumsum(seconds)

    def total_compile_seconds(self) -> float | None:
        """Seconds of compilation before the epochs; None if they were not measured."""
        measured = self.compile_seconds[~np.isnan(self.compile_seconds)]
        return float(measured.sum(dtype=np.float64)) if len(measured) else None


class Log(Sequence[Event]):
    """Append-only sequence of events.

    One thread appends while others read. The columns grow with the log, so that a history costs
    the same after 10,000 epochs as after one.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events: list[Event] = []
        self._changes: list[HyperparametersChanged] = []
        self._examples_added: list[ExamplesAdded] = []
        self._epochs = np.zeros(64, np.int32)
        self._columns = np.zeros((len(_TRAIN) + len(_VALIDATION), 64), np.float32)
        self._count = 0
        self._validated = False
        self._best: tuple[float, int | None] = np.inf, None
        self.extend(events)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._events[index]

    def __len__(self) -> int:
        return len(self._events)

    def __repr__(self) -> str:
        return f"<Log of {len(self)} events, {self._count} epochs>"

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
                self._examples_added.append(event)
            self._events.append(event)

    def _add(self, e: Epoch) -> None:
        n = self._count
        if n == len(self._epochs):
            # New arrays: histories handed out before stay as they are.
            self._epochs = np.concatenate([self._epochs, np.zeros_like(self._epochs)])
            self._columns = np.concatenate([self._columns, np.zeros_like(self._columns)], axis=1)
        self._epochs[n] = e.epoch
        compiling = np.nan if e.compile_seconds is None else e.compile_seconds
        self._columns[: len(_TRAIN), n] = (
            e.train.loss, e.train.metric, e.train.penalty, e.learning_rate, e.seconds, compiling,
        )  # fmt: skip
        score = e.validation
        self._validated |= score is not None
        self._columns[len(_TRAIN) :, n] = (
            np.nan if score is None else (score.loss, score.metric, score.penalty)
        )
        self._count = n + 1
        # After the count, and read before it: a reader's best epoch is among its rows.
        if e.validation is not None and e.validation.loss < self._best[0]:
            self._best = e.validation.loss, e.epoch

    def history(self) -> History:
        """The finished epochs so far."""
        best, n = self._best[1], self._count
        epochs, rows = self._epochs[:n], self._columns[:, :n]
        epochs.flags.writeable = rows.flags.writeable = False
        names = _TRAIN + _VALIDATION if self._validated else _TRAIN
        columns: dict[str, Column | None] = dict.fromkeys(_VALIDATION)
        columns.update(zip(names, rows, strict=False))
        return History(
            epoch=epochs,
            changes=tuple(self._changes),
            examples_added=tuple(self._examples_added),
            best_epoch=best,
            **columns,  # type: ignore[arg-type]
        )


def history(events: Iterable[Event]) -> History:
    """The finished epochs among `events`; free of cost for a Log."""
    return (events if isinstance(events, Log) else Log(events)).history()


@dataclass(frozen=True)
class LayerHistory:
    """Root mean squares of each layer over the epochs, as in LayerStatistics.

    `ratio` is NaN where all weights are 0.
    """

    epoch: NDArray[np.int32]  # (n,) from 1
    gradient: Column  # (n, n_layers)
    ratio: Column  # (n, n_layers): update / weight


def layer_history(events: Iterable[Event], max_epochs: int = 500) -> LayerHistory:
    """The layers after at most `max_epochs` finished epochs, evenly spaced, the last included."""
    epochs = [event for event in events if isinstance(event, Epoch)]
    if len(epochs) > max_epochs:
        rows = np.linspace(0, len(epochs) - 1, max_epochs).round().astype(int)
        epochs = [epochs[row] for row in rows]
    values = [[(s.gradient, s.update, s.weight) for s in event.layers] for event in epochs]
    columns = np.array(values, np.float64).reshape(len(epochs), len(values[0]) if values else 0, 3)
    gradient, update, weight = np.moveaxis(columns, 2, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(weight > 0, update / weight, np.nan)
    number = np.array([event.epoch for event in epochs], np.int32)
    return LayerHistory(number, gradient.astype(np.float32), ratio.astype(np.float32))


TRAINING, VALIDATION = "#0877bd", "#3d9fe0"  # one hue: solid for training, dashed for validation
MARK = "#8a8f98"  # best epochs, changes of settings
FEW_POINTS = 25  # that are drawn as markers on the line


def curves(history: History) -> Any:
    """A `plotly.graph_objects.Figure`: the loss and the metric of both splits over the epochs.

    The best epoch is marked; a thin line stands where a setting was changed.
    """
    from plotly.subplots import make_subplots

    validated = history.validated
    titles = [name.replace("_", " ") for name in ("loss", history.metric_name)]
    figure = make_subplots(1, 2, subplot_titles=[title.capitalize() for title in titles])
    for column, name in enumerate(("loss", "metric"), start=1):
        splits = (
            ("training", history.epoch, getattr(history, name), TRAINING, "solid"),
            ("validation", validated.epoch, getattr(validated, f"val_{name}"), VALIDATION, "dash"),
        )
        for split, epoch, values, color, dash in splits:
            if values is not None:
                figure.add_scatter(
                    x=epoch, y=values, name=split, legendgroup=split,
                    showlegend=column == 1, line={"color": color, "dash": dash},
                    mode="lines+markers" if len(epoch) <= FEW_POINTS else "lines",
                    row=1, col=column,
                )  # fmt: skip
        figure.update_xaxes(title_text="epoch", row=1, col=column)
        figure.update_yaxes(title_text=titles[column - 1], row=1, col=column)
    if history.val_loss is not None and history.best_epoch is not None:
        row = int(np.searchsorted(history.epoch, history.best_epoch))
        figure.add_scatter(
            x=[history.best_epoch], y=[history.val_loss[row]], name="best epoch", mode="markers",
            marker={"symbol": "circle-open", "size": 12, "color": VALIDATION}, row=1, col=1,
        )  # fmt: skip
    for change in history.changes:
        figure.add_vline(x=change.epoch, line={"color": MARK, "width": 1})
    if history.metric_name == "accuracy":
        figure.update_yaxes(tickformat=".0%", row=1, col=2)
    return figure.update_layout(height=340, margin={"t": 40, "b": 40}, hovermode="x unified")
