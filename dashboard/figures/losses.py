"""What a prediction costs, and how steeply: several losses over each other.

How strongly a loss pulls at a logit, for every value of it; and losses of large logits.

Points with one that is moved, and the constant or the line each loss chooses.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import CLASS_COLOURS, MARK, Figure, dots, frame, line, upright
from playground.nn.losses import LOSSES

Array = NDArray[Any]


DASHES = ("solid", "dash", "dot", "dashdot")

Curves = Mapping[str, Array]  # a loss's name in LOSSES → its values
Values = Mapping[str, float]  # a loss's name in LOSSES → its value now


def look(name: str) -> tuple[str, str]:
    """Colour and dash of a loss, the same in every chart."""
    place = list(LOSSES).index(name)
    return CLASS_COLOURS[place % len(CLASS_COLOURS)], DASHES[place % len(DASHES)]


def shapes(
    title: str, axis: str, x: Array, curves: Curves, at: float, now: Values, mark: float, uirevision: str,
) -> Figure:  # fmt: skip
    """Curves over the prediction with a dot on each where it is now; `mark`: the target."""
    layout = frame(title, axis, "slope" if "lope" in title else "loss", uirevision, height=340)
    layout["shapes"] = [upright(mark)]
    layout["annotations"] = [
        {
            "x": mark, "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "top",
            "text": "target", "showarrow": False, "font": {"size": 11, "color": MARK},
        }
    ]  # fmt: skip
    drawn = [line(LOSSES[name].label, x, y, *look(name)) for name, y in curves.items()]
    drawn += [dots(LOSSES[name].label, at, now[name], look(name)[0]) for name in curves]
    return {"data": drawn, "layout": layout}


def _told(now: Values) -> str:
    return ", ".join(f"{LOSSES[name].label} {value:.3g}" for name, value in now.items())


def loss_sentence(where: str, now: Values) -> str:
    """What each loss says of the prediction."""
    return f"At {where}: {_told(now)}."


def slope_sentence(where: str, now: Values) -> str:
    """How strongly each loss pulls at the prediction."""
    strongest = max(now, key=lambda name: abs(now[name]))
    text = f"Slopes at {where}: {_told(now)}."
    if len(now) > 1 and abs(now[strongest]) > 0:
        text += f" {LOSSES[strongest].label} pulls the most; the pull goes against the slope."
    return text


FLAT = 0.01  # a slope smaller than this hardly teaches


def pulls(
    z: Array,
    slopes: Mapping[str, Array],
    at: float,
    now: Mapping[str, float],
    axis: str,
    uirevision: str,
) -> Figure:
    """|∂L/∂z| of each loss (a name in LOSSES) over one logit, with a dot where it is."""
    layout = frame("Size of the gradient at this logit", axis, "|∂L/∂z|", uirevision, height=340)
    layout["yaxis"] |= {"range": [-0.03, 1.08]}
    drawn = [line(LOSSES[name].label, z, abs(y), *look(name)) for name, y in slopes.items()]
    drawn += [dots(LOSSES[name].label, at, abs(y), look(name)[0]) for name, y in now.items()]
    return {"data": drawn, "layout": layout}


def pulls_sentence(p: float, now: Mapping[str, float]) -> str:
    """What each loss teaches at the present probability of the right class."""
    told = ", ".join(f"{LOSSES[name].label} {abs(y):.4f}" for name, y in now.items())
    text = f"The right class gets p = {p:.4f}; the size of the gradient: {told}."
    if p < 0.1 and abs(now["mean_squared_error"]) < FLAT:
        text += " Wrong and sure: cross-entropy pulls hard, the squared error hardly at all."
    return text


_WAYS = {
    "naive": ("exp as written", CLASS_COLOURS[4], "dash"),
    "shifted": ("less the largest, then ln", CLASS_COLOURS[3], "dot"),
    "clipped": ("p at least 10⁻⁷ (Keras)", CLASS_COLOURS[1], "dashdot"),
    "together": ("in one step", CLASS_COLOURS[0], "solid"),
}  # fmt: skip
WAYS = {name: label for name, (label, _, _) in _WAYS.items()}


def overflow(sizes: Array, losses: Mapping[str, Array], at: float, uirevision: str) -> Figure:
    """The loss over the size of the logits in each way; nan and inf leave gaps."""
    layout = frame("Loss in single precision", "size of the logits", "loss", uirevision, height=360)
    layout["shapes"] = [upright(at)]
    drawn = [
        line(label, sizes, losses[name], colour, dash, width=5 if name == "together" else 2.5)
        for name, (label, colour, dash) in reversed(_WAYS.items())
    ]
    return {"data": drawn, "layout": layout}


Limits = tuple[float, float]
Fits = Mapping[str, tuple[float, float]]  # a loss's name in LOSSES → slope and intercept

SMALL = 0.3  # a move of the answer that counts as hardly any


def fits(
    x: Array, y: Array, found: Fits, extent: tuple[Limits, Limits], title: str, uirevision: str
) -> Figure:
    """The points that stay where they are, and a straight line for each loss."""
    layout = frame(title, "x", "y", uirevision, height=420)
    layout["xaxis"] |= {"range": list(extent[0])}
    layout["yaxis"] |= {"range": list(extent[1])}
    across = np.array(extent[0])
    drawn = [dots("points", x, y, MARK, size=9, legend=True)]
    drawn += [
        line(LOSSES[name].label, across, a * across + b, *look(name), hover="%{y:.2f}")
        for name, (a, b) in found.items()
    ]
    return {"data": drawn, "layout": layout}


def fits_sentence(moved: Mapping[str, float], where: str) -> str:
    """How far the moved point has drawn each answer from the one without it, at one place."""
    told = ", ".join(f"{LOSSES[name].label} by {abs(by):.2f}" for name, by in moved.items())
    text = f"The moved point shifts the answer {where}: {told}."
    least, most = (f(moved, key=lambda name: abs(moved[name])) for f in (min, max))
    if abs(moved[most]) > 2 * abs(moved[least]) + SMALL:
        text += f" {LOSSES[most].label} follows it, {LOSSES[least].label} hardly."
    return text


def valleys(
    constants: Array, costs: Mapping[str, Array], chosen: Mapping[str, float], uirevision: str
) -> Figure:
    """The mean loss over all points of every constant, with the lowest place of each loss."""
    layout = frame(
        "Mean loss of each constant", "constant", "mean loss ÷ its smallest", uirevision, 340
    )
    layout["yaxis"] |= {"range": [0.9, 4]}
    lines = [line(LOSSES[name].label, constants, y, *look(name)) for name, y in costs.items()]
    lines += [
        dots(LOSSES[name].label, at, 1.0, look(name)[0], "star", 12) for name, at in chosen.items()
    ]
    return {"data": lines, "layout": layout}


def valleys_sentence(chosen: Mapping[str, float]) -> str:
    """Where each loss is lowest."""
    told = ", ".join(f"{LOSSES[name].label} at {at:.2f}" for name, at in chosen.items())
    return f"Lowest: {told}. Each curve is divided by its own smallest value."
