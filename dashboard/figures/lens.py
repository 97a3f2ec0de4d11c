"""An activation with the numbers that go into it, and how layers learn over the epochs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, RATE, Figure, frame

Array = NDArray[Any]

STEEP = "#9fb4c7"  # pre-activations where the curve is steep; those in flat zones: NEGATIVE
LAYERS = (POSITIVE, NEGATIVE, RATE, "#2a9d6f", "#c2588f", "#8c7325", MARK)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
USUAL = (3e-4, 3e-3)  # a healthy update beside the weights: about a thousandth


def activation_lens(
    name: str,
    curve: tuple[Array, Array, Array],
    edges: Array,
    shares: tuple[Array, Array],
    flat_below: float,
    keep: str = "",
) -> Figure:
    """The curve f and its derivative f′ over the pre-activations of a layer.

    curve: z, f(z), f′(z); edges (n + 1,) of the bins; shares: of all values, in each bin (n,), in
    flat zones and in steep ones.
    """
    z, f, slope = (each.astype(np.float32) for each in curve)
    layout = frame(
        f"{name} over what goes into it", "pre-activation z", "share of all z", keep, 380
    )
    layout["xaxis"] |= {"range": [float(edges[0]), float(edges[-1])]}
    layout["yaxis"] |= {
        "side": "right", "showgrid": False, "rangemode": "tozero", "tickformat": ".0%", "nticks": 5,
    }  # fmt: skip
    layout["yaxis2"] = {
        "title": {"text": "f(z) and f′(z)", "standoff": 6}, "overlaying": "y", "side": "left",
        "automargin": True, "showgrid": False, "zeroline": True, "zerolinecolor": MARK,
        "tickmode": "auto", "nticks": 7,
    }  # fmt: skip
    layout |= {"barmode": "stack", "bargap": 0.04, "hovermode": "x"}
    layout["margin"]["t"], layout["title"]["y"] = 84, 0.98  # a narrow legend has two lines
    layout["legend"]["traceorder"] = "normal"
    layout["shapes"] = [
        {
            "type": "rect", "x0": low, "x1": high, "y0": 0, "y1": 1, "yref": "paper",
            "fillcolor": NEGATIVE, "opacity": 0.1, "line": {"width": 0}, "layer": "below",
        }
        for low, high in zones(z, np.abs(slope) < flat_below)
    ]  # fmt: skip
    bars = [
        _bars("z, flat", edges, shares[0], NEGATIVE),
        _bars("z, steep", edges, shares[1], STEEP),
    ]
    lines = [
        _curve("activation f", z, f, POSITIVE, "solid"),
        _curve("derivative f′", z, slope, RATE, "dash"),
    ]
    return {"data": [*bars, *lines], "layout": layout}


def _bars(name: str, edges: Array, share: Array, colour: str) -> dict[str, Any]:
    return {
        "type": "bar", "uid": name, "name": name, "x": ((edges[1:] + edges[:-1]) / 2).astype("f4"),
        "y": share.astype(np.float32), "hovertemplate": "%{y:.2%}",
        "marker": {"color": colour},
    }  # fmt: skip


def _curve(name: str, z: Array, y: Array, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter", "uid": name, "name": name, "x": z, "y": y, "yaxis": "y2",
        "mode": "lines", "line": {"color": colour, "dash": dash, "width": 3},
        "hovertemplate": "%{y:.3f}",
    }  # fmt: skip


def zones(z: Array, inside: Array) -> list[tuple[float, float]]:
    """The intervals of rising z (n,) in which `inside` (n,) holds."""
    padded = np.concatenate([[False], inside, [False]])
    starts, stops = (
        np.flatnonzero(padded[1:] & ~padded[:-1]),
        np.flatnonzero(~padded[1:] & padded[:-1]),
    )
    return [(float(z[a]), float(z[b - 1])) for a, b in zip(starts, stops, strict=True)]


def lens_sentence(layer: str, flat: float, flat_below: float, beyond: float) -> str:
    """How much of a layer works where no gradient comes through, in one sentence."""
    if flat == 0:
        text = f"None of what goes into {layer} lies in a flat zone (|f′| below {flat_below:g})"
    else:
        text = (
            f"{flat:.0%} of what goes into {layer} lies in a flat zone (orange, |f′| below "
            f"{flat_below:g}), where hardly any gradient comes back"
        )
    more = f"; the outermost bars also hold the {beyond:.1%} beyond them" if beyond else ""
    return text + more + "."


def layer_curves(
    title: str,
    y: str,
    epoch: Array,
    columns: Array,
    names: Sequence[str],
    shown: int,
    band: tuple[float, float] | None = None,
    keep: str = "",
) -> Figure:
    """One line a layer over the epochs, on a logarithmic axis, with a cursor at the epoch shown.

    columns: (n, n_layers), positive; what is not is left out. band: a usual range, marked.
    """
    layout = frame(title, "epoch", y, keep, 320)
    layout |= {"hovermode": "x unified", "shapes": []}
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 6}
    layout["xaxis"] |= {"hoverformat": "d"}
    if len(epoch):
        layout["xaxis"] |= {"autorange": True, "autorangeoptions": {"include": [0, 10]}}
        layout["shapes"].append(
            {
                "type": "line", "x0": shown, "x1": shown, "y0": 0, "y1": 1, "yref": "paper",
                "line": {"color": MARK, "width": 2, "dash": "dot"},
            }
        )  # fmt: skip
    else:
        layout["xaxis"]["range"], layout["yaxis"]["range"] = [0, 10], [-4, 0]
    if band is not None:
        layout["shapes"].append(
            {
                "type": "rect", "x0": 0, "x1": 1, "xref": "paper", "y0": band[0], "y1": band[1],
                "fillcolor": "#2a9d6f", "opacity": 0.15, "line": {"width": 0}, "layer": "below",
            }
        )  # fmt: skip
    values = np.where(columns > 0, columns, np.nan).astype(np.float32)
    mode = "lines+markers" if len(epoch) <= 25 else "lines"
    lines = [
        {
            "type": "scatter", "uid": name, "name": name, "x": epoch.astype(np.float32),
            "y": np.ascontiguousarray(values[:, i]), "mode": mode, "marker": {"size": 5},
            "line": {"color": LAYERS[i % 7], "dash": DASHES[i % 7], "width": 2},
            "hovertemplate": "%{y:.2e}",
        }
        for i, name in enumerate(names[: columns.shape[1]])
    ]  # fmt: skip
    return {"data": lines, "layout": layout}


def gradient_sentence(epoch: Array, gradient: Array, names: Sequence[str], shown: int) -> str:
    """How the gradients of the first and the last layer compare, in one sentence."""
    row = _row(epoch, shown)
    if row is None:
        return "No epoch yet: press Train."
    first, last = float(gradient[row, 0]), float(gradient[row, -1])
    at = f"At epoch {epoch[row]:.0f}"
    if gradient.shape[1] == 1:
        return f"{at} the gradient is {last:.1e}."
    if not (first > 0 and last > 0):
        still = names[-1] if first > 0 else names[0]
        return f"{at} the gradient is 0 in {still}: it cannot learn."
    compared = (
        f"{_times(last / first)} smaller" if first < last else f"{_times(first / last)} larger"
    )
    return f"{at} the gradient is {compared} in {names[0]} than in {names[-1]}."


def _times(ratio: float) -> str:
    return f"{ratio:.2g} times" if ratio < 99.5 else f"{ratio:,.0f} times"


def ratio_sentence(epoch: Array, ratio: Array, names: Sequence[str], shown: int) -> str:
    """Whether the layers' updates are of a usual size, in one sentence."""
    row = _row(epoch, shown)
    if row is None:
        return "No epoch yet: press Train."
    low, high = USUAL
    at, words = f"At epoch {epoch[row]:.0f} the last update changed", []
    for i, name in enumerate(names[: ratio.shape[1]]):
        share = float(ratio[row, i])
        if not np.isfinite(share):
            continue
        if share > high:
            words.append(f"{name} by {share:.1e} of its weights, a lot")
        elif share < low:
            words.append(f"{name} by {share:.1e}, little")
    if not words:
        return f"{at} every layer by about a thousandth of its weights, as is usual (green band)."
    usual = "Usual, as a rule of thumb, is about a thousandth (green band)."
    return f"{at} {'; '.join(words)}. {usual}"


def _row(epoch: Array, shown: int) -> int | None:
    """The row of the epoch shown, or of the last one before it."""
    rows = np.flatnonzero(epoch <= shown)
    return int(rows[-1]) if len(rows) else None
