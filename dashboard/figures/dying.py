"""The life of a unit that is trained with too large a rate, beside one that comes back."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, Figure, frame
from playground.labs.dying import Life, X, Y

COLOURS = (NEGATIVE, POSITIVE)  # ReLU, the other one
DASHES, SYMBOLS = ("solid", "dash"), ("x", "circle")
SMALLEST = 1e-12  # loss that is drawn


def unit_figure(lives: Sequence[Life], step: int) -> Figure:
    """The pre-activation z = w x + b of each unit at a step, and the answers it should give."""
    layout = frame(f"Pre-activation z after step {step}", "input x", "z", "unit", 340)
    layout["yaxis"] |= {"range": [-3, 4.5], "zeroline": True, "zerolinecolor": MARK,
                        "zerolinewidth": 2}  # fmt: skip
    layout["shapes"] = [
        {"type": "rect", "x0": 0, "x1": 1, "xref": "paper", "y0": -100, "y1": 0,
         "fillcolor": "rgba(138,143,152,0.18)", "line": {"width": 0}, "layer": "below"}
    ]  # fmt: skip
    layout["annotations"] = [
        {"x": 0.02, "xref": "paper", "y": -2.7, "text": "z < 0: ReLU is silent, slope 0",
         "showarrow": False, "xanchor": "left", "font": {"color": MARK, "size": 12}}
    ]  # fmt: skip
    data: list[dict[str, Any]] = [
        {
            "type": "scatter", "uid": "targets", "name": "right answers", "x": _short(X),
            "y": _short(Y), "mode": "markers",
            "marker": {"color": MARK, "symbol": "circle-open", "size": 7},
            "hovertemplate": "x %{x:.2f}: %{y:.2f}",
        }
    ]  # fmt: skip
    for life, colour, dash, symbol in zip(lives, COLOURS, DASHES, SYMBOLS, strict=False):
        data.append(
            {
                "type": "scatter", "uid": life.of.name, "name": life.of.label, "x": _short(X),
                "y": _short(life.z(step)), "mode": "lines+markers",
                "line": {"color": colour, "width": 2, "dash": dash},
                "marker": {"symbol": symbol, "size": 6},
                "hovertemplate": "x %{x:.2f}: z %{y:.2f}",
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def loss_figure(lives: Sequence[Life], step: int) -> Figure:
    """The loss of each unit over the steps, on a logarithmic scale, with the step one looks at."""
    layout = frame("Loss", "step", "mean squared error", "dying loss", 340)
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 7}
    layout["shapes"] = [
        {"type": "line", "x0": step, "x1": step, "y0": 0, "y1": 1, "yref": "paper",
         "line": {"color": MARK, "width": 1, "dash": "dot"}}
    ]  # fmt: skip
    data = [
        {
            "type": "scatter", "uid": life.of.name, "name": life.of.label,
            "x": np.arange(len(life.loss), dtype=np.float32),
            "y": np.maximum(life.loss, SMALLEST), "mode": "lines",
            "line": {"color": colour, "width": 2, "dash": dash},
            "hovertemplate": "step %{x}: %{y:.3g}",
        }
        for life, colour, dash in zip(lives, COLOURS, DASHES, strict=False)
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def _short(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)


def unit_sentence(lives: Sequence[Life], step: int) -> str:
    """For how many examples each unit is awake at a step, and the gradient that moves it."""
    told = (
        f"{life.of.label}: z > 0 for {life.awake[step]:.0%} of the examples, "
        f"gradient {life.gradient[step]:.3g}"
        for life in lives
    )
    return f"After step {step}: {'; '.join(told)}."


def loss_sentence(lives: Sequence[Life], step: int) -> str:
    """The losses at a step and at the end."""
    told = (
        f"{life.of.label} {life.loss[step]:.3g} (at the end {life.loss[-1]:.3g})" for life in lives
    )
    return f"Loss after step {step}: {', '.join(told)}."
