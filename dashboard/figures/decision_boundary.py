"""The plane of two features as a network divides it, and as its hidden layers bend it.

The curve a network with one input and one output has learnt, beside its examples.

What a network answers for every point of the plane, with the examples on top.

The plane of roasts as the 2-3-1 network answers it, with a threshold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.images import address
from dashboard.figures.style import (
    DIVERGING,
    DIVERGING_SCALE,
    MARK,
    NEGATIVE,
    POSITIVE,
    ZERO,
    Figure,
    base_layout,
    class_colors,
    diverging_colors,
    escape_html,
)

Array = NDArray[Any]


Extent = tuple[float, float, float, float]

INK = "#22262c"  # lines over a region, which is bright in the dark theme too
STEPS = 4  # of a value's color between gray and the full color, where it is discrete
MOST_NAMED = 16  # lines that carry the number of their unit


@dataclass(frozen=True)
class Examples:
    """Examples as they are drawn: x (n, 2), color (n,), and whether the answer is wrong (n,).

    color: class numbers where there are three or more classes, otherwise values on −1 … 1.
    wrong: None where an answer is a number, which is more or less right.
    """

    x: Array
    color: Array
    wrong: NDArray[np.bool_] | None


def _legend(layout: dict[str, Any], over_region: bool) -> None:
    """Below the chart, where it may take several rows; bright where its lines are dark."""
    layout["margin"]["t"] = 40
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.16, "yanchor": "top"}
    if over_region:
        layout["legend"] |= {"bgcolor": ZERO, "font": {"color": INK}}


def shade(output: Array, n_classes: int, largest: float, discrete: bool) -> NDArray[np.uint8]:
    """The network's answers (…, n_outputs) → colors (…, 3).

    n_classes: 0 for regression, where full color stands for ±`largest`. Three or more classes:
    the color of the most probable one, grayer the less sure. Discrete: only the decision (of a
    value: in steps of a quarter).
    """
    if n_classes > 2:
        top = output.max(axis=-1, keepdims=True)
        sure = np.full_like(top, 0.8) if discrete else 0.9 * (top * n_classes - 1) / (n_classes - 1)
        palette = np.array([_rgb(each) for each in class_colors(n_classes)], np.float32)
        full = palette[output.argmax(axis=-1)]
        mixed = DIVERGING[1] + np.nan_to_num(sure) * (full - DIVERGING[1])
        return np.asarray(mixed.round(), np.uint8)
    value = np.nan_to_num(2 * output[..., 0] - 1 if n_classes else output[..., 0] / largest)
    if discrete:
        value = np.sign(value) if n_classes else (value * STEPS).round() / STEPS
    return diverging_colors(value, 1.0)


def _rgb(name: str) -> list[int]:
    return [int(name[i : i + 2], 16) for i in (1, 3, 5)]


def plane(
    colors: NDArray[np.uint8],
    extent: Extent,
    examples: Mapping[str, Examples],
    classes: Sequence[str],
    axes: tuple[str, str],
    title: str,
    uirevision: str = "",
) -> Figure:
    """Colors (rows, columns, 3) over the plane, row 0 at the largest x₂, with the examples."""
    left, right, bottom, top = extent
    layout = base_layout(title, escape_html(axes[0]), escape_html(axes[1]), uirevision, height=460)
    layout["xaxis"] |= {"range": [left, right], "showgrid": False, "constrain": "domain"}
    layout["yaxis"] |= {"range": [bottom, top], "showgrid": False}
    if axes == ("x₁", "x₂"):  # one unit on both axes: a circle looks like a circle
        layout["yaxis"] |= {"scaleanchor": "x", "constrain": "domain"}
    _legend(layout, over_region=True)
    layout["images"] = [
        {
            "source": address(colors), "xref": "x", "yref": "y", "layer": "below",
            "x": left, "y": top, "sizex": right - left, "sizey": top - bottom, "sizing": "stretch",
        }
    ]  # fmt: skip
    return {"data": points(examples, classes), "layout": layout}


def points(
    examples: Mapping[str, Examples], classes: Sequence[str], ink: str = INK
) -> list[dict[str, Any]]:
    """The examples: circles (training) and diamonds (validation), a cross on each wrong answer."""
    data = []
    for order, (name, part) in enumerate(examples.items()):
        marker: dict[str, Any] = {
            "symbol": "circle" if order == 0 else "diamond",
            "size": 7,
            "line": {"color": "#ffffff" if order == 0 else INK, "width": 1},
        }
        if len(classes) > 2:
            colors = class_colors(len(classes))
            marker["color"] = [colors[i] for i in part.color]
            text = [escape_html(classes[i]) for i in part.color]
        else:
            marker |= {"color": part.color.astype(np.float32), "cmin": -1, "cmax": 1}
            marker["colorscale"] = DIVERGING_SCALE
            text = [escape_html(classes[int(v > 0)]) for v in part.color] if len(classes) else []
        data.append(_scatter(name, name, part.x, "markers", marker=marker, text=text))
        data[-1]["hovertemplate"] = "%{text} %{x:.4g}, %{y:.4g}" if text else "%{x:.4g}, %{y:.4g}"
    crossed = [part.x[part.wrong] for part in examples.values() if part.wrong is not None]
    if crossed:
        cross = {"symbol": "x-thin", "size": 9, "line": {"color": ink, "width": 2}}
        data.append(_scatter("wrong", "✗ wrong", np.concatenate(crossed), "markers", marker=cross))
        data[-1]["hoverinfo"] = "skip"
    return data


def _scatter(uid: str, name: str, x: Array, mode: str, **more: Any) -> dict[str, Any]:
    """A trace; `uid` is a word of plain letters, as Plotly looks for it by a CSS selector."""
    return {
        "type": "scatter", "uid": uid, "name": name, "mode": mode,
        "x": x[:, 0].astype(np.float32), "y": x[:, 1].astype(np.float32), **more,
    }  # fmt: skip


def add_outline(figure: Figure, corners: Array, name: str) -> None:
    """The border of a region, as a dashed line."""
    line = {"color": INK, "width": 3, "dash": "dash"}
    closed = np.vstack([corners, corners[:1]])
    figure["data"].append(_scatter("outline", name, closed, "lines", line=line, hoverinfo="name"))


@dataclass(frozen=True)
class UnitLine:
    """Where z of a unit is 0: the ends (2, 2), the direction in which z grows (2,), the name."""

    ends: Array
    towards: Array
    unit: str
    formula: str


def add_lines(figure: Figure, lines: Sequence[UnitLine], extent: Extent) -> None:
    """The lines where hidden units change sides, with an arrow to the side where z is positive."""
    if not lines:
        return
    gap = np.full((1, 2), np.nan)
    path = np.concatenate([np.vstack([line.ends, gap]) for line in lines])
    text = [escape_html(line.formula) for line in lines for _ in range(3)]
    figure["data"].append(
        _scatter(
            "lines", "where z = 0", path, "lines", line={"color": INK, "width": 2}, text=text,
            hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    if len(lines) > MOST_NAMED:
        return
    span = np.array([extent[1] - extent[0], extent[3] - extent[2]])
    notes = []
    for i, line in enumerate(lines):
        share = 0.3 + 0.4 * (i % 3) / 2  # names of crossing lines stand apart
        tail = line.ends[0] + share * (line.ends[1] - line.ends[0])
        step = line.towards * span**2  # as long on the screen whatever the axes' units are
        step = 0.07 * step / np.linalg.norm(step / span)
        head = tail + step
        notes.append(
            {
                "x": head[0], "y": head[1], "ax": tail[0], "ay": tail[1], "text": line.unit,
                "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "showarrow": True,
                "arrowhead": 2, "arrowwidth": 2, "arrowcolor": INK,
                "font": {"color": "#ffffff", "size": 11}, "bgcolor": INK, "borderpad": 1,
            }
        )  # fmt: skip
    figure["layout"]["annotations"] = notes


def add_zero(figure: Figure, z: Array, extent: Extent) -> None:
    """The curve where z (side, side), row 0 at the largest x₂, is 0."""
    left, right, bottom, top = extent
    side = len(z)
    figure["data"].append(
        {
            "type": "contour", "uid": "zero", "name": "where z = 0",
            "x": np.linspace(left, right, side).astype(np.float32),
            "y": np.linspace(top, bottom, side).astype(np.float32),
            "z": np.ascontiguousarray(z, np.float32), "showscale": False, "showlegend": True,
            "contours": {"start": 0, "end": 0, "size": 1, "coloring": "none"},
            "line": {"color": INK, "width": 2}, "hoverinfo": "skip",
        }
    )  # fmt: skip


def bent_grid(
    along_x: Array,
    along_y: Array,
    crossings: Array,
    crossing_colors: NDArray[np.uint8],
    examples: Mapping[str, Examples],
    classes: Sequence[str],
    axes: tuple[str, str],
    features: tuple[str, str],
    uirevision: str = "",
) -> Figure:
    """Where two units take the grid of the plane: a square at each crossing, as it is answered.

    along_x, along_y: (lines, steps, 2); crossings: (n, 2) and their colors (n, 3).
    """
    layout = base_layout("The plane as two units see it", *axes, uirevision, height=460)
    _legend(layout, over_region=False)
    data = []
    for uid, name, lines, dash in (
        ("across", features[0], along_x, "solid"),
        ("up", features[1], along_y, "dot"),
    ):
        gap = np.full((len(lines), 1, 2), np.nan)
        path = np.concatenate([lines, gap], axis=1).reshape(-1, 2)
        style = {"color": MARK, "width": 1.2, "dash": dash}
        label = f"{escape_html(name)} moves"
        data.append(_scatter(uid, label, path, "lines", line=style, hoverinfo="skip"))
    squares = {
        "symbol": "square", "size": 6, "line": {"color": MARK, "width": 0.5},
        "color": ["#{:02x}{:02x}{:02x}".format(*each) for each in crossing_colors.tolist()],
    }  # fmt: skip
    nodes = _scatter("answer", "answer", crossings, "markers", marker=squares, hoverinfo="skip")
    data.append(nodes)
    return {"data": [*data, *points(examples, classes, MARK)], "layout": layout}


def fitted_curve(
    x: Array,
    output: Array,
    points: dict[str, tuple[Array, Array]],
    name: str = "x",
    uirevision: str = "",
) -> Figure:
    """The network's output (n,) over its input `x` (n,); `points`: a part's name → its x and y."""
    layout = base_layout("The curve it has learnt", name, "y", uirevision, height=380)
    curve = {
        "type": "scatter",
        "uid": "network",
        "name": "network",
        "x": x.astype(np.float32),
        "y": output.astype(np.float32),
        "mode": "lines",
        "line": {"color": POSITIVE, "width": 3},
        "hovertemplate": "%{y:.3f}",
    }
    return {"data": [*curve_examples(points), curve], "layout": layout}


def curve_examples(points: dict[str, tuple[Array, Array]]) -> list[dict[str, Any]]:
    """The examples of each part: the first as circles, the next as diamonds."""
    return [
        {
            "type": "scatter",
            "uid": part,
            "name": part,
            "x": at.astype(np.float32),
            "y": y.astype(np.float32),
            "mode": "markers",
            "marker": {
                "color": MARK if i == 0 else NEGATIVE,
                "size": 6,
                "symbol": "circle" if i == 0 else "diamond-open",
            },
            "hovertemplate": "%{x:.2f}, %{y:.2f}",
        }
        for i, (part, (at, y)) in enumerate(points.items())
    ]


def fit_sentence(error: float, part: str) -> str:
    """How far the curve is from the examples, in one sentence."""
    return f"On average the curve is {error:.3g} away from the {part} examples."


def decision_region(
    values: Array,
    extent: tuple[float, float, float, float],
    points: dict[str, tuple[Array, Array]],
    axes: tuple[str, str],
    uirevision: str = "",
    title: str = "What the network answers everywhere",
) -> Figure:
    """A map of the network's answers with the examples drawn over it.

    values: (rows, columns) on −1 … 1, row 0 at the largest x₂ (as images have it).
    extent: smallest and largest x₁, smallest and largest x₂.
    points: name of a part → its examples (n, 2) and their values (n,) on −1 … 1; the part named
        first is drawn as circles, the next as diamonds.
    """
    left, right, bottom, top = extent
    layout = base_layout(title, axes[0], axes[1], uirevision, height=420)
    layout["xaxis"] |= {"range": [left, right], "showgrid": False, "constrain": "domain"}
    layout["yaxis"] |= {"range": [bottom, top], "showgrid": False}
    if axes == ("x₁", "x₂"):  # one unit on both axes: a circle looks like a circle
        layout["yaxis"] |= {"scaleanchor": "x", "constrain": "domain"}
    layout["images"] = [
        {
            "source": address(diverging_colors(values, 1.0)), "xref": "x", "yref": "y", "layer": "below",
            "x": left, "y": top, "sizex": right - left, "sizey": top - bottom, "sizing": "stretch",
        }
    ]  # fmt: skip
    return {"data": plane_examples(points), "layout": layout}


def plane_examples(points: dict[str, tuple[Array, Array]]) -> list[dict[str, Any]]:
    """The examples of `decision_region`: the first part as circles, the next as diamonds."""
    return [_points(part, i, x, y) for i, (part, (x, y)) in enumerate(points.items())]


def _points(part: str, order: int, x: Array, y: Array) -> dict[str, Any]:
    return {
        "type": "scatter",
        "uid": part,
        "name": part,
        "x": x[:, 0].astype(np.float32),
        "y": x[:, 1].astype(np.float32),
        "mode": "markers",
        "marker": {
            "symbol": "circle" if order == 0 else "diamond",
            "size": 7,
            "color": y.astype(np.float32),
            "cmin": -1,
            "cmax": 1,
            "colorscale": DIVERGING_SCALE,
            "line": {"color": "#ffffff" if order == 0 else "#30343a", "width": 1},
        },
        "hovertemplate": "%{x:.2f}, %{y:.2f}",
    }


def region_sentence(values: Array, names: tuple[str, str]) -> str:
    """Which share of the plane gets which answer, in one sentence."""
    share = f"{float((values > 0).mean()):.0%} of the plane leans to {names[1]}."
    if names == ("orange", "blue"):
        return f"Gray is undecided; {share}"
    return f"Blue is {names[1]}, orange is {names[0]}, gray is undecided; {share}"


def roasting_figure(
    output: Array,
    threshold: float,
    extent: Extent,
    examples: Examples,
    lines: Sequence[UnitLine],
    axes: tuple[str, str],
    uirevision: str = "",
) -> Figure:
    """Answers (side, side), row 0 at the longest roast; solid where they cross the threshold."""
    colors = shade(output[..., None], 2, 1.0, False)
    title = "What the network answers to every roast"
    names = ("bad roast", "good roast")
    figure = plane(colors, extent, {"roasts": examples}, names, axes, title, uirevision)
    add_lines(figure, lines, extent)
    add_zero(figure, output - threshold, extent)
    figure["data"][-1] |= {"name": f"answer = {threshold:g}", "line": {"color": "#ffffff",
                           "width": 4}}  # fmt: skip
    return figure


def roasting_sentence(
    roast: tuple[float, float], answer: float, threshold: float, accuracy: float, trivial: float
) -> str:
    """What becomes of the movable roast, and how many of the 200 are right."""
    said = "good roast" if answer > threshold else "bad roast"
    sign = ">" if answer > threshold else "≤"
    return (
        f"{roast[0]:.1f} °C for {roast[1]:.2f} minutes: the answer is {answer:.4f} {sign} "
        f"{threshold:g}, a {said}. Of 200 roasts {accuracy:.1%} are judged right; always saying "
        f"“bad” reaches {trivial:.1%}."
    )
