"""Two weights: the valley of the data loss, the penalty's contours, and the way to zero.

The pull of two penalties at one weight, and where it leads.

A curve or a border learnt with a penalty, and its errors for every strength of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.decision_boundary import decision_region
from dashboard.figures.style import (
    MARK,
    NEGATIVE,
    POSITIVE,
    VALIDATION,
    Figure,
    Trace,
    base_layout,
    dots,
    line,
    vertical_line,
)
from playground.nn.format import format_score

Array = NDArray[Any]


HUES = {"l1": NEGATIVE, "l2": POSITIVE}
NAMES = {"l1": "L1", "l2": "L2"}


def plane(
    norm: str, ellipses: Sequence[Array], touching: Array, penalty: Array, path: Array, now: Array,
    centre: Array, reach: float, uirevision: str,
) -> Figure:  # fmt: skip
    """The weights (w₁, w₂): every curve is (n, 2).

    ellipses: where the data loss is the same; touching: the one through the solution `now` (2,);
    penalty: where the penalty is the same, through it too; path: the solutions as λ grows.
    """
    layout = base_layout(f"{NAMES[norm]}: the best weights", "w₁", "w₂", uirevision, height=460)
    for axis in ("xaxis", "yaxis"):
        layout[axis] |= {"range": [-reach, reach], "constrain": "domain"}
    layout["yaxis"] |= {"scaleanchor": "x"}
    layout["xaxis"] |= {"zeroline": True, "zerolinecolor": MARK}
    layout["yaxis"] |= {"zeroline": True, "zerolinecolor": MARK}
    gaps = np.full((1, 2), np.nan)
    every = np.concatenate([part for each in ellipses for part in (each, gaps)])
    shape = "diamond" if norm == "l1" else "circle"
    hue = HUES[norm]
    drawn = [
        _curve("equal data loss", every, MARK, width=1),
        _curve("through the best", touching, MARK, width=2.5),
        _curve(f"equal penalty ({shape})", penalty, hue, "dash"),
        _curve("best as λ grows", path, hue, width=4),
        dots("without a penalty", centre[0], centre[1], MARK, "circle", 10),
        dots("best now", now[0], now[1], hue, "star", 16, legend=True),
    ]
    return {"data": drawn, "layout": layout}


def _curve(name: str, points: Array, color: str, dash: str = "solid", width: float = 2) -> Trace:
    drawn = line(name, points[:, 0], points[:, 1], color, dash, "%{x:.2f}, %{y:.2f}", width)
    whole = {"x": points[:, 0].astype(np.float32), "y": points[:, 1].astype(np.float32)}
    return drawn | whole  # all of it: thinned, it would lose its gaps


def plane_sentence(norm: str, strength: float, now: Array) -> str:
    """Where the best weights are, and which of them are exactly zero."""
    zeros = [f"w{'₁₂'[i]}" for i in range(2) if now[i] == 0]
    text = f"{NAMES[norm]} with λ = {strength:.2f}: w₁ = {now[0]:.3f}, w₂ = {now[1]:.3f}"
    return f"{text}; exactly zero: {' and '.join(zeros) if zeros else 'none'}."


def paths(
    strengths: Array, weights: Mapping[str, Array], strength: float, uirevision: str
) -> Figure:
    """Both weights of both penalties over λ; `weights`: a norm → (n, 2)."""
    layout = base_layout("Weights over λ", "λ", "weight", uirevision, height=340)
    layout["shapes"] = [vertical_line(strength)]
    drawn = [
        line(f"{NAMES[norm]}: w{'₁₂'[i]}", strengths, each[:, i], HUES[norm], ("solid", "dash")[i])
        for norm, each in weights.items()
        for i in range(2)
    ]
    return {"data": drawn, "layout": layout}


def paths_sentence(zero_from: Sequence[float | None], smallest: Sequence[float]) -> str:
    """From which λ on L1 has zeros, and how small L2's weights become."""
    told = [
        f"w{'₁₂'[i]} from λ = {each:.2f} on" for i, each in enumerate(zero_from) if each is not None
    ]
    text = f"L1 makes exactly zero: {', '.join(told) if told else 'none up to here'}."
    sizes = " and ".join(f"|w{'₁₂'[i]}| = {abs(each):.3f}" for i, each in enumerate(smallest))
    return f"{text} L2 only makes small: at the largest λ {sizes}."


DASHES = {"l1": "solid", "l2": "dash"}


def over_weight(
    title: str, axis: str, w: Array, curves: Mapping[str, Array], at: float,
    now: Mapping[str, float], uirevision: str,
) -> Figure:  # fmt: skip
    """A curve of each norm over the weight, (n,) each, with a dot where it is now."""
    layout = base_layout(title, "weight w", axis, uirevision, height=320)
    drawn = [line(NAMES[norm], w, y, HUES[norm], DASHES[norm]) for norm, y in curves.items()]
    drawn += [dots(NAMES[norm], at, y, HUES[norm]) for norm, y in now.items()]
    return {"data": drawn, "layout": layout}


def over_steps(ways: Mapping[str, Array], uirevision: str) -> Figure:
    """The weight after each step under each penalty alone, (n,) each."""
    layout = base_layout(
        "The weight under the penalty alone", "step", "weight w", uirevision, height=320
    )
    drawn = [
        line(NAMES[norm], np.arange(len(each)), each, HUES[norm], DASHES[norm])
        for norm, each in ways.items()
    ]
    return {"data": drawn, "layout": layout}


def pull_sentence(at: float, now: Mapping[str, float]) -> str:
    """How strongly each penalty pulls a weight to zero."""
    one, two = (abs(now[norm]) for norm in ("l1", "l2"))
    text = f"At w = {at:.2f} L1 pulls with {one:.3f}, L2 with {two:.3f}"
    if at == 0:
        return f"{text}: there is nothing left to pull."
    if one > two:
        return f"{text}: at a small weight L1 is the stronger one, as its pull never fades."
    return f"{text}: at a large weight L2 is the stronger one."


def steps_sentence(ways: Mapping[str, Array]) -> str:
    """When L1 has reached zero, and what L2 has left."""
    zero = np.flatnonzero(ways["l1"] == 0)
    first = f"L1 is at 0 after {zero[0]} steps" if len(zero) else f"L1 is at {ways['l1'][-1]:.3f}"
    steps = len(ways["l1"]) - 1
    return f"{first}; L2 has {ways['l2'][-1]:.4f} left after {steps} and never reaches 0."


def fitted(
    x: Array, curve: Array, truth: Array, training: tuple[Array, Array],
    validation: tuple[Array, Array], uirevision: str,
) -> Figure:  # fmt: skip
    """The curve (n,) over x beside the true one, and the points of both parts."""
    layout = base_layout("The curve", "x", "y", uirevision, height=380)
    layout["yaxis"] |= {"range": [-2.4, 2.4]}  # a wild curve leaves the frame
    drawn = [
        dots("validation", *validation, VALIDATION, "diamond-open", 5, legend=True),
        dots("training", *training, NEGATIVE, "circle", 9, legend=True),
        line("truth", x, truth, MARK, "dash"),
        line("fit", x, curve, POSITIVE, width=3.5),
    ]
    return {"data": drawn, "layout": layout}


def bordered(
    values: Array, training: tuple[Array, Array], x: Array, border: Array, uirevision: str
) -> Figure:
    """The answers (rows, columns) on the square −1 … 1, the examples, and the true border (n,)."""
    figure = decision_region(
        values, (-1, 1, -1, 1), {"training": training}, ("x₁", "x₂"), uirevision, "The border"
    )
    figure["data"].append(line("truth", x, border, "#30343a", "dash"))
    figure["layout"]["height"] = 380
    return figure


def errors(
    strengths: Array,
    training: Array,
    validation: Array,
    strength: float,
    is_share: bool,
    uirevision: str,
) -> Figure:
    """The error of both parts over λ: mean squared, or the share of wrong answers."""
    axis = "share wrong" if is_share else "mean squared error"
    layout = base_layout("Error for every λ", "λ", axis, uirevision, height=380)
    layout["xaxis"] |= {"type": "log", "exponentformat": "power"}
    if is_share:
        layout["yaxis"] |= {"tickformat": ".0%", "rangemode": "tozero"}
    else:
        layout["yaxis"] |= {"type": "log", "exponentformat": "power", "dtick": 1}
    layout["shapes"] = [vertical_line(float(strength))]
    hover = "λ %{x:.1e}: %{y:.1%}" if is_share else "λ %{x:.1e}: %{y:.3g}"
    drawn = [
        line("training", strengths, training, POSITIVE, hover=hover),
        line("validation", strengths, validation, VALIDATION, "dash", hover),
    ]
    return {"data": drawn, "layout": layout}


_WHY = {
    "underfit": "it is too stiff, both errors are large. Take less λ.",
    "good fit": "it follows the truth and not the noise.",
    "overfit": "it follows the noise, the error in validation is much larger. Take more λ.",
}


def fitted_sentence(state: str, training: float, validation: float, is_share: bool) -> str:
    """What the answer is, with both errors."""
    name = "wrong" if is_share else "error"
    told = f"{format_score(training, is_share)} in training, {format_score(validation, is_share)} in validation"
    return f"{state.capitalize()}: {name} {told}; {_WHY[state]}"


def errors_sentence(strengths: Array, validation: Array, is_share: bool) -> str:
    """Which λ is best on points that were not learnt from."""
    best = int(np.argmin(validation))
    least = format_score(float(validation[best]), is_share)
    return f"The validation error is smallest, {least}, at λ = {strengths[best]:.1e}."
