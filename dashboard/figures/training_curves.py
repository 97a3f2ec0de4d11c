"""Training curves of one run: loss, score, learning rate, and the gap between the two parts.

Training scores are means during an epoch, validation scores are measured after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
    Trace,
    base_layout,
    escape_html,
    line,
    vertical_line,
)
from playground.analysis.metrics.run_summary import GapCurves, GeneralizationGap, best_row
from playground.analysis.metrics.score import standard_error
from playground.experiment.model import short_label
from playground.history.aggregate import QUANTITIES, smoothed
from playground.history.events import NO_LOSSES, BatchLosses
from playground.history.history import Column, History
from playground.nn.format import format_score

Limits = tuple[float, float]

METRICS = {"accuracy": "Accuracy", "mean_absolute_error": "Mean absolute error"}
BATCH_POINTS = 500  # of the trace of single updates
FEW_POINTS = 25  # that are drawn as markers on the line
COLORS = (NEGATIVE, POSITIVE)  # without, with a regularizer
SHADES = ("rgba(245, 147, 34, 0.18)", "rgba(8, 119, 189, 0.18)")
CHANCE = 2.0  # standard errors of a difference that chance explains


@dataclass(frozen=True)
class CurveView:
    """How curves are drawn.

    log_x, log_y: logarithmic axes; of an accuracy the error rate is drawn then. smoothing: β of
    `smoothed`; the points themselves stay, fainter. epoch: shown elsewhere on the page; None: the
    newest. together: loss and score in one chart, see `four_curves`.
    """

    log_x: bool = False
    log_y: bool = False
    smoothing: float = 0.0
    epoch: int | None = None
    together: bool = False


PLAIN = CurveView()

Marks = Sequence[tuple[float, str]]  # epoch and what happened there


def _curve(
    name: str, x: Any, y: Any, color: str, dash: str, number: str, width: float = 2
) -> Trace:
    trace = line(name, x, y, color, dash, f"%{{y:{number}}}", width)
    trace |= {"mode": "lines+markers" if len(x) <= FEW_POINTS else "lines", "marker": {"size": 5}}
    if len(y) and np.isfinite(y[-1]):
        trace["meta"] = {"end": format(float(y[-1]), number)}  # written beside the line's end
    return trace


def _smoothed_curve(
    name: str, x: Any, y: Any, color: str, dash: str, number: str, view: CurveView, width: float = 2
) -> list[Trace]:
    """A curve; with smoothing its mean, over the points as they are."""
    curve = _curve(name, x, y, color, dash, number, width)
    if not view.smoothing:
        return [curve]
    points = curve | {"uid": f"{name} points", "opacity": 0.35, "showlegend": False,
                      "line": curve["line"] | {"width": 1, "dash": "solid"}}  # fmt: skip
    del curve["mode"], curve["marker"]
    mean = line(
        name, x, smoothed(y, view.smoothing), color, dash, f"%{{y:{number}}} smoothed", width
    )
    points.pop("meta", None)
    return [points, curve | mean]


def _best_mark(epoch: float, value: float, color: str) -> Trace:
    """An open circle at the best epoch."""
    return {
        "type": "scatter", "uid": "best", "name": "best epoch", "mode": "markers",
        "x": np.array([epoch], np.float32), "y": np.array([value], np.float32),
        "hoverinfo": "skip",
        "marker": {"symbol": "circle-open", "size": 12, "color": color, "line": {"width": 2}},
    }  # fmt: skip


# ---- one run -----------------------------------------------------------------------------


@dataclass(frozen=True)
class KeptCurve:
    """A former run behind the present one."""

    name: str
    history: History
    color: str


def _quantity_curves(
    quantity: str,
    number: str,
    history: History,
    view: CurveView,
    kept: Sequence[KeptCurve],
) -> list[Trace]:
    """Both parts of a run, over thin lines of former runs: validation, or training alone."""
    entry, traces = QUANTITIES[quantity], []
    for i, former in enumerate(kept):
        log, name = former.history.validated, escape_html(former.name)
        validation = entry.validation(log)
        values = entry.training(log) if validation is None else validation
        drawn = _smoothed_curve(name, log.epoch, values, former.color, "solid", number, view, 1)
        traces += [trace | {"uid": f"kept {i} {trace['uid']}", "mode": "lines"} for trace in drawn]
    v = history.validated
    parts = {"training": (history.epoch, entry.training(history), TRAINING, "solid"),
             "validation": (v.epoch, entry.validation(v), VALIDATION, "dash")}  # fmt: skip
    for name, (epoch, column, color, dash) in parts.items():
        if column is not None:
            traces += _smoothed_curve(name, epoch, column, color, dash, number, view)
    return traces


def loss_curves(
    history: History,
    view: CurveView = PLAIN,
    uirevision: str = "",
    kept: Sequence[KeptCurve] = (),
    marks: Marks = (),
    batches: BatchLosses = NO_LOSSES,
) -> Figure:
    """Training and validation loss of each epoch; the best epoch is marked.

    kept: former runs behind it; marks: what else happened; batches: a faint trace of single
    updates, of every k-th where they are more than BATCH_POINTS.
    """
    traces = _quantity_curves("loss", ".4f", history, view, kept)
    figure: Figure = {"data": traces, "layout": base_layout("Loss", "epoch", "loss")}
    if history.val_loss is not None and history.best_epoch is not None:
        row = int(np.searchsorted(history.epoch, history.best_epoch))
        traces.append(_best_mark(history.best_epoch, history.val_loss[row], VALIDATION))
    if len(batches):
        some = slice(None, None, -(-len(batches) // BATCH_POINTS))
        x, y = batches.epoch[some].astype(np.float32), batches.loss[some]
        faint = line("each update", x, y, TRAINING, hover="%{y:.4f}", width=1)
        traces.append(faint | {"opacity": 0.35, "showlegend": False})
    return _finish(figure, history, uirevision, view, marks)


def metric_curves(
    history: History,
    name: str = "accuracy",
    uirevision: str = "",
    kept: Sequence[KeptCurve] = (),
    view: CurveView = PLAIN,
    level: float | None = None,
    unit: str = "",
) -> Figure:
    """Accuracy (or mean absolute error) of both parts; the best validation score is marked.

    kept: former runs behind it; level: the score of always giving the same answer; unit: of the
    error.
    """
    is_accuracy = name == "accuracy"
    label, number = METRICS[name], ".1%" if is_accuracy else error_format(history.metric)
    if unit:
        label += f" ({escape_html(unit)})"
    if is_accuracy and view.log_y:
        name, label = "error_rate", "Error rate"
        level = None if level is None else 1 - level
    traces = _quantity_curves(name, number, history, view, kept)
    axis = label[0].lower() + label[1:]
    figure: Figure = {"data": traces, "layout": base_layout(label, "epoch", axis)}
    if name == "accuracy":  # around a single point Plotly would draw −50 % to 150 %
        bounds = {"clipmin": -0.02, "clipmax": 1.02}
        figure["layout"]["yaxis"] |= {
            "tickformat": ".1~%", "autorange": True, "autorangeoptions": bounds
        }  # fmt: skip
    elif is_accuracy:
        figure["layout"]["yaxis"] |= {"tickformat": "~%"}
    entry = QUANTITIES[name]
    values = entry.validation(history)
    best = None if values is None else best_row(values, entry.more_is_better)
    if values is not None and best is not None:
        traces.append(_best_mark(history.epoch[best], values[best], VALIDATION))
    if level is not None and len(history):
        x = np.array([history.epoch[0], history.epoch[-1]])
        traces.append(line("baseline", x, np.full(2, level), MARK, "dot", f"%{{y:{number}}}", 1))
    return _finish(figure, history, uirevision, view)


def four_curves(
    history: History, name: str = "accuracy", uirevision: str = "", view: CurveView = PLAIN
) -> Figure:
    """Every column of Keras' `history.history` in one chart; of a classification from 0 to 1."""
    h, v = history, history.validated
    columns = {"loss": (h.epoch, h.loss, NEGATIVE, "solid"),
               name: (h.epoch, h.metric, POSITIVE, "solid"),
               "val_loss": (v.epoch, v.val_loss, NEGATIVE, "dash"),
               f"val_{name}": (v.epoch, v.val_metric, POSITIVE, "dash")}  # fmt: skip
    traces = [
        trace
        for key, (epoch, column, color, dash) in columns.items()
        if column is not None
        for trace in _smoothed_curve(key, epoch, column, color, dash, ".4f", view)
    ]
    layout = base_layout("Loss and score", "epoch", "")
    figure = _finish({"data": traces, "layout": layout}, history, uirevision, view)
    if name == "accuracy" and not view.log_y:
        layout["yaxis"] = {k: v for k, v in layout["yaxis"].items() if "autorange" not in k}
        layout["yaxis"] |= {"range": [0, 1], "uirevision": f"{uirevision} together"}
    return figure


def rate_curve(history: History, uirevision: str = "") -> Figure:
    """The learning rate of the last update of each epoch."""
    trace = _curve("learning rate", history.epoch, history.learning_rate, RATE, "solid", ".3g")
    layout = base_layout("Learning rate", "epoch", "learning rate", uirevision)
    layout["yaxis"] |= {"rangemode": "tozero", "exponentformat": "e"}
    return _finish({"data": [trace], "layout": layout}, history, uirevision)


def _finish(
    figure: Figure,
    history: History,
    uirevision: str,
    view: CurveView = PLAIN,
    marks: Marks = (),
) -> Figure:
    """The axes, and a thin line at each change of a setting or of the examples, and each mark."""
    layout = figure["layout"]
    layout |= {"uirevision": uirevision, "hovermode": "x unified"}
    layout["xaxis"]["hoverformat"] = "d"
    axes = {"xaxis": view.log_x, "yaxis": view.log_y}
    for name in (name for name, logarithmic in axes.items() if logarithmic):
        layout[name] |= {"type": "log", "exponentformat": "e"}
    for name, logarithmic in axes.items():  # a zoom does not fit the other scale
        layout[name]["uirevision"] = f"{uirevision} {logarithmic}"
    if any(len(trace["x"]) for trace in figure["data"]):
        # Not a range of its own: a zoom would be lost with each update that moves it. On a
        # logarithmic axis Plotly cuts off what lies beyond the last value of `include`.
        options = {} if view.log_x else {"include": [0, 10]}
        layout["xaxis"] |= {"autorange": True, "autorangeoptions": options}
    else:
        layout["xaxis"]["range"] = [0, 1] if view.log_x else [0, 10]
        layout["yaxis"]["showticklabels"] = False
    happened: list[tuple[float, str]] = [*marks]
    happened += [(c.epoch, f"{short_label(c.name)} {_short(c.after)}") for c in history.changes]
    happened += [(e.epoch, f"{e.examples} examples added") for e in history.examples_added]
    at = [max(epoch, 1) if view.log_x else epoch for epoch, _ in happened]
    layout["shapes"] = [vertical_line(epoch) for epoch in at]
    if view.epoch:
        layout["shapes"].append(vertical_line(view.epoch, 2) | {"name": "epoch shown"})
    layout["annotations"] = [
        {
            "x": float(np.log10(epoch)) if view.log_x else epoch, "y": 1 - 0.14 * (i % 3),
            "yref": "paper", "xanchor": "left", "yanchor": "top",
            "text": text, "showarrow": False, "font": {"size": 11},
        }
        for i, (epoch, (_, text)) in enumerate(zip(at, happened, strict=True))
    ]  # fmt: skip
    return figure


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def loss_sentence(history: History) -> str:
    """The lowest and the last loss, in one sentence."""
    history, best = history.validated, None
    if history.val_loss is not None and history.best_epoch is not None:
        best = int(np.searchsorted(history.epoch, history.best_epoch))
    return _sentence("loss", history.epoch, history.loss, history.val_loss, False, best)


def metric_sentence(history: History, name: str = "accuracy", unit: str = "") -> str:
    """The best and the last accuracy (or mean absolute error), in one sentence."""
    history = history.validated
    values, label = (history.metric, history.val_metric), METRICS[name].lower()
    return _sentence(label, history.epoch, *values, name == "accuracy", unit=unit)


def error_format(errors: Column) -> str:
    """The number format of errors: with fewer decimals where they are large."""
    finite = errors[np.isfinite(errors)]
    largest = float(finite.max()) if len(finite) else 0.0
    return ".4f" if largest < 10 else ",.2f" if largest < 1_000 else ",.0f"


def rate_sentence(history: History) -> str:
    """The first and the last learning rate, in one sentence."""
    rate = history.learning_rate
    if not len(rate):
        return "No epoch yet: press Train."
    if float(rate.min()) == float(rate.max()):
        return f"The learning rate was {rate[-1]:.3g} throughout."
    return f"The learning rate began at {rate[0]:.3g}; the last update used {rate[-1]:.3g}."


def _sentence(
    name: str, epoch: Any, train: Column, validation: Column | None, is_accuracy: bool,
    best: int | None = None, unit: str = "",
) -> str:  # fmt: skip
    if not len(epoch):
        return "No epoch yet: press Train."
    part, values = ("Training", train) if validation is None else ("Validation", validation)
    row = best_row(values, is_accuracy) if best is None else best
    last, highest = (
        f"{format_score(value, is_accuracy)} {unit}".strip()
        for value in (values[-1], values[0 if row is None else row])
    )
    superlative = "highest" if is_accuracy else "lowest"
    if row is None or values[row] == values[-1]:
        return f"{part} {name} is {last} after epoch {epoch[-1]:.0f}, the {superlative} so far."
    return (
        f"{part} {name} was {superlative} at epoch {epoch[row]:.0f} ({highest}); it is now {last}."
    )


# ---- a planned schedule ------------------------------------------------------------------


def schedule_figure(epochs: NDArray[np.float64], rates: NDArray[np.float64]) -> Figure:
    """A small curve of the planned learning rate over the epochs of a run."""
    layout = base_layout("Planned learning rate", "epoch", "learning rate", height=180)
    layout |= {"margin": {"l": 8, "r": 8, "t": 34, "b": 8}, "showlegend": False}
    layout["yaxis"] |= {"rangemode": "tozero", "exponentformat": "e", "nticks": 4}
    hover = "epoch %{x:.3g}: %{y:.3g}"
    return {
        "data": [line("planned learning rate", epochs, rates, RATE, hover=hover, width=2)],
        "layout": layout,
    }


def schedule_sentence(rates: NDArray[np.float64]) -> str:
    """First, highest and last planned learning rate, in one sentence."""
    return (
        f"The plan begins at {rates[0]:.3g}, reaches {rates.max():.3g} at its highest "
        f"and ends at {rates[-1]:.3g}."
    )


# ---- the gap -----------------------------------------------------------------------------


def limits(curves: list[GapCurves]) -> Limits | None:
    """The smallest and the largest value of all curves: the scale they share."""
    values = [each[np.isfinite(each)] for c in curves for each in (c.training, c.validation)]
    joined = np.concatenate(values) if values else np.zeros(0)
    return (float(joined.min()), float(joined.max())) if joined.size else None


def gap_curves(
    curves: GapCurves, title: str, y: str, color: int, epochs: int, scale: Limits | None,
    is_accuracy: bool = False, chance: float | None = None, uirevision: str = "",
) -> Figure:  # fmt: skip
    """Training solid, validation dashed, the gap shaded, the best epoch marked.

    epochs, scale: the least that the axes cover, so that two charts side by side compare;
    chance: a level to draw as a thin line.
    """
    layout = base_layout(title, "epoch", y, uirevision, height=340)
    layout |= {"hovermode": "x unified", "shapes": [], "annotations": []}
    layout["legend"] |= {"traceorder": "normal"}
    layout["xaxis"] |= {"hoverformat": "d"}
    for axis, values in {"xaxis": [0, epochs], "yaxis": [0.0, *(scale or (1.0,))]}.items():
        if len(curves):
            layout[axis] |= {"autorange": True, "autorangeoptions": {"include": values}}
        else:  # Plotly would show −1 to 4 in an empty chart
            layout[axis] |= {"range": [min(values), max(values)]}
    if is_accuracy:
        layout["yaxis"]["tickformat"] = ".0%"
    number = ".1%" if is_accuracy else ".4f"
    data = [_curve("training", curves.epoch, curves.training, COLORS[color], "solid", number)]
    if len(curves.validation):
        below = _curve("validation", curves.epoch, curves.validation, COLORS[color], "dash", number)
        data.append(below | {"fill": "tonexty", "fillcolor": SHADES[color]})
    if curves.best is not None:
        epoch = float(curves.epoch[curves.best])
        data.append(_best_mark(epoch, curves.validation[curves.best], COLORS[color]))
        layout["shapes"].append(vertical_line(epoch))
    if chance is not None:
        _level(layout, chance)
    return {"data": data, "layout": layout}


def _level(layout: dict[str, Any], chance: float) -> None:
    layout["shapes"].append(
        {
            "type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": chance, "y1": chance,
            "line": {"color": MARK, "width": 1.5, "dash": "dash"},
        }
    )  # fmt: skip
    layout["annotations"].append(
        {
            "x": 1, "xref": "paper", "xanchor": "right", "y": chance, "yanchor": "bottom",
            "text": f"chance: {chance:.0%}", "showarrow": False,
            "font": {"size": 11},
        }
    )  # fmt: skip


def gap_sentence(curves: GapCurves, name: str, is_accuracy: bool) -> str:
    """Both last values and the best epoch of one chart, in one sentence."""
    if not len(curves) or not len(curves.validation):
        return "No epoch yet."
    training, validation = (
        format_score(values[-1], is_accuracy) for values in (curves.training, curves.validation)
    )
    text = (
        f"After epoch {curves.epoch[-1]} {name} is {training} in training, {validation} in "
        "validation"
    )
    if curves.best is None or curves.best == len(curves) - 1:
        return f"{text}, the best so far."
    best = format_score(curves.validation[curves.best], is_accuracy)
    return f"{text}; it was best at epoch {curves.epoch[curves.best]} ({best})."


def amount(difference: float, is_accuracy: bool) -> str:
    """A difference of accuracies in percentage points, of errors as it is."""
    if is_accuracy:
        return f"{100 * difference:.1f} points"
    return format_score(difference, is_accuracy)


def verdict(
    plain: GeneralizationGap, regularized: GeneralizationGap, label: str, n_validation: int
) -> str:
    """The effect of a regularizer on gap and validation scores, in a sentence or two."""
    is_accuracy = plain.is_accuracy
    name = "accuracy" if is_accuracy else "error"
    text = (
        f"With {label} the gap in {name} is {amount(regularized.metric, is_accuracy)} instead of "
        f"{amount(plain.metric, is_accuracy)}, the gap in loss {regularized.loss:.2f} instead of "
        f"{plain.loss:.2f}"
    )
    better = regularized.validation.metric - plain.validation.metric
    better = better if is_accuracy else -better
    size, word = amount(abs(better), is_accuracy), "better" if better > 0 else "worse"
    text += f"; validation {name} is {f'{size} {word}' if better else 'equal'}"
    chance = CHANCE * 2**0.5 * standard_error(plain.validation.metric, n_validation)
    if is_accuracy and 0 < abs(better) < chance:
        text += f", which chance explains with {n_validation:,} examples"
    lower = regularized.validation.loss < plain.validation.loss
    return (
        f"{text}. Validation loss: {regularized.validation.loss:.3g} instead of "
        f"{plain.validation.loss:.3g}{', which is lower.' if lower else '.'}"
    )
