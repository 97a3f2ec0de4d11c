"""One image as the numbers it consists of."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import NEGATIVE, POSITIVE, ZERO, Figure, frame

Array = NDArray[Any]

GREY = [[0, "#000000"], [1, "#ffffff"]]
SIGNED = [[0, NEGATIVE], [0.5, ZERO], [1, POSITIVE]]


def pixel_values(
    values: Array, title: str, low: float, high: float, decimals: int = 0, keep: str = ""
) -> Figure:
    """A picture (height, width) with its numbers written in it, from `low` (black) to `high`.

    Where low < 0 the colours are orange and blue on a symmetric scale instead.
    """
    signed = low < 0
    if signed:
        high = max(abs(low), abs(high))
        low = -high
    layout = frame(title, "column", "row", keep, height=540)
    layout["margin"] |= {"t": 40}
    axis = {"showgrid": False, "fixedrange": False, "nticks": 8, "constrain": "domain"}
    layout["xaxis"] |= axis
    layout["yaxis"] |= axis | {"autorange": "reversed", "scaleanchor": "x"}
    span = (low, high if high > low else low + 1)
    dark = values > 0.6 * high if signed else values < (low + high) / 2
    traces = [
        _cells(np.where(chosen, values, np.nan), span, signed, text, f".{decimals}f")
        for chosen, text in ((dark, "#ffffff"), (~dark, "#000000"))
    ]
    return {"data": traces, "layout": layout}


def _cells(
    values: Array, span: tuple[float, float], signed: bool, text: str, number: str
) -> dict[str, Any]:
    """The cells whose numbers are written in the colour `text`; NaN where there is none."""
    gap = 1 if values.shape[1] <= 10 else 0
    return {
        "type": "heatmap",
        "uid": text,
        "z": values.astype(np.float32),
        "zmin": span[0],
        "zmax": span[1],
        "colorscale": SIGNED if signed else GREY,
        "showscale": False,
        "texttemplate": f"%{{z:{number}}}",
        "textfont": {"color": text},
        "hoverongaps": False,
        "xgap": gap,
        "ygap": gap,
        "hovertemplate": f"row %{{y}}, column %{{x}}: %{{z:{number}}}<extra></extra>",
    }


def pixels_sentence(label: str, raw: Array, scaled: Array) -> str:
    """What the numbers of one image are before and after scaling, in one sentence."""
    empty = float((raw == 0).mean())
    return (
        f"{label}: {raw.size:,} pixels from {raw.min():g} to {raw.max():g}, {empty:.0%} of them 0 "
        f"(black); the network gets numbers from {scaled.min():.3g} to {scaled.max():.3g}."
    )
