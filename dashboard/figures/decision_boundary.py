"""Decision regions over a plane of two features, hidden units' lines, and fitted curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.images import data_url
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
    line,
)

Array = NDArray[Any]


Extent = tuple[float, float, float, float]

INK = "#22262c"  # lines over a region, which is bright in the dark theme too
STEPS = 4  # of a value's color between gray and the full color, where it is discrete
MAX_LABELS = 16  # lines that carry the number of their unit


@dataclass(frozen=True)
class Examples:
    """Examples to draw: inputs x (n, 2), color (n,), and whether the prediction is wrong (n,).

    color: class indices where there are three or more classes, otherwise values on −1 … 1.
    wrong: None in regression.
    """

    x: Array
    color: Array
    wrong: NDArray[np.bool_] | None


def _legend(layout: dict[str, Any], over_region: bool) -> None:
    """Put the legend below the chart, where it may take several rows."""
    layout["margin"]["t"] = 40
    layout["legend"] = {"orientation": "h", "x": 0, "y": -0.16, "yanchor": "top"}
    if over_region:
        layout["legend"] |= {"bgcolor": ZERO, "font": {"color": INK}}


def output_colors(
    output: Array, n_classes: int, largest: float, discrete: bool
) -> NDArray[np.uint8]:
    """Outputs of the network (…, n_outputs) → colors (…, 3).

    n_classes: 0 for regression, where full color stands for ±`largest`. Three or more classes:
    the color of the predicted class, grayer with lower confidence. discrete: only the decision (in
    regression: in steps of a quarter).
    """
    if n_classes > 2:
        top = output.max(axis=-1, keepdims=True)
        depth = (
            np.full_like(top, 0.8) if discrete else 0.9 * (top * n_classes - 1) / (n_classes - 1)
        )
        palette = np.array([_rgb(each) for each in class_colors(n_classes)], np.float32)
        full = palette[output.argmax(axis=-1)]
        mixed = DIVERGING[1] + np.nan_to_num(depth) * (full - DIVERGING[1])
        return np.asarray(mixed.round(), np.uint8)
    value = np.nan_to_num(2 * output[..., 0] - 1 if n_classes else output[..., 0] / largest)
    if discrete:
        value = np.sign(value) if n_classes else (value * STEPS).round() / STEPS
    return diverging_colors(value, 1.0)


def _rgb(name: str) -> list[int]:
    return [int(name[i : i + 2], 16) for i in (1, 3, 5)]


def region_figure(
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
            "source": data_url(colors), "xref": "x", "yref": "y", "layer": "below",
            "x": left, "y": top, "sizex": right - left, "sizey": top - bottom, "sizing": "stretch",
        }
    ]  # fmt: skip
    return {"data": example_traces(examples, classes), "layout": layout}


def example_traces(
    examples: Mapping[str, Examples], classes: Sequence[str], ink: str = INK
) -> list[dict[str, Any]]:
    """Circles for the first split, diamonds for the next, a cross on each wrong prediction."""
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
    """A trace; Plotly uses `uid` as a CSS selector: plain letters only."""
    return {
        "type": "scatter", "uid": uid, "name": name, "mode": mode,
        "x": x[:, 0].astype(np.float32), "y": x[:, 1].astype(np.float32), **more,
    }  # fmt: skip


def add_outline(figure: Figure, corners: Array, name: str) -> None:
    """Add the border of a region as a dashed line."""
    line = {"color": INK, "width": 3, "dash": "dash"}
    closed = np.vstack([corners, corners[:1]])
    figure["data"].append(_scatter("outline", name, closed, "lines", line=line, hoverinfo="name"))


@dataclass(frozen=True)
class UnitLine:
    """Where z of a unit is 0: both ends (2, 2), the direction in which z grows (2,), its labels."""

    ends: Array
    towards: Array
    unit: str
    formula: str


def add_unit_lines(figure: Figure, lines: Sequence[UnitLine], extent: Extent) -> None:
    """Add the lines where z of hidden units is 0, with arrows to the sides where it is positive."""
    if not lines:
        return
    gap = np.full((1, 2), np.nan)
    path = np.concatenate([np.vstack([each.ends, gap]) for each in lines])
    text = [escape_html(each.formula) for each in lines for _ in range(3)]
    figure["data"].append(
        _scatter(
            "lines", "where z = 0", path, "lines", line={"color": INK, "width": 2}, text=text,
            hovertemplate="%{text}<extra></extra>",
        )
    )  # fmt: skip
    if len(lines) > MAX_LABELS:
        return
    span = np.array([extent[1] - extent[0], extent[3] - extent[2]])
    notes = []
    for i, unit_line in enumerate(lines):
        share = 0.3 + 0.4 * (i % 3) / 2  # names of crossing lines stand apart
        tail = unit_line.ends[0] + share * (unit_line.ends[1] - unit_line.ends[0])
        step = unit_line.towards * span**2  # as long on the screen whatever the axes' units are
        step = 0.07 * step / np.linalg.norm(step / span)
        head = tail + step
        notes.append(
            {
                "x": head[0], "y": head[1], "ax": tail[0], "ay": tail[1], "text": unit_line.unit,
                "xref": "x", "yref": "y", "axref": "x", "ayref": "y", "showarrow": True,
                "arrowhead": 2, "arrowwidth": 2, "arrowcolor": INK,
                "font": {"color": "#ffffff", "size": 11}, "bgcolor": INK, "borderpad": 1,
            }
        )  # fmt: skip
    figure["layout"]["annotations"] = notes


def add_zero_contour(figure: Figure, z: Array, extent: Extent) -> None:
    """Add the curve where z (side, side), row 0 at the largest x₂, is 0."""
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


def warped_grid(
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
    """The grid of the input plane in the coordinates of two units' outputs.

    along_x, along_y: (lines, steps, 2); crossings: (n, 2), squares in their colors (n, 3).
    """
    layout = base_layout("Input plane mapped to two units", *axes, uirevision, height=460)
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
    nodes = _scatter("answer", "prediction", crossings, "markers", marker=squares, hoverinfo="skip")
    data.append(nodes)
    return {"data": [*data, *example_traces(examples, classes, MARK)], "layout": layout}


def fitted_curve(
    x: Array,
    output: Array,
    points: dict[str, tuple[Array, Array]],
    name: str = "x",
    uirevision: str = "",
) -> Figure:
    """The network's output (n,) over its input x (n,); points: split → its x and y."""
    layout = base_layout("Fitted curve", name, "y", uirevision, height=380)
    curve = line("network", x, output, POSITIVE, hover="%{y:.3f}", width=3)
    return {"data": [*curve_examples(points), curve], "layout": layout}


def curve_examples(points: dict[str, tuple[Array, Array]]) -> list[dict[str, Any]]:
    """Examples of each split: the first as circles, the next as diamonds."""
    return [
        {
            "type": "scatter",
            "uid": split,
            "name": split,
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
        for i, (split, (at, y)) in enumerate(points.items())
    ]


def fit_sentence(error: float, part: str) -> str:
    """The mean absolute error of the curve."""
    return f"Mean absolute error on {part} examples: {error:.3g}."


def decision_region(
    values: Array,
    extent: Extent,
    points: dict[str, tuple[Array, Array]],
    axes: tuple[str, str],
    uirevision: str = "",
    title: str = "Decision region",
) -> Figure:
    """Outputs (rows, columns) on −1 … 1, row 0 at the largest x₂, with the examples on top.

    points: split → its examples (n, 2) and their values (n,) on −1 … 1.
    """
    colors = diverging_colors(values, 1.0)
    return region_figure(colors, extent, _without_errors(points), (), axes, title, uirevision)


def plane_examples(points: dict[str, tuple[Array, Array]]) -> list[dict[str, Any]]:
    """The examples of `decision_region` alone."""
    return example_traces(_without_errors(points), ())


def _without_errors(points: dict[str, tuple[Array, Array]]) -> dict[str, Examples]:
    return {split: Examples(x, y, None) for split, (x, y) in points.items()}


def region_sentence(values: Array, names: tuple[str, str]) -> str:
    """Share of the plane that is predicted as the second class, with a key to the colors."""
    share = f"{float((values > 0).mean()):.0%} of the plane is predicted as {names[1]}."
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
    """Outputs (side, side), row 0 at the longest roast, with a solid line at the threshold."""
    colors = output_colors(output[..., None], 2, 1.0, discrete=False)
    title = "Prediction for every roast"
    names = ("bad roast", "good roast")
    figure = region_figure(colors, extent, {"roasts": examples}, names, axes, title, uirevision)
    add_unit_lines(figure, lines, extent)
    add_zero_contour(figure, output - threshold, extent)
    figure["data"][-1] |= {"name": f"output = {threshold:g}", "line": {"color": "#ffffff",
                           "width": 4}}  # fmt: skip
    return figure


def roasting_sentence(
    roast: tuple[float, float], answer: float, threshold: float, accuracy: float, trivial: float
) -> str:
    """Prediction for the movable roast, and the accuracy on all 200."""
    prediction = "good roast" if answer > threshold else "bad roast"
    sign = ">" if answer > threshold else "≤"
    return (
        f"{roast[0]:.1f} °C for {roast[1]:.2f} minutes: output {answer:.4f} {sign} {threshold:g}, "
        f"predicted {prediction}. Accuracy on 200 roasts: {accuracy:.1%}; always predicting "
        f"“bad”: {trivial:.1%}."
    )
