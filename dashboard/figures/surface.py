"""Paths of optimizers on a surface: from above, in space, and their losses."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import CLASS_COLOURS, CLASS_SYMBOLS, MARK, Figure, frame
from playground.labs.paths import Path
from playground.labs.rules import RULES
from playground.labs.surfaces import Array, Surface, grid

POINTS = 57  # of the grid in each direction
HEIGHT = 440
SMALLEST, LARGEST = 1e-12, 1e12  # of a loss on a logarithmic axis

HUES = (*CLASS_COLOURS, "#00897b", "#c2185b")
SYMBOLS = (*CLASS_SYMBOLS, "star-diamond", "hourglass")
# A veil, blue where it is low and grey where it is high: legible on light and on dark.
HEIGHTS = [[0.0, "rgba(8,119,189,0.55)"], [0.55, "rgba(8,119,189,0.12)"],
           [0.7, "rgba(138,143,152,0.12)"], [1.0, "rgba(138,143,152,0.5)"]]  # fmt: skip

Paths = Mapping[str, Path]  # by the name of the rule


def hue(name: str) -> str:
    """The colour of an optimizer: the same in every chart, whatever else is shown."""
    return HUES[list(RULES).index(name)]


def symbol(name: str) -> str:
    """The sign of an optimizer, beside its colour."""
    return SYMBOLS[list(RULES).index(name)]


def _high(surface: Surface, loss: NDArray[Any]) -> Array:
    """log₁₀ of the loss above the minimum: valleys show, however high the walls are."""
    return np.asarray(np.log10(np.maximum(loss - surface.lowest, 0) + 1e-2))


def contour_figure(surface: Surface, paths: Paths, step: int) -> Figure:
    """The surface from above, dark where it is high, with the first `step` updates of each path."""
    x, y, z = grid(surface, POINTS)
    layout = frame(f"{surface.label}, from above", "x", "y", surface.label, HEIGHT)
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
    x, y, z = grid(surface, POINTS)
    high = _high(surface, z).astype(np.float32)
    layout = frame(f"{surface.label}, in space", "x", "y", surface.label, HEIGHT + 60)
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


def loss_figure(surface: Surface, paths: Paths, step: int, updates: int) -> Figure:
    """The loss above the lowest after each update, on a logarithmic scale; marked at `step`."""
    layout = frame("Loss after each update", "update", "loss above the lowest",
                   f"{surface.label} losses", HEIGHT)  # fmt: skip
    layout["yaxis"] |= {"type": "log", "exponentformat": "e"}
    layout["xaxis"]["range"] = [-0.02 * updates, 1.02 * updates]
    layout["shapes"] = [
        {
            "type": "line", "x0": step, "x1": step, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": MARK, "width": 1, "dash": "dot"},
        }
    ]  # fmt: skip
    return {
        "data": [_losses(surface, name, path) for name, path in paths.items()],
        "layout": layout,
    }


def _losses(surface: Surface, name: str, path: Path) -> dict[str, Any]:
    loss = np.clip(path.loss - surface.lowest, SMALLEST, LARGEST)
    return {
        "type": "scatter", "uid": name, "name": RULES[name].label, "mode": "lines",
        "x": np.arange(len(loss), dtype=np.float32), "y": loss.astype(np.float32),
        "line": {"color": hue(name), "width": 2},
        "hovertemplate": "update %{x}: %{y:.3g}",
    }  # fmt: skip
