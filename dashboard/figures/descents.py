"""Gradient descent on one weight with several learning-rate schedules over each other."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, Figure, frame
from dashboard.figures.hue import hues
from playground.labs.descent import Descent
from playground.schedules import SCHEDULES

Descents = Mapping[str, Descent]  # by the name of the schedule
SMALLEST = 1e-14  # loss that is drawn
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def rate_figure(descents: Descents, epoch: int) -> Figure:
    """The learning rate of each update, with the epoch one looks at."""
    layout = frame("Learning rate", "epoch", "learning rate η", "schedule rates", 360)
    layout["yaxis"] |= {"rangemode": "tozero"}
    lines = {name: each.rate for name, each in descents.items()}
    return _figure(lines, layout, epoch)


def loss_figure(descents: Descents, epoch: int) -> Figure:
    """The loss before each update, on a logarithmic scale."""
    layout = frame("Loss (w + 1)²", "epoch", "loss", "schedule losses", 360)
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 8}
    lines = {name: np.maximum(each.loss, SMALLEST) for name, each in descents.items()}
    return _figure(lines, layout, epoch)


def _figure(
    lines: Mapping[str, NDArray[np.floating]], layout: dict[str, Any], epoch: int
) -> Figure:
    layout["margin"]["t"] += 22 * ((len(lines) - 1) // 3)  # rows of the legend on a phone
    layout["shapes"] = [
        {"type": "line", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": MARK, "width": 1, "dash": "dot"}}
    ]  # fmt: skip
    colours = hues(lines)
    data = [
        {
            "type": "scatter", "uid": name, "name": SCHEDULES[name].label,
            "x": np.arange(len(y), dtype=np.float32), "y": y.astype(np.float32), "mode": "lines",
            "line": {"color": colours[name], "width": 2.5, "dash": DASHES[i % len(DASHES)]},
            "hovertemplate": "epoch %{x}: %{y:.4g}",
        }
        for i, (name, y) in enumerate(lines.items())
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def rate_sentence(descents: Descents, epoch: int) -> str:
    """The rate of each schedule in the epoch one looks at."""
    told = (
        f"{SCHEDULES[name].label} {each.rate[epoch]:.6f}"
        for name, each in descents.items()
        if epoch < each.epochs
    )
    return f"Learning rate in epoch {epoch}: {', '.join(told) or 'none is left'}."


def loss_sentence(descents: Descents) -> str:
    """Which schedule ends with the lowest loss."""
    ends = {
        name: float(each.w[-1] + 1) ** 2 for name, each in descents.items() if each.left is None
    }
    if not ends:
        return "All of them leap away from the valley: choose a smaller learning rate."
    best = min(ends, key=ends.__getitem__)
    away = [SCHEDULES[name].label for name in descents if name not in ends]
    told = f"{SCHEDULES[best].label} comes lowest: {ends[best]:.2g} after the last update."
    return told + (f" {' and '.join(away)} leap away." if away else "")
