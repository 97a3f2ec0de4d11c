"""The weights of a layer as heat map and histogram, edited on a copy, and exported."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import weights as figures
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect import weight_edits
from dashboard.views.inspect.units import largest_size, unit_images
from playground.analysis.inspection import weights
from playground.experiment.model_summary import layer_name
from playground.nn.network import Snapshot

ROWS, COLUMNS = 20, 12  # per page of the table


def show_weights(now: NetworkView) -> None:
    """Draw one layer, of the run or of the edited copy."""
    copy = weight_edits.edited_copy(now)
    names = [layer_name(i, len(copy.layers)) for i in range(len(copy.layers))]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        content = st.segmented_control(
            "Show", list(CONTENTS), default=next(iter(CONTENTS)), key="weights_part", required=True,
            persist_state="session",
            help="Images and histograms, edits of a copy, or the numbers and files.",
        )  # fmt: skip
        name = st.segmented_control(
            "Layer", names, default=names[0], key=f"weights_layer_{len(names)}", required=True,
            persist_state="session",
            help="The layer whose weights are shown.",
        )  # fmt: skip
    if weight_edits.edits_of(now) and content != "Edit a copy":
        st.info(
            f"The edited copy ({weight_edits.count_text(now)}) is shown. The run is unchanged.",
            icon=":material/edit:",
        )
    CONTENTS[content](now, copy, names.index(name))


def input_names(now: NetworkView, layer: int) -> tuple[str, ...]:
    """Names of the inputs of a layer: features, pixels, or units of the layer before."""
    source = now.dataset.source
    if layer:
        before = layer_name(layer - 1, len(now.snapshot.layers))
        return tuple(
            f"{before}, unit {i + 1}" for i in range(len(now.snapshot.layers[layer].kernel))
        )
    if source.shape:
        height, width = source.shape
        return tuple(
            f"pixel row {r + 1}, column {c + 1}" for r in range(height) for c in range(width)
        )
    return source.features


def _images(now: NetworkView, copy: Snapshot, index: int) -> None:
    layer, title = copy.layers[index], layer_name(index, len(copy.layers))
    n_inputs, n_units = layer.kernel.shape
    left, right = st.columns(2, gap="medium")
    with left:
        cells, block = weights.picture(layer.kernel)
        largest = max(largest_size(layer.kernel), largest_size(layer.bias))
        inputs = n_inputs if index or now.dataset.source.shape else now.dataset.source.features
        figure = figures.heat_map(
            cells, inputs, n_units, layer.bias, largest or 1.0,
            f"{title}: {n_inputs:,} × {n_units:,} weights", f"{now.uirevision} {index}",
        )  # fmt: skip
        chart.chart(
            figure,
            figures.heat_map_sentence(layer.kernel, layer.bias, block),
            key="weights_map",
            about="All weights of a layer as colors, one column per unit.",
        )
    with right:
        distribution = weights.spread(layer.kernel, now.initial.layers[index].kernel)
        figure = figures.histogram(
            distribution, f"{title}: weight distribution", f"{now.uirevision} {index}"
        )
        zeros = int(layer.kernel.size - np.count_nonzero(layer.kernel))
        chart.chart(
            figure,
            figures.histogram_sentence(distribution, zeros),
            key="weights_histogram",
            about="The distribution of the weights now and before training; try L1 or L2 and see "
            "it shrink.",
        )
    if index == 0 and now.dataset.source.shape:
        unit_images(now, copy)


def _edit(now: NetworkView, copy: Snapshot, index: int) -> None:
    weight_edits.form(now, copy, index, input_names(now, index))


def _numbers(now: NetworkView, copy: Snapshot, index: int) -> None:
    layer, title = copy.layers[index], layer_name(index, len(copy.layers))
    n_inputs, n_units = layer.kernel.shape
    inputs = input_names(now, index)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = _page("Inputs", n_inputs, ROWS)
        start = _page("Units", n_units, COLUMNS)
    rows, columns = slice(first, first + ROWS), slice(start, start + COLUMNS)
    values = np.vstack([layer.kernel[rows, columns], layer.bias[None, columns]])
    table = pd.DataFrame(
        values,
        index=[*inputs[rows], "bias"],
        columns=[f"unit {j + 1}" for j in range(n_units)[columns]],
    )
    st.dataframe(table.map(lambda value: f"{value:.4f}"), width="stretch", height="content")
    st.caption(
        f"{title} has {n_inputs:,} × {n_units:,} weights and {n_units:,} biases: "
        "z of a unit is the sum of each input times its weight, plus the bias."
    )
    _files(now, copy, index, inputs)


def _page(what: str, count: int, size: int) -> int:
    """First row or column of the page; without a widget if there is only one page."""
    starts = list(range(0, count, size))
    if len(starts) == 1:
        return 0
    # Images are dark at their edges: begin in the middle.
    return st.selectbox(
        what, starts, index=len(starts) // 2 if what == "Inputs" else 0, width=180,
        key=f"weights_{what}_{count}", persist_state="session",
        format_func=lambda start: f"{start + 1:,} to {min(start + size, count):,}",
        help="Which part of a large layer is shown.",
    )  # fmt: skip


def _files(now: NetworkView, copy: Snapshot, index: int, inputs: tuple[str, ...]) -> None:
    title = layer_name(index, len(copy.layers))
    layer = copy.layers[index]
    with st.container(horizontal=True):
        st.download_button(
            "All layers for Keras (.npz)", lambda: weights.npz(copy), "weights.npz",
            "application/octet-stream", key="weights_npz", on_click="ignore",
            icon=":material/download:",
            help="The weights in a file that NumPy and Keras read.",
        )  # fmt: skip
        st.download_button(
            f"{title} as a table (.csv)", lambda: weights.csv(layer, inputs),
            f"weights_{title.lower().replace(' ', '_')}.csv", "text/csv", key="weights_csv",
            on_click="ignore", icon=":material/download:",
            help="The weights of this layer for a spreadsheet.",
        )  # fmt: skip
    st.caption("In a Keras model with the same layers:")
    st.code(
        'archive = np.load("weights.npz")  # W1, b1, W2, b2, …\n'
        "model.set_weights([archive[name] for name in archive.files])",
        language="python",
    )


CONTENTS: dict[str, Callable[[NetworkView, Snapshot, int], None]] = {
    "Images": _images,
    "Edit a copy": _edit,
    "Numbers and files": _numbers,
}
