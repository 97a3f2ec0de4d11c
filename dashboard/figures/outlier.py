"""Points with one that is moved, and the constant or the line each loss chooses."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, Figure, frame
from dashboard.figures.lines import dots, line
from dashboard.figures.loss_shapes import look
from playground.losses import LOSSES

Array = NDArray[Any]
Limits = tuple[float, float]
Fits = Mapping[str, tuple[float, float]]  # a loss's name in LOSSES → slope and intercept

SMALL = 0.3  # a move of the answer that counts as hardly any


def fits(
    x: Array, y: Array, found: Fits, extent: tuple[Limits, Limits], title: str, keep: str
) -> Figure:
    """The points that stay where they are, and a straight line for each loss."""
    layout = frame(title, "x", "y", keep, height=420)
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
    constants: Array, costs: Mapping[str, Array], chosen: Mapping[str, float], keep: str
) -> Figure:
    """The mean loss over all points of every constant, with the lowest place of each loss."""
    layout = frame("Mean loss of each constant", "constant", "mean loss ÷ its smallest", keep, 340)
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
