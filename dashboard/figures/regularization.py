"""Charts of the Regularization lab: penalties in weight space, their slopes, and ridge fits."""

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
from playground.nn.format import format_score, join_words

Array = NDArray[Any]
Curves = Mapping[str, Array]  # by norm

NAMES = {"l1": "L1", "l2": "L2"}
COLORS = {"l1": NEGATIVE, "l2": POSITIVE}
DASHES = {"l1": "solid", "l2": "dash"}
WEIGHTS = ("w₁", "w₂")


def plane(
    norm: str, contours: Sequence[Array], touching: Array, penalty: Array, path: Array, best: Array,
    center: Array, limit: float, uirevision: str,
) -> Figure:  # fmt: skip
    """The plane of two weights; every curve is (n, 2).

    contours: of the data loss; touching: the one through the solution `best` (2,); penalty: its
    contour through `best`; path: the solutions as λ grows; center (2,): the minimum without it.
    """
    layout = base_layout(f"{NAMES[norm]}: the best weights", *WEIGHTS, uirevision, height=460)
    for axis in ("xaxis", "yaxis"):
        layout[axis] |= {"range": [-limit, limit], "zeroline": True, "zerolinecolor": MARK}
        layout[axis]["constrain"] = "domain"
    layout["yaxis"]["scaleanchor"] = "x"
    gaps = np.full((1, 2), np.nan)
    every = np.concatenate([part for contour in contours for part in (contour, gaps)])
    color, shape = COLORS[norm], "diamond" if norm == "l1" else "circle"
    traces = [
        _curve("data loss", every, MARK, width=1),
        _curve("data loss of the best", touching, MARK, width=2.5),
        _curve(f"penalty ({shape})", penalty, color, "dash"),
        _curve("best as λ grows", path, color, width=4),
        dots("without a penalty", center[0], center[1], MARK, "circle", 10),
        dots("best", best[0], best[1], color, "star", 16, legend=True),
    ]
    return {"data": traces, "layout": layout}


def _curve(name: str, points: Array, color: str, dash: str = "solid", width: float = 2) -> Trace:
    x, y = (column.astype(np.float32) for column in points.T)
    trace = line(name, x, y, color, dash, "%{x:.2f}, %{y:.2f}", width)
    return trace | {"x": x, "y": y}  # all points: downsampled, it would lose its gaps


def plane_sentence(norm: str, strength: float, best: Array) -> str:
    """The best weights, and which of them are exactly zero."""
    zeros = [name for name, value in zip(WEIGHTS, best, strict=True) if value == 0]
    text = f"{NAMES[norm]} with λ = {strength:.2f}: w₁ = {best[0]:.3f}, w₂ = {best[1]:.3f}"
    return f"{text}; exactly zero: {join_words(zeros) or 'none'}."


def paths(strengths: Array, weights: Curves, strength: float, uirevision: str) -> Figure:
    """Both weights, (n, 2) for each norm, over λ."""
    layout = base_layout("Weights over λ", "λ", "weight", uirevision, height=340)
    layout["shapes"] = [vertical_line(strength)]
    traces = [
        line(f"{NAMES[norm]}: {WEIGHTS[i]}", strengths, path[:, i], COLORS[norm], dash)
        for norm, path in weights.items()
        for i, dash in enumerate(("solid", "dash"))
    ]
    return {"data": traces, "layout": layout}


def paths_sentence(zero_from: Sequence[float | None], smallest: Sequence[float]) -> str:
    """From which λ on L1's weights are zero, and how small L2's become."""
    zeros = [
        f"{name} from λ = {strength:.2f} on"
        for name, strength in zip(WEIGHTS, zero_from, strict=True)
        if strength is not None
    ]
    text = f"L1 makes exactly zero: {', '.join(zeros) or 'none up to here'}."
    sizes = [f"|{name}| = {abs(w):.3f}" for name, w in zip(WEIGHTS, smallest, strict=True)]
    return f"{text} L2 only shrinks: at the largest λ {join_words(sizes)}."


def over_weight(
    title: str, axis: str, w: Array, curves: Curves, at: float, now: Mapping[str, float],
    uirevision: str,
) -> Figure:  # fmt: skip
    """A curve of each norm over one weight, (n,), with a dot at the present one."""
    layout = base_layout(title, "weight w", axis, uirevision, height=320)
    points = [dots(NAMES[norm], at, y, COLORS[norm]) for norm, y in now.items()]
    return {"data": _lines(w, curves) + points, "layout": layout}


def _lines(x: Array, curves: Curves) -> list[Trace]:
    return [line(NAMES[norm], x, y, COLORS[norm], DASHES[norm]) for norm, y in curves.items()]


def over_steps(weights: Curves, uirevision: str) -> Figure:
    """The weight after each step under each penalty alone, (n,)."""
    title = "The weight under the penalty alone"
    layout = base_layout(title, "step", "weight w", uirevision, height=320)
    return {"data": _lines(np.arange(len(weights["l1"])), weights), "layout": layout}


def slope_sentence(at: float, slopes: Mapping[str, float]) -> str:
    """The size of each penalty's slope at a weight."""
    l1, l2 = (abs(slopes[norm]) for norm in NAMES)
    text = f"At w = {at:.2f} the slope of L1 is {l1:.3f}, of L2 {l2:.3f}"
    if at == 0:
        return f"{text}: the weight stays at 0."
    if l1 > l2:
        return f"{text}: at a small weight L1 is stronger, as its slope is constant."
    return f"{text}: at a large weight L2 is stronger."


def steps_sentence(weights: Curves) -> str:
    """When L1 reaches zero, and what L2 leaves."""
    zero, steps = np.flatnonzero(weights["l1"] == 0), len(weights["l2"]) - 1
    first = f"L1 is at 0 after {zero[0]} steps" if len(zero) else "L1 has not reached 0 yet"
    return f"{first}; L2 leaves {weights['l2'][-1]:.4f} after {steps} and never reaches 0."


def curve_figure(
    x: Array, curve: Array, truth: Array, training: tuple[Array, Array],
    validation: tuple[Array, Array], uirevision: str,
) -> Figure:  # fmt: skip
    """A fitted curve (n,) over x beside the true one, and the points of both splits."""
    layout = base_layout("The curve", "x", "y", uirevision, height=380)
    layout["yaxis"] |= {"range": [-2.4, 2.4]}  # a wild curve leaves the frame
    traces = [
        dots("validation", *validation, VALIDATION, "diamond-open", 5, legend=True),
        dots("training", *training, NEGATIVE, "circle", 9, legend=True),
        line("truth", x, truth, MARK, "dash"),
        line("fit", x, curve, POSITIVE, width=3.5),
    ]
    return {"data": traces, "layout": layout}


def boundary_figure(
    values: Array, training: tuple[Array, Array], x: Array, truth: Array, uirevision: str
) -> Figure:
    """Predictions (rows, columns) on the square −1 … 1, examples, and the true boundary (n,)."""
    figure = decision_region(
        values, (-1, 1, -1, 1), {"training": training}, ("x₁", "x₂"), uirevision, "The boundary"
    )
    figure["data"].append(line("truth", x, truth, "#30343a", "dash"))
    figure["layout"]["height"] = 380
    return figure


def errors(
    strengths: Array, training: Array, validation: Array, strength: float, is_rate: bool,
    uirevision: str,
) -> Figure:  # fmt: skip
    """The error of both splits over λ: mean squared error, or error rate."""
    axis = "error rate" if is_rate else "mean squared error"
    layout = base_layout("Error over λ", "λ", axis, uirevision, height=380)
    layout["xaxis"] |= {"type": "log", "exponentformat": "power"}
    layout["yaxis"] |= (
        {"tickformat": ".1~%", "rangemode": "tozero"}
        if is_rate
        else {"type": "log", "exponentformat": "power", "dtick": 1}
    )
    layout["shapes"] = [vertical_line(float(strength))]
    hover = "λ %{x:.1e}: " + ("%{y:.1%}" if is_rate else "%{y:.3g}")
    traces = [
        line("training", strengths, training, POSITIVE, hover=hover),
        line("validation", strengths, validation, VALIDATION, "dash", hover),
    ]
    return {"data": traces, "layout": layout}


_REASONS = {
    "underfit": "it is too rigid, both errors are large. Decrease λ.",
    "good fit": "it follows the truth and not the noise.",
    "overfit": "it follows the noise, the validation error is much larger. Increase λ.",
}


def fit_sentence(quality: str, training: float, validation: float, is_rate: bool) -> str:
    """The quality of a fit, with both errors."""
    both = " in training, ".join(format_score(error, is_rate) for error in (training, validation))
    return (
        f"{quality.capitalize()}: {'error rate' if is_rate else 'error'} {both} in validation; "
        f"{_REASONS[quality]}"
    )


def errors_sentence(strengths: Array, validation: Array, is_rate: bool) -> str:
    """The λ with the lowest validation error."""
    best = int(np.argmin(validation))
    least = format_score(validation[best], is_rate)
    return f"The validation error is lowest, {least}, at λ = {strengths[best]:.1e}."
