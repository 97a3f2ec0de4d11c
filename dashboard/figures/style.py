"""Shared by all figures: colors, base layout, common traces, and their encoding as JSON."""

import base64
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.history.history import MARK as MARK
from playground.history.history import TRAINING as TRAINING
from playground.history.history import VALIDATION as VALIDATION

Array = NDArray[Any]
Figure = dict[str, Any]
Trace = dict[str, Any]

# Positive, zero, negative on the whole screen; legible on a light and on a dark background.
POSITIVE, ZERO, NEGATIVE = "#0877bd", "#e8eaeb", "#f59322"
RATE = "#8a63c9"
OPAQUE = "opaque"  # name of an annotation that chart.js puts on the color of the page

# One color and one symbol per class, told apart without colors too.
CLASS_COLORS = (
    "#0877bd", "#f59322", "#3a9d5d", "#8a63c9", "#d64f6a", "#17a2b8", "#a6761d", "#e377c2",
    "#7f8c1f", "#6b7480",
)  # fmt: skip
CLASS_SYMBOLS = (
    "circle", "diamond", "square", "triangle-up", "cross", "x", "triangle-down", "star", "pentagon",
    "hexagon",
)  # fmt: skip

DIVERGING = np.array([[245, 147, 34], [232, 234, 235], [8, 119, 189]], dtype=np.float32)
DIVERGING_SCALE = [[0, NEGATIVE], [0.5, ZERO], [1, POSITIVE]]

MAX_POINTS = 500  # per curve: more cannot be told apart on a screen


def base_layout(
    title: str, x: str, y: str, uirevision: str = "", height: int = 300
) -> dict[str, Any]:
    """Layout of a chart with these axis titles; zoom survives while `uirevision` is the same."""
    axis = {"automargin": True, "zeroline": False, "ticks": "outside", "ticklen": 4}
    return {
        "title": {
            "text": title,
            "x": 0,
            "xref": "paper",
            "font": {"size": 15},
            "y": 1 - 9 / height,
        },
        "height": height,
        "margin": {"l": 8, "r": 12, "t": 62, "b": 8},
        "xaxis": {"title": {"text": x, "standoff": 6}, **axis},
        "yaxis": {"title": {"text": y, "standoff": 6}, **axis},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom"},
        "hovermode": "closest",
        "dragmode": "zoom",
        "uirevision": uirevision,
    }


def compact(figure: Figure, height: int) -> Figure:
    """The figure in a small place: `height` pixels, narrow margins, no axis titles."""
    layout = figure["layout"]
    layout |= {"height": height, "margin": {"l": 4, "r": 8, "t": 26, "b": 4}}
    layout["title"] |= {"font": {"size": 13}, "y": 0.99, "yanchor": "top"}
    layout["legend"] = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"}
    for axis in ("xaxis", "yaxis"):
        if axis in layout:
            layout[axis] = layout[axis] | {"title": {"text": ""}, "nticks": 6}
    return figure


def escape_html(name: str) -> str:
    """A user's text so that Plotly shows it letter by letter."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def class_colors(n_classes: int) -> list[str]:
    """One color per class; two classes are orange and blue, as everywhere."""
    if n_classes == 2:
        return [NEGATIVE, POSITIVE]
    return [CLASS_COLORS[i % len(CLASS_COLORS)] for i in range(n_classes)]


def distinct_colors(names: Iterable[str]) -> dict[str, str]:
    """One color per name, in their order; two get the same only beyond ten."""
    return {name: CLASS_COLORS[i % len(CLASS_COLORS)] for i, name in enumerate(names)}


def diverging_colors(values: NDArray[Any], largest: float) -> NDArray[np.uint8]:
    """Values (…) on the symmetric scale −largest … largest → colors (…, 3): orange, gray, blue.

    NaN is gray.
    """
    share = np.clip(np.nan_to_num(values / largest), -1, 1)[..., None].astype(np.float32)
    negative, zero, positive = DIVERGING
    mixed = zero + np.where(share > 0, share * (positive - zero), -share * (negative - zero))
    return np.asarray(mixed.round(), dtype=np.uint8)


def bar_pattern(shape: str) -> dict[str, Any]:
    """Hatching over a bar's own color; "" is none."""
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "#ffffff", "fgopacity": 0.45}


def downsample(column: NDArray[Any], most: int = MAX_POINTS) -> NDArray[np.float32]:
    """At most `most` of the values, evenly spaced, the first and the last among them."""
    return column[downsampled_rows(len(column), most)].astype(np.float32)


def downsampled_rows(rows: int, most: int = MAX_POINTS) -> NDArray[np.int64]:
    """Indices of the rows that `downsample` returns."""
    if rows <= most:
        return np.arange(rows)
    return np.linspace(0, rows - 1, most).round().astype(np.int64)


def line(
    name: str, x: Array, y: Array, color: str, dash: str = "solid",
    hover: str = "%{x:.3g}: %{y:.4g}", width: float = 2.5,
) -> Trace:  # fmt: skip
    """A line through the points (x, y), both (n,); NaN leaves a gap. hover "": none."""
    return {
        "type": "scatter", "uid": name, "name": name, "x": downsample(x), "y": downsample(y),
        "mode": "lines", "line": {"color": color, "dash": dash, "width": width},
        **({"hovertemplate": hover} if hover else {"hoverinfo": "skip"}),
    }  # fmt: skip


def dots(
    name: str, x: Any, y: Any, color: str, symbol: str = "circle", size: float = 9,
    legend: bool = False, hover: str = "%{x:.3g}: %{y:.4g}",
) -> Trace:  # fmt: skip
    """Points (n,), or one point."""
    return {
        "type": "scatter", "uid": f"dots {name}", "name": name, "mode": "markers",
        "x": np.atleast_1d(x).astype(np.float32), "y": np.atleast_1d(y).astype(np.float32),
        "marker": {
            "color": color, "symbol": symbol, "size": size,
            "line": {"color": "#ffffff", "width": 1 if size > 5 else 0},
        },
        "showlegend": legend, "hovertemplate": hover,
    }  # fmt: skip


def vertical_line(x: float, width: float = 1) -> dict[str, Any]:
    """A dotted line over the whole height of a chart at x."""
    return {
        "type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper",
        "line": {"color": MARK, "width": width, "dash": "dot"},
    }  # fmt: skip


def encode(figure: Figure) -> str:
    """The figure as JSON, its arrays as base64, which Plotly decodes.

    Plotly makes a CSS class of each trace's `uid`: any name becomes one in hexadecimal.
    """
    traces = [
        {**trace, "uid": "t" + str(trace["uid"]).encode().hex()} if "uid" in trace else trace
        for trace in figure.get("data", ())
    ]
    return json.dumps(
        {**figure, "data": traces}, default=_array, separators=(",", ":"), allow_nan=False
    )


_KINDS = {"float32": "f4", "float64": "f8", "uint8": "u1", "int32": "i4"}


def _array(value: object) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if not isinstance(value, np.ndarray) or value.ndim not in (1, 2):
        raise TypeError(f"a figure must hold arrays of one or two dimensions, got {value!r}")
    if value.dtype.name not in _KINDS:
        raise TypeError(f"a figure must hold arrays of {', '.join(_KINDS)}, got {value.dtype}")
    data = base64.b64encode(value.tobytes()).decode()
    array = {"dtype": _KINDS[value.dtype.name], "bdata": data}
    return array if value.ndim == 1 else array | {"shape": f"{len(value)}, {value.shape[1]}"}
