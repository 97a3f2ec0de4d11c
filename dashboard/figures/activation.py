"""Activations over each other, and their derivatives, with where the sums z lie below."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, Figure, frame
from dashboard.figures.hue import hues
from playground.labs.activation import Curve, Outputs

Array = NDArray[np.float64]

TALLEST = 0.25  # share of the chart that the density of z takes up


def curves_figure(
    curves: Sequence[Curve], z: Array, density: Array, at: float, slopes: bool
) -> Figure:
    """f of each curve, or f′ dashed, over z (n,); `density` (n,) is how usual each z is.

    A mark stands on each curve at z = `at`.
    """
    name = "f′(z)" if slopes else "f(z)"
    layout = frame(
        "Derivatives" if slopes else "Activations", "weighted sum z", name, f"{slopes}", 360
    )
    layout["margin"]["t"] += 22 * (len(curves) // 3)  # rows of the legend on a phone
    layout["xaxis"] |= {"range": [z[0], z[-1]]}
    layout["yaxis2"] = {
        "overlaying": "y", "range": [0, float(density.max()) / TALLEST], "visible": False,
        "fixedrange": True,
    }  # fmt: skip
    layout["shapes"] = [
        {"type": "line", "x0": at, "x1": at, "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": MARK, "width": 1, "dash": "dot"}}
    ]  # fmt: skip
    data: list[dict[str, Any]] = [
        {
            "type": "scatter", "uid": "density", "name": "how usual z is", "x": _short(z),
            "y": _short(density), "yaxis": "y2", "mode": "lines", "fill": "tozeroy",
            "line": {"width": 0, "color": MARK}, "fillcolor": "rgba(138,143,152,0.25)",
            "hoverinfo": "skip",
        }
    ]  # fmt: skip
    colours = hues(curve.name for curve in curves)
    for curve in curves:
        take = curve.df if slopes else curve.f
        shared = {"type": "scatter", "legendgroup": curve.name, "name": curve.label}
        data.append(
            {
                **shared, "uid": curve.name, "x": _short(z), "y": _short(take(z)), "mode": "lines",
                "line": {"color": colours[curve.name], "width": 2.5,
                         "dash": "dash" if slopes else "solid"},
                "hovertemplate": "z %{x:.2f}: %{y:.4f}",
            }
        )  # fmt: skip
        data.append(
            {
                **shared, "uid": f"{curve.name} at", "x": _short(np.array([at])),
                "y": _short(take(np.array([at]))), "mode": "markers", "showlegend": False,
                "marker": {"color": colours[curve.name], "size": 9}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def _short(values: Array) -> NDArray[np.float32]:
    return values.astype(np.float32)


def curves_sentence(curves: Sequence[Curve], at: float, found: Sequence[Outputs]) -> str:
    """The value of each curve where one looks, and its mean."""
    point = np.array([at])
    told = (
        f"{curve.label} {float(curve.f(point)[0]):.3g} (on average {each.mean:.2f})"
        for curve, each in zip(curves, found, strict=True)
    )
    return f"At z = {at:g}: {', '.join(told)}."


def slopes_sentence(curves: Sequence[Curve], at: float, found: Sequence[Outputs]) -> str:
    """The slope of each curve where one looks; which of them lets least of a gradient through."""
    point = np.array([at])
    told = (f"{curve.label} {float(curve.df(point)[0]):.3g}" for curve in curves)
    least = min(range(len(found)), key=lambda i: found[i].gain)
    return (
        f"At z = {at:g} the slopes are: {', '.join(told)}. One layer of {curves[least].label} "
        f"lets {found[least].gain:.2f} of a gradient through on average."
    )
