"""The curves of a race: one hue and one symbol for each competitor, a band for its seeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import Figure, escaped, frame, kept_rows
from playground.bands import QUANTITIES, Band

# Eight hues told apart with any kind of colour vision, on light and on dark; symbols beside them.
COLOURS = (
    "#0877bd", "#9c7102", "#cf0584", "#2bc212", "#4a00f2", "#ce9baa", "#8f2c29", "#a18efd",
)  # fmt: skip
SYMBOLS = (
    "circle", "diamond", "square", "triangle-up", "cross", "x", "triangle-down", "star",
)  # fmt: skip
SIGNS = ("●", "◆", "■", "▲", "✚", "✖", "▼", "★")  # the same symbols, in text

DASHES = {"training": "solid", "validation": "8px,3px"}

AXES = {
    "epochs": ("epoch", "d"),
    "updates": ("updates of the weights", ",d"),
    "seconds": ("seconds of training", ".2f"),
}
NAMES = {
    "accuracy": "accuracy",
    "error_rate": "share predicted wrong",
    "mean_absolute_error": "mean absolute error",
    "loss": "loss",
}


@dataclass(frozen=True)
class Curve:
    """One part of one competitor: `number` from 0 decides its hue and its symbol."""

    number: int
    label: str
    part: str  # "training" or "validation"
    band: Band


def race_curves(
    curves: Sequence[Curve],
    quantity: str,
    x: str = "epochs",
    log_x: bool = False,
    log_y: bool = False,
    raw: bool = False,
    keep: str = "",
    room: int = 10,
) -> Figure:
    """All curves over one another; a click in the legend hides a competitor with its band.

    raw: the curves are smoothed, and what they were before stands faintly behind them.
    room: epochs for which there is room from the start.
    """
    entry, name = QUANTITIES[quantity], NAMES[quantity]
    title, whole = AXES[x]
    layout = frame(name[0].upper() + name[1:], title, name, keep, height=440)
    layout["hovermode"] = "x unified" if x == "epochs" else "closest"
    layout["legend"]["groupclick"] = "togglegroup"
    layout["xaxis"] |= {"hoverformat": whole, "uirevision": f"{keep} {x} {log_x}"}
    layout["yaxis"] |= {"uirevision": f"{keep} {quantity} {log_y}"}
    if entry.is_share:
        layout["yaxis"]["tickformat"] = ".3~%" if log_y else ".0%"
    for axis, logarithmic in (("xaxis", log_x), ("yaxis", log_y)):
        if logarithmic:
            layout[axis] |= {"type": "log"}
    if log_y and not entry.is_share:
        layout["yaxis"]["exponentformat"] = "e"
    if not any(len(curve.band) for curve in curves):
        layout["yaxis"]["showticklabels"] = False
        if not log_x:
            layout["xaxis"]["range"] = [0, room]
    elif x == "epochs" and not log_x:
        # Not a range of its own: a zoom would be lost with each update that moves it.
        layout["xaxis"] |= {"autorange": True, "autorangeoptions": {"include": [0, room]}}
    number = ".2%" if entry.is_share else ".4f"
    both = len({curve.part for curve in curves}) > 1
    traces = [_legend(curve) for curve in _first(curves)]
    traces += [trace for curve in curves for trace in _behind(curve, raw)]
    traces += [trace for curve in curves for trace in _line(curve, number, both)]
    return {"data": traces, "layout": layout}


def _first(curves: Sequence[Curve]) -> list[Curve]:
    """One curve of each competitor."""
    return list({curve.number: curve for curve in reversed(curves)}.values())[::-1]


def _trace(curve: Curve, kind: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "uid": f"{kind} {curve.number} {curve.part}",
        "legendgroup": str(curve.number),
        "showlegend": False,
    }


def _colour(curve: Curve) -> str:
    return COLOURS[curve.number % len(COLOURS)]


def _symbol(curve: Curve) -> str:
    return SYMBOLS[curve.number % len(SYMBOLS)]


def _legend(curve: Curve) -> dict[str, Any]:
    """The entry in the legend: it is the same whatever is drawn."""
    return _trace(curve, "entry") | {
        "uid": f"entry {curve.number}",
        "name": escaped(curve.label),
        "showlegend": True,
        "x": [None],
        "y": [None],
        "mode": "lines+markers",
        "line": {"color": _colour(curve), "width": 2},
        "marker": {"symbol": _symbol(curve), "size": 8},
    }


def _behind(curve: Curve, raw: bool) -> list[dict[str, Any]]:
    """The band over the seeds, and the line before smoothing."""
    band, traces = curve.band, []
    if band.seeds > 1:
        there = np.flatnonzero(np.isfinite(band.low))
        rows = there[kept_rows(len(there), 250)]  # there and back: twice as many points
        around = np.concatenate([band.high[rows], band.low[rows][::-1]])
        traces.append(
            _trace(curve, "band")
            | {
                "x": _short(np.concatenate([band.x[rows], band.x[rows][::-1]])),
                "y": _short(around),
                "fill": "toself",
                "fillcolor": _clear(_colour(curve), 0.12),
                "mode": "lines",
                "line": {"width": 0},
                "hoverinfo": "skip",
            }
        )
    if raw:
        rows = kept_rows(len(band))
        traces.append(
            _trace(curve, "raw")
            | {
                "x": _short(band.x[rows]),
                "y": _short(band.raw[rows]),
                "mode": "lines",
                "line": {"color": _colour(curve), "width": 1, "dash": DASHES[curve.part]},
                "opacity": 0.3,
                "hoverinfo": "skip",
            }
        )
    return traces


def _line(curve: Curve, number: str, both: bool) -> list[dict[str, Any]]:
    """The mean over the seeds, and a symbol where it is best."""
    band, colour = curve.band, _colour(curve)
    rows = kept_rows(len(band))
    of = f"{curve.label}, {curve.part}" if both else curve.label
    line = _trace(curve, "mean") | {
        "name": escaped(of),
        "x": _short(band.x[rows]),
        "y": _short(band.mean[rows]),
        "mode": "lines+markers" if len(band) == 1 else "lines",
        "line": {"color": colour, "width": 2, "dash": DASHES[curve.part]},
        "marker": {"symbol": _symbol(curve), "size": 6},
        "hovertemplate": f"%{{y:{number}}}",
    }
    at = [] if band.best is None else [band.best]
    best = _trace(curve, "best") | {
        "name": escaped(of) + ", best",
        "x": _short(band.x[at]),
        "y": _short(band.raw[at]),
        "mode": "markers",
        "marker": {"symbol": _symbol(curve), "size": 10, "color": colour},
        "hoverinfo": "skip",
    }
    return [line, best]


def _short(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)


def _clear(colour: str, alpha: float) -> str:
    """ "#0877bd" → "rgba(8,119,189,0.12)"."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def race_sentence(curves: Sequence[Curve], quantity: str) -> str:
    """Who is ahead and who is last after the last epoch that all who are compared have."""
    parts = {curve.part for curve in curves}
    part = "validation" if "validation" in parts else "training"
    shown = [c for c in curves if c.part == part and len(c.band) and np.isfinite(c.band.raw[-1])]
    if not shown:
        return "No epoch is finished yet."
    entry, name = QUANTITIES[quantity], NAMES[quantity]
    of = f"{part} {name}" if quantity != "error_rate" else f"{name} ({part})"
    number = "{:.1%}" if entry.is_share else "{:.3g}"
    seeds = shown[0].band.seeds
    mean = f", the mean of {seeds} seeds" if seeds > 1 else ""
    last = {len(c.band) for c in shown}
    when = f"After epoch {last.pop()}" if len(last) == 1 else "At its last epoch"
    if len(shown) == 1:
        return (
            f"{when} {shown[0].label} has a {of} of {number.format(shown[0].band.raw[-1])}{mean}."
        )
    sign = -1 if entry.more_is_better else 1
    first, *_, end = sorted(shown, key=lambda c: sign * c.band.raw[-1])
    values = [number.format(c.band.raw[-1]) for c in (first, end)]
    if values[0] == values[1]:
        return f"{when} all have a {of} of {values[0]}{mean}."
    return (
        f"{when} {first.label} is ahead with a {of} of {values[0]}{mean}; {end.label} is last "
        f"with {values[1]}."
    )
