"""The lab From scratch: losses of both sides, and which images an epoch sees.

The curve of one neuron over its only input.

The loss of one small network with and without four pieces of advice.

The life of a unit that is trained with too large a rate, beside one that comes back.

A small network with units switched off, and the mean over many masks.
"""

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
    base_layout,
    dots,
    downsampled_rows,
    line,
    vertical_line,
)
from playground.labs.activations.best_practices import TrainedNetwork
from playground.labs.activations.dying_relu import Life, X, Y
from playground.labs.scratch.batches import EpochBatches

Array = NDArray[Any]


STYLES = {
    "scratch": ("From scratch", POSITIVE, "solid", 3),
    "keras": ("Keras", NEGATIVE, "dot", 2),
}


def run_figure(
    losses: Mapping[str, Sequence[float]], printed: Sequence[tuple[int, float]], uirevision: str
) -> Figure:
    """The loss of every batch before its update, of each side; `printed`: (update, loss)."""
    lines = []
    for name, values in losses.items():
        label, color, dash, width = STYLES[name]
        rows = downsampled_rows(len(values))
        lines.append(
            {
                "type": "scatter", "uid": name, "name": label, "mode": "lines",
                "x": rows.astype(np.int32),
                "y": np.clip(np.array(values)[rows], None, 1e30).astype(np.float32),
                "line": {"color": color, "dash": dash, "width": width},
                "hovertemplate": "%{y:.4f}",
            }
        )  # fmt: skip
    if printed:
        x, y = np.array(printed, np.float32).T
        lines.append(
            {
                "type": "scatter", "uid": "printed", "name": "published", "mode": "markers",
                "x": x.copy(), "y": y.copy(), "hovertemplate": "%{y:.2f}",
                "marker": {"symbol": "x-thin-open", "size": 7, "color": MARK, "line": {"width": 2}},
            }
        )  # fmt: skip
    layout = base_layout("Loss of each batch", "updates", "loss", uirevision)
    layout |= {"hovermode": "x unified"}
    layout["yaxis"] |= {"rangemode": "tozero"}
    return {"data": lines, "layout": layout}


def run_sentence(losses: Mapping[str, Sequence[float]], difference: float | None) -> str:
    """Where the losses are, and how far the sides are from each other."""
    there = {name: values for name, values in losses.items() if values}
    if not there:
        return "No batch yet."
    told = " and ".join(
        f"{STYLES[name][0]} went from {values[0]:.2f} to {values[-1]:.2f} "
        f"in {len(values):,} updates"
        for name, values in there.items()
    )
    apart = "" if difference is None else (
        f" Batch by batch the two losses differ by at most {difference:.1e} of their size."
    )  # fmt: skip
    return f"{told}.{apart}"


def steps_figure(
    ours: Sequence[float], theirs: Sequence[float], chosen: int, uirevision: str = "steps"
) -> Figure:
    """The average loss of each step of the small network; the chosen one is marked."""
    x = np.arange(1, len(ours) + 1, dtype=np.int32)
    lines: list[dict[str, object]] = [
        {
            "type": "scatter", "uid": "ours", "name": "by hand", "mode": "lines+markers",
            "x": x, "y": np.array(ours, np.float32), "line": {"color": TRAINING, "width": 2},
            "hovertemplate": "step %{x}: %{y:.6f}",
        },
        {
            "type": "scatter", "uid": "chosen", "name": "this step", "mode": "markers",
            "x": x[chosen : chosen + 1], "y": np.array(ours[chosen : chosen + 1], np.float32),
            "marker": {"symbol": "circle-open", "size": 15, "color": MARK, "line": {"width": 3}},
            "hoverinfo": "skip",
        },
    ]  # fmt: skip
    if theirs:
        lines.insert(
            1,
            {
                "type": "scatter", "uid": "keras", "name": "Keras fit", "mode": "markers",
                "x": x, "y": np.array(theirs, np.float32), "hovertemplate": "Keras: %{y:.6f}",
                "marker": {"symbol": "x", "size": 6, "color": NEGATIVE},
            },
        )  # fmt: skip
    return {
        "data": lines,
        "layout": base_layout("Loss of each step", "step", "loss", uirevision, 240),
    }


def steps_sentence(ours: Sequence[float], chosen: int) -> str:
    """The loss of the chosen step, among those of the epoch."""
    return (
        f"Step {chosen + 1} of {len(ours)}: the average loss is {ours[chosen]:.4f}. "
        f"The epoch begins at {ours[0]:.4f} and ends at {ours[-1]:.4f}."
    )


def seen_figure(epochs: Mapping[str, EpochBatches]) -> Figure:
    """How the images of an epoch are used: seen or in no batch."""
    names = list(epochs)
    kinds = [
        ("seen once", [float(each.seen) for each in epochs.values()], POSITIVE, ""),
        (
            "in no batch",
            [float(each.images - each.seen) for each in epochs.values()],
            NEGATIVE,
            "/",
        ),
    ]
    bars = [
        {
            "type": "bar", "orientation": "h", "uid": label, "name": label, "y": names,
            "x": np.array(values, np.float32), "hovertemplate": "%{x:,} images",
            "marker": {"color": color, "pattern": {"shape": shape, "fillmode": "overlay",
                                                    "fgcolor": "#ffffff", "fgopacity": 0.45}},
        }
        for label, values, color, shape in kinds
    ]  # fmt: skip
    layout = base_layout("Images of one epoch", "images", "", "seen", 210)
    layout |= {"barmode": "stack"}
    layout["yaxis"] |= {"autorange": "reversed"}
    return {"data": bars, "layout": layout}


def seen_sentence(asked: int, published: EpochBatches, whole: EpochBatches) -> str:
    """What becomes of the images and of the batches."""
    told = (
        f"Asked for batches of {asked}, the published loop makes {published.steps:,} steps "
        f"and its generator hands out {published.size} images at a time all the same"
    )
    lost = published.images - published.seen
    if published.empty:
        told += (
            f": {published.full:,} full batches, one of {published.part}, and then "
            f"{published.empty:,} empty ones, whose average loss is 0/0 = nan"
        )
    elif lost:
        told += f": the last {lost:,} images are in no batch, the same ones in every epoch"
    else:
        told += ": here every image is used once"
    return f"{told}. Ours and Keras: {whole.steps:,} steps, every image once."


def neuron_figure(
    x: Array, a: Array, sight: tuple[float, float], border: float | None, uirevision: str = ""
) -> Figure:
    """a = f(w·x + b) over `x` (n,), and the `border` where z = 0, if there is one to see.

    sight: answers that the axis always shows; it grows where the curve leaves them.
    """
    layout = base_layout("What the neuron answers", "input x", "output a", uirevision, height=340)
    low, high = min(float(a.min()), sight[0]), max(float(a.max()), sight[1])
    room = 0.06 * (high - low)
    layout["xaxis"] |= {"range": [float(x[0]), float(x[-1])]}
    layout["yaxis"] |= {"range": [low - room, high + room]}
    layout["showlegend"] = False
    curve = {
        "type": "scatter", "uid": "answer", "name": "a", "mode": "lines",
        "x": x.astype(np.float32), "y": a.astype(np.float32),
        "line": {"color": POSITIVE, "width": 3}, "hovertemplate": "x %{x:.4g}: a %{y:.6g}",
    }  # fmt: skip
    if border is not None and x[0] <= border <= x[-1]:
        layout["shapes"] = [vertical_line(border, width=2)]
        layout["annotations"] = [
            {
                "x": border, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False,
                "text": f"z = 0 at x = {border:.4g}",
            }
        ]  # fmt: skip
    return {"data": [curve], "layout": layout}


def neuron_sentence(x: float, z: float, a: float, border: float | None) -> str:
    """Where the point is, and where the sum changes its sign."""
    where = "" if border is None else f" The sum z is 0 at x = {border:.4g}."
    return f"At x = {x:.4g} the neuron sums up z = {z:.6g} and answers a = {a:.6g}.{where}"


LARGEST = 10.0  # loss that is drawn


def advice_figure(runs: Mapping[str, TrainedNetwork]) -> Figure:
    """The loss of each run by update: the first is solid, the other one dashed and gray."""
    layout = base_layout("Loss of the small network", "update", "cross-entropy", "advice", 380)
    layout["yaxis"] |= {"rangemode": "tozero"}
    data = []
    for i, (name, run) in enumerate(runs.items()):
        loss = np.where(run.loss <= LARGEST, run.loss, np.nan).astype(np.float32)
        data.append(
            {
                "type": "scatter", "uid": f"run {i}", "name": name,
                "x": np.arange(len(loss), dtype=np.float32), "y": loss, "mode": "lines",
                "line": {"color": MARK if i else POSITIVE, "width": 2 if i else 3,
                         "dash": "dash" if i else "solid"},
                "hovertemplate": "update %{x}: %{y:.3f}",
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def advice_sentence(runs: Mapping[str, TrainedNetwork]) -> str:
    """How each run ends."""
    told = (f"{name}: {outcome(run)}" for name, run in runs.items())
    return "; ".join(told) + "."


def outcome(run: TrainedNetwork) -> str:
    """How a run ends, for example "loss 0.01, 100% right"."""
    last = float(run.loss[-1])
    loss = f"loss {last:.3g}" if np.isfinite(last) else "loss beyond every number"
    return f"{loss}, {run.accuracy:.0%} right"


COLORS = (NEGATIVE, POSITIVE)  # ReLU, the other one
DASHES, SYMBOLS = ("solid", "dash"), ("x", "circle")
SMALLEST = 1e-12  # loss that is drawn


def unit_figure(lives: Sequence[Life], step: int) -> Figure:
    """The pre-activation z = w x + b of each unit at a step, and the answers it should give."""
    layout = base_layout(f"Pre-activation z after step {step}", "input x", "z", "unit", 340)
    layout["yaxis"] |= {"range": [-3, 4.5], "zeroline": True, "zerolinecolor": MARK,
                        "zerolinewidth": 2}  # fmt: skip
    layout["shapes"] = [
        {"type": "rect", "x0": 0, "x1": 1, "xref": "paper", "y0": -100, "y1": 0,
         "fillcolor": "rgba(138,143,152,0.18)", "line": {"width": 0}, "layer": "below"}
    ]  # fmt: skip
    layout["annotations"] = [
        {"x": 0.02, "xref": "paper", "y": -2.7, "text": "z < 0: ReLU is silent, slope 0",
         "showarrow": False, "xanchor": "left", "font": {"color": MARK, "size": 12}}
    ]  # fmt: skip
    data: list[dict[str, Any]] = [
        {
            "type": "scatter", "uid": "targets", "name": "right answers", "x": _short(X),
            "y": _short(Y), "mode": "markers",
            "marker": {"color": MARK, "symbol": "circle-open", "size": 7},
            "hovertemplate": "x %{x:.2f}: %{y:.2f}",
        }
    ]  # fmt: skip
    for life, color, dash, symbol in zip(lives, COLORS, DASHES, SYMBOLS, strict=False):
        data.append(
            {
                "type": "scatter", "uid": life.of.name, "name": life.of.label, "x": _short(X),
                "y": _short(life.z(step)), "mode": "lines+markers",
                "line": {"color": color, "width": 2, "dash": dash},
                "marker": {"symbol": symbol, "size": 6},
                "hovertemplate": "x %{x:.2f}: z %{y:.2f}",
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def loss_figure(lives: Sequence[Life], step: int) -> Figure:
    """The loss of each unit over the steps, on a logarithmic scale, with the step one looks at."""
    layout = base_layout("Loss", "step", "mean squared error", "dying loss", 340)
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 7}
    layout["shapes"] = [vertical_line(step)]
    data = [
        {
            "type": "scatter", "uid": life.of.name, "name": life.of.label,
            "x": np.arange(len(life.loss), dtype=np.float32),
            "y": np.maximum(life.loss, SMALLEST), "mode": "lines",
            "line": {"color": color, "width": 2, "dash": dash},
            "hovertemplate": "step %{x}: %{y:.3g}",
        }
        for life, color, dash in zip(lives, COLORS, DASHES, strict=False)
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def _short(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)


def unit_sentence(lives: Sequence[Life], step: int) -> str:
    """For how many examples each unit is awake at a step, and the gradient that moves it."""
    told = (
        f"{life.of.label}: z > 0 for {life.awake[step]:.0%} of the examples, "
        f"gradient {life.gradient[step]:.3g}"
        for life in lives
    )
    return f"After step {step}: {'; '.join(told)}."


def loss_sentence(lives: Sequence[Life], step: int) -> str:
    """The losses at a step and at the end."""
    told = (
        f"{life.of.label} {life.loss[step]:.3g} (at the end {life.loss[-1]:.3g})" for life in lives
    )
    return f"Loss after step {step}: {', '.join(told)}."


def drawing(
    title: str,
    kernels: Sequence[Array],
    outputs: Sequence[Array],
    kept: Sequence[Array],
    uirevision: str,
) -> Figure:
    """Units as circles with their outputs; those switched off are crossed out, without lines.

    outputs: (n_units,) of each layer, inputs first; kept: 1 or 0 of each unit, like `outputs`.
    """
    layout = base_layout(title, "", "", uirevision, height=360)
    layout |= {"showlegend": False, "margin": {"l": 8, "r": 8, "t": 50, "b": 8}}
    for axis in ("xaxis", "yaxis"):
        layout[axis] |= {"visible": False, "fixedrange": True}
    last = len(outputs) - 1
    layout["xaxis"]["range"], layout["yaxis"]["range"] = [-0.35, last + 0.35], [-0.62, 0.62]
    places = [np.linspace(0.5, -0.5, len(each)) if len(each) > 1 else [0.0] for each in outputs]
    drawn = _edges(kernels, places, kept)
    for i, (a, on) in enumerate(zip(outputs, kept, strict=True)):
        drawn.append(_units(i, np.asarray(places[i]), a, on))
    return {"data": drawn, "layout": layout}


def _edges(
    kernels: Sequence[Array], places: Sequence[Any], kept: Sequence[Array]
) -> list[dict[str, Any]]:
    """Lines between units that are on: blue for positive weights, orange for negative ones."""
    found = []
    for color, sign in ((POSITIVE, 1), (NEGATIVE, -1)):
        x, y = [], []
        for i, kernel in enumerate(kernels):
            joined = (kernel * sign > 0) & (kept[i][:, None] > 0) & (kept[i + 1] > 0)
            for source, target in np.argwhere(joined):
                x += [i, i + 1, np.nan]
                y += [places[i][source], places[i + 1][target], np.nan]
        found.append({
            "type": "scatter", "uid": f"edges {sign}", "mode": "lines", "hoverinfo": "skip",
            "x": np.array(x, dtype=np.float32), "y": np.array(y, dtype=np.float32),
            "line": {"color": color, "width": 1.2}, "opacity": 0.7,
        })  # fmt: skip
    return found


def _units(layer: int, y: Array, a: Array, on: Array) -> dict[str, Any]:
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


def drawing_sentence(training: bool, off: int, units: int, output: float) -> str:
    """How many units are off, and what comes out."""
    if training:
        return f"{off} of {units} hidden units are off; those left are scaled up: {output:.3f}."
    return f"All {units} hidden units are on, nothing is scaled: {output:.3f}."


def means(outputs: Array, mean: Array, prediction: float, at: int, uirevision: str) -> Figure:
    """The output with each mask, the mean of all so far, and the prediction: (n,) each."""
    layout = base_layout("The mean over many masks", "mask", "output", uirevision, height=340)
    layout["shapes"] = [vertical_line(float(at))]
    x = np.arange(1, len(outputs) + 1)
    shown = slice(0, len(x), 3)
    hover = "mask %{x:.0f}: %{y:.3f}"
    drawn = [
        dots("with one mask", x[shown], outputs[shown], MARK, "circle", 4, True, hover),
        line("prediction, all units", x, np.full(len(x), prediction), NEGATIVE, "dash", hover, 3),
        line("mean so far", x, mean, POSITIVE, hover=hover, width=3),
    ]
    return {"data": drawn, "layout": layout}


def means_sentence(outputs: Array, mean: Array, prediction: float) -> str:
    """How near the mean of all masks is to the prediction."""
    return (
        f"With one mask the output spreads by ±{outputs.std():.3f}; the mean of {len(mean):,} "
        f"masks is {mean[-1]:.3f}, the prediction with all units {prediction:.3f}: "
        f"{abs(mean[-1] - prediction):.3f} apart."
    )
