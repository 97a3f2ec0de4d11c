"""Gradient descent on one weight with several learning-rate schedules over each other.

Paths of optimizers on a surface: from above, in space, and their losses.

Gradient descent on a curve: the steps down into a valley, and the loss of each.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    CLASS_COLORS,
    CLASS_SYMBOLS,
    MARK,
    NEGATIVE,
    POSITIVE,
    Figure,
    base_layout,
    distinct_colors,
    vertical_line,
)
from playground.labs.optimizers.curves_1d import LossCurve
from playground.labs.optimizers.gradient_descent import Descent
from playground.labs.optimizers.surfaces import Array, Surface, grid
from playground.labs.optimizers.trajectories import Path
from playground.labs.optimizers.update_rules import RULES
from playground.nn.schedules import SCHEDULES

Descents = Mapping[str, Descent]  # by the name of the schedule
SMALLEST_SCHEDULE_LOSS = 1e-14  # loss that is drawn
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def rate_figure(descents: Descents, epoch: int) -> Figure:
    """The learning rate of each update, with the epoch one looks at."""
    layout = base_layout("Learning rate", "epoch", "learning rate η", "schedule rates", 360)
    layout["yaxis"] |= {"rangemode": "tozero"}
    lines = {name: each.rate for name, each in descents.items()}
    return _figure(lines, layout, epoch)


def schedule_loss_figure(descents: Descents, epoch: int) -> Figure:
    """The loss before each update, on a logarithmic scale."""
    layout = base_layout("Loss (w + 1)²", "epoch", "loss", "schedule losses", 360)
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 8}
    lines = {name: np.maximum(each.loss, SMALLEST_SCHEDULE_LOSS) for name, each in descents.items()}
    return _figure(lines, layout, epoch)


def _figure(
    lines: Mapping[str, NDArray[np.floating]], layout: dict[str, Any], epoch: int
) -> Figure:
    layout["margin"]["t"] += 22 * ((len(lines) - 1) // 3)  # rows of the legend on a phone
    layout["shapes"] = [vertical_line(epoch)]
    colors = distinct_colors(lines)
    data = [
        {
            "type": "scatter", "uid": name, "name": SCHEDULES[name].label,
            "x": np.arange(len(y), dtype=np.float32), "y": y.astype(np.float32), "mode": "lines",
            "line": {"color": colors[name], "width": 2.5, "dash": DASHES[i % len(DASHES)]},
            "hovertemplate": "epoch %{x}: %{y:.4g}",
        }
        for i, (name, y) in enumerate(lines.items())
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def rate_sentence(descents: Descents, epoch: int) -> str:
    """The rate of each schedule in the epoch one looks at."""
    told = (
        f"{SCHEDULES[name].label} {each.rate[epoch]:.6f}"
        for name, each in descents.items()
        if epoch < each.epochs
    )
    return f"Learning rate in epoch {epoch}: {', '.join(told) or 'none is left'}."


def loss_sentence(descents: Descents) -> str:
    """Which schedule ends with the lowest loss."""
    ends = {
        name: float(each.w[-1] + 1) ** 2 for name, each in descents.items() if each.left is None
    }
    if not ends:
        return "All of them leap away from the valley: choose a smaller learning rate."
    best = min(ends, key=ends.__getitem__)
    away = [SCHEDULES[name].label for name in descents if name not in ends]
    told = f"{SCHEDULES[best].label} comes lowest: {ends[best]:.2g} after the last update."
    return told + (f" {' and '.join(away)} leap away." if away else "")


GRID_POINTS = 57  # of the grid in each direction
HEIGHT = 440
SMALLEST_LOSS, LARGEST_LOSS = 1e-12, 1e12  # of a loss on a logarithmic axis

HUES = (*CLASS_COLORS, "#00897b", "#c2185b")
SYMBOLS = (*CLASS_SYMBOLS, "star-diamond", "hourglass")
# A veil, blue where it is low and gray where it is high: legible on light and on dark.
HEIGHTS = [[0.0, "rgba(8,119,189,0.55)"], [0.55, "rgba(8,119,189,0.12)"],
           [0.7, "rgba(138,143,152,0.12)"], [1.0, "rgba(138,143,152,0.5)"]]  # fmt: skip

Paths = Mapping[str, Path]  # by the name of the rule


def hue(name: str) -> str:
    """The color of an optimizer: the same in every chart, whatever else is shown."""
    return HUES[list(RULES).index(name)]


def symbol(name: str) -> str:
    """The sign of an optimizer, beside its color."""
    return SYMBOLS[list(RULES).index(name)]


def _high(surface: Surface, loss: NDArray[Any]) -> Array:
    """log₁₀ of the loss above the minimum: valleys show, however high the walls are."""
    return np.asarray(np.log10(np.maximum(loss - surface.lowest, 0) + 1e-2))


def contour_figure(surface: Surface, paths: Paths, step: int) -> Figure:
    """The surface from above, dark where it is high, with the first `step` updates of each path."""
    x, y, z = grid(surface, GRID_POINTS)
    layout = base_layout(f"{surface.label}, from above", "x", "y", surface.label, HEIGHT)
    layout |= {"dragmode": False, "legend": {**layout["legend"], "itemclick": False}}
    layout["xaxis"]["range"], layout["yaxis"]["range"] = list(surface.x), list(surface.y)
    ground = {
        "type": "contour", "uid": "ground", "x": x.astype(np.float32), "y": y.astype(np.float32),
        "z": _high(surface, z).astype(np.float32), "colorscale": HEIGHTS, "ncontours": 18,
        "showscale": False, "line": {"width": 0.6, "color": MARK}, "hoverinfo": "none",
        "contours": {"coloring": "heatmap"},  # filled, each level would darken the ones below
    }  # fmt: skip
    minima = np.array(surface.minima, dtype=np.float32)
    lowest = {
        "type": "scatter", "uid": "minima", "name": "lowest", "mode": "markers",
        "x": minima[:, 0].copy(), "y": minima[:, 1].copy(), "hoverinfo": "skip",
        "marker": {"symbol": "x-thin", "size": 11, "line": {"width": 2.5, "color": MARK}},
    }  # fmt: skip
    return {
        "data": [ground, lowest, *(_walk(name, path, step) for name, path in paths.items())],
        "layout": layout,
    }


def _walk(name: str, path: Path, step: int) -> dict[str, Any]:
    points = np.clip(path.points[: step + 1], -1e3, 1e3).astype(np.float32)
    sizes = np.full(len(points), 3, dtype=np.uint8)
    sizes[-1] = 12
    label = RULES[name].label
    return {
        "type": "scatter", "uid": name, "name": label, "mode": "lines+markers",
        "x": points[:, 0].copy(), "y": points[:, 1].copy(),
        "line": {"color": hue(name), "width": 2},
        "marker": {
            "color": hue(name), "symbol": symbol(name), "size": sizes, "line": {"width": 0}
        },
        "hovertemplate": f"{label}, update %{{pointNumber}}: (%{{x:.3f}}, %{{y:.3f}})"
        "<extra></extra>",
    }  # fmt: skip


def space_figure(surface: Surface, paths: Paths, step: int) -> Figure:
    """The surface in space, its height on a logarithmic scale, with the paths on it."""
    x, y, z = grid(surface, GRID_POINTS)
    high = _high(surface, z).astype(np.float32)
    layout = base_layout(f"{surface.label}, in space", "x", "y", surface.label, HEIGHT + 60)
    axis = {"color": MARK, "gridcolor": MARK, "showbackground": False, "zeroline": False}
    layout["scene"] = {
        "xaxis": {**axis, "title": {"text": "x"}, "range": list(surface.x)},
        "yaxis": {**axis, "title": {"text": "y"}, "range": list(surface.y)},
        "zaxis": {
            **axis, "title": {"text": "log₁₀ loss"},
            "range": [float(high.min()), float(high.max())],
        },
        "aspectmode": "manual", "aspectratio": {"x": 1.2, "y": 1.2, "z": 0.8},
        "camera": {"eye": {"x": -1.4, "y": -1.5, "z": 1.1}},
    }  # fmt: skip
    layout["margin"] |= {"t": 84}
    ground = {
        "type": "surface", "uid": "ground", "x": x.astype(np.float32), "y": y.astype(np.float32),
        "z": high, "colorscale": [[0, "#0877bd"], [0.4, "#e8eaeb"], [1, "#f59322"]],
        "opacity": 0.75, "showscale": False, "hoverinfo": "skip",
        "contours": {"z": {"show": True, "color": MARK, "width": 1}},
    }  # fmt: skip
    return {
        "data": [ground, *(_climb(surface, name, path, step) for name, path in paths.items())],
        "layout": layout,
    }


def _climb(surface: Surface, name: str, path: Path, step: int) -> dict[str, Any]:
    points = path.points[: step + 1]
    low, top = np.array([surface.x, surface.y]).T
    inside = np.all((points >= low) & (points <= top), axis=1)
    high = _high(surface, path.loss[: step + 1]) + 0.02  # just above the ground
    high[~inside] = high[0]
    shown = np.where(inside[:, None], points, points[0]).astype(np.float32)
    sizes = np.full(len(points), 2, dtype=np.uint8)
    sizes[-1] = 6
    return {
        "type": "scatter3d", "uid": name, "name": RULES[name].label, "mode": "lines+markers",
        "x": shown[:, 0].copy(), "y": shown[:, 1].copy(), "z": high.astype(np.float32),
        "line": {"color": hue(name), "width": 5}, "marker": {"color": hue(name), "size": sizes},
        "hoverinfo": "name",
    }  # fmt: skip


def surface_loss_figure(surface: Surface, paths: Paths, step: int, updates: int) -> Figure:
    """The loss above the lowest after each update, on a logarithmic scale; marked at `step`."""
    layout = base_layout("Loss after each update", "update", "loss above the lowest",
                   f"{surface.label} losses", HEIGHT)  # fmt: skip
    layout["yaxis"] |= {"type": "log", "exponentformat": "e"}
    layout["xaxis"]["range"] = [-0.02 * updates, 1.02 * updates]
    layout["shapes"] = [vertical_line(step)]
    return {
        "data": [_losses(surface, name, path) for name, path in paths.items()],
        "layout": layout,
    }


def _losses(surface: Surface, name: str, path: Path) -> dict[str, Any]:
    loss = np.clip(path.loss - surface.lowest, SMALLEST_LOSS, LARGEST_LOSS)
    return {
        "type": "scatter", "uid": name, "name": RULES[name].label, "mode": "lines",
        "x": np.arange(len(loss), dtype=np.float32), "y": loss.astype(np.float32),
        "line": {"color": hue(name), "width": 2},
        "hovertemplate": "update %{x}: %{y:.3g}",
    }  # fmt: skip


CURVE_POINTS = 400
SMALLEST_CURVE_LOSS = 1e-13  # of a loss on a logarithmic axis: 0 is not on it


def valley_figure(curve: LossCurve, descent: Descent, step: int) -> Figure:
    """The curve with the first `step` updates on it, and the tangent where the weight is then."""
    w = np.linspace(*curve.w, CURVE_POINTS)
    layout = base_layout(
        "The loss, and the weight on its way down", "weight w", "loss", curve.label, 400
    )
    layout["xaxis"]["range"], layout["yaxis"]["range"] = list(curve.w), list(curve.loss)
    layout |= {"dragmode": False, "legend": {**layout["legend"], "itemclick": False}}
    visited = descent.w[: step + 1].astype(np.float64)
    tangent = _tangent(curve, float(visited[-1]))
    lines = [
        _line("loss", w, curve.f(w), {"color": MARK, "width": 3}),
        _line("tangent", *tangent, {"color": NEGATIVE, "width": 2, "dash": "dash"}),
        _path(curve, _shown(visited, curve)),
    ]
    return {"data": lines, "layout": layout}


def _shown(w: NDArray[np.float64], curve: LossCurve) -> NDArray[np.float64]:
    """Up to a chart's width outside of the chart: further ones would only make lines flicker."""
    width = curve.w[1] - curve.w[0]
    return np.clip(w, curve.w[0] - width, curve.w[1] + width)


def _line(name: str, x: Any, y: Any, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter", "uid": name, "name": name, "mode": "lines", "line": line,
        "x": np.asarray(x, dtype=np.float32), "y": np.asarray(y, dtype=np.float32),
        "hoverinfo": "skip",
    }  # fmt: skip


def _tangent(curve: LossCurve, w: float) -> tuple[list[float], list[float]]:
    reach = 0.18 * (curve.w[1] - curve.w[0])
    at = float(np.clip(w, *curve.w))
    loss, slope = float(curve.f(at)), float(curve.df(at))
    return [at - reach, at + reach], [loss - reach * slope, loss + reach * slope]


def _path(curve: LossCurve, w: NDArray[np.float64]) -> dict[str, Any]:
    sizes = np.full(len(w), 7, dtype=np.uint8)
    sizes[-1] = 13
    return {
        "type": "scatter", "uid": "path", "name": "updates",
        "mode": "lines+markers",
        "x": w.astype(np.float32), "y": curve.f(w).astype(np.float32),
        "line": {"color": POSITIVE, "width": 1},
        "marker": {"color": POSITIVE, "size": sizes},
        "hovertemplate": "update %{pointNumber}: w %{x:.4f}, loss %{y:.4f}<extra></extra>",
    }  # fmt: skip


def curve_loss_figure(curve: LossCurve, descent: Descent, step: int) -> Figure:
    """The loss before each update on a logarithmic scale, and where the weight is now."""
    layout = base_layout("Loss before each update", "epoch", "loss", f"{curve.label} losses", 400)
    layout["yaxis"] |= {"type": "log", "exponentformat": "e"}
    layout["showlegend"] = False
    layout["xaxis"]["range"] = [-0.5, max(descent.epochs - 0.5, 1)]
    at = min(step, descent.epochs - 1)
    loss = np.maximum(descent.loss.astype(np.float64), SMALLEST_CURVE_LOSS)
    x = np.arange(descent.epochs)
    line = _line("loss", x, loss, {"color": POSITIVE, "width": 2})
    line |= {
        "y": loss,
        "mode": "lines+markers",
        "marker": {"size": 5, "color": POSITIVE},
        "hoverinfo": "all",
        "hovertemplate": "epoch %{x}: %{y:.6g}<extra></extra>",
    }
    now = _line("now", x[at : at + 1], loss[at : at + 1], {})
    now |= {"y": loss[at : at + 1], "mode": "markers", "marker": {"size": 13, "color": POSITIVE}}
    return {"data": [line, now], "layout": layout}
