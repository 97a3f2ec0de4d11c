"""What happens by depth before training, and the verdict on it in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, RATE, Figure, frame
from playground.preflight import MOST_DEAD, MOST_FLAT, Choice, Profile, Verdict

Array = NDArray[Any]

OTHERS = ("#2a9d6f", RATE, NEGATIVE, "#c2588f", "#8c7325", MARK)
DASHES = ("dash", "dot", "dashdot", "longdash", "longdashdot", "dash")
SYMBOLS = ("square", "diamond", "triangle-up", "cross", "x", "star")
LARGEST = 1e30  # what is beyond it cannot be drawn


def depth_figure(found: Profile, names: Sequence[str], keep: str = "") -> Figure:
    """Mean activation of each layer with the spread over the examples as bars around it."""
    layout = frame("Activations by depth", "", "mean ± spread", keep, 320)
    layout["showlegend"] = False
    layout["yaxis"] |= {"zeroline": True, "zerolinecolor": MARK}
    points = {
        "type": "scatter", "uid": "mean", "name": "mean ± spread", "x": list(names),
        "y": _drawn(found.mean), "mode": "markers+lines",
        "marker": {"color": POSITIVE, "size": 9}, "line": {"color": POSITIVE, "width": 1},
        "error_y": {"type": "data", "array": _drawn(found.spread), "color": POSITIVE,
                    "thickness": 4, "width": 8},
        "hovertemplate": "%{x}: mean %{y:.3g}, spread %{error_y.array:.3g}<extra></extra>",
    }  # fmt: skip
    return {"data": [points], "layout": layout}


def compared_figure(
    profiles: Mapping[str, Profile], names: Sequence[str], keep: str = ""
) -> Figure:
    """Spread of the activations and error signal by depth: the first of `profiles` is thick."""
    layout = frame("Compared with other choices", "", "error signal", keep, 520)
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
                "line": {"color": OTHERS[(i - 1) % 6], "width": 2, "dash": DASHES[(i - 1) % 6]},
                "marker": {
                    "size": 8, "color": OTHERS[(i - 1) % 6], "symbol": SYMBOLS[(i - 1) % 6]
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


def _drawn(values: Array) -> NDArray[np.float32]:
    return np.where(np.abs(values) < LARGEST, values, np.nan).astype(np.float32)


def _positive(values: Array) -> NDArray[np.float32]:
    return np.where(values > 0, _drawn(values), np.nan).astype(np.float32)


def depth_sentence(found: Profile, names: Sequence[str]) -> str:
    """How the spread changes from the first to the last layer, in one sentence."""
    first, last = float(found.spread[0]), float(found.spread[-1])
    if len(names) == 1:
        return f"The output layer's z spreads by {last:.2g} from example to example."
    return (
        f"From example to example the activations differ by {first:.2g} in {names[0]} and by "
        f"{last:.2g} at the output (there of z, before its own activation)."
    )


def verdict_sentence(found: Profile, verdict: Verdict, names: Sequence[str]) -> str:
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
    verdicts: Mapping[Choice, Verdict], made_for: str, scaled_by_default: bool
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


def compared_sentence(verdicts: Mapping[Choice, Verdict]) -> str:
    """Which choices are well scaled, in one sentence."""
    good = [choice.label for choice, verdict in verdicts.items() if verdict.good]
    if not good:
        return "None of these choices is well scaled; a flat line would be ideal."
    if len(good) == len(verdicts):
        return "All of these choices are well scaled: their lines stay within a factor of 10."
    return f"A flat line is ideal. Well scaled: {'; '.join(good)}."
