"""Embedding of examples in a plane, colored by class, by correctness or by value."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import NEGATIVE, POSITIVE, Figure, base_layout

Array = NDArray[Any]

# Ten hues and ten symbols that can be told apart, also in pairs.
COLORS = (
    "#0877bd", "#f59322", "#2a9d5c", "#d1495b", "#8a63c9",
    "#8c6d46", "#e377c2", "#7f8790", "#b5a300", "#17a5b8",
)  # fmt: skip
SYMBOLS = (
    "circle", "square", "diamond", "cross", "x",
    "triangle-up", "triangle-down", "star", "pentagon", "hexagram",
)  # fmt: skip
CORRECTNESS = (("correct", POSITIVE, "circle"), ("incorrect", NEGATIVE, "x"))


@dataclass(frozen=True)
class PointGroup:
    """Points drawn alike: `rows` (m,) of the points."""

    name: str
    color: str
    symbol: str
    rows: NDArray[np.int64]


def by_class(classes: Array, names: Sequence[str]) -> list[PointGroup]:
    """One group per class."""
    return [
        PointGroup(name, COLORS[i % 10], SYMBOLS[i % 10], np.flatnonzero(classes == i))
        for i, name in enumerate(names)
    ]


def by_correctness(correct: Array) -> list[PointGroup]:
    """Correct and incorrect predictions."""
    return [
        PointGroup(name, color, symbol, np.flatnonzero(correct == (name == "correct")))
        for name, color, symbol in CORRECTNESS
    ]


def embedding_figure(
    points: Array,
    groups: Sequence[PointGroup],
    texts: Sequence[str],
    title: str,
    axes: tuple[str, str],
    uirevision: str = "",
) -> Figure:
    """Points (n, 2) by group, with the text and index of each for its card."""
    layout = base_layout(title, *axes, uirevision=uirevision, height=560)
    layout["xaxis"] |= {"showticklabels": False, "ticks": "", "showgrid": False}
    layout["yaxis"] |= {
        "showticklabels": False, "ticks": "", "showgrid": False,
        "scaleanchor": "x", "constrain": "domain",
    }  # fmt: skip
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.1, "yanchor": "top"}
    return {
        "data": [_trace(points, f"group{i}", g, texts) for i, g in enumerate(groups)],
        "layout": layout,
    }


def _trace(points: Array, uid: str, group: PointGroup, texts: Sequence[str]) -> dict[str, Any]:
    rows = group.rows
    return {
        "type": "scatter",
        "uid": uid,  # Plotly makes a CSS class of it: no spaces
        "name": escape(group.name, quote=False),
        "x": points[rows, 0].astype(np.float32),
        "y": points[rows, 1].astype(np.float32),
        "customdata": rows.astype(np.int32),
        "text": [texts[row] for row in rows],
        "mode": "markers",
        "marker": {"color": group.color, "symbol": group.symbol, "size": 7, "opacity": 0.9},
        "hoverinfo": "none",  # the card shows it, and user text stays text
    }


def colored_by_value(
    points: Array, values: Array, texts: Sequence[str], title: str, axes: tuple[str, str],
    unit: str, uirevision: str = "",
) -> Figure:  # fmt: skip
    """Points (n, 2) of a regression, colored by `values` (n,) on a symmetric scale."""
    everything = PointGroup(unit, POSITIVE, "circle", np.arange(len(points)))
    figure = embedding_figure(points, [everything], texts, title, axes, uirevision)
    largest = float(np.abs(values).max()) or 1.0
    figure["data"][0]["marker"] |= {
        "color": values.astype(np.float32), "cmin": -largest, "cmax": largest,
        "colorscale": [[0, NEGATIVE], [0.5, "#c9cdd1"], [1, POSITIVE]], "showscale": True,
        "colorbar": {"title": {"text": unit}, "thickness": 12, "outlinewidth": 0},
    }  # fmt: skip
    figure["data"][0]["showlegend"] = False
    return figure


def neighbors_sentence(share: float, chance: float, layer: str, kind: str) -> str:
    """How well a map separates the classes."""
    return (
        f"{layer}: for {share:.0%} of the points the nearest neighbor has the same {kind}; by "
        f"chance it would be {chance:.0%}."
    )


def values_sentence(apart: float, usual: float, layer: str, name: str) -> str:
    """How well a map orders the values."""
    return (
        f"{layer}: nearest neighbors differ by {apart:.2g} in their {name}, any two points by "
        f"{usual:.2g}."
    )
