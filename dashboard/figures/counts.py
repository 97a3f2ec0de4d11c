"""How many examples there are of what: classes, targets, and pixels of each brightness."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import MARK, TRAINING, VALIDATION, Figure, escaped, frame, hatched

Array = NDArray[Any]

PATTERNS = {"training": "", "validation": "/", "test": "x"}
COLOURS = {"training": TRAINING, "validation": VALIDATION, "test": MARK}


def class_bars(classes: Sequence[str], counts: Mapping[str, Array]) -> Figure:
    """Bars of the examples (n_classes,) of each class, side by side for each part."""
    layout = frame("Examples of each class", "", "examples", height=320)
    layout |= {"barmode": "group", "hovermode": "x unified"}
    layout["xaxis"] |= {"type": "category"}
    names = [escaped(name) for name in classes]
    bars = [
        {
            "type": "bar",
            "uid": part,
            "name": part,
            "x": names,
            "y": each.astype(np.int32),
            "marker": {"color": COLOURS[part], "pattern": hatched(PATTERNS[part])},
            "hovertemplate": "%{y:,}",
        }
        for part, each in counts.items()
    ]
    return {"data": bars, "layout": layout}


def class_sentence(classes: Sequence[str], counts: Array) -> str:
    """How even the classes of the training part are, in one sentence."""
    least, most = int(counts.argmin()), int(counts.argmax())
    if counts[least] == counts[most]:
        return f"Each class has {counts[most]:,} training examples."
    return (
        f"The training part has {counts[most]:,} of {classes[most]}, the commonest class, and "
        f"{counts[least]:,} of {classes[least]}, the rarest."
    )


def step_bars(
    title: str, x: str, parts: Mapping[str, tuple[Array, Array]], logarithmic: bool = False
) -> Figure:
    """Histograms of numbers, as steps: name of a part → counts (n,) and edges (n + 1,).

    On a logarithmic scale counts of 0 are not drawn.
    """
    layout = frame(title, x, "how many", height=300)
    if logarithmic:
        layout["yaxis"] |= {"type": "log", "title": {"text": "how many (log scale)"}}
        least = min(int(counts[counts > 0].min()) for counts, _ in parts.values())
        most = max(int(counts.max()) for counts, _ in parts.values())
        span = [np.floor(np.log10(least)), np.log10(most) + 0.1]
        layout["yaxis"] |= {"exponentformat": "power", "dtick": 1, "range": span}
    bars = []
    for part, (counts, edges) in parts.items():
        shown = counts > 0 if logarithmic else np.ones(len(counts), bool)
        bars.append(
            {
                "type": "bar",
                "uid": part,
                "name": part,
                "x": ((edges[1:] + edges[:-1]) / 2)[shown].astype(np.float32),
                "width": np.diff(edges)[shown].astype(np.float32),
                "y": counts[shown].astype(np.int32),
                "opacity": 1 if len(parts) == 1 else 0.65,
                "marker": {
                    "color": COLOURS[part],
                    "line": {"width": 0},
                    "pattern": hatched(PATTERNS[part]),
                },
                "hovertemplate": "%{x:.4g}: %{y:,}",
            }
        )  # fmt: skip
    layout["barmode"] = "overlay"
    return {"data": bars, "layout": layout}


def pixel_sentence(counts: Array) -> str:
    """Which share of all pixels is black, white, or between, in one sentence."""
    total = max(int(counts.sum()), 1)
    black, white = counts[0] / total, counts[-1] / total
    mean = float((counts * np.arange(len(counts))).sum() / total)
    return (
        f"{black:.1%} of the pixels are 0 (black), {white:.1%} are {len(counts) - 1} (white), "
        f"{1 - black - white:.1%} lie between; the mean is {mean:.1f}."
    )


def target_sentence(counts: Array, edges: Array) -> str:
    """Where the training targets lie, in one sentence."""
    top = int(counts.argmax())
    return (
        f"The training targets go from {edges[0]:.3g} to {edges[-1]:.3g}; the tallest bar, "
        f"{counts[top]:,} of {int(counts.sum()):,}, stands between "
        f"{edges[top]:.3g} and {edges[top + 1]:.3g}."
    )
