"""Weights of several networks over one axis, counted on a logarithmic scale."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, Figure, frame
from playground.shares import NEARLY, Histograms

HUES = (MARK, NEGATIVE, POSITIVE)  # no penalty, L1, L2
DASHES = ("solid", "solid", "dash")


def spreads(found: Histograms, names: Sequence[str], title: str, keep: str = "") -> Figure:
    """One outline a network, in the same bins; an empty bin is drawn below one weight."""
    layout = frame(title, "weight", "number of weights", keep, height=380)
    layout["yaxis"] |= {"type": "log", "exponentformat": "e", "dtick": 1}
    layout |= {"hovermode": "x unified"}
    x = np.repeat(found.edges, 2)[1:-1].astype(np.float32)
    data = [
        _outline(name, x, counts, i)
        for i, (name, counts) in enumerate(zip(names, found.counts, strict=True))
    ]
    return {"data": data, "layout": layout}


def _outline(name: str, x: Any, counts: Any, i: int) -> dict[str, Any]:
    height = np.maximum(np.repeat(counts, 2), 0.5).astype(np.float32)
    return {
        "type": "scatter", "uid": name, "name": name, "x": x, "y": height, "mode": "lines",
        "line": {"color": HUES[i % 3], "width": 2, "dash": DASHES[i % 3]},
        "hovertemplate": "%{y:,.0f}",
    }  # fmt: skip


def spreads_sentence(shares: Mapping[str, float]) -> str:
    """Which share of the weights is nearly zero in each network, and what follows from it."""
    told = ", ".join(f"{share:.1%} {name}" for name, share in shares.items() if share == share)
    if not told:
        return "No weights yet."
    text = f"Within {NEARLY:g} of zero: {told}. "
    one, two = shares.get("L1", 0.0), shares.get("L2", 0.0)
    if one > 2 * max(two, 0.01):
        return text + (
            "L1 takes as much from a small weight as from a large one, until nothing is left: most "
            "become zero. L2 takes a share of each: they become small, and stay."
        )
    return text + "L1 pulls weights to zero, L2 only makes them smaller: it takes some epochs."
