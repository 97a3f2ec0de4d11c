"""Shares of classes beside each other: what is true, and what several predictions say."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import CLASS_COLOURS, MARK, Figure, frame, hatched


def bars(title: str, names: Sequence[str], groups: Mapping[str, NDArray[Any]], keep: str) -> Figure:
    """Shares (K,) of each group over the K names; the first group is grey: the target."""
    layout = frame(title, "class", "share", keep, height=300)
    layout["yaxis"] |= {"range": [0, 1.05]}
    layout["barmode"] = "group"
    drawn = [
        {
            "type": "bar", "uid": name, "name": name, "x": list(names),
            "y": np.asarray(share, dtype=np.float32),
            "marker": {
                "color": MARK if i == 0 else CLASS_COLOURS[i - 1],
                "pattern": hatched("/" if i == 0 else ""),
            },
            "hovertemplate": "%{x}: %{y:.3f}",
        }
        for i, (name, share) in enumerate(groups.items())
    ]  # fmt: skip
    return {"data": drawn, "layout": layout}
