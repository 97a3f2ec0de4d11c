"""Charts of the labs By hand, Activations (trainings), Regularization (dropout), From scratch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    MARK,
    NEGATIVE,
    POSITIVE,
    TRAINING,
    Figure,
    Trace,
    bar_pattern,
    base_layout,
    dots,
    downsampled_rows,
    line,
    vertical_line,
)
from playground.labs.activations.training import UNIT_X, UNIT_Y, TrainedNetwork, UnitTraining
from playground.labs.scratch import EpochBatches

Array = NDArray[Any]

MAX_LOSS = 10.0  # of the small network
MIN_LOSS = 1e-12  # on a logarithmic axis
UNIT_STYLES = ((NEGATIVE, "solid", "x"), (POSITIVE, "dash", "circle"))  # ReLU, the other one
SIDE_STYLES = {
    "scratch": ("From scratch", POSITIVE, "solid", 3),
    "keras": ("Keras", NEGATIVE, "dot", 2),
}


# ---- By hand -------------------------------------------------------------------------------------


def neuron_figure(
    x: Array, a: Array, visible: tuple[float, float], boundary: float | None, uirevision: str = ""
) -> Figure:
    """a = f(w·x + b) over `x` (n,), and the decision boundary, where z = 0, if it is in range.

    visible: outputs that the axis always shows; it grows where the curve leaves them.
    """
    layout = base_layout("Output of the neuron", "input x", "output a", uirevision, height=340)
    low, high = min(float(a.min()), visible[0]), max(float(a.max()), visible[1])
    margin = 0.06 * (high - low)
    layout["xaxis"] |= {"range": [float(x[0]), float(x[-1])]}
    layout["yaxis"] |= {"range": [low - margin, high + margin]}
    layout["showlegend"] = False
    if boundary is not None and x[0] <= boundary <= x[-1]:
        layout["shapes"] = [vertical_line(boundary, width=2)]
        layout["annotations"] = [
            {
                "x": boundary, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
                "text": f"z = 0 at x = {boundary:.4g}",
            }
        ]  # fmt: skip
    curve = line("a", x, a, POSITIVE, hover="x %{x:.4g}: a %{y:.6g}", width=3)
    return {"data": [curve], "layout": layout}


def neuron_sentence(x: float, z: float, a: float, boundary: float | None) -> str:
    """z and a at one input, and the decision boundary."""
    end = "" if boundary is None else f" z is 0 at x = {boundary:.4g}."
    return f"At x = {x:.4g} the neuron has z = {z:.6g} and the output a = {a:.6g}.{end}"


# ---- Activations: trainings ----------------------------------------------------------------------


def unit_figure(units: Sequence[UnitTraining], step: int) -> Figure:
    """The pre-activation z = w x + b of each unit at a step, and the targets."""
    layout = base_layout(f"Pre-activation z after step {step}", "input x", "z", "unit", 340)
    layout["yaxis"] |= {"range": [-3, 4.5], "zeroline": True, "zerolinecolor": MARK,
                        "zerolinewidth": 2}  # fmt: skip
    layout["shapes"] = [
        {"type": "rect", "x0": 0, "x1": 1, "xref": "paper", "y0": -100, "y1": 0,
         "fillcolor": "rgba(138,143,152,0.18)", "line": {"width": 0}, "layer": "below"}
    ]  # fmt: skip
    layout["annotations"] = [
        {"x": 0.02, "xref": "paper", "y": -2.7, "text": "z < 0: ReLU outputs 0, slope 0",
         "showarrow": False, "xanchor": "left", "font": {"size": 12}}
    ]  # fmt: skip
    targets = dots("targets", UNIT_X, UNIT_Y, MARK, "circle-open", 7, True, "x %{x:.2f}: %{y:.2f}")
    traces = [targets]
    for unit, (color, dash, symbol) in zip(units, UNIT_STYLES, strict=True):
        curve = line(unit.of.label, UNIT_X, unit.z(step), color, dash, "x %{x:.2f}: z %{y:.2f}", 2)
        traces.append(curve | {"mode": "lines+markers", "marker": {"symbol": symbol, "size": 6}})
    return {"data": traces, "layout": layout}


def unit_loss_figure(units: Sequence[UnitTraining], step: int) -> Figure:
    """The loss of each unit over the steps, on a logarithmic axis, marked at a step."""
    layout = base_layout("Loss", "step", "mean squared error", "dying loss", 340)
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 7}
    layout["shapes"] = [vertical_line(step)]
    traces = [
        line(
            unit.of.label, np.arange(len(unit.loss)), np.maximum(unit.loss, MIN_LOSS), color, dash,
            "step %{x}: %{y:.3g}", 2,
        )
        for unit, (color, dash, _) in zip(units, UNIT_STYLES, strict=True)
    ]  # fmt: skip
    return {"data": traces, "layout": layout}


def unit_sentence(units: Sequence[UnitTraining], step: int) -> str:
    """For how many examples each unit is active at a step, and its gradient."""
    parts = (
        f"{unit.of.label}: z > 0 for {unit.active[step]:.0%} of the examples, "
        f"gradient {unit.gradient[step]:.3g}"
        for unit in units
    )
    return f"After step {step}: {'; '.join(parts)}."


def unit_loss_sentence(units: Sequence[UnitTraining], step: int) -> str:
    """The losses at a step and at the end."""
    losses = (
        f"{unit.of.label} {unit.loss[step]:.3g} (at the end {unit.loss[-1]:.3g})" for unit in units
    )
    return f"Loss after step {step}: {', '.join(losses)}."


def practices_figure(runs: Mapping[str, TrainedNetwork]) -> Figure:
    """The loss of each run by update: the first is solid, the other one dashed and grey."""
    layout = base_layout("Loss of the small network", "update", "cross-entropy", "practices", 380)
    layout["yaxis"] |= {"rangemode": "tozero"}
    styles = ((POSITIVE, "solid", 3), (MARK, "dash", 2))
    traces = []
    for (name, run), (color, dash, width) in zip(runs.items(), styles, strict=False):
        loss = np.where(run.loss <= MAX_LOSS, run.loss, np.nan)
        hover = "update %{x}: %{y:.3f}"
        traces.append(line(name, np.arange(len(loss)), loss, color, dash, hover, width))
    return {"data": traces, "layout": layout}


def practices_sentence(runs: Mapping[str, TrainedNetwork]) -> str:
    """The outcome of each run."""
    return "; ".join(f"{name}: {outcome(run)}" for name, run in runs.items()) + "."


def outcome(run: TrainedNetwork) -> str:
    """Loss and accuracy of a run, for example "loss 0.01, accuracy 100%"."""
    last = float(run.loss[-1])
    loss = f"loss {last:.3g}" if np.isfinite(last) else "loss not finite"
    return f"{loss}, accuracy {run.accuracy:.0%}"


# ---- Regularization: dropout ---------------------------------------------------------------------


def network_figure(
    title: str, kernels: Sequence[Array], outputs: Sequence[Array], kept: Sequence[Array],
    uirevision: str,
) -> Figure:  # fmt: skip
    """Units as circles with their outputs; dropped ones are crossed out and have no edges.

    outputs: (n_units,) of each layer, inputs first; kept: 1 or 0 for each unit, like `outputs`.
    """
    layout = base_layout(title, "", "", uirevision, height=360)
    layout |= {"showlegend": False, "margin": {"l": 8, "r": 8, "t": 50, "b": 8}}
    for axis in ("xaxis", "yaxis"):
        layout[axis] |= {"visible": False, "fixedrange": True}
    last = len(outputs) - 1
    layout["xaxis"]["range"], layout["yaxis"]["range"] = [-0.35, last + 0.35], [-0.62, 0.62]
    y = [np.linspace(0.5, -0.5, len(a)) if len(a) > 1 else np.zeros(1) for a in outputs]
    units = [_units(i, *layer) for i, layer in enumerate(zip(y, outputs, kept, strict=True))]
    return {"data": [*_edges(kernels, y, kept), *units], "layout": layout}


def _edges(kernels: Sequence[Array], y: Sequence[Array], kept: Sequence[Array]) -> list[Trace]:
    """Edges between units that are on: blue for positive weights, orange for negative ones."""
    traces = []
    for color, sign in ((POSITIVE, 1), (NEGATIVE, -1)):
        ends: list[tuple[float, float]] = []
        for i, kernel in enumerate(kernels):
            joined = (kernel * sign > 0) & (kept[i][:, None] > 0) & (kept[i + 1] > 0)
            for source, target in np.argwhere(joined):
                ends += [(i, y[i][source]), (i + 1, y[i + 1][target]), (np.nan, np.nan)]
        x_ends, y_ends = np.array(ends, dtype=np.float32).reshape(-1, 2).T
        traces.append({
            "type": "scatter", "uid": f"edges {sign}", "mode": "lines", "hoverinfo": "skip",
            "x": x_ends.copy(), "y": y_ends.copy(), "line": {"color": color, "width": 1.2},
            "opacity": 0.7,
        })  # fmt: skip
    return traces


def _units(layer: int, y: Array, a: Array, on: Array) -> Trace:
    return {
        "type": "scatter", "uid": f"units {layer}", "mode": "markers+text",
        "x": np.full(len(y), layer, dtype=np.float32), "y": y.astype(np.float32),
        "marker": {
            "size": 38,
            "symbol": ["circle" if each else "circle-x-open" for each in on],
            "color": ["#30343a" if each else MARK for each in on],
            "line": {"width": 2, "color": MARK},
        },
        "text": [f"{value:.2f}" if each else "" for value, each in zip(a, on, strict=True)],
        "textfont": {"color": "#ffffff", "size": 11},
        "hovertemplate": "output %{text}<extra></extra>",
    }  # fmt: skip


def running_mean_figure(
    outputs: Array, mean: Array, prediction: float, mask: int, uirevision: str
) -> Figure:
    """The output with each mask, the running mean, and the prediction: (n,) each."""
    layout = base_layout("Mean over many masks", "mask", "output", uirevision, height=340)
    layout["shapes"] = [vertical_line(float(mask))]
    x = np.arange(1, len(outputs) + 1)
    some = slice(0, len(x), 3)
    hover = "mask %{x:.0f}: %{y:.3f}"
    traces = [
        dots("with one mask", x[some], outputs[some], MARK, "circle", 4, True, hover),
        line("prediction, all units", x, np.full(len(x), prediction), NEGATIVE, "dash", hover, 3),
        line("running mean", x, mean, POSITIVE, hover=hover, width=3),
    ]
    return {"data": traces, "layout": layout}


# ---- From scratch --------------------------------------------------------------------------------


def run_figure(
    losses: Mapping[str, Sequence[float]], published: Sequence[tuple[int, float]], uirevision: str
) -> Figure:
    """The loss of every batch before its update for each side; `published`: (update, loss)."""
    traces = []
    for side, values in losses.items():
        label, color, dash, width = SIDE_STYLES[side]
        rows = downsampled_rows(len(values))
        y = np.clip(np.array(values, np.float64)[rows], None, 1e30)
        traces.append(line(label, rows, y, color, dash, "%{y:.4f}", width))
    if published:
        x, y = np.array(published, np.float32).T
        points = dots("published", x, y, MARK, "x-thin-open", 7, True, "%{y:.2f}")
        points["marker"]["line"] = {"width": 2}
        traces.append(points)
    layout = base_layout("Loss of each batch", "updates", "loss", uirevision)
    layout |= {"hovermode": "x unified"}
    layout["yaxis"] |= {"rangemode": "tozero"}
    return {"data": traces, "layout": layout}


def run_sentence(losses: Mapping[str, Sequence[float]], difference: float | None) -> str:
    """The first and last loss of each side, and the largest difference between them."""
    sides = [
        f"{SIDE_STYLES[side][0]} went from {values[0]:.2f} to {values[-1]:.2f} "
        f"in {len(values):,} updates"
        for side, values in losses.items()
        if values
    ]
    if not sides:
        return "No batch yet."
    text = " and ".join(sides) + "."
    if difference is not None:
        text += f" Batch by batch the two losses differ by at most {difference:.1e} (relative)."
    return text


def steps_figure(ours: Sequence[float], theirs: Sequence[float], chosen: int) -> Figure:
    """The mean loss of each step of the small network; the chosen one is marked."""
    x = np.arange(1, len(ours) + 1)
    curve = line("by hand", x, np.array(ours), TRAINING, hover="step %{x}: %{y:.6g}", width=2)
    here = dots("this step", x[chosen], ours[chosen], MARK, "circle-open", 15, True)
    here["marker"]["line"] = {"width": 3}
    traces = [curve | {"mode": "lines+markers"}, here | {"hoverinfo": "skip"}]
    if theirs:
        hover = "Keras: %{y:.6f}"
        traces.insert(1, dots("Keras fit", x, np.array(theirs), NEGATIVE, "x", 6, True, hover))
    layout = base_layout("Loss of each step", "step", "loss", "steps", 240)
    return {"data": traces, "layout": layout}


def steps_sentence(ours: Sequence[float], chosen: int) -> str:
    """The loss of the chosen step, and of the first and the last."""
    return (
        f"Step {chosen + 1} of {len(ours)}: the mean loss is {ours[chosen]:.4f}. "
        f"The epoch begins at {ours[0]:.4f} and ends at {ours[-1]:.4f}."
    )


def batches_figure(epochs: Mapping[str, EpochBatches]) -> Figure:
    """How many images of an epoch are in a batch."""
    seen = [float(each.seen) for each in epochs.values()]
    unseen = [float(each.images - each.seen) for each in epochs.values()]
    bars = [
        {
            "type": "bar", "orientation": "h", "uid": label, "name": label, "y": list(epochs),
            "x": np.array(counts, np.float32), "hovertemplate": "%{x:,} images",
            "marker": {"color": color, "pattern": bar_pattern(shape)},
        }
        for label, counts, color, shape in (
            ("in a batch", seen, POSITIVE, ""), ("in no batch", unseen, NEGATIVE, "/"),
        )
    ]  # fmt: skip
    layout = base_layout("Images of one epoch", "images", "", "batches", 210)
    layout |= {"barmode": "stack"}
    layout["yaxis"] |= {"autorange": "reversed"}
    return {"data": bars, "layout": layout}


def batches_sentence(batch_size: int, published: EpochBatches, ours: EpochBatches) -> str:
    """Steps and images of the published loop and of ours."""
    text = (
        f"With batch size {batch_size} the published loop makes {published.steps:,} steps, but its "
        f"generator yields {published.size} images at a time"
    )
    unseen = published.images - published.seen
    if published.empty:
        text += (
            f": {published.full:,} full batches, one of {published.part}, and then "
            f"{published.empty:,} empty ones, whose mean loss is 0/0 = nan"
        )
    elif unseen:
        text += f": the last {unseen:,} images are in no batch, the same ones in every epoch"
    else:
        text += ": here every image is used once"
    return f"{text}. Ours and Keras: {ours.steps:,} steps, every image once."


# ---- From scratch: how the parts fit together ----------------------------------------------------

BOX = (0.42, 0.3)  # half the width and the height of a part


def parts_figure(
    parts: Mapping[str, tuple[float, float]], arrows: Sequence[tuple[str, str]],
    chosen: Sequence[str], uirevision: str = "parts",
) -> Figure:  # fmt: skip
    """Named boxes at (x, y) with arrows between them; the `chosen` ones are filled.

    Each box is one point of the only trace, in the order of `parts`: a click names it.
    """
    layout = base_layout("", "", "", uirevision, height=300)
    layout["margin"] = {"l": 4, "r": 4, "t": 8, "b": 4}
    xs, ys = zip(*parts.values(), strict=True)
    for axis, values, half in (("xaxis", xs, BOX[0]), ("yaxis", ys, BOX[1])):
        layout[axis] |= {
            "visible": False, "fixedrange": True,
            "range": [min(values) - half - 0.08, max(values) + half + 0.08],
        }  # fmt: skip
    layout |= {"showlegend": False, "hovermode": "closest", "hoverdistance": -1, "dragmode": False}
    layout["shapes"] = [
        {
            "type": "rect", "x0": x - BOX[0], "x1": x + BOX[0], "y0": y - BOX[1], "y1": y + BOX[1],
            "line": {"color": POSITIVE, "width": 2}, "layer": "below",
            "fillcolor": POSITIVE if name in chosen else "rgba(8, 119, 189, 0.08)",
        }
        for name, (x, y) in parts.items()
    ]  # fmt: skip
    layout["annotations"] = [_arrow(parts[start], parts[end]) for start, end in arrows] + [
        {
            "x": x, "y": y, "text": name.replace(" ", "<br>"), "showarrow": False,
            "font": {"size": 13, **({"color": "#ffffff"} if name in chosen else {})},
        }
        for name, (x, y) in parts.items()
    ]  # fmt: skip
    boxes = {
        "type": "scatter", "uid": "parts", "mode": "markers", "x": list(xs), "y": list(ys),
        "hoverinfo": "none", "marker": {"size": 52, "symbol": "square", "opacity": 0},
    }  # fmt: skip
    return {"data": [boxes], "layout": layout}


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> dict[str, Any]:
    """From the edge of one box to that of the other."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    share = min(
        half / abs(d) if d else 1.0 for half, d in zip(BOX, (dx, dy), strict=True)
    )  # of the way that lies inside a box
    return {
        "x": end[0] - share * dx, "y": end[1] - share * dy, "xref": "x", "yref": "y",
        "ax": start[0] + share * dx, "ay": start[1] + share * dy, "axref": "x", "ayref": "y",
        "text": "", "showarrow": True, "arrowhead": 2, "arrowwidth": 1.5, "arrowcolor": MARK,
    }  # fmt: skip
