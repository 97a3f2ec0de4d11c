"""Charts of gradient descent, of schedules, and of optimizers on a surface."""

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
    TRAINING,
    Figure,
    Trace,
    base_layout,
    distinct_colors,
    line,
    vertical_line,
)
from playground.labs.gradient_descent import Descent, LossCurve
from playground.labs.trajectories import Array, Surface, Trajectory, grid
from playground.labs.update_rules import UPDATE_RULES
from playground.nn.schedules import SCHEDULES
from playground.runs.lr_finder import RateRamp

Descents = Mapping[str, Descent]  # by schedule
Paths = Mapping[str, Trajectory]  # by update rule

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MIN_LOSS, MAX_LOSS = 1e-14, 1e12  # on a logarithmic axis
GRID_POINTS = 57  # of a surface in each direction
CURVE_POINTS = 400
HEIGHT = 300

COLORS = (*CLASS_COLORS, "#00897b", "#c2185b", "#5c6bc0")
SYMBOLS = (*CLASS_SYMBOLS, "star-diamond", "hourglass", "bowtie")
# Blue where the loss is low, grey where it is high: legible in light and dark mode.
SURFACE_COLORS = [[0.0, "rgba(8,119,189,0.55)"], [0.55, "rgba(8,119,189,0.12)"],
                  [0.7, "rgba(138,143,152,0.12)"], [1.0, "rgba(138,143,152,0.5)"]]  # fmt: skip


# ---- schedules -----------------------------------------------------------------------------------


def rate_figure(descents: Descents, epoch: int) -> Figure:
    """The learning rate of each update, marked at `epoch`."""
    layout = base_layout("Learning rate", "epoch", "learning rate η", "schedule rates", 360)
    layout["yaxis"] |= {"rangemode": "tozero"}
    return _schedules({name: each.rate for name, each in descents.items()}, layout, epoch)


def schedule_loss_figure(descents: Descents, epoch: int) -> Figure:
    """The loss before each update, on a logarithmic axis, marked at `epoch`."""
    layout = base_layout("Loss (w + 1)²", "epoch", "loss", "schedule losses", 360)
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 8}
    losses = {name: np.maximum(each.loss, MIN_LOSS) for name, each in descents.items()}
    return _schedules(losses, layout, epoch)


def _schedules(
    curves: Mapping[str, NDArray[np.floating]], layout: dict[str, Any], epoch: int
) -> Figure:
    layout["shapes"] = [vertical_line(epoch)]
    colors, hover = distinct_colors(curves), "epoch %{x}: %{y:.4g}"
    traces = [
        line(name, np.arange(len(y)), y, colors[name], DASHES[i % len(DASHES)], hover)
        | {"name": SCHEDULES[name].label}
        for i, (name, y) in enumerate(curves.items())
    ]
    return {"data": traces, "layout": layout}


def rate_sentence(descents: Descents, epoch: int) -> str:
    """The learning rate of each schedule in an epoch."""
    rates = (
        f"{SCHEDULES[name].label} {each.rate[epoch]:.6f}"
        for name, each in descents.items()
        if epoch < each.epochs
    )
    return f"Learning rate in epoch {epoch}: {', '.join(rates) or 'all have diverged before'}."


# ---- optimizers on a surface ---------------------------------------------------------------------


def optimizer_style(name: str) -> tuple[str, str]:
    """Color and symbol of an update rule, the same in every chart."""
    i = list(UPDATE_RULES).index(name)
    return COLORS[i % len(COLORS)], SYMBOLS[i % len(SYMBOLS)]


def _log_height(surface: Surface, loss: NDArray[Any]) -> Array:
    """log₁₀ of the loss above the minimum, so that valleys show beside high walls."""
    return np.asarray(np.log10(np.maximum(loss - surface.lowest, 0) + 1e-2))


def contour_figure(surface: Surface, paths: Paths, step: int) -> Figure:
    """The surface from above with the first `step` updates of each trajectory."""
    x, y, z = grid(surface, GRID_POINTS)
    layout = base_layout(f"{surface.label}, from above", "x", "y", surface.label, HEIGHT)
    layout |= {"dragmode": False, "legend": {**layout["legend"], "itemclick": False}}
    layout["xaxis"]["range"], layout["yaxis"]["range"] = list(surface.x), list(surface.y)
    ground = {
        "type": "contour", "uid": "ground", "x": x.astype(np.float32), "y": y.astype(np.float32),
        "z": _log_height(surface, z).astype(np.float32), "colorscale": SURFACE_COLORS,
        "ncontours": 18, "showscale": False, "line": {"width": 0.6, "color": MARK},
        "contours": {"coloring": "heatmap"},  # filled, each level would darken those below
        "hoverinfo": "none",
    }  # fmt: skip
    minima = np.array(surface.minima, dtype=np.float32)
    lowest = {
        "type": "scatter", "uid": "minima", "name": "minimum", "mode": "markers",
        "x": minima[:, 0].copy(), "y": minima[:, 1].copy(), "hoverinfo": "skip",
        "marker": {"symbol": "x-thin", "size": 11, "line": {"width": 2.5, "color": MARK}},
    }  # fmt: skip
    return {
        "data": [ground, lowest, *(_from_above(name, path, step) for name, path in paths.items())],
        "layout": layout,
    }


def _from_above(name: str, path: Trajectory, step: int) -> Trace:
    points = np.clip(path.points[: step + 1], -1e3, 1e3).astype(np.float32)
    sizes = np.full(len(points), 3, dtype=np.uint8)
    sizes[-1] = 12
    label, (color, symbol) = UPDATE_RULES[name].label, optimizer_style(name)
    return {
        "type": "scatter", "uid": name, "name": label, "mode": "lines+markers",
        "x": points[:, 0].copy(), "y": points[:, 1].copy(), "line": {"color": color, "width": 2},
        "marker": {"color": color, "symbol": symbol, "size": sizes, "line": {"width": 0}},
        "hovertemplate": f"{label}, update %{{pointNumber}}: (%{{x:.3f}}, %{{y:.3f}})"
        "<extra></extra>",
    }  # fmt: skip


def space_figure(surface: Surface, paths: Paths, step: int) -> Figure:
    """The surface in 3D, its height on a logarithmic axis, with the trajectories on it."""
    x, y, z = grid(surface, GRID_POINTS)
    height = _log_height(surface, z).astype(np.float32)
    layout = base_layout(f"{surface.label}, in space", "x", "y", surface.label, HEIGHT + 60)
    axis = {"color": MARK, "gridcolor": MARK, "showbackground": False, "zeroline": False}
    layout["scene"] = {
        "xaxis": {**axis, "title": {"text": "x"}, "range": list(surface.x)},
        "yaxis": {**axis, "title": {"text": "y"}, "range": list(surface.y)},
        "zaxis": {
            **axis, "title": {"text": "log₁₀ loss"},
            "range": [float(height.min()), float(height.max())],
        },
        "aspectmode": "manual", "aspectratio": {"x": 1.2, "y": 1.2, "z": 0.8},
        "camera": {"eye": {"x": -1.4, "y": -1.5, "z": 1.1}},
    }  # fmt: skip
    layout["margin"] |= {"t": 84}
    ground = {
        "type": "surface", "uid": "ground", "x": x.astype(np.float32), "y": y.astype(np.float32),
        "z": height, "colorscale": [[0, "#0877bd"], [0.4, "#e8eaeb"], [1, "#f59322"]],
        "opacity": 0.75, "showscale": False, "hoverinfo": "skip",
        "contours": {"z": {"show": True, "color": MARK, "width": 1}},
    }  # fmt: skip
    return {
        "data": [ground, *(_in_space(surface, name, path, step) for name, path in paths.items())],
        "layout": layout,
    }


def _in_space(surface: Surface, name: str, path: Trajectory, step: int) -> Trace:
    points = path.points[: step + 1]
    low, top = np.array([surface.x, surface.y]).T
    inside = np.all((points >= low) & (points <= top), axis=1)
    height = _log_height(surface, path.loss[: step + 1]) + 0.02  # just above the surface
    height[~inside] = height[0]
    shown = np.where(inside[:, None], points, points[0]).astype(np.float32)
    sizes = np.full(len(points), 2, dtype=np.uint8)
    sizes[-1] = 6
    color, _ = optimizer_style(name)
    return {
        "type": "scatter3d", "uid": name, "name": UPDATE_RULES[name].label, "mode": "lines+markers",
        "x": shown[:, 0].copy(), "y": shown[:, 1].copy(), "z": height.astype(np.float32),
        "line": {"color": color, "width": 5}, "marker": {"color": color, "size": sizes},
        "hoverinfo": "name",
    }  # fmt: skip


def surface_loss_figure(surface: Surface, paths: Paths, step: int, updates: int) -> Figure:
    """The loss above the minimum after each update, on a logarithmic axis, marked at `step`."""
    uirevision = f"{surface.label} losses"
    layout = base_layout(
        "Loss after each update", "update", "loss above the minimum", uirevision, HEIGHT
    )
    layout["yaxis"] |= {"type": "log", "exponentformat": "e"}
    layout["xaxis"]["range"] = [-0.02 * updates, 1.02 * updates]
    layout["shapes"] = [vertical_line(step)]
    traces = []
    for name, path in paths.items():
        loss = np.clip(path.loss - surface.lowest, MIN_LOSS, MAX_LOSS)
        color, hover = optimizer_style(name)[0], "update %{x}: %{y:.3g}"
        curve = line(name, np.arange(len(loss)), loss, color, hover=hover, width=2)
        traces.append(curve | {"name": UPDATE_RULES[name].label})
    return {"data": traces, "layout": layout}


# ---- gradient descent on a curve -----------------------------------------------------------------


def descent_figure(curve: LossCurve, descent: Descent, step: int) -> Figure:
    """The curve with the first `step` updates, and its tangent at the present weight."""
    w = np.linspace(*curve.w, CURVE_POINTS)
    layout = base_layout("Loss, and the weight's descent", "weight w", "loss", curve.label, 400)
    layout["xaxis"]["range"], layout["yaxis"]["range"] = list(curve.w), list(curve.loss)
    layout |= {"dragmode": False, "legend": {**layout["legend"], "itemclick": False}}
    visited = descent.w[: step + 1].astype(np.float64)
    traces = [
        line("loss", w, curve.f(w), MARK, hover="", width=3),
        _tangent(curve, float(visited[-1])),
        _updates(curve, visited),
    ]
    return {"data": traces, "layout": layout}


def ramp_figure(ramp: RateRamp) -> Figure:
    """The loss of each update of a learning-rate ramp, and the two rates to choose from."""
    layout = base_layout("Loss over the learning rate", "learning rate", "loss", height=260)
    layout["xaxis"] |= {"type": "log", "exponentformat": "power"}
    layout["shapes"] = [vertical_line(ramp.steepest), vertical_line(ramp.last_safe)]
    hover = "rate %{x:.2g}: loss %{y:.3g}"
    return {
        "data": [
            line("each update", ramp.rates, ramp.losses, MARK, hover=hover, width=1),
            line("smoothed", ramp.rates, ramp.smoothed, TRAINING, hover=hover),
        ],
        "layout": layout,
    }


def ramp_sentence(ramp: RateRamp) -> str:
    """Where the loss falls fastest, and where it is lowest."""
    return (
        f"The loss falls fastest at a learning rate of {ramp.steepest:.2g} (left line) and is "
        f"lowest at {ramp.last_safe:.2g} (right line); beyond that it rises."
    )


def _tangent(curve: LossCurve, w: float) -> Trace:
    half = 0.18 * (curve.w[1] - curve.w[0])
    at = float(np.clip(w, *curve.w))
    loss, slope = float(curve.f(at)), float(curve.df(at))
    ends = np.array([-half, half])
    return line("tangent", at + ends, loss + slope * ends, NEGATIVE, "dash", hover="", width=2)


def _updates(curve: LossCurve, w: NDArray[np.float64]) -> Trace:
    width = curve.w[1] - curve.w[0]
    w = np.clip(w, curve.w[0] - width, curve.w[1] + width)  # further ones make the lines flicker
    sizes = np.full(len(w), 7, dtype=np.uint8)
    sizes[-1] = 13
    hover = "update %{pointNumber}: w %{x:.4f}, loss %{y:.4f}<extra></extra>"
    return line("updates", w, curve.f(w), POSITIVE, hover=hover, width=1) | {
        "mode": "lines+markers", "marker": {"color": POSITIVE, "size": sizes},
    }  # fmt: skip


def curve_loss_figure(curve: LossCurve, descent: Descent, step: int) -> Figure:
    """The loss before each update on a logarithmic axis, marked at the present one."""
    layout = base_layout("Loss before each update", "epoch", "loss", f"{curve.label} losses", 400)
    layout["yaxis"] |= {"type": "log", "exponentformat": "e"}
    layout["showlegend"] = False
    layout["xaxis"]["range"] = [-0.5, max(descent.epochs - 0.5, 1)]
    at = min(step, descent.epochs - 1)
    x, loss = np.arange(descent.epochs), np.maximum(descent.loss.astype(np.float64), MIN_LOSS)
    hover = "epoch %{x}: %{y:.6g}<extra></extra>"
    curve_trace = line("loss", x, loss, POSITIVE, hover=hover, width=2)
    curve_trace |= {"mode": "lines+markers", "marker": {"size": 5, "color": POSITIVE}}
    now = line("now", x[at : at + 1], loss[at : at + 1], POSITIVE, hover="")
    now |= {"mode": "markers", "marker": {"size": 13, "color": POSITIVE}}
    return {"data": [curve_trace, now], "layout": layout}
