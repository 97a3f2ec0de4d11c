"""The features of a table: each on its own before and after standardisation, and in pairs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import (
    CLASS_SYMBOLS,
    MARK,
    NEGATIVE,
    POSITIVE,
    TRAINING,
    ZERO,
    Figure,
    class_colours,
    escaped,
    frame,
)

Array = NDArray[Any]
Bars = tuple[Array, Array]  # counts (n,) and edges (n + 1,)

GAP = 0.03  # between the cells of a matrix, as a share of its side


def before_and_after(
    name: str, before: Bars, after: Bars, moments: tuple[tuple[float, float], tuple[float, float]]
) -> Figure:
    """Histograms of a feature, above as it is, below standardised.

    moments: mean and standard deviation before, and after; lines show the mean and one standard
    deviation on each side.
    """
    layout = frame(escaped(name), "", "", height=330)
    layout |= {"showlegend": False, "bargap": 0, "shapes": [], "annotations": []}
    layout["margin"]["t"] = 40
    for i, (_, (mean, deviation)) in enumerate(zip((before, after), moments, strict=True)):
        low, high = (0.6, 0.92) if i == 0 else (0.06, 0.38)
        number = "" if i == 0 else "2"
        axis = {"automargin": True, "zeroline": False, "ticks": "outside", "nticks": 6}
        layout[f"xaxis{number}"] = {**axis, "anchor": f"y{number}"}
        layout[f"yaxis{number}"] = {
            **axis, "anchor": f"x{number}", "domain": [low, high], "nticks": 4
        }  # fmt: skip
        for x, dash in ((mean, "solid"), (mean - deviation, "dot"), (mean + deviation, "dot")):
            line = {"color": NEGATIVE, "width": 2, "dash": dash}
            layout["shapes"].append(
                {
                    "type": "line", "xref": f"x{number}", "yref": f"y{number} domain", "x0": x,
                    "x1": x, "y0": 0, "y1": 1, "line": line,
                }
            )  # fmt: skip
        layout["annotations"].append(
            {
                "text": f"{('before', 'after')[i]}: mean {_short(mean)}, σ {_short(deviation)}",
                "xref": "paper", "yref": "paper", "x": 0, "y": high + 0.005, "yanchor": "bottom",
                "xanchor": "left", "showarrow": False, "font": {"size": 12},
            }
        )  # fmt: skip
    return {"data": [_bars(before, ""), _bars(after, "2")], "layout": layout}


def _short(number: float) -> str:
    """Three digits, and 0 for what rounding has left over of it."""
    return "0" if abs(number) < 1e-6 else f"{number:.3g}".replace("-", "−")


def _bars(bars: Bars, number: str) -> dict[str, Any]:
    counts, edges = bars
    return {
        "type": "bar",
        "uid": f"bars{number}",
        "x": ((edges[1:] + edges[:-1]) / 2).astype(np.float32),
        "width": np.diff(edges).astype(np.float32),
        "y": counts.astype(np.int32),
        "marker": {"color": TRAINING, "line": {"width": 0}},
        "xaxis": f"x{number}",
        "yaxis": f"y{number}",
        "hovertemplate": "%{x:.3g}: %{y:,}<extra></extra>",
    }


def feature_sentence(name: str, before: tuple[float, float], after: tuple[float, float]) -> str:
    """What standardisation did to one feature, in one sentence."""
    return (
        f"{name}: mean {_short(before[0])} and standard deviation {_short(before[1])} become "
        f"{_short(after[0])} and {_short(after[1])}; the shape stays the same."
    )


def scatter_matrix(
    names: Sequence[str], x: Array, y: Array, classes: Sequence[str], largest: float = 1.0
) -> Figure:
    """Every pair of the features x (n, n_features ≥ 2), coloured by the target y.

    classes: names of the classes that y (n,) numbers; none: y is a number on −largest … largest.
    """
    n = len(names) - 1  # rows and columns of cells: no feature against itself
    layout = frame("Every pair of features", "", "", height=110 + 170 * n)
    side = (1 - GAP * (n - 1)) / n
    axis = {"automargin": True, "zeroline": False, "nticks": 4, "tickfont": {"size": 10}}
    for i in range(n):
        start, number = i * (side + GAP), "" if i == 0 else str(i + 1)
        below, left = ({"title": {"text": escaped(names[j]), "standoff": 4}} for j in (i, i + 1))
        layout[f"xaxis{number}"] = {
            **axis, **below, "domain": [start, start + side], "anchor": f"y{n if n > 1 else ''}"
        }  # fmt: skip
        layout[f"yaxis{number}"] = {
            **axis, **left, "domain": [1 - start - side, 1 - start], "anchor": "x"
        }  # fmt: skip
    if n > 1:  # into the empty corner
        layout["legend"] = {"x": 1, "y": 1, "xanchor": "right", "yanchor": "top"}
    pairs = [(row, column) for row in range(1, n + 1) for column in range(row)]
    groups = _groups(y, classes, largest)
    data = [
        _pair(group, x[:, column], x[:, row], column, row, first=pair == 0)
        for pair, (row, column) in enumerate(pairs)
        for group in groups
    ]
    return {"data": data, "layout": layout}


def _groups(y: Array, classes: Sequence[str], largest: float) -> list[dict[str, Any]]:
    """What is drawn in one go: the rows of a class and their marker, or all rows."""
    if not classes:
        marker = {
            "color": y.astype(np.float32), "cmin": -largest, "cmax": largest, "size": 5,
            "colorscale": [[0, NEGATIVE], [0.5, ZERO], [1, POSITIVE]],
            "line": {"color": MARK, "width": 0.5},
        }  # fmt: skip
        return [{"name": "target", "rows": np.arange(len(y)), "marker": marker, "legend": False}]
    return [
        {
            "name": escaped(name),
            "rows": np.flatnonzero(y == i),
            "marker": {
                "color": colour, "symbol": CLASS_SYMBOLS[i % len(CLASS_SYMBOLS)], "size": 5
            },
            "legend": True,
        }
        for i, (name, colour) in enumerate(zip(classes, class_colours(len(classes)), strict=True))
    ]  # fmt: skip


def _pair(
    group: dict[str, Any], x: Array, y: Array, column: int, row: int, first: bool
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "uid": f"{group['name']} {column} {row}",
        "name": group["name"],
        "legendgroup": group["name"],
        "showlegend": first and group["legend"],
        "mode": "markers",
        "x": x[group["rows"]].astype(np.float32),
        "y": y[group["rows"]].astype(np.float32),
        "xaxis": f"x{column + 1 if column else ''}",
        "yaxis": f"y{row if row > 1 else ''}",
        "marker": group["marker"],
        "hovertemplate": "%{x:.3g}, %{y:.3g}",
    }


def matrix_sentence(names: Sequence[str], shares: Sequence[float], has_classes: bool) -> str:
    """Which feature alone says most of the target, in one sentence."""
    best = int(np.argmax(shares))
    if has_classes:
        return (
            f"{names[best]} tells the classes apart best: {shares[best]:.0%} of its variance lies "
            "between the classes, the rest within them."
        )
    return (
        f"{names[best]} says most of the target: a straight line through it explains "
        f"{shares[best]:.0%} of the target's variance."
    )
