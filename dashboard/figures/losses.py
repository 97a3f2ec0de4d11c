"""Charts of the Losses lab: curves, gradients, overflow, fits with an outlier."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    CLASS_COLORS,
    MARK,
    Figure,
    base_layout,
    dots,
    line,
    vertical_line,
)
from playground.nn.losses import LOSSES

Array = NDArray[Any]
Limits = tuple[float, float]
Curves = Mapping[str, Array]  # by names in LOSSES
Values = Mapping[str, float]  # by names in LOSSES
Lines = Mapping[str, tuple[float, float]]  # by names in LOSSES: slope and intercept

DASHES = ("solid", "dash", "dot", "dashdot")
FLAT = 0.01  # a gradient smaller than this hardly trains
SMALL_SHIFT = 0.3

_METHODS = {
    "naive": ("exp as written", CLASS_COLORS[4], "dash"),
    "shifted": ("minus the largest, then ln", CLASS_COLORS[3], "dot"),
    "clipped": ("p clipped at 10⁻⁷ (Keras)", CLASS_COLORS[1], "dashdot"),
    "from_logits": ("in one step", CLASS_COLORS[0], "solid"),
}  # fmt: skip
METHODS = {name: label for name, (label, _, _) in _METHODS.items()}


def _style(name: str) -> tuple[str, str]:
    """Color and dash of a loss, the same in every chart."""
    i = list(LOSSES).index(name)
    return CLASS_COLORS[i % len(CLASS_COLORS)], DASHES[i % len(DASHES)]


def _lines(x: Array, curves: Curves, hover: str = "%{x:.3g}: %{y:.4g}") -> list[Figure]:
    return [line(LOSSES[name].label, x, y, *_style(name), hover) for name, y in curves.items()]


def _listed(values: Values, digits: str = ".3g") -> str:
    return ", ".join(f"{LOSSES[name].label} {value:{digits}}" for name, value in values.items())


def loss_curves(
    title: str, axis: str, x: Array, curves: Curves, prediction: float, values: Values,
    target: float, uirevision: str,
) -> Figure:  # fmt: skip
    """Loss or slope over the prediction, with a dot at the present one and the target marked."""
    layout = base_layout(title, axis, title.split()[0].lower(), uirevision, height=340)
    layout["shapes"] = [vertical_line(target)]
    layout["annotations"] = [
        {
            "x": target, "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "top",
            "text": "target", "showarrow": False, "font": {"size": 11},
        }
    ]  # fmt: skip
    now = [dots(LOSSES[name].label, prediction, values[name], _style(name)[0]) for name in curves]
    return {"data": _lines(x, curves) + now, "layout": layout}


def loss_sentence(where: str, values: Values) -> str:
    """The value of each loss."""
    return f"At {where}: {_listed(values)}."


def slope_sentence(where: str, values: Values) -> str:
    """The slope of each loss."""
    steepest = max(values, key=lambda name: abs(values[name]))
    text = f"Slopes at {where}: {_listed(values)}."
    if len(values) > 1 and abs(values[steepest]) > 0:
        text += f" {LOSSES[steepest].label} is the steepest; descent goes against the slope."
    return text


def gradient_sizes(
    z: Array, slopes: Curves, at: float, now: Values, axis: str, uirevision: str
) -> Figure:
    """|∂L/∂z| of each loss over one logit, with a dot at the present one."""
    layout = base_layout(
        "Size of the gradient at this logit", axis, "|∂L/∂z|", uirevision, height=340
    )
    layout["yaxis"] |= {"range": [-0.03, 1.08]}
    points = [dots(LOSSES[name].label, at, abs(y), _style(name)[0]) for name, y in now.items()]
    curves = _lines(z, {name: abs(y) for name, y in slopes.items()})
    return {"data": curves + points, "layout": layout}


def gradient_sentence(p: float, now: Values) -> str:
    """The gradient of each loss at the present probability of the true class."""
    sizes = _listed({name: abs(y) for name, y in now.items()}, ".4f")
    text = f"The true class has p = {p:.4f}; the size of the gradient: {sizes}."
    if p < 0.1 and abs(now["mean_squared_error"]) < FLAT:
        text += " Confident and wrong: cross-entropy has a large gradient, the squared error none."
    return text


def overflow_figure(
    sizes: Array, losses: Mapping[str, Array], at: float, uirevision: str
) -> Figure:
    """The loss by each of METHODS over the size of the logits; nan leaves gaps."""
    layout = base_layout("Loss in float32", "size of the logits", "loss", uirevision, height=360)
    layout["shapes"] = [vertical_line(at)]
    lines = [
        line(label, sizes, losses[name], color, dash, width=5 if name == "from_logits" else 2.5)
        for name, (label, color, dash) in reversed(_METHODS.items())
    ]
    return {"data": lines, "layout": layout}


def fits(
    x: Array, y: Array, lines: Lines, extent: tuple[Limits, Limits], title: str, uirevision: str
) -> Figure:
    """The fixed points, and the best line for each loss."""
    layout = base_layout(title, "x", "y", uirevision, height=420)
    layout["xaxis"] |= {"range": list(extent[0])}
    layout["yaxis"] |= {"range": list(extent[1])}
    across = np.array(extent[0])
    curves = {name: a * across + b for name, (a, b) in lines.items()}
    points = dots("points", x, y, MARK, size=9, legend=True)
    return {"data": [points, *_lines(across, curves, "%{y:.2f}")], "layout": layout}


def fits_sentence(shifts: Values, where: str) -> str:
    """How far the outlier moves each fit from the fit without it."""
    text = f"The outlier shifts the fit {where}: " + ", ".join(
        f"{LOSSES[name].label} by {abs(shift):.2f}" for name, shift in shifts.items()
    )
    least, most = (f(shifts, key=lambda name: abs(shifts[name])) for f in (min, max))
    if abs(shifts[most]) > 2 * abs(shifts[least]) + SMALL_SHIFT:
        text += f". {LOSSES[most].label} follows it, {LOSSES[least].label} hardly"
    return f"{text}."


def constants(x: Array, curves: Curves, best: Values, uirevision: str) -> Figure:
    """The mean loss of every constant over its minimum, which a star marks."""
    layout = base_layout(
        "Mean loss of each constant", "constant", "mean loss ÷ minimum", uirevision, 340
    )
    layout["yaxis"] |= {"range": [0.9, 4]}
    stars = [
        dots(LOSSES[name].label, at, 1.0, _style(name)[0], "star", 12) for name, at in best.items()
    ]
    return {"data": _lines(x, curves) + stars, "layout": layout}


def constants_sentence(best: Values) -> str:
    """Where each loss has its minimum."""
    at = ", ".join(f"{LOSSES[name].label} at {value:.2f}" for name, value in best.items())
    return f"Minima: {at}. Each curve is divided by its own minimum."
