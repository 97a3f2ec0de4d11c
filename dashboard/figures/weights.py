"""Weights of a layer as a heat map and histogram, and the distributions of several networks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.images import diverging_url
from dashboard.figures.style import (
    DIVERGING_SCALE,
    MARK,
    NEGATIVE,
    POSITIVE,
    Figure,
    base_layout,
    line,
)
from playground.analysis.inspection.weights import NEARLY, Histograms, WeightDistribution

Array = NDArray[Any]


COLORS = (MARK, NEGATIVE, POSITIVE)  # no penalty, L1, L2
DASHES = ("solid", "solid", "dash")


def distributions(
    found: Histograms, names: Sequence[str], title: str, uirevision: str = ""
) -> Figure:
    """One outline per network, in the same bins; an empty bin is drawn below one weight."""
    layout = base_layout(title, "weight", "number of weights", uirevision, height=380)
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
    return line(name, x, height, COLORS[i % 3], DASHES[i % 3], "%{y:,.0f}", 2)


def distributions_sentence(shares: Mapping[str, float]) -> str:
    """Share of weights near zero in each network."""
    listed = ", ".join(f"{share:.1%} {name}" for name, share in shares.items() if share == share)
    if not listed:
        return "No weights yet."
    text = f"Within {NEARLY:g} of zero: {listed}. "
    one, two = shares.get("L1", 0.0), shares.get("L2", 0.0)
    if one > 2 * max(two, 0.01):
        return text + (
            "The gradient of L1 has the same size for small and large weights, which drives them "
            "to zero; that of L2 is proportional to the weight, which only makes them small."
        )
    return text + "L1 drives weights to zero, L2 makes them smaller: it takes some epochs."


MAX_HOVER_CELLS = 3_000  # beyond, the numbers stand in the table only
IMAGE_SIDE = 400  # pixels, about as many as on the screen
MAX_NAMES = 12  # inputs that are named on the axis


def heat_map(
    cells: Array,
    inputs: tuple[str, ...] | int,
    n_units: int,
    bias: Array,
    largest: float,
    title: str,
    uirevision: str = "",
) -> Figure:
    """A kernel as a heat map, one row per input and one column per unit, the biases below.

    cells: (rows, columns), each of which may stand for several weights; inputs: their names or
    their number; bias: (n_units,); largest: full color.
    """
    n_inputs = inputs if isinstance(inputs, int) else len(inputs)
    strip = max(0.5, 0.06 * n_inputs)  # height of the biases, in rows
    below = n_inputs + 0.5 + strip / 2  # where it begins
    layout = base_layout(title, "unit", "input", uirevision, height=420)
    layout["margin"]["t"] = 40
    layout["xaxis"] |= {"range": [0.5, n_units + 0.5], "showgrid": False, "constrain": "domain"}
    layout["yaxis"] |= {"range": [below + strip, 0.5], "showgrid": False}
    layout["yaxis"] |= _ticks(inputs, n_inputs, below + strip / 2)
    if n_units <= MAX_NAMES:
        layout["xaxis"] |= {"dtick": 1}
    layout["images"] = [
        _image(cells, largest, n_units, 0.5, n_inputs),
        _image(bias[None, :], largest, n_units, below, strip),
    ]
    data = [_color_bar(largest)]
    if cells.shape == (n_inputs, n_units) and cells.size <= MAX_HOVER_CELLS:
        data += [_hover(cells, "input %{y}, unit %{x}: %{z:.4g}")]
    data += [_biases(bias, below + strip / 2)]
    return {"data": data, "layout": layout | {"showlegend": False}}


def unit_map(image: Array, largest: float, title: str, uirevision: str = "") -> Figure:
    """The weights of one unit to the pixels of an image (height, width)."""
    height, width = image.shape
    layout = base_layout(title, "pixel column", "pixel row", uirevision, height=360)
    layout["margin"]["t"] = 40
    layout["xaxis"] |= {"range": [0.5, width + 0.5], "showgrid": False, "constrain": "domain"}
    layout["yaxis"] |= {
        "range": [height + 0.5, 0.5], "showgrid": False, "scaleanchor": "x", "constrain": "domain"
    }  # fmt: skip
    layout["images"] = [_image(image, largest, width, 0.5, height)]
    data = [_color_bar(largest), _hover(image, "row %{y}, column %{x}: %{z:.4g}")]
    return {"data": data, "layout": layout | {"showlegend": False}}


def _ticks(inputs: tuple[str, ...] | int, n_inputs: int, bias_at: float) -> dict[str, Any]:
    if not isinstance(inputs, int) and n_inputs <= MAX_NAMES:
        places, texts = list(range(1, n_inputs + 1)), list(inputs)
    else:
        places = np.unique(np.linspace(1, n_inputs, min(n_inputs, 6)).round().astype(int)).tolist()
        texts = [f"{place:,}" for place in places]
    return {"tickvals": [*places, bias_at], "ticktext": [*texts, "bias"]}


def _image(values: Array, largest: float, width: float, top: float, height: float) -> Any:
    """Values as an image on the axes; small ones are enlarged, or browsers would blur them."""
    rows, columns = (max(1, IMAGE_SIDE // n) for n in values.shape)
    values = values.repeat(rows, axis=0).repeat(columns, axis=1)
    return {
        "source": diverging_url(values, largest), "xref": "x", "yref": "y", "layer": "below",
        "x": 0.5, "y": top, "sizex": width, "sizey": height, "sizing": "stretch",
    }  # fmt: skip


def _color_bar(largest: float) -> dict[str, Any]:
    """An empty trace that brings the color bar."""
    marker = {
        "color": np.zeros(1, np.float32), "cmin": -largest, "cmax": largest, "showscale": True,
        "colorscale": DIVERGING_SCALE,
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickformat": ".2g"},
    }  # fmt: skip
    none = np.full(1, np.nan, np.float32)
    return {
        "type": "scatter", "uid": "scale", "mode": "markers", "x": none, "y": none,
        "marker": marker, "hoverinfo": "skip",
    }  # fmt: skip


def _hover(cells: Array, template: str) -> dict[str, Any]:
    """Invisible cells that show their number on hover."""
    rows, columns = cells.shape
    y, x = np.mgrid[1 : rows + 1, 1 : columns + 1]
    return {
        "type": "heatmap", "uid": "weights", "x": x.ravel().astype(np.float32),
        "y": y.ravel().astype(np.float32), "z": cells.ravel().astype(np.float32),
        "opacity": 0, "showscale": False, "hovertemplate": template + "<extra></extra>",
    }  # fmt: skip


def _biases(bias: Array, at: float) -> dict[str, Any]:
    shown = bias[:MAX_HOVER_CELLS].astype(np.float32)
    return {
        "type": "scatter", "uid": "biases", "mode": "markers",
        "x": np.arange(1, len(shown) + 1, dtype=np.float32),
        "y": np.full(len(shown), at, np.float32), "customdata": shown,
        "marker": {"opacity": 0, "size": 8},
        "hovertemplate": "bias of unit %{x}: %{customdata:.4g}<extra></extra>",
    }  # fmt: skip


def heat_map_sentence(kernel: Array, bias: Array, block: tuple[int, int]) -> str:
    """The largest weight and the range of the biases."""
    finite = kernel[np.isfinite(kernel)]
    if not finite.size:
        return "None of these weights is finite: training has diverged."
    row, column = np.unravel_index(np.nanargmax(np.abs(kernel)), kernel.shape)
    text = (
        f"Blue is positive, orange negative, on one scale: the largest absolute weight, "
        f"{kernel[row, column]:.3g}, connects input {row + 1:,} to unit {column + 1:,}; "
        f"biases range from {bias.min():.3g} to {bias.max():.3g}."
    )
    if block != (1, 1):
        text += f" Each cell shows the largest of up to {block[0]} × {block[1]} weights."
    return text


def histogram(spread: WeightDistribution, title: str, uirevision: str = "") -> Figure:
    """Histogram of the weights, with the initial ones as a dashed outline."""
    layout = base_layout(title, "weight", "number of weights", uirevision, height=420)
    layout |= {"bargap": 0, "hovermode": "x unified"}
    middles = (spread.edges[:-1] + spread.edges[1:]) / 2
    bars = {
        "type": "bar", "uid": "now", "name": "now", "x": middles.astype(np.float32),
        "y": spread.now.astype(np.float32),
        "marker": {"color": POSITIVE, "opacity": 0.65, "line": {"width": 0}},
        "hovertemplate": "%{y:,}",
    }  # fmt: skip
    edges, counts = np.repeat(spread.edges, 2)[1:-1], np.repeat(spread.initial, 2)
    outline = line("before training", edges, counts, MARK, "dash", "%{y:,}", 2)
    return {"data": [bars, outline], "layout": layout}


def histogram_sentence(spread: WeightDistribution, zeros: int) -> str:
    """Mean and standard deviation of the weights now and before training."""
    text = (
        f"Now the weights have mean {spread.mean:.3g} and σ = {spread.deviation:.3g}; before "
        f"training (dashed) mean {spread.initial_mean:.3g} and σ = {spread.initial_deviation:.3g}"
    )
    total = int(spread.now.sum())
    return text + (f"; {zeros:,} of {total:,} are exactly 0." if zeros else ".")
