"""Two weights: the valley of the data loss, the penalty's contours, and the way to zero."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, Figure, frame
from dashboard.figures.lines import Trace, dots, line, upright

Array = NDArray[Any]

HUES = {"l1": NEGATIVE, "l2": POSITIVE}
NAMES = {"l1": "L1", "l2": "L2"}


def plane(
    norm: str, ellipses: Sequence[Array], touching: Array, penalty: Array, path: Array, now: Array,
    centre: Array, reach: float, keep: str,
) -> Figure:  # fmt: skip
    """The weights (w₁, w₂): every curve is (n, 2).

    ellipses: where the data loss is the same; touching: the one through the solution `now` (2,);
    penalty: where the penalty is the same, through it too; path: the solutions as λ grows.
    """
    layout = frame(f"{NAMES[norm]}: the best weights", "w₁", "w₂", keep, height=460)
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


def _curve(name: str, points: Array, colour: str, dash: str = "solid", width: float = 2) -> Trace:
    drawn = line(name, points[:, 0], points[:, 1], colour, dash, "%{x:.2f}, %{y:.2f}", width)
    whole = {"x": points[:, 0].astype(np.float32), "y": points[:, 1].astype(np.float32)}
    return drawn | whole  # all of it: thinned, it would lose its gaps


def plane_sentence(norm: str, strength: float, now: Array) -> str:
    """Where the best weights are, and which of them are exactly zero."""
    zeros = [f"w{'₁₂'[i]}" for i in range(2) if now[i] == 0]
    text = f"{NAMES[norm]} with λ = {strength:.2f}: w₁ = {now[0]:.3f}, w₂ = {now[1]:.3f}"
    return f"{text}; exactly zero: {' and '.join(zeros) if zeros else 'none'}."


def paths(strengths: Array, weights: Mapping[str, Array], strength: float, keep: str) -> Figure:
    """Both weights of both penalties over λ; `weights`: a norm → (n, 2)."""
    layout = frame("Weights over λ", "λ", "weight", keep, height=340)
    layout["shapes"] = [upright(strength)]
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
