"""Probabilities of classes as bars, and along a way from one image to another."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import (
    MARK,
    NEGATIVE,
    POSITIVE,
    Figure,
    class_colours,
    escaped,
    frame,
)

Array = NDArray[Any]

UNCHANGED = "#9fb6c6"  # what was, beside what is


def bars(
    title: str, names: Sequence[str], before: Array, after: Array, keep: str = "",
    what: str = "probability",
) -> Figure:  # fmt: skip
    """Two bars a class, (n_classes,) each, 0 … 1: before in grey, after in blue."""
    layout = frame(title, "", what, keep, height=260)
    layout["yaxis"] |= {"range": [0, 1.02], "tickformat": ".0%", "fixedrange": True}
    layout["xaxis"] |= {"type": "category", "fixedrange": True}
    layout |= {"barmode": "group", "bargap": 0.25, "bargroupgap": 0.05}
    labels = [escaped(name) for name in names]
    pairs = (("before", before, UNCHANGED), ("after", after, POSITIVE))
    data = [
        {
            "type": "bar", "uid": name, "name": name, "x": labels, "y": values.astype(np.float32),
            "marker": {"color": colour},
            "hovertemplate": "%{x}: %{y:.1%}<extra>%{fullData.name}</extra>",
        }
        for name, values, colour in pairs
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def course(
    strengths: Array, shares: Array, names: Sequence[str], shown: Sequence[int], here: int,
    keep: str = "",
) -> Figure:  # fmt: skip
    """The probabilities (n_steps, n_classes) of the classes `shown` over the strength (n_steps,).

    A line marks step `here`; strengths are shares of the pixel range.
    """
    title = "How sure it is, as the change grows"
    layout = frame(title, "largest change of a pixel", "probability", keep, height=280)
    layout["yaxis"] |= {"range": [-0.02, 1.02], "tickformat": ".0%"}
    layout["xaxis"] |= {"tickformat": ".1%", "rangemode": "tozero"}
    at = float(strengths[here])
    layout["shapes"] = [
        {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": MARK, "width": 2, "dash": "dot"}}
    ]  # fmt: skip
    colours = class_colours(len(names))
    data = [
        {
            "type": "scatter", "mode": "lines", "uid": names[i], "name": escaped(names[i]),
            "x": strengths.astype(np.float32), "y": shares[:, i].astype(np.float32),
            "line": {"color": colours[i], "width": 3 if order < 2 else 1.5,
                     "dash": ("solid", "dash")[min(order, 1)]},
            "hovertemplate": "%{y:.1%} at %{x:.1%}<extra>%{fullData.name}</extra>",
        }
        for order, i in enumerate(shown)
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def distances(names: Sequence[str], strengths: Array, chosen: int, keep: str = "") -> Figure:
    """The smallest strength (n,) that reaches each class; NaN where none does."""
    title = "How far away each answer is"
    layout = frame(title, "", "smallest change that does it", keep, height=280)
    layout["xaxis"] |= {"type": "category", "fixedrange": True}
    layout["yaxis"] |= {"tickformat": ".0%", "rangemode": "tozero", "fixedrange": True}
    colours = [NEGATIVE if i == chosen else POSITIVE for i in range(len(names))]
    bar = {
        "type": "bar", "x": [escaped(name) for name in names],
        "y": np.nan_to_num(strengths).astype(np.float32), "marker": {"color": colours},
        "hovertemplate": "%{x}: %{y:.1%}<extra></extra>",
    }  # fmt: skip
    layout["annotations"] = [
        {"x": escaped(name), "y": 0, "text": "never", "showarrow": False, "yanchor": "bottom",
         "font": {"size": 11, "color": MARK}}
        for name, strength in zip(names, strengths, strict=True) if np.isnan(strength)
    ]  # fmt: skip
    return {"data": [bar], "layout": layout}
