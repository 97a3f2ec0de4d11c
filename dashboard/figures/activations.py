"""Charts of activations: curves, depth before training, signal propagation, and layers by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    CLASS_SYMBOLS,
    MARK,
    NEGATIVE,
    POSITIVE,
    RATE,
    ZERO,
    Figure,
    Trace,
    base_layout,
    distinct_colors,
    vertical_line,
)
from playground.analysis.inspection.signal_propagation import (
    MOST_DEAD,
    MOST_FLAT,
    InitializerChoice,
    Profile,
    SignalVerdict,
)
from playground.labs.activations.curves import ActivationCurve, OutputStatistics
from playground.labs.activations.depth import KINDS, Propagation

Array = NDArray[Any]

SMALLEST, LARGEST = 1e-30, 1e30  # on a logarithmic axis


def _float32(values: Array) -> NDArray[np.float32]:
    return values.astype(np.float32)


# ---- the Activations lab: depth ------------------------------------------------------------------


def depth_figure(
    found: Mapping[str, Propagation], labels: Mapping[str, str], backward: bool
) -> Figure:
    """The size of ∂L/∂z (`backward`), or of the activations, by layer on a logarithmic axis."""
    title = "Gradient ∂L/∂z, backward" if backward else "Activations, forward"
    layout = base_layout(title, "layer", "root mean square", f"depth {backward}", 340)
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 7}
    layout["margin"]["t"] += 22 * ((len(found) - 1) // 3)  # rows of the legend on a phone
    layout["xaxis"] |= {"dtick": 1 if len(next(iter(found.values())).backward) <= 10 else 2}
    colors, dash = distinct_colors(found), "dash" if backward else "solid"
    traces: list[Trace] = []
    for i, (name, each) in enumerate(found.items()):
        y, first = (each.backward, 1) if backward else (each.forward, 0)
        with np.errstate(invalid="ignore"):
            y = np.where((y >= SMALLEST) & (y <= LARGEST), y, np.nan)
        traces.append(
            {
                "type": "scatter", "uid": name, "name": labels[name], "mode": "lines+markers",
                "x": np.arange(first, first + len(y), dtype=np.float32), "y": y,
                "line": {"color": colors[name], "width": 2, "dash": dash},
                "marker": {"size": 7, "symbol": CLASS_SYMBOLS[i % len(CLASS_SYMBOLS)]},
                "hovertemplate": "layer %{x}: %{y:.2e}",
            }
        )  # fmt: skip
    return {"data": traces, "layout": layout}


def propagation_sentence(found: Propagation, label: str) -> str:
    """What becomes of the gradient."""
    depth = len(found.backward)
    layers = f"{depth} layers" if depth > 1 else "1 layer"
    if found.kind == "overflow":
        return f"{label}: numbers overflow within {layers}; nothing can be learned."
    if found.kind == "zero":
        return f"{label}: no gradient at all reaches the first of {layers}; it cannot learn."
    outcome = {
        "kept": "it keeps its scale: the first layer learns as fast as the last",
        "vanishing": "it vanishes: the first layers hardly learn",
        "exploding": "it explodes: one step moves the weights far away",
    }[found.kind]
    if found.kind == "exploding" and found.change < 10:
        outcome = "the activations explode, although the gradient does not"
    return (
        f"{label}: through {layers} the gradient becomes {found.change:.2g} times as large "
        f"(× {found.factor:.2g} a layer); {outcome}."
    )


def depth_sentence(
    found: Mapping[str, Propagation], labels: Mapping[str, str], backward: bool
) -> str:
    """The last value of each line."""
    sizes = ", ".join(
        f"{labels[name]} {(each.backward[0] if backward else each.forward[-1]):.2g}"
        for name, each in found.items()
    )
    return f"Size {'in the first layer' if backward else 'after the last layer'}: {sizes}."


def map_figure(
    found: Sequence[Sequence[Propagation]], rows: Sequence[str], columns: Sequence[str]
) -> Figure:
    """The gradient for each activation (rows) and initializer (columns)."""
    symbols = {"kept": "✓", "vanishing": "↓", "exploding": "↑", "zero": "0", "overflow": "∞"}
    layout = base_layout("Gradient in the first layer", "", "", "map", 90 + 26 * len(rows))
    layout["xaxis"] |= {"showgrid": False, "tickangle": -40, "side": "bottom"}
    layout["yaxis"] |= {"showgrid": False, "autorange": "reversed"}
    layout["margin"]["t"] = 40
    exponents = np.array([[each.log10_change for each in row] for row in found], dtype=np.float32)
    cells = {
        "type": "heatmap", "uid": "map", "x": list(columns), "y": list(rows), "z": exponents,
        "zmin": -6, "zmax": 6, "colorscale": [[0, NEGATIVE], [0.5, ZERO], [1, POSITIVE]],
        "text": [[symbols[each.kind] for each in row] for row in found],
        "texttemplate": "%{text}", "textfont": {"color": "#30343a", "size": 13},
        "colorbar": {"title": {"text": "power of ten", "side": "right"}, "thickness": 12},
        "hovertemplate": "%{y}, %{x}: 10^%{z:.1f}<extra></extra>",
    }  # fmt: skip
    return {"data": [cells], "layout": layout}


def map_sentence(found: Sequence[Sequence[Propagation]]) -> str:
    """The number of combinations of each kind."""
    kinds = [each.kind for row in found for each in row]
    counts = (f"in {kinds.count(kind)} it {text}" for kind, text in KINDS.items() if kind in kinds)
    return f"The gradient in {len(kinds)} combinations: {', '.join(counts)}."


# ---- the Activations lab: curves ----------------------------------------------------------------

DENSITY_HEIGHT = 0.25  # of the chart


def curves_figure(
    curves: Sequence[ActivationCurve], z: Array, density: Array, at: float, slopes: bool
) -> Figure:
    """f of each curve, or f′ dashed, over z (n,), above the `density` (n,) of z; marked at `at`."""
    title, name = ("Derivatives", "f′(z)") if slopes else ("Activations", "f(z)")
    layout = base_layout(title, "weighted sum z", name, f"{slopes}", 360)
    layout["margin"]["t"] += 22 * (len(curves) // 3)  # rows of the legend on a phone
    layout["xaxis"] |= {"range": [z[0], z[-1]]}
    layout["yaxis2"] = {
        "overlaying": "y", "range": [0, float(density.max()) / DENSITY_HEIGHT], "visible": False,
        "fixedrange": True,
    }  # fmt: skip
    layout["shapes"] = [vertical_line(at)]
    traces: list[Trace] = [
        {
            "type": "scatter", "uid": "density", "name": "distribution of z", "x": _float32(z),
            "y": _float32(density), "yaxis": "y2", "mode": "lines", "fill": "tozeroy",
            "line": {"width": 0, "color": MARK}, "fillcolor": "rgba(138,143,152,0.25)",
            "hoverinfo": "skip",
        }
    ]  # fmt: skip
    colors = distinct_colors(curve.name for curve in curves)
    for curve in curves:
        function, color = curve.df if slopes else curve.f, colors[curve.name]
        shared = {"type": "scatter", "legendgroup": curve.name, "name": curve.label}
        traces.append(
            {
                **shared, "uid": curve.name, "x": _float32(z), "y": _float32(function(z)),
                "mode": "lines", "hovertemplate": "z %{x:.2f}: %{y:.4f}",
                "line": {"color": color, "width": 2.5, "dash": "dash" if slopes else "solid"},
            }
        )  # fmt: skip
        point = np.array([at])
        traces.append(
            {
                **shared, "uid": f"{curve.name} at", "x": _float32(point),
                "y": _float32(function(point)), "mode": "markers", "showlegend": False,
                "marker": {"color": color, "size": 9}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    return {"data": traces, "layout": layout}


def curves_sentence(
    curves: Sequence[ActivationCurve], at: float, statistics: Sequence[OutputStatistics]
) -> str:
    """The value of each curve at z = `at`, and its mean."""
    point = np.array([at])
    values = (
        f"{curve.label} {float(curve.f(point)[0]):.3g} (mean {each.mean:.2f})"
        for curve, each in zip(curves, statistics, strict=True)
    )
    return f"At z = {at:g}: {', '.join(values)}."


def slopes_sentence(
    curves: Sequence[ActivationCurve], at: float, statistics: Sequence[OutputStatistics]
) -> str:
    """The slope of each curve at z = `at`, and the curve with the smallest gradient gain."""
    point = np.array([at])
    slopes = (f"{curve.label} {float(curve.df(point)[0]):.3g}" for curve in curves)
    least = min(range(len(curves)), key=lambda i: statistics[i].gradient_gain)
    return (
        f"At z = {at:g} the slopes are: {', '.join(slopes)}. The smallest gradient gain is that of "
        f"{curves[least].label}: {statistics[least].gradient_gain:.2f} a layer."
    )


# ---- signal propagation before training ---------------------------------------------------------

OTHERS = ("#2a9d6f", RATE, NEGATIVE, "#c2588f", "#8c7325", MARK)
COMPARED_DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot", "dash")
COMPARED_SYMBOLS = ("square", "diamond", "triangle-up", "cross", "x", "star")
LARGEST_SIGNAL = 1e30  # what is beyond it cannot be drawn


def signal_depth_figure(found: Profile, names: Sequence[str], uirevision: str = "") -> Figure:
    """Mean activation of each layer with the spread over the examples as bars around it."""
    layout = base_layout("Activations by depth", "", "mean ± spread", uirevision, 320)
    layout["showlegend"] = False
    layout["yaxis"] |= {"zeroline": True, "zerolinecolor": MARK}
    points = {
        "type": "scatter", "uid": "mean", "name": "mean ± spread", "x": list(names),
        "y": _drawable(found.mean), "mode": "markers+lines",
        "marker": {"color": POSITIVE, "size": 9}, "line": {"color": POSITIVE, "width": 1},
        "error_y": {"type": "data", "array": _drawable(found.spread), "color": POSITIVE,
                    "thickness": 4, "width": 8},
        "hovertemplate": "%{x}: mean %{y:.3g}, spread %{error_y.array:.3g}<extra></extra>",
    }  # fmt: skip
    return {"data": [points], "layout": layout}


def compared_figure(
    profiles: Mapping[str, Profile], names: Sequence[str], uirevision: str = ""
) -> Figure:
    """Spread of the activations and error signal by depth: the first of `profiles` is thick."""
    layout = base_layout("Compared with other choices", "", "error signal", uirevision, 520)
    layout["title"]["y"] = 0.985
    layout["margin"]["t"] = 110
    axis = {"type": "log", "exponentformat": "power", "nticks": 6}
    layout["yaxis"] |= {**axis, "domain": [0, 0.46]}
    layout["yaxis2"] = {
        **layout["yaxis"], "domain": [0.54, 1], "title": {"text": "spread", "standoff": 6},
        "anchor": "x",
    }  # fmt: skip
    data = []
    for i, (label, found) in enumerate(profiles.items()):
        style = (
            {"line": {"color": POSITIVE, "width": 4}, "marker": {"size": 9, "color": POSITIVE}}
            if i == 0
            else {
                "line": {
                    "color": OTHERS[(i - 1) % 6], "width": 2, "dash": COMPARED_DASHES[(i - 1) % 6],
                },
                "marker": {
                    "size": 8, "color": OTHERS[(i - 1) % 6], "symbol": COMPARED_SYMBOLS[(i - 1) % 6]
                },
            }
        )  # fmt: skip
        shared: dict[str, Any] = {
            "type": "scatter", "name": label, "x": list(names), "legendgroup": label,
            "mode": "lines+markers", "hovertemplate": "%{x}: %{y:.2e}", **style,
        }  # fmt: skip
        data.append({**shared, "uid": label, "y": _positive(found.signal)})
        data.append(
            {
                **shared, "uid": f"{label} spread", "y": _positive(found.spread), "yaxis": "y2",
                "showlegend": False,
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def _drawable(values: Array) -> NDArray[np.float32]:
    return np.where(np.abs(values) < LARGEST_SIGNAL, values, np.nan).astype(np.float32)


def _positive(values: Array) -> NDArray[np.float32]:
    return np.where(values > 0, _drawable(values), np.nan).astype(np.float32)


def signal_depth_sentence(found: Profile, names: Sequence[str]) -> str:
    """How the spread changes from the first to the last layer, in one sentence."""
    first, last = float(found.spread[0]), float(found.spread[-1])
    if len(names) == 1:
        return f"The output layer's z spreads by {last:.2g} from example to example."
    return (
        f"From example to example the activations differ by {first:.2g} in {names[0]} and by "
        f"{last:.2g} at the output (there of z, before its own activation)."
    )


def verdict_sentence(found: Profile, verdict: SignalVerdict, names: Sequence[str]) -> str:
    """What is wrong before the first epoch, or that nothing is."""
    forward, back = _change(verdict.forward), _change(verdict.back)
    flow = f"With each layer the activations' spread {forward}, and the error signal on its way "
    flow += f"back {back}."
    at_first = len(found.signal) > 1 and found.signal[-1] > 0 and found.signal[0] > 0
    total = float(found.signal[-1] / found.signal[0]) if at_first else float("nan")
    smaller = f"{total:,.0f} times smaller" if np.isfinite(total) else "lost"
    if verdict.kind == "large_inputs":
        return (
            f"Inputs as large as {found.largest_input:,.0f}: the first updates will be far too "
            "large, whatever the first weights are."
        )
    if verdict.kind == "exploding":
        return f"Exploding: signals grow from layer to layer. {flow}"
    if verdict.kind == "alike":
        return (
            "All units alike: every unit of a layer starts with the same weights, gets the same "
            "gradient and stays the same for ever, as if there were only one."
        )
    if verdict.kind == "vanishing":
        spreads = found.spread[-1] / found.spread[0] if found.spread[0] > 0 else 0.0
        reason = (
            f"the error signal that reaches {names[0]} is {smaller} than at the output"
            if not spreads < 0.1 or total > 10
            else "what tells the examples apart gets lost on its way"
        )
        return f"Vanishing: {reason}, so early layers hardly learn. {flow}"
    if verdict.kind == "dead":
        worst = int(np.argmax(found.dead))
        return (
            f"Dead units: {found.dead[worst]:.0%} of {names[worst]} answer the same to every "
            f"example (more than {MOST_DEAD:.0%} is much). {flow}"
        )
    if verdict.kind == "saturated":
        worst = int(np.argmax(found.flat))
        return (
            f"Saturated: {found.flat[worst]:.0%} of what goes into {names[worst]} lies where the "
            f"activation is flat (more than {MOST_FLAT:.0%} is much). {flow}"
        )
    if len(names) == 1:
        return "Well scaled: without hidden layers nothing can vanish or explode."
    return f"Well scaled: training can begin. {flow}"


def _change(factor: float) -> str:
    if not np.isfinite(factor):
        return "grows beyond all bounds or is lost"
    if factor == 0:
        return "becomes 0"
    if 0.9 < factor < 1.1:
        return f"stays the same (× {factor:.2f})"
    return f"{'grows' if factor > 1 else 'shrinks'} (× {factor:.2g})"


def advice_sentence(
    verdicts: Mapping[InitializerChoice, SignalVerdict], made_for: str, scaled_by_default: bool
) -> str:
    """What to choose instead; the first of `verdicts` is what is chosen now."""
    now, *others = verdicts
    if verdicts[now].good:
        return "Nothing needs to change."
    if verdicts[now].kind == "large_inputs":
        return "Switch on Standardise in the settings of the data."
    for other in others:
        if verdicts[other].good:
            reason = " (made for this activation)" if other.initializer == made_for else ""
            if other.activations == now.activations:
                return f"Choose the initializer {other.label.split(',')[0]} instead{reason}."
            return f"Choose {other.label} instead: no initializer saves this activation here."
    return "None of the usual choices is well scaled here: try fewer layers, or more units in each."


def compared_sentence(verdicts: Mapping[InitializerChoice, SignalVerdict]) -> str:
    """Which choices are well scaled, in one sentence."""
    good = [choice.label for choice, verdict in verdicts.items() if verdict.good]
    if not good:
        return "None of these choices is well scaled; a flat line would be ideal."
    if len(good) == len(verdicts):
        return "All of these choices are well scaled: their lines stay within a factor of 10."
    return f"A flat line is ideal. Well scaled: {'; '.join(good)}."


STEEP = "#9fb4c7"  # pre-activations where the curve is steep; those in flat zones: NEGATIVE
LAYERS = (POSITIVE, NEGATIVE, RATE, "#2a9d6f", "#c2588f", "#8c7325", MARK)
LAYER_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
USUAL = (3e-4, 3e-3)  # a healthy update beside the weights: about a thousandth


def activation_lens(
    name: str,
    curve: tuple[Array, Array, Array],
    edges: Array,
    shares: tuple[Array, Array],
    flat_below: float,
    uirevision: str = "",
) -> Figure:
    """The curve f and its derivative f′ over the pre-activations of a layer.

    curve: z, f(z), f′(z); edges (n + 1,) of the bins; shares: of all values, in each bin (n,), in
    flat zones and in steep ones.
    """
    z, f, slope = (each.astype(np.float32) for each in curve)
    layout = base_layout(
        f"{name} over what goes into it", "pre-activation z", "share of all z", uirevision, 380
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


def _bars(name: str, edges: Array, share: Array, color: str) -> dict[str, Any]:
    return {
        "type": "bar", "uid": name, "name": name, "x": ((edges[1:] + edges[:-1]) / 2).astype("f4"),
        "y": share.astype(np.float32), "hovertemplate": "%{y:.2%}",
        "marker": {"color": color},
    }  # fmt: skip


def _curve(name: str, z: Array, y: Array, color: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter", "uid": name, "name": name, "x": z, "y": y, "yaxis": "y2",
        "mode": "lines", "line": {"color": color, "dash": dash, "width": 3},
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
    uirevision: str = "",
) -> Figure:
    """One line a layer over the epochs, on a logarithmic axis, with a cursor at the epoch shown.

    columns: (n, n_layers), positive; what is not is left out. band: a usual range, marked.
    """
    layout = base_layout(title, "epoch", y, uirevision, 320)
    layout |= {"hovermode": "x unified", "shapes": []}
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 6}
    layout["xaxis"] |= {"hoverformat": "d"}
    if len(epoch):
        layout["xaxis"] |= {"autorange": True, "autorangeoptions": {"include": [0, 10]}}
        layout["shapes"].append(
            vertical_line(shown, width=2)
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
            "line": {"color": LAYERS[i % 7], "dash": LAYER_DASHES[i % 7], "width": 2},
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
