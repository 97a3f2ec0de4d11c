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
    line,
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
    results: Mapping[str, Propagation], labels: Mapping[str, str], backward: bool
) -> Figure:
    """The size of ∂L/∂z (`backward`), or of the activations, by layer on a logarithmic axis."""
    title = "Gradient ∂L/∂z, backward" if backward else "Activations, forward"
    layout = base_layout(title, "layer", "root mean square", f"depth {backward}", 340)
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 7}
    layout["xaxis"] |= {"dtick": 1 if len(next(iter(results.values())).backward) <= 10 else 2}
    colors, dash = distinct_colors(results), "dash" if backward else "solid"
    traces: list[Trace] = []
    for i, (name, each) in enumerate(results.items()):
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


def propagation_sentence(result: Propagation, label: str) -> str:
    """What becomes of the gradient."""
    depth = len(result.backward)
    layers = f"{depth} layers" if depth > 1 else "1 layer"
    if result.kind == "overflow":
        return f"{label}: numbers overflow within {layers}; nothing can be learned."
    if result.kind == "zero":
        return f"{label}: no gradient at all reaches the first of {layers}; it cannot learn."
    outcome = {
        "kept": "it keeps its scale: the first layer learns as fast as the last",
        "vanishing": "it vanishes: the first layers hardly learn",
        "exploding": "it explodes: one step moves the weights far away",
    }[result.kind]
    if result.kind == "exploding" and result.change < 10:
        outcome = "the activations explode, although the gradient does not"
    return (
        f"{label}: through {layers} the gradient becomes {result.change:.2g} times as large "
        f"(× {result.factor:.2g} a layer); {outcome}."
    )


def depth_sentence(
    results: Mapping[str, Propagation], labels: Mapping[str, str], backward: bool
) -> str:
    """The last value of each line."""
    sizes = ", ".join(
        f"{labels[name]} {(each.backward[0] if backward else each.forward[-1]):.2g}"
        for name, each in results.items()
    )
    return f"Size {'in the first layer' if backward else 'after the last layer'}: {sizes}."


def map_figure(
    results: Sequence[Sequence[Propagation]], rows: Sequence[str], columns: Sequence[str]
) -> Figure:
    """The gradient for each activation (rows) and initializer (columns)."""
    symbols = {"kept": "✓", "vanishing": "↓", "exploding": "↑", "zero": "0", "overflow": "∞"}
    layout = base_layout("Gradient in the first layer", "", "", "map", 90 + 26 * len(rows))
    layout["xaxis"] |= {"showgrid": False, "tickangle": -40, "side": "bottom"}
    layout["yaxis"] |= {"showgrid": False, "autorange": "reversed"}
    layout["margin"]["t"] = 40
    exponents = np.array([[each.log10_change for each in row] for row in results], dtype=np.float32)
    cells = {
        "type": "heatmap", "uid": "map", "x": list(columns), "y": list(rows), "z": exponents,
        "zmin": -6, "zmax": 6, "colorscale": [[0, NEGATIVE], [0.5, ZERO], [1, POSITIVE]],
        "text": [[symbols[each.kind] for each in row] for row in results],
        "texttemplate": "%{text}", "textfont": {"color": "#30343a", "size": 13},
        "colorbar": {"title": {"text": "power of ten", "side": "right"}, "thickness": 12},
        "hovertemplate": "%{y}, %{x}: 10^%{z:.1f}<extra></extra>",
    }  # fmt: skip
    return {"data": [cells], "layout": layout}


def map_sentence(results: Sequence[Sequence[Propagation]]) -> str:
    """The number of combinations of each kind."""
    kinds = [each.kind for row in results for each in row]
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
    layout["xaxis"] |= {"range": [z[0], z[-1]]}
    layout["yaxis2"] = {
        "overlaying": "y", "range": [0, float(density.max()) / DENSITY_HEIGHT], "visible": False,
        "fixedrange": True,
    }  # fmt: skip
    layout["shapes"] = [vertical_line(at)]
    traces: list[Trace] = [
        {
            "type": "scatter", "uid": "density", "name": "density of z", "x": _float32(z),
            "y": _float32(density), "yaxis": "y2", "mode": "lines", "fill": "tozeroy",
            "line": {"width": 0, "color": MARK}, "fillcolor": "rgba(138,143,152,0.25)",
            "hoverinfo": "skip",
        }
    ]  # fmt: skip
    colors = distinct_colors(curve.name for curve in curves)
    for curve in curves:
        function, color = curve.df if slopes else curve.f, colors[curve.name]
        shared = {"type": "scatter", "legendgroup": curve.name, "name": curve.label}
        dash, hover = "dash" if slopes else "solid", "z %{x:.2f}: %{y:.4f}"
        traces.append(line(curve.name, z, function(z), color, dash, hover) | shared)
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
        f"{curve.label} {float(curve.f(point)[0]):.3g} (mean {round(each.mean, 2) + 0.0:.2f})"
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
OTHER_DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot", "dash")
OTHER_SYMBOLS = ("square", "diamond", "triangle-up", "cross", "x", "star")


def signal_depth_figure(profile: Profile, names: Sequence[str], uirevision: str = "") -> Figure:
    """Mean activation of each layer, with the standard deviation over examples as error bars."""
    layout = base_layout("Activations by depth", "", "mean ± std", uirevision, 320)
    layout["showlegend"] = False
    layout["yaxis"] |= {"zeroline": True, "zerolinecolor": MARK}
    points = {
        "type": "scatter", "uid": "mean", "name": "mean ± std", "x": list(names),
        "y": _finite(profile.mean), "mode": "markers+lines",
        "marker": {"color": POSITIVE, "size": 9}, "line": {"color": POSITIVE, "width": 1},
        "error_y": {"type": "data", "array": _finite(profile.spread), "color": POSITIVE,
                    "thickness": 4, "width": 8},
        "hovertemplate": "%{x}: mean %{y:.3g}, std %{error_y.array:.3g}<extra></extra>",
    }  # fmt: skip
    return {"data": [points], "layout": layout}


def compared_figure(
    profiles: Mapping[str, Profile], names: Sequence[str], uirevision: str = ""
) -> Figure:
    """Standard deviation of the activations and gradient by depth; the first profile is thick."""
    layout = base_layout("Compared with other initializers", "", "gradient ∂L/∂z", uirevision, 520)
    layout["title"]["y"] = 0.985
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 6, "domain": [0, 0.46]}
    layout["yaxis2"] = {
        **layout["yaxis"], "domain": [0.54, 1], "anchor": "x",
        "title": {"text": "activations: std", "standoff": 6},
    }  # fmt: skip
    traces = []
    for i, (label, profile) in enumerate(profiles.items()):
        style: dict[str, Any] = {
            "line": {"color": POSITIVE, "width": 4}, "marker": {"size": 9, "color": POSITIVE},
        }  # fmt: skip
        if i:
            color, k = OTHERS[(i - 1) % len(OTHERS)], (i - 1) % len(OTHERS)
            style = {
                "line": {"color": color, "width": 2, "dash": OTHER_DASHES[k]},
                "marker": {"size": 8, "color": color, "symbol": OTHER_SYMBOLS[k]},
            }
        shared = {
            "type": "scatter", "name": label, "x": list(names), "legendgroup": label,
            "mode": "lines+markers", "hovertemplate": "%{x}: %{y:.2e}", **style,
        }  # fmt: skip
        traces.append({**shared, "uid": label, "y": _positive(profile.signal)})
        upper = {"uid": f"{label} std", "y": _positive(profile.spread), "yaxis": "y2"}
        traces.append({**shared, **upper, "showlegend": False})
    return {"data": traces, "layout": layout}


def _finite(values: Array) -> NDArray[np.float32]:
    return _float32(np.where(np.abs(values) < LARGEST, values, np.nan))


def _positive(values: Array) -> NDArray[np.float32]:
    return _float32(np.where(values > 0, _finite(values), np.nan))


def signal_depth_sentence(profile: Profile, names: Sequence[str]) -> str:
    """The standard deviation of the activations in the first and the last layer."""
    first, last = float(profile.spread[0]), float(profile.spread[-1])
    if len(names) == 1:
        return f"The output layer's z has a standard deviation of {last:.2g} over the examples."
    return (
        f"Over the examples the activations of {names[0]} have a standard deviation of "
        f"{first:.2g}, the output's z one of {last:.2g}."
    )


def verdict_sentence(profile: Profile, verdict: SignalVerdict, names: Sequence[str]) -> str:
    """The verdict on the initial weights, with its numbers."""
    flow = (
        f"With each layer the activations' standard deviation {_change(verdict.forward)}, and "
        f"backward the gradient {_change(verdict.back)}."
    )
    known = len(profile.signal) > 1 and profile.signal[-1] > 0 and profile.signal[0] > 0
    ratio = float(profile.signal[-1] / profile.signal[0]) if known else float("nan")
    if verdict.kind == "large_inputs":
        return (
            f"Inputs as large as {profile.largest_input:,.0f}: the first updates will be far too "
            "large with any initializer."
        )
    if verdict.kind == "exploding":
        return f"Exploding: signals grow from layer to layer. {flow}"
    if verdict.kind == "alike":
        return (
            "Identical units: all units of a layer have the same initial weights, get the same "
            "gradient and stay the same for ever, like a single one."
        )
    if verdict.kind == "vanishing":
        reason = "the differences between examples get lost"
        is_lost = profile.spread[0] <= 0 or profile.spread[-1] < 0.1 * profile.spread[0]
        if not is_lost or ratio > 10:
            smaller = f"{ratio:,.0f} times smaller" if np.isfinite(ratio) else "lost"
            reason = f"the gradient that reaches {names[0]} is {smaller} than at the output"
        return f"Vanishing: {reason}, so the first layers hardly learn. {flow}"
    if verdict.kind == "dead":
        worst = int(np.argmax(profile.dead))
        return (
            f"Dead units: {profile.dead[worst]:.0%} of {names[worst]} have the same output for "
            f"every example (more than {MOST_DEAD:.0%} is a lot). {flow}"
        )
    if verdict.kind == "saturated":
        worst = int(np.argmax(profile.flat))
        return (
            f"Saturated: {profile.flat[worst]:.0%} of the pre-activations of {names[worst]} are "
            f"where the activation is flat (more than {MOST_FLAT:.0%} is a lot). {flow}"
        )
    if len(names) == 1:
        return "Well scaled: without hidden layers nothing can vanish or explode."
    return f"Well scaled: training can begin. {flow}"


def _change(factor: float) -> str:
    if not np.isfinite(factor):
        return "overflows or is lost"
    if factor == 0:
        return "becomes 0"
    if 0.9 < factor < 1.1:
        return f"is constant (× {factor:.2f})"
    return f"{'grows' if factor > 1 else 'shrinks'} (× {factor:.2g})"


def advice_sentence(verdicts: Mapping[InitializerChoice, SignalVerdict], recommended: str) -> str:
    """A better choice; the first of `verdicts` is the current one."""
    current, *others = verdicts
    if verdicts[current].good:
        return "Nothing needs to change."
    if verdicts[current].kind == "large_inputs":
        return "Switch on Standardize in the settings of the data."
    for other in others:
        if verdicts[other].good:
            reason = " (made for this activation)" if other.initializer == recommended else ""
            if other.activations == current.activations:
                return f"Choose the initializer {other.label.split(',')[0]} instead{reason}."
            return f"Choose {other.label} instead: no initializer works with this activation here."
    return "None of the usual choices is well scaled here: use fewer layers, or more units in each."


def compared_sentence(verdicts: Mapping[InitializerChoice, SignalVerdict]) -> str:
    """Which choices are well scaled."""
    good = [choice.label for choice, verdict in verdicts.items() if verdict.good]
    if not good:
        return "None of these choices is well scaled; a flat line would be ideal."
    if len(good) == len(verdicts):
        return "All of these choices are well scaled: their lines stay within a factor of 10."
    return f"A flat line is ideal. Well scaled: {'; '.join(good)}."


# ---- activations and gradients of a trained network ---------------------------------------------

STEEP = "#9fb4c7"  # pre-activations where the activation is steep
LAYER_COLORS = (POSITIVE, NEGATIVE, RATE, "#2a9d6f", "#c2588f", "#8c7325", MARK)
LAYER_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid")
USUAL = (3e-4, 3e-3)  # of an update relative to the weights: about a thousandth


def activation_histogram(
    name: str, curve: tuple[Array, Array, Array], edges: Array, shares: tuple[Array, Array],
    flat_below: float, uirevision: str = "",
) -> Figure:  # fmt: skip
    """The activation f and its derivative f′ over a histogram of a layer's pre-activations.

    curve: z, f(z), f′(z); edges (n + 1,) of the bins; shares (n,) of all values in each bin, where
    f is flat and where it is steep.
    """
    z, f, slope = (_float32(each) for each in curve)
    title, axis = f"{name} over its pre-activations", "pre-activation z"
    layout = base_layout(title, axis, "fraction of all z", uirevision, 380)
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
    layout["legend"]["traceorder"] = "normal"
    layout["shapes"] = [
        {
            "type": "rect", "x0": low, "x1": high, "y0": 0, "y1": 1, "yref": "paper",
            "fillcolor": NEGATIVE, "opacity": 0.1, "line": {"width": 0}, "layer": "below",
        }
        for low, high in intervals(z, np.abs(slope) < flat_below)
    ]  # fmt: skip
    centers = _float32((edges[1:] + edges[:-1]) / 2)
    bars = [
        {
            "type": "bar", "uid": label, "name": label, "x": centers, "y": _float32(share),
            "hovertemplate": "%{y:.2%}", "marker": {"color": color},
        }
        for label, share, color in (
            ("z, flat", shares[0], NEGATIVE), ("z, steep", shares[1], STEEP),
        )
    ]  # fmt: skip
    lines = [
        line("activation f", z, f, POSITIVE, "solid", "%{y:.3f}", 3) | {"yaxis": "y2"},
        line("derivative f′", z, slope, RATE, "dash", "%{y:.3f}", 3) | {"yaxis": "y2"},
    ]
    return {"data": [*bars, *lines], "layout": layout}


def intervals(x: Array, inside: Array) -> list[tuple[float, float]]:
    """The intervals of rising x (n,) in which `inside` (n,) is true."""
    change = np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8))
    ends = zip(np.flatnonzero(change > 0), np.flatnonzero(change < 0), strict=True)
    return [(float(x[start]), float(x[stop - 1])) for start, stop in ends]


def histogram_sentence(layer: str, flat: float, flat_below: float, beyond: float) -> str:
    """Which fraction of a layer's pre-activations has hardly any gradient."""
    if flat == 0:
        text = f"None of the pre-activations of {layer} are where f is flat (|f′| < {flat_below:g})"
    else:
        text = (
            f"{flat:.0%} of the pre-activations of {layer} are where f is flat (orange, |f′| < "
            f"{flat_below:g}), with hardly any gradient"
        )
    more = f"; the outermost bars include the {beyond:.1%} beyond them" if beyond else ""
    return text + more + "."


def layer_curves(
    title: str, y: str, epoch: Array, columns: Array, names: Sequence[str], shown: int,
    band: tuple[float, float] | None = None, uirevision: str = "",
) -> Figure:  # fmt: skip
    """A line for each layer over the epochs, on a logarithmic axis, marked at the epoch shown.

    columns: (n, n_layers); values that are not positive are left out. band: the usual range.
    """
    layout = base_layout(title, "epoch", y, uirevision, 320)
    layout |= {"hovermode": "x unified", "shapes": []}
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 6}
    layout["xaxis"] |= {"hoverformat": "d"}
    if len(epoch):
        layout["xaxis"] |= {"autorange": True, "autorangeoptions": {"include": [0, 10]}}
        layout["shapes"].append(vertical_line(shown, width=2))
    else:
        layout["xaxis"]["range"], layout["yaxis"]["range"] = [0, 10], [-4, 0]
    if band is not None:
        layout["shapes"].append(
            {
                "type": "rect", "x0": 0, "x1": 1, "xref": "paper", "y0": band[0], "y1": band[1],
                "fillcolor": "#2a9d6f", "opacity": 0.15, "line": {"width": 0}, "layer": "below",
            }
        )  # fmt: skip
    values = _float32(np.where(columns > 0, columns, np.nan))
    mode, n = "lines+markers" if len(epoch) <= 25 else "lines", len(LAYER_COLORS)
    lines = [
        {
            "type": "scatter", "uid": name, "name": name, "x": _float32(epoch), "mode": mode,
            "y": np.ascontiguousarray(values[:, i]), "marker": {"size": 5},
            "line": {"color": LAYER_COLORS[i % n], "dash": LAYER_DASHES[i % n], "width": 2},
            "hovertemplate": "%{y:.2e}",
        }
        for i, name in enumerate(names[: columns.shape[1]])
    ]  # fmt: skip
    return {"data": lines, "layout": layout}


def gradient_sentence(epoch: Array, gradient: Array, names: Sequence[str], shown: int) -> str:
    """The gradient of the first layer compared with that of the last."""
    row = _row(epoch, shown)
    if row is None:
        return "No epoch yet: press Train."
    first, last = float(gradient[row, 0]), float(gradient[row, -1])
    at = f"At epoch {epoch[row]:.0f}"
    if gradient.shape[1] == 1:
        return f"{at} the gradient is {last:.1e}."
    if not (first > 0 and last > 0):
        zero = names[-1] if first > 0 else names[0]
        return f"{at} the gradient is 0 in {zero}: it cannot learn."
    ratio, relation = (last / first, "smaller") if first < last else (first / last, "larger")
    times = f"{ratio:.2g}" if ratio < 99.5 else f"{ratio:,.0f}"
    return f"{at} the gradient is {times} times {relation} in {names[0]} than in {names[-1]}."


def ratio_sentence(epoch: Array, ratio: Array, names: Sequence[str], shown: int) -> str:
    """Which layers' updates are unusually large or small."""
    row = _row(epoch, shown)
    if row is None:
        return "No epoch yet: press Train."
    low, high = USUAL
    start, unusual = f"At epoch {epoch[row]:.0f} the last update changed", []
    for name, share in zip(names, ratio[row].tolist(), strict=False):
        if share > high and np.isfinite(share):
            unusual.append(f"{name} by {share:.1e} of its weights, a lot")
        elif share < low:
            unusual.append(f"{name} by {share:.1e}, little")
    if not unusual:
        return f"{start} every layer by about a thousandth of its weights, as usual (green band)."
    rule = "Usual, as a rule of thumb, is about a thousandth (green band)."
    return f"{start} {'; '.join(unusual)}. {rule}"


def _row(epoch: Array, shown: int) -> int | None:
    """The row of the epoch shown, or of the last one before it."""
    rows = np.flatnonzero(epoch <= shown)
    return int(rows[-1]) if len(rows) else None
