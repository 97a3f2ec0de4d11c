"""Charts of a data set: class counts, histograms, features in pairs, points of the plane."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures import decision_boundary
from dashboard.figures.style import (
    CLASS_SYMBOLS,
    MARK,
    NEGATIVE,
    POSITIVE,
    TRAINING,
    VALIDATION,
    ZERO,
    Figure,
    bar_pattern,
    base_layout,
    class_colors,
    escape_html,
)
from playground.nn.format import format_number

Array = NDArray[Any]


def scaled_figure(
    x: Array,
    good: Array,
    axes: tuple[str, ...],
    ranges: tuple[tuple[float, float], tuple[float, float]] | None,
    uirevision: str = "",
) -> Figure:
    """Roasts `x` (n, 2), the good ones as blue diamonds; without `ranges` both axes −2 … 2."""
    layout = base_layout("200 roasts", axes[0], axes[1], uirevision, height=360)
    for name, limits in zip(("xaxis", "yaxis"), ranges or ((-2, 2), (-2, 2)), strict=True):
        layout[name] |= {"range": list(limits)}
    data = []
    for uid, name, rows, symbol, color in (
        ("bad", "bad roast", good == 0, "circle", NEGATIVE),
        ("good", "good roast", good == 1, "diamond", POSITIVE),
    ):
        data.append(
            {
                "type": "scatter", "uid": uid, "name": name, "mode": "markers",
                "x": x[rows, 0].astype(np.float32), "y": x[rows, 1].astype(np.float32),
                "marker": {"symbol": symbol, "size": 8, "color": color},
                "hovertemplate": "%{x:.4g}, %{y:.4g}",
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def scaled_sentence(x: Array) -> str:
    """Range, mean and standard deviation of each axis."""
    sentences = (
        f"{name} {column.min():.4g} to {column.max():.4g}, mean {column.mean() + 0.0:.3g}, "
        f"standard deviation {column.std():.3g}"
        for name, column in zip(("across", "up"), x.astype(np.float64).T, strict=True)
    )
    return "; ".join(sentences).capitalize() + "."


PATTERNS = {"training": "", "validation": "/", "test": "x"}
COLORS = {"training": TRAINING, "validation": VALIDATION, "test": MARK}


def class_bars(classes: Sequence[str], counts: Mapping[str, Array]) -> Figure:
    """Grouped bars of the examples (n_classes,) of each class, one group of bars per split."""
    layout = base_layout("Examples of each class", "", "examples", height=320)
    layout |= {"barmode": "group", "hovermode": "x unified"}
    layout["xaxis"] |= {"type": "category"}
    names = [escape_html(name) for name in classes]
    bars = [
        {
            "type": "bar",
            "uid": part,
            "name": part,
            "x": names,
            "y": count.astype(np.int32),
            "marker": {"color": COLORS[part], "pattern": bar_pattern(PATTERNS[part])},
            "hovertemplate": "%{y:,}",
        }
        for part, count in counts.items()
    ]
    return {"data": bars, "layout": layout}


def class_sentence(classes: Sequence[str], counts: Array) -> str:
    """How balanced the training classes are."""
    least, most = int(counts.argmin()), int(counts.argmax())
    if counts[least] == counts[most]:
        return f"Each class has {counts[most]:,} training examples."
    return (
        f"Training examples: {counts[most]:,} of {classes[most]}, the most frequent class, "
        f"{counts[least]:,} of {classes[least]}, the rarest."
    )


def step_bars(
    title: str, x: str, parts: Mapping[str, tuple[Array, Array]], logarithmic: bool = False
) -> Figure:
    """Histograms: name of a split → counts (n,) and edges (n + 1,).

    On a logarithmic scale counts of 0 are not drawn.
    """
    layout = base_layout(title, x, "count", height=300)
    if logarithmic:
        layout["yaxis"] |= {"type": "log", "title": {"text": "count (log scale)"}}
        least = min(int(counts[counts > 0].min()) for counts, _ in parts.values())
        most = max(int(counts.max()) for counts, _ in parts.values())
        span = [np.floor(np.log10(least)), np.log10(most) + 0.1]
        layout["yaxis"] |= {"exponentformat": "power", "dtick": 1, "range": span}
    bars = []
    for part, (counts, edges) in parts.items():
        shown = counts > 0 if logarithmic else np.ones(len(counts), bool)
        bars.append(
            {
                "type": "bar",
                "uid": part,
                "name": part,
                "x": ((edges[1:] + edges[:-1]) / 2)[shown].astype(np.float32),
                "width": np.diff(edges)[shown].astype(np.float32),
                "y": counts[shown].astype(np.int32),
                "opacity": 1 if len(parts) == 1 else 0.65,
                "marker": {
                    "color": COLORS[part],
                    "line": {"width": 0},
                    "pattern": bar_pattern(PATTERNS[part]),
                },
                "hovertemplate": "%{x:.4g}: %{y:,}",
            }
        )  # fmt: skip
    layout["barmode"] = "overlay"
    return {"data": bars, "layout": layout}


def pixel_sentence(counts: Array) -> str:
    """Fractions of black, white and gray pixels."""
    total = max(int(counts.sum()), 1)
    black, white = counts[0] / total, counts[-1] / total
    mean = float((counts * np.arange(len(counts))).sum() / total)
    return (
        f"{black:.1%} of the pixels are 0, {white:.1%} are {len(counts) - 1}, "
        f"{1 - black - white:.1%} lie between; the mean is {mean:.1f}."
    )


def target_sentence(counts: Array, edges: Array) -> str:
    """Range and mode of the training targets."""
    top = int(counts.argmax())
    return (
        f"Training targets from {edges[0]:.3g} to {edges[-1]:.3g}; the tallest bar, "
        f"{counts[top]:,} of {int(counts.sum()):,}, is between "
        f"{edges[top]:.3g} and {edges[top + 1]:.3g}."
    )


Bars = tuple[Array, Array]  # counts (n,) and edges (n + 1,)

GAP = 0.03  # between the cells of a matrix, as a share of its side


def before_and_after(
    name: str, before: Bars, after: Bars, moments: tuple[tuple[float, float], tuple[float, float]]
) -> Figure:
    """Histograms of a feature, above as it is, below standardized.

    moments: mean and standard deviation before, and after; lines show the mean and one standard
    deviation on each side.
    """
    layout = base_layout(escape_html(name), "", "", height=330)
    layout |= {"showlegend": False, "bargap": 0, "shapes": [], "annotations": []}
    layout["margin"]["t"] = 40
    for i, (_, (mean, std)) in enumerate(zip((before, after), moments, strict=True)):
        low, high = (0.6, 0.92) if i == 0 else (0.06, 0.38)
        number = "" if i == 0 else "2"
        axis = {"automargin": True, "zeroline": False, "ticks": "outside", "nticks": 6}
        layout[f"xaxis{number}"] = {**axis, "anchor": f"y{number}"}
        layout[f"yaxis{number}"] = {
            **axis, "anchor": f"x{number}", "domain": [low, high], "nticks": 4
        }  # fmt: skip
        for x, dash in ((mean, "solid"), (mean - std, "dot"), (mean + std, "dot")):
            line = {"color": NEGATIVE, "width": 2, "dash": dash}
            layout["shapes"].append(
                {
                    "type": "line", "xref": f"x{number}", "yref": f"y{number} domain", "x0": x,
                    "x1": x, "y0": 0, "y1": 1, "line": line,
                }
            )  # fmt: skip
        layout["annotations"].append(
            {
                "text": f"{('before', 'after')[i]}: mean {_short(mean)}, "
                f"σ {_short(std)}",
                "xref": "paper", "yref": "paper", "x": 0, "y": high + 0.005, "yanchor": "bottom",
                "xanchor": "left", "showarrow": False, "font": {"size": 12},
            }
        )  # fmt: skip
    return {"data": [_bars(before, ""), _bars(after, "2")], "layout": layout}


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


def _short(value: float) -> str:
    """Three digits, and 0 for a rounding error."""
    return format_number(0 if abs(value) < 1e-6 else value, 3)


def feature_sentence(name: str, before: tuple[float, float], after: tuple[float, float]) -> str:
    """Mean and standard deviation of a feature before and after standardization."""
    return (
        f"{name}: mean {_short(before[0])} and standard deviation "
        f"{_short(before[1])} become {_short(after[0])} and "
        f"{_short(after[1])}; the shape stays the same."
    )


def scatter_matrix(
    names: Sequence[str], x: Array, y: Array, classes: Sequence[str], largest: float = 1.0
) -> Figure:
    """Every pair of the features x (n, n_features ≥ 2), colored by the target y.

    classes: names of the classes that y (n,) numbers; none: y is a number on −largest … largest.
    """
    n = len(names) - 1  # rows and columns of cells: no feature against itself
    layout = base_layout("Every pair of features", "", "", height=110 + 170 * n)
    side = (1 - GAP * (n - 1)) / n
    axis = {"automargin": True, "zeroline": False, "nticks": 4, "tickfont": {"size": 10}}
    for i in range(n):
        start, number = i * (side + GAP), "" if i == 0 else str(i + 1)
        below, left = (
            {"title": {"text": escape_html(names[j]), "standoff": 4}} for j in (i, i + 1)
        )
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
    """One trace: the rows of a class and their marker, or all rows."""
    if not classes:
        marker = {
            "color": y.astype(np.float32), "cmin": -largest, "cmax": largest, "size": 5,
            "colorscale": [[0, NEGATIVE], [0.5, ZERO], [1, POSITIVE]],
            "line": {"color": MARK, "width": 0.5},
        }  # fmt: skip
        return [{"name": "target", "rows": np.arange(len(y)), "marker": marker, "legend": False}]
    return [
        {
            "name": escape_html(name),
            "rows": np.flatnonzero(y == i),
            "marker": {
                "color": color, "symbol": CLASS_SYMBOLS[i % len(CLASS_SYMBOLS)], "size": 5
            },
            "legend": True,
        }
        for i, (name, color) in enumerate(zip(classes, class_colors(len(classes)), strict=True))
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
    """The feature that alone explains most of the target."""
    best = int(np.argmax(shares))
    if has_classes:
        return (
            f"{names[best]} separates the classes best: {shares[best]:.0%} of its variance is "
            "between the classes, the rest within them."
        )
    return (
        f"{names[best]} explains most: a straight line through it accounts for "
        f"{shares[best]:.0%} of the target's variance."
    )


Points = dict[str, tuple[Array, Array]]  # name of a split → its x and its y


def plane_points(points: Points, axes: tuple[str, str]) -> Figure:
    """Points (n, 2) colored by their values (n,) on −1 … 1; a symbol per split."""
    layout = base_layout("Points by split", escape_html(axes[0]), escape_html(axes[1]), height=520)
    if axes == ("x₁", "x₂"):  # one unit on both axes: a circle looks like a circle
        layout["yaxis"] |= {"scaleanchor": "x", "constrain": "domain"}
        layout["xaxis"] |= {"constrain": "domain"}
    return {"data": decision_boundary.plane_examples(points), "layout": layout}


def line_points(points: Points, name: str) -> Figure:
    """Points along x (n,) with their targets (n,); a symbol per split."""
    return {
        "data": decision_boundary.curve_examples(points),
        "layout": base_layout("Points by split", escape_html(name), "y", height=420),
    }


def points_sentence(counts: dict[str, int], least: float, most: float) -> str:
    """Points of each split, and the range of the training targets."""
    return f"{_splits(counts)}; training targets from {least:.3g} to {most:.3g}."


def classes_sentence(counts: dict[str, int], name: str, share: float) -> str:
    """Points of each split, and the fraction of one class."""
    return f"{_splits(counts)}; {share:.0%} of the training points are {name} (drawn in blue)."


def _splits(counts: dict[str, int]) -> str:
    return " and ".join(
        f"{count:,} {name} points ({symbol})"
        for (name, count), symbol in zip(counts.items(), ("circles", "diamonds"), strict=False)
    )
