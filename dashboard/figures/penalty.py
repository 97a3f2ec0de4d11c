"""The pull of two penalties at one weight, and where it leads."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import Figure, frame
from dashboard.figures.lines import dots, line
from dashboard.figures.weight_space import HUES, NAMES

Array = NDArray[Any]

DASHES = {"l1": "solid", "l2": "dash"}


def over_weight(
    title: str, axis: str, w: Array, curves: Mapping[str, Array], at: float,
    now: Mapping[str, float], keep: str,
) -> Figure:  # fmt: skip
    """A curve of each norm over the weight, (n,) each, with a dot where it is now."""
    layout = frame(title, "weight w", axis, keep, height=320)
    drawn = [line(NAMES[norm], w, y, HUES[norm], DASHES[norm]) for norm, y in curves.items()]
    drawn += [dots(NAMES[norm], at, y, HUES[norm]) for norm, y in now.items()]
    return {"data": drawn, "layout": layout}


def over_steps(ways: Mapping[str, Array], keep: str) -> Figure:
    """The weight after each step under each penalty alone, (n,) each."""
    layout = frame("The weight under the penalty alone", "step", "weight w", keep, height=320)
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
