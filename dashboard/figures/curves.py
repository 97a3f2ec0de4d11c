"""Curves over the epochs: loss, accuracy (or mean absolute error) and the learning rate in use."""

from typing import Any

import numpy as np

from dashboard.figures.figure import (
    MARK,
    RATE,
    TRAINING,
    VALIDATION,
    Figure,
    frame,
    thin,
)
from playground.history import Column, History

METRICS = {"accuracy": "Accuracy", "mean_absolute_error": "Mean absolute error"}
SYMBOLS = {
    "learning_rate": "η", "l1": "L1", "l2": "L2", "dropout": "dropout", "batch_size": "batch"
}  # fmt: skip


def loss_curves(history: History, logarithmic: bool = False, keep: str = "") -> Figure:
    """Loss of training and validation examples after each epoch; the best epoch is marked."""
    figure = _pair(history.epoch, history.loss, history.val_loss, "Loss", "loss", ".4f")
    axis = figure["layout"]["yaxis"]
    if logarithmic:
        axis |= {"type": "log", "exponentformat": "e"}
    axis["uirevision"] = f"{keep} {logarithmic}"  # a zoom of one scale means nothing on the other
    if history.val_loss is not None and len(history.epoch):
        best = int(np.nanargmin(history.val_loss))
        _mark_best(figure, history.epoch[best], history.val_loss[best])
    return _finish(figure, history, keep)


def metric_curves(history: History, name: str = "accuracy", keep: str = "") -> Figure:
    """Accuracy (or mean absolute error) of both parts after each epoch; the best one is marked."""
    label = METRICS[name]
    is_share = name == "accuracy"
    y = "share predicted right" if is_share else "mean absolute error"
    values = history.val_metric
    shape = ".2%" if is_share else ".4f"
    figure = _pair(history.epoch, history.metric, values, label, y, shape)
    if is_share:
        figure["layout"]["yaxis"]["tickformat"] = ".0%"
    if values is not None and len(history.epoch):
        best = int(np.nanargmax(values) if is_share else np.nanargmin(values))
        _mark_best(figure, history.epoch[best], values[best])
    return _finish(figure, history, keep)


def rate_curve(history: History, keep: str = "") -> Figure:
    """The learning rate that the last update of each epoch used."""
    figure: Figure = {
        "data": [
            _line("learning rate", history.epoch, history.learning_rate, RATE, "solid", ".3g")
        ],
        "layout": frame("Learning rate in use", "epoch", "learning rate", keep),
    }
    figure["layout"]["yaxis"] |= {"rangemode": "tozero", "exponentformat": "e"}
    return _finish(figure, history, keep)


def _line(name: str, x: Any, y: Column, colour: str, dash: str, number: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "uid": name,
        "name": name,
        "x": thin(x),
        "y": thin(y),
        "mode": "lines+markers" if len(x) <= 25 else "lines",
        "line": {"color": colour, "dash": dash, "width": 2},
        "marker": {"size": 5},
        "hovertemplate": f"%{{y:{number}}}",
    }


def _pair(
    epoch: Any, train: Column, validation: Column | None, title: str, y: str, number: str
) -> Figure:
    lines = [_line("training", epoch, train, TRAINING, "solid", number)]
    if validation is not None:
        lines.append(_line("validation", epoch, validation, VALIDATION, "dash", number))
    return {"data": lines, "layout": frame(title, "epoch", y)}


def _mark_best(figure: Figure, epoch: float, value: float) -> None:
    figure["data"].append(
        {
            "type": "scatter",
            "uid": "best",
            "name": "best",
            "x": np.array([epoch], dtype=np.float32),
            "y": np.array([value], dtype=np.float32),
            "mode": "markers",
            "marker": {
                "symbol": "circle-open", "size": 11, "color": VALIDATION, "line": {"width": 2}
            },
            "hoverinfo": "skip",
        }
    )  # fmt: skip


def _finish(figure: Figure, history: History, keep: str) -> Figure:
    """The axis of epochs, and a thin line at each setting changed and each lesson."""
    layout = figure["layout"]
    layout |= {"uirevision": keep, "hovermode": "x unified"}
    layout["xaxis"]["hoverformat"] = "d"
    if len(history):
        # Not a range of its own: a zoom would be lost with each update that moves it.
        layout["xaxis"] |= {"autorange": True, "autorangeoptions": {"include": [0, 10]}}
    else:
        layout["xaxis"]["range"] = [0, 10]
        layout["yaxis"]["showticklabels"] = False
    marks = [(c.epoch, f"{SYMBOLS.get(c.name, c.name)} {c.after:.3g}") for c in history.changes]
    marks += [(t.epoch, f"taught {t.examples} examples") for t in history.lessons]
    layout["shapes"] = [
        {
            "type": "line", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": MARK, "width": 1, "dash": "dot"},
        }
        for epoch, _ in marks
    ]  # fmt: skip
    layout["annotations"] = [
        {
            "x": epoch, "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "top",
            "text": text, "showarrow": False, "font": {"size": 11, "color": MARK},
        }
        for epoch, text in marks
    ]  # fmt: skip
    return figure


def loss_sentence(history: History) -> str:
    """What the loss curves show, in one sentence."""
    return _sentence("loss", history.epoch, history.loss, history.val_loss, min, "{:.3g}", "lowest")


def metric_sentence(history: History, name: str = "accuracy") -> str:
    """What the curves of accuracy (or mean absolute error) show, in one sentence."""
    label, train, validation = METRICS[name].lower(), history.metric, history.val_metric
    if name == "accuracy":
        return _sentence(label, history.epoch, train, validation, max, "{:.1%}", "highest")
    return _sentence(label, history.epoch, train, validation, min, "{:.3g}", "lowest")


def rate_sentence(history: History) -> str:
    """What the curve of the learning rate shows, in one sentence."""
    rate = history.learning_rate
    if not len(rate):
        return "No epoch yet: press Train."
    if float(rate.min()) == float(rate.max()):
        return f"The learning rate was {rate[-1]:.3g} throughout."
    return f"The learning rate began at {rate[0]:.3g}; the last update used {rate[-1]:.3g}."


def _sentence(
    name: str, epoch: Any, train: Column, validation: Column | None, best: Any, number: str,
    superlative: str,
) -> str:  # fmt: skip
    if not len(epoch):
        return "No epoch yet: press Train."
    part, values = ("Training", train) if validation is None else ("Validation", validation)
    show = number.format
    row = int(np.flatnonzero(values == best(values))[0])
    if values[row] == values[-1]:
        return (
            f"{part} {name} is {show(values[-1])} after epoch {epoch[-1]:.0f}, "
            f"the {superlative} so far."
        )
    return (
        f"{part} {name} was {superlative} at epoch {epoch[row]:.0f} ({show(values[row])}); "
        f"it is now {show(values[-1])}."
    )
