"""What the network says of the drawing, and how its layers light up: quick enough to follow."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.components.drawing_pad import class_probabilities
from dashboard.figures.images import data_url, n_cell_columns, unit_cells
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NOT_FINITE
from playground.analysis.inspection.decision_boundary import shown_part
from playground.analysis.inspection.drawing_preprocessing import PreprocessedDrawing

Array = NDArray[np.floating]

WIDTH, CELL = 420, 14  # pixels on the screen: of a layer at most, of a unit at most
TYPICAL = 200  # examples that say how strong an activation can be

UNSURE = 0.5  # below this probability of the first class
WORTH_SAYING = 0.01  # probability of the second class
STRONG = 0.995  # the share of activations that full color is enough for


@dataclass(frozen=True)
class DrawingPrediction:
    """The network's answer to one image.

    shares: (n_classes,) probability of each class; layers: the activations of each layer.
    """

    names: tuple[str, ...]
    shares: Array
    layers: tuple[Array, ...]

    @property
    def first(self) -> int:
        """The class it takes it for."""
        return int(self.shares.argmax())

    @property
    def name(self) -> str:
        """The name of that class."""
        return self.names[self.first]

    @property
    def sure(self) -> float:
        """The probability of that class."""
        return float(self.shares[self.first])

    @property
    def finite(self) -> bool:
        """Whether there is an answer at all: that of a network that diverged may be no number."""
        return bool(np.isfinite(self.shares).all())


def answer(now: NetworkView, prepared: PreprocessedDrawing) -> DrawingPrediction:
    """What the network of this moment says of a drawing."""
    passes = now.snapshot.forward(prepared.inputs(now.dataset))
    layers = tuple(a[0] for _, a in passes)
    return DrawingPrediction(now.dataset.source.classes, shares(layers[-1]), layers)


def shares(output: Array) -> Array:
    """A probability for each class out of the output units of one example."""
    if len(output) > 1:
        return output
    return np.array([1 - output[0], output[0]])


def sentence(said: DrawingPrediction) -> str:
    """What it takes the drawing for, how surely, and what else it may be."""
    if not said.finite:
        return NOT_FINITE
    second = int(np.argsort(said.shares)[-2])
    share = float(said.shares[second])
    if said.sure < UNSURE:
        return f"Not sure: {said.name} ({said.sure:.0%}), or {said.names[second]} ({share:.0%})?"
    other = f" Otherwise {said.names[second]}: {share:.0%}." if share >= WORTH_SAYING else ""
    return f"It takes this for {said.name}, {percent(said.sure)} sure.{other}"


def percent(share: float) -> str:
    """A probability in words that never claim to be certain."""
    return (
        "more than 99.9%" if share > 0.999 else f"{share:.0%}" if share < 0.99 else f"{share:.1%}"
    )


def strongest(now: NetworkView) -> tuple[float, ...]:
    """What full color stands for in each layer: hardly any |activation| of some examples is
    larger, of the output none.
    """
    _, part = shown_part(now.dataset)
    passes = now.snapshot.forward(now.dataset.transform(part.x[:TYPICAL]))
    quantiles = [STRONG] * (len(passes) - 1) + [1.0]
    return tuple(
        float(np.quantile(np.abs(a), q)) or 1.0 for (_, a), q in zip(passes, quantiles, strict=True)
    )


def show(said: DrawingPrediction, largest: tuple[float, ...], count: int) -> None:
    """The bars of all classes and, below, each layer's units as cells."""
    if not said.finite:
        return show_none(said.names, NOT_FINITE, count)
    last = len(said.layers) - 1
    layers = [
        _layer(f"Output: {len(a)}" if i == last else f"Hidden layer {i + 1}: {len(a)}", a, most)
        for i, (a, most) in enumerate(zip(said.layers, largest, strict=True))
    ]
    bars = [
        (name, round(float(share), 4)) for name, share in zip(said.names, said.shares, strict=True)
    ]
    class_probabilities(
        key="answer",
        data={
            "sentence": sentence(said), "bars": bars, "first": said.first, "layers": layers,
            "count": count,
        },
    )  # fmt: skip


def show_none(names: tuple[str, ...], why: str, count: int | None = None) -> None:
    """What stands there as long as there is no answer: why there is none."""
    class_probabilities(
        key="answer",
        data={
            "sentence": why,
            "bars": [(name, 0.0) for name in names], "first": None, "layers": [], "count": count,
        },
    )  # fmt: skip


def _layer(title: str, activations: Array, largest: float) -> dict[str, Any]:
    columns = n_cell_columns(len(activations))
    rows = -(-len(activations) // columns)
    cell = min(CELL, WIDTH / columns)
    units = "unit" if len(activations) == 1 else "units"
    lit = int((np.abs(activations) > 0.05 * largest).sum())
    caption = f"{title} {units}, {lit} lit"
    return {
        "source": data_url(unit_cells(activations, largest)),
        "width": round(columns * cell),
        "height": round(rows * cell),
        "caption": caption,
        "alternative": f"{caption}; the strongest is unit {int(np.abs(activations).argmax()) + 1}.",
    }
