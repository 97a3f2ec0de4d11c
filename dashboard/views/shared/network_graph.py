"""The network graph: units, weights, and what each unit responds to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components.network_graph import unit_at
from dashboard.figures.network_graph import NodeColumn, color_levels, graph_data, graph_sentence
from dashboard.state.network_view import NetworkView
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.activations import Responses, feature_ranges, maps, responses
from playground.analysis.inspection.forward_pass import Diagram, LayerStep, diagram, trace
from playground.experiment.model_summary import UnitNames
from playground.nn.activations import ACTIVATIONS
from playground.nn.format import format_number
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Layer

KEY = "network_diagram"
SIDE, SMALL_SIDE = 40, 24  # pixels of a map; of the maps of a network with many units
MANY_UNITS = 48
MAX_POINTS = 150  # examples over an enlarged map
SOME = 20_000  # weights, from which the quantile is estimated
QUANTILE = 0.995  # of |w|, has full color: a single outlier would make the others gray

Thumbnails = tuple[str, Any, float]  # content, (n, height, width), scale


@dataclass(frozen=True)
class GraphInput:
    """The example in the first column: raw as in the data set, (1, …), and scaled, (n,)."""

    name: str
    raw: NDArray[Any]
    x: NDArray[np.float32]


HELP = (
    "Point at a unit or a line, or tap it, for its numbers; with the keyboard, Tab and the arrow "
    "keys. A click keeps a unit marked and shown while the network trains."
)


def shown_example(now: NetworkView, index: int = 0) -> GraphInput:
    """A validation example, by default the first."""
    split, part = decision_boundary.shown_part(now.dataset)
    raw = part.x[index : index + 1]
    return GraphInput(f"{split} example {index + 1}", raw, now.dataset.transform(raw)[0])


def graph_parts(
    now: NetworkView, example: GraphInput, pinned: Mapping[int, Sequence[int]] | None = None
) -> dict[str, Any]:
    """Data of the graph's component; pinned: units to draw, by column."""
    names = UnitNames(now.dataset.source, len(now.snapshot.layers))
    shown = _shown(now, pinned)
    columns = _columns(now, example, shown)
    moment = f"after epoch {now.epoch:,}" if now.epoch else "before training"
    sentence = graph_sentence(columns, shown.edges, names, moment)
    return {
        **graph_data(columns, shown.edges, names),
        "of": now.uirevision,
        "colors": color_levels(),
        "sentence": f"{sentence} {_meaning(columns, names)} {HELP}",
        "smooth": now.dataset.source.kind == "plane",
        "points": _points(now),
        "place": _map_ranges(now),
    }


def show_graph_tables(now: NetworkView, example: GraphInput) -> None:
    """Draw the numbers of the graph as tables."""
    shown = _shown(now, pinned_unit(now))
    names = UnitNames(now.dataset.source, len(now.snapshot.layers))
    _table(_columns(now, example, shown), shown, names)


def _shown(now: NetworkView, pinned: Mapping[int, Sequence[int]] | None) -> Diagram:
    return diagram(now.snapshot, now.dataset.source.kind == "image", dict(pinned or {}))


def pinned_unit(now: NetworkView) -> dict[int, list[int]]:
    """Column and unit of the network that is marked by a click."""
    pinned = unit_at(KEY, "pinned", now.uirevision, now.experiment.layer_sizes)
    return {} if pinned is None else {pinned[0]: [pinned[1]]}


def _columns(now: NetworkView, example: GraphInput, shown: Diagram) -> list[NodeColumn]:
    """Inputs and layers, with their thumbnails."""
    _, part = decision_boundary.shown_part(now.dataset)
    found = responses(now.snapshot, now.dataset, part)
    steps = trace(now.snapshot, example.x)
    thumbnails = _thumbnails(now, example, shown, found)
    first = NodeColumn(len(example.x), shown.units[0], *thumbnails[0], x=example.x[shown.units[0]],
                   picture=now.dataset.source.kind == "image")  # fmt: skip
    return [first] + [
        _column(step, units, response, now.dataset.source.classes, *thumbnail)
        for step, units, response, thumbnail in zip(
            steps, shown.units[1:], found, thumbnails[1:], strict=True
        )
    ]


def _column(
    step: LayerStep,
    units: Any,
    response: Responses,
    classes: Sequence[str],
    what: str,
    thumbnails: Any,
    largest: float,
) -> NodeColumn:
    return NodeColumn(
        len(step.z), units, what, thumbnails, largest, step.a[units], step.z[units],
        step.layer.bias[units], response.mean[units], response.spread[units],
        _label(step.layer), step.layer.kernel, _largest_class(response, units, classes),
    )  # fmt: skip


def _largest_class(response: Responses, units: Any, classes: Sequence[str]) -> list[str]:
    """The class with the largest mean output of each unit."""
    if not classes or len(units) == 0:
        return []
    means = np.nan_to_num(response.by_class[:, units], nan=-np.inf)
    return [
        f"{classes[k]}: {format_number(float(means[k, i]), 4)}"
        for i, k in enumerate(means.argmax(axis=0))
    ]


def _label(layer: Layer) -> str:
    return ACTIVATIONS[layer.activation].label if layer.activation in ACTIVATIONS else "Softmax"


def _thumbnails(
    now: NetworkView, example: GraphInput, shown: Diagram, found: tuple[Responses, ...]
) -> list[Thumbnails]:
    """The thumbnails of each column."""
    kind = now.dataset.source.kind
    if kind in ("plane", "line"):
        return _over_inputs(now, shown)
    shape = now.dataset.source.shape or (1, now.dataset.source.n_features)
    if kind == "image":
        image = example.raw.reshape(1, *shape) / now.dataset.source.maximum
        first: Thumbnails = (f"{example.name}, scaled", image, 1.0)
    else:
        values = example.x[shown.units[0]].reshape(-1, 1, 1)
        first = ("the value of this example, scaled", values, _largest(values))
    kernel = now.snapshot.layers[0].kernel
    some = np.abs(kernel.flat[:: 1 + kernel.size // SOME])
    weights = kernel[:, shown.units[1]].T.reshape(-1, *shape)
    inputs = "pixels" if kind == "image" else "inputs"
    columns = [first, (f"its weights from the {kernel.shape[0]:,} {inputs}", weights,
                       float(np.quantile(some, QUANTILE)))]  # fmt: skip
    classes = now.dataset.source.classes
    over = f"{len(classes)} classes" if classes else "groups from the lowest to the highest target"
    for units, response in zip(shown.units[2:], found[1:], strict=True):
        means = np.nan_to_num(response.by_class[:, units].T)[:, None, :]
        columns.append((f"its mean output for each of the {over}", means, _largest(means)))
    return columns


def _over_inputs(now: NetworkView, shown: Diagram) -> list[Thumbnails]:
    side = SMALL_SIDE if sum(map(len, shown.units)) > MANY_UNITS else SIDE
    drawn = list(maps(now.snapshot, now.dataset, shown.units, side))
    place = "the plane" if now.dataset.source.kind == "plane" else "the line from left to right"
    what = [f"its value over {place}"] + [f"its output over {place}"] * (len(drawn) - 1)
    if now.task == CLASSIFICATION:
        drawn[-1] = 2 * drawn[-1] - 1
        names = now.dataset.source.classes
        color = "" if names[1] == "blue" else f": {names[0]} orange, {names[1]} blue"
        what[-1] = f"the output over {place}{color}"
    return [
        (words, values, 1.0 if i == len(drawn) - 1 and now.task == CLASSIFICATION
         else _largest(values))
        for i, (words, values) in enumerate(zip(what, drawn, strict=True))
    ]  # fmt: skip


def _largest(values: Any) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def _meaning(columns: list[NodeColumn], names: UnitNames) -> str:
    """Key to the thumbnails and their scales."""
    drawn = [(column, names.column(i).lower()) for i, column in enumerate(columns)]
    parts = []
    for what, found in groupby(drawn, lambda pair: pair[0].what):
        group = [pair for pair in found if not pair[0].picture]
        if group:
            scales = ", ".join(
                dict.fromkeys(format_number(float(column.largest), 4) for column, _ in group)
            )
            place = group[0][1] if len(group) == 1 else f"{group[0][1]} to {group[-1][1]}"
            parts.append(f"{place}, {what} (full blue: {scales})")
    return f"Thumbnails: {'; '.join(parts)}."


def _map_ranges(now: NetworkView) -> str:
    """Ranges of a map: "x₁ −6 … 6, x₂ −6 … 6"."""
    if now.dataset.source.kind not in ("plane", "line"):
        return ""
    sides = zip(now.dataset.source.features, feature_ranges(now.dataset), strict=True)
    return ", ".join(
        f"{name} {format_number(float(low), 4)} … {format_number(float(high), 4)}"
        for name, (low, high) in sides
    )


def _points(now: NetworkView) -> list[tuple[float, float, bool]] | None:
    """Training examples on the plane (0 … 1 on each side), and whether their target is high."""
    if now.dataset.source.kind != "plane":
        return None
    low, high = np.array(feature_ranges(now.dataset)).T
    part = now.dataset.train
    places = ((part.x[:MAX_POINTS] - low) / (high - low)).round(3).tolist()
    middle = 0.5 if now.task == CLASSIFICATION else 0.0
    return [(x, y, bool(t > middle)) for (x, y), t in zip(places, part.y, strict=False)]


def _table(columns: list[NodeColumn], shown: Diagram, names: UnitNames) -> None:
    units = [
        {
            "layer": names.column(i), "unit": names.unit(i, int(unit)), "bias": column.bias[k],
            "z": column.z[k], "output": column.x[k], "mean output": column.mean[k],
        }
        for i, column in enumerate(columns)
        if column.bias is not None and column.z is not None and column.mean is not None
        for k, unit in enumerate(column.units)
    ]  # fmt: skip
    weights = [
        {
            "from": names.unit_in_layer(i, int(a)),
            "to": names.unit_in_layer(i + 1, int(b)),
            "weight": w,
        }
        for i, edges in enumerate(shown.edges)
        for a, b, w in zip(edges.source, edges.target, edges.weight, strict=True)
    ]
    left, right = st.columns(2)
    left.dataframe(pd.DataFrame(units), hide_index=True)
    right.dataframe(pd.DataFrame(weights), hide_index=True)
