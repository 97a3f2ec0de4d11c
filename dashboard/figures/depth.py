"""How large signals and gradients are in each layer of a deep untrained network."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import NEGATIVE, POSITIVE, ZERO, Figure, frame
from dashboard.figures.hue import hues
from playground.labs.depth import KINDS, Passage

SMALLEST, LARGEST = 1e-30, 1e30  # what is drawn
SYMBOLS = (
    "circle",
    "diamond",
    "square",
    "triangle-up",
    "cross",
    "x",
    "star",
    "pentagon",
    "hexagon",
)


def depth_figure(passages: Mapping[str, Passage], labels: Mapping[str, str], back: bool) -> Figure:
    """The size of ∂L/∂z (`back`), or of the activations, by layer on a logarithmic scale."""
    title = "Gradient ∂L/∂z on its way back" if back else "Activations on their way forward"
    layout = frame(title, "layer", "root mean square", f"depth {back}", 340)
    layout["yaxis"] |= {"type": "log", "exponentformat": "power", "nticks": 7}
    layout["margin"]["t"] += 22 * ((len(passages) - 1) // 3)  # rows of the legend on a phone
    layout["xaxis"] |= {"dtick": 1 if len(next(iter(passages.values())).back) <= 10 else 2}
    colours = hues(passages)
    data: list[dict[str, Any]] = []
    for i, (name, found) in enumerate(passages.items()):
        y, first = (found.back, 1) if back else (found.forward, 0)
        data.append(
            {
                "type": "scatter", "uid": name, "name": labels[name],
                "x": np.arange(first, first + len(y), dtype=np.float32), "y": _drawn(y),
                "mode": "lines+markers",
                "line": {"color": colours[name], "width": 2, "dash": "dash" if back else "solid"},
                "marker": {"size": 7, "symbol": SYMBOLS[i % len(SYMBOLS)]},
                "hovertemplate": "layer %{x}: %{y:.2e}",
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def _drawn(values: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.where((values >= SMALLEST) & (values <= LARGEST), values, np.nan)


def verdict(found: Passage, label: str) -> str:
    """What becomes of the gradient, in one sentence."""
    depth = len(found.back)
    layers = f"{depth} layers" if depth > 1 else "1 layer"
    if found.kind == "overflow":
        return f"{label}: numbers overflow within {layers}; nothing can be learnt."
    if found.kind == "zero":
        return (
            f"{label}: no gradient at all reaches the first of {layers}; its weights never change."
        )
    said = {
        "kept": "it keeps its size: the first layer learns as fast as the last",
        "vanishing": "it vanishes: the first layers hardly learn",
        "exploding": "it explodes: one step throws the weights far away",
    }[found.kind]
    if found.kind == "exploding" and found.change < 10:
        said = "the signal explodes on its way forward, although the gradient does not"
    return (
        f"{label}: through {layers} the gradient becomes {found.change:.2g} times as large "
        f"(× {found.factor:.2g} a layer); {said}."
    )


def depth_sentence(passages: Mapping[str, Passage], labels: Mapping[str, str], back: bool) -> str:
    """Where each line ends."""
    what = "in the first layer" if back else "after the last layer"
    told = (
        f"{labels[name]} {(found.back[0] if back else found.forward[-1]):.2g}"
        for name, found in passages.items()
    )
    return f"Size {what}: {', '.join(told)}."


def map_figure(
    found: Sequence[Sequence[Passage]], rows: Sequence[str], columns: Sequence[str]
) -> Figure:
    """What becomes of the gradient for each activation (rows) and initializer (columns)."""
    symbols = {"kept": "✓", "vanishing": "↓", "exploding": "↑", "zero": "0", "overflow": "∞"}
    layout = frame("Gradient in the first layer", "", "", "map", 90 + 26 * len(rows))
    layout["xaxis"] |= {"showgrid": False, "tickangle": -40, "side": "bottom"}
    layout["yaxis"] |= {"showgrid": False, "autorange": "reversed"}
    layout["margin"]["t"] = 40
    tens = np.array([[_tens(each) for each in row] for row in found], dtype=np.float32)
    cells = {
        "type": "heatmap", "uid": "map", "x": list(columns), "y": list(rows), "z": tens,
        "zmin": -6, "zmax": 6, "colorscale": [[0, NEGATIVE], [0.5, ZERO], [1, POSITIVE]],
        "text": [[symbols[each.kind] for each in row] for row in found],
        "texttemplate": "%{text}", "textfont": {"color": "#30343a", "size": 13},
        "colorbar": {"title": {"text": "power of ten", "side": "right"}, "thickness": 12},
        "hovertemplate": "%{y}, %{x}: 10^%{z:.1f}<extra></extra>",
    }  # fmt: skip
    return {"data": [cells], "layout": layout}


def _tens(found: Passage) -> float:
    """log₁₀ of the gradient's change, −30 to 30; 30 where numbers overflow."""
    if found.kind == "overflow":
        return 30.0
    return float(np.clip(np.log10(max(found.change, 1e-300)), -30, 30))


def map_sentence(found: Sequence[Sequence[Passage]]) -> str:
    """How many combinations are of each kind."""
    kinds = [each.kind for row in found for each in row]
    told = (f"{kinds.count(kind)} where it {text}" for kind, text in KINDS.items() if kind in kinds)
    return f"Of {len(kinds)} combinations there are " + ", ".join(told) + "."
