"""The learning rate a schedule plans for a run.

Training and validation of one run, with the gap between them shaded.

Curves over the epochs: loss, accuracy (or mean absolute error) and the learning rate in use.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    MARK,
    NEGATIVE,
    POSITIVE,
    RATE,
    TRAINING,
    VALIDATION,
    Figure,
    base_layout,
    downsample,
    vertical_line,
)
from playground.analysis.metrics.run_summary import GapCurves, GeneralizationGap
from playground.analysis.metrics.score import standard_error
from playground.history.history import Column, History
from playground.nn.format import format_score


def schedule_figure(epochs: NDArray[np.float64], rates: NDArray[np.float64]) -> Figure:
    """A small curve of the planned learning rate over the epochs of a run."""
    layout = base_layout("Planned learning rate", "epoch", "learning rate", height=180)
    layout |= {"margin": {"l": 8, "r": 8, "t": 34, "b": 8}, "showlegend": False}
    layout["yaxis"] |= {"rangemode": "tozero", "exponentformat": "e", "nticks": 4}
    line = {
        "type": "scatter",
        "uid": "plan",
        "name": "planned learning rate",
        "x": epochs.astype(np.float32),
        "y": rates.astype(np.float32),
        "mode": "lines",
        "line": {"color": RATE, "width": 2},
        "hovertemplate": "epoch %{x:.3g}: %{y:.3g}",
    }
    return {"data": [line], "layout": layout}


def schedule_sentence(rates: NDArray[np.float64]) -> str:
    """What the plan shows, in one sentence."""
    return (
        f"The plan begins at {rates[0]:.3g}, reaches {rates.max():.3g} at its highest "
        f"and ends at {rates[-1]:.3g}."
    )


HUES = (NEGATIVE, POSITIVE)  # without, with a cure
SHADES = ("rgba(245, 147, 34, 0.18)", "rgba(8, 119, 189, 0.18)")
CHANCE = 2.0  # standard errors of a difference that chance may well make

Limits = tuple[float, float]


def limits(curves: list[GapCurves]) -> Limits | None:
    """The smallest and the largest value of all curves: the scale they share."""
    values = [each[np.isfinite(each)] for c in curves for each in (c.training, c.validation)]
    joined = np.concatenate(values) if values else np.zeros(0)
    return (float(joined.min()), float(joined.max())) if joined.size else None


def gap_curves(
    curves: GapCurves, title: str, y: str, hue: int, epochs: int, scale: Limits | None,
    is_share: bool = False, chance: float | None = None, uirevision: str = "",
) -> Figure:  # fmt: skip
    """Training solid, validation dashed, the gap shaded, the best epoch marked.

    epochs, scale: what the axes reach over at least, so that two charts beside each other compare;
    chance: a level to draw as a thin line.
    """
    layout = base_layout(title, "epoch", y, uirevision, height=340)
    layout["hovermode"] = "x unified"
    layout["legend"] |= {"traceorder": "normal"}
    layout["xaxis"] |= {"hoverformat": "d"}
    reach = {"xaxis": [0, epochs], "yaxis": [0.0, *(scale or (1.0,))]}
    for axis, values in reach.items():
        if len(curves):
            layout[axis] |= {"autorange": True, "autorangeoptions": {"include": values}}
        else:  # Plotly would fit an empty chart to nothing, and show −1 to 4
            layout[axis] |= {"range": [min(values), max(values)]}
    if is_share:
        layout["yaxis"]["tickformat"] = ".0%"
    number = ".1%" if is_share else ".4f"
    data = [_gap_line("training", curves.epoch, curves.training, hue, "solid", number)]
    if len(curves.validation):
        below = _gap_line("validation", curves.epoch, curves.validation, hue, "dash", number)
        data.append(below | {"fill": "tonexty", "fillcolor": SHADES[hue]})
    if curves.best is not None:
        _mark(data, layout, curves, hue)
    if chance is not None:
        _level(layout, chance)
    return {"data": data, "layout": layout}


def _gap_line(name: str, x: Any, y: Any, hue: int, dash: str, number: str) -> dict[str, Any]:
    return {
        "type": "scatter", "uid": name, "name": name, "x": downsample(x), "y": downsample(y), "mode": "lines",
        "line": {"color": HUES[hue], "dash": dash, "width": 2},
        "hovertemplate": f"%{{y:{number}}}",
    }  # fmt: skip


def _mark(data: list[dict[str, Any]], layout: dict[str, Any], curves: GapCurves, hue: int) -> None:
    row = curves.best
    epoch, value = float(curves.epoch[row]), float(curves.validation[row])
    data.append(
        {
            "type": "scatter", "uid": "best", "name": "best epoch", "mode": "markers",
            "x": np.array([epoch], np.float32), "y": np.array([value], np.float32),
            "hoverinfo": "skip",
            "marker": {
                "symbol": "circle-open", "size": 12, "color": HUES[hue], "line": {"width": 3}
            },
        }
    )  # fmt: skip
    layout["shapes"] = [vertical_line(epoch)]


def _level(layout: dict[str, Any], chance: float) -> None:
    layout["shapes"] = [
        *layout.get("shapes", ()),
        {
            "type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": chance, "y1": chance,
            "line": {"color": MARK, "width": 1.5, "dash": "dash"},
        },
    ]  # fmt: skip
    layout["annotations"] = [
        {
            "x": 1, "xref": "paper", "xanchor": "right", "y": chance, "yanchor": "bottom",
            "text": f"chance: {chance:.0%}", "showarrow": False,
            "font": {"size": 11, "color": MARK},
        }
    ]  # fmt: skip


def gap_sentence(curves: GapCurves, name: str, is_share: bool) -> str:
    """Both values and the best epoch of one chart, in one sentence."""
    if not len(curves) or not len(curves.validation):
        return "No epoch yet."
    training, validation = (
        format_score(curves.training[-1], is_share),
        format_score(curves.validation[-1], is_share),
    )
    text = f"After epoch {curves.epoch[-1]} {name} is {training} in training, {validation} in "
    text += "validation"
    if curves.best is None or curves.best == len(curves) - 1:
        return text + ", the best so far."
    best = format_score(curves.validation[curves.best], is_share)
    return text + f"; it was best at epoch {curves.epoch[curves.best]} ({best})."


def amount(difference: float, is_share: bool) -> str:
    """A difference of accuracies in points, of errors as it is."""
    return f"{100 * difference:.1f} points" if is_share else f"{difference:.3g}"


def verdict(
    plain: GeneralizationGap, cured: GeneralizationGap, told: str, n_validation: int
) -> str:
    """What a cure did: to the gap and to validation, in a sentence or two."""
    name = "accuracy" if plain.is_share else "error"
    text = (
        f"With {told} the gap in {name} is {amount(cured.metric, plain.is_share)} instead of "
        f"{amount(plain.metric, plain.is_share)}, the gap in loss {cured.loss:.2f} instead of "
        f"{plain.loss:.2f}"
    )
    better = cured.validation.metric - plain.validation.metric
    better = better if plain.is_share else -better
    size = amount(abs(better), plain.is_share)
    word = "better" if better > 0 else "worse"
    text += f"; validation {name} is {size} {word}" if better else f"; validation {name} is equal"
    if plain.is_share and better and abs(better) < _chance(plain, n_validation):
        text += f", no more than chance makes with {n_validation:,} examples"
    loss = cured.validation.loss - plain.validation.loss
    return f"{text}. Validation loss: {cured.validation.loss:.3g} instead of " + (
        f"{plain.validation.loss:.3g}{', which is lower.' if loss < 0 else '.'}"
    )


def _chance(plain: GeneralizationGap, n: int) -> float:
    return CHANCE * 2**0.5 * standard_error(plain.validation.metric, n)


METRICS = {"accuracy": "Accuracy", "mean_absolute_error": "Mean absolute error"}
SYMBOLS = {
    "learning_rate": "η", "l1": "L1", "l2": "L2", "dropout": "dropout", "batch_size": "batch"
}  # fmt: skip


def loss_curves(history: History, logarithmic: bool = False, uirevision: str = "") -> Figure:
    """Loss of training and validation examples after each epoch; the best epoch is marked."""
    figure = _pair(history.epoch, history.loss, history.val_loss, "Loss", "loss", ".4f")
    axis = figure["layout"]["yaxis"]
    if logarithmic:
        axis |= {"type": "log", "exponentformat": "e"}
    axis["uirevision"] = (
        f"{uirevision} {logarithmic}"  # a zoom of one scale means nothing on the other
    )
    if history.val_loss is not None and len(history.epoch):
        best = int(np.nanargmin(history.val_loss))
        _mark_best(figure, history.epoch[best], history.val_loss[best])
    return _finish(figure, history, uirevision)


def metric_curves(history: History, name: str = "accuracy", uirevision: str = "") -> Figure:
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
    return _finish(figure, history, uirevision)


def rate_curve(history: History, uirevision: str = "") -> Figure:
    """The learning rate that the last update of each epoch used."""
    figure: Figure = {
        "data": [
            _line("learning rate", history.epoch, history.learning_rate, RATE, "solid", ".3g")
        ],
        "layout": base_layout("Learning rate in use", "epoch", "learning rate", uirevision),
    }
    figure["layout"]["yaxis"] |= {"rangemode": "tozero", "exponentformat": "e"}
    return _finish(figure, history, uirevision)


def _line(name: str, x: Any, y: Column, color: str, dash: str, number: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "uid": name,
        "name": name,
        "x": downsample(x),
        "y": downsample(y),
        "mode": "lines+markers" if len(x) <= 25 else "lines",
        "line": {"color": color, "dash": dash, "width": 2},
        "marker": {"size": 5},
        "hovertemplate": f"%{{y:{number}}}",
    }


def _pair(
    epoch: Any, train: Column, validation: Column | None, title: str, y: str, number: str
) -> Figure:
    lines = [_line("training", epoch, train, TRAINING, "solid", number)]
    if validation is not None:
        lines.append(_line("validation", epoch, validation, VALIDATION, "dash", number))
    return {"data": lines, "layout": base_layout(title, "epoch", y)}


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


def _finish(figure: Figure, history: History, uirevision: str) -> Figure:
    """The axis of epochs, and a thin line at each setting changed and each lesson."""
    layout = figure["layout"]
    layout |= {"uirevision": uirevision, "hovermode": "x unified"}
    layout["xaxis"]["hoverformat"] = "d"
    if len(history):
        # Not a range of its own: a zoom would be lost with each update that moves it.
        layout["xaxis"] |= {"autorange": True, "autorangeoptions": {"include": [0, 10]}}
    else:
        layout["xaxis"]["range"] = [0, 10]
        layout["yaxis"]["showticklabels"] = False
    marks = [(c.epoch, f"{SYMBOLS.get(c.name, c.name)} {c.after:.3g}") for c in history.changes]
    marks += [(t.epoch, f"taught {t.examples} examples") for t in history.examples_added]
    layout["shapes"] = [vertical_line(epoch) for epoch, _ in marks]
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
