"""Distribution of pre-activations on each activation, unused units, gradients and updates."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import activations as figures
from dashboard.state.network_view import NetworkView
from dashboard.views.shared.predictions import NUMBERS_TOO_LARGE
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.activations import (
    FLAT,
    SATURATED,
    curve,
    finite,
    histogram,
    is_flat,
    states,
)
from playground.experiment.model_summary import layer_name
from playground.history.history import LayerHistory, layer_history
from playground.nn.activations import ACTIVATIONS
from playground.nn.network import DEAD, Array, Layer

ROWS = 1_000
MULTIPLICATIONS = 3 * 10**8  # per forward pass: large networks get fewer examples
Pass = tuple[Array, Array]


def activations(now: NetworkView) -> None:
    """Draw one layer's pre-activations, the unused units, and gradients and updates per layer."""
    part_name, part = decision_boundary.shown_part(now.dataset)
    rows = min(len(part), ROWS, max(100, MULTIPLICATIONS // now.snapshot.n_parameters))
    with np.errstate(over="ignore", invalid="ignore"):  # reported below
        passes = now.snapshot.forward(now.dataset.transform(part.x[:rows]))
    if not finite(each for both in passes for each in both):
        st.warning(NUMBERS_TOO_LARGE)
        return
    examples = f"{rows:,} {part_name} examples"
    left, right = st.columns([3, 2], gap="large")
    with left:
        _pre_activations(now, passes, examples)
    with right:
        _unused_units(now, passes, examples)
    _updates(now)


def _pre_activations(now: NetworkView, passes: list[Pass], examples: str) -> None:
    layers = now.snapshot.layers
    names = [layer_name(i, len(layers)) for i in range(len(layers))]
    shown = [n for n, layer in zip(names, layers, strict=True) if layer.activation != "softmax"]
    if not shown:
        st.info(
            "Softmax depends on all units together, so there is no curve to draw. Add a hidden "
            "layer on the page Train."
        )
        return
    name = st.segmented_control(
        "Layer",
        shown,
        default=shown[0],
        key="lens_layer",
        required=True,
        persist_state="session",
        help="Compare the first layer with the last.",
    )
    index = names.index(name)
    layer, (z, _) = layers[index], passes[index]
    counts = histogram(layer, z)
    figure = figures.activation_histogram(
        f"{name}: {ACTIVATIONS[layer.activation].label}",
        curve(layer, counts.edges[0], counts.edges[-1]),
        counts.edges,
        (counts.flat, counts.steep),
        FLAT,
        f"{now.uirevision} {name}",
    )
    sentence = figures.histogram_sentence(name, float(counts.flat.sum()), FLAT, counts.beyond)
    chart.chart(
        figure,
        sentence,
        key="lens",
        about="The activation above the histogram of this layer's pre-activations z; step through "
        "the epochs and see whether they move into the flat part.",
    )
    units = f"all {len(layer.bias):,} units" if len(layer.bias) > 1 else "the only unit"
    st.caption(
        f"Bars: z = x·W + b of {units} for {examples}. Blue: the activation; dashed: its "
        "derivative, which scales the gradient."
    )


def _unused_units(now: NetworkView, passes: list[Pass], examples: str) -> None:
    layers = now.snapshot.layers
    st.markdown("**Dead and saturated units**")
    rows = [
        _row(layer_name(i, len(layers)), layer, *passes[i]) for i, layer in enumerate(layers[:-1])
    ]
    if not rows:
        st.caption("There are no hidden units.")
        return
    st.table(pd.DataFrame(rows), hide_index=True)
    st.caption(
        f"Measured on {examples}.",
        help=f"Dead: the standard deviation of the output is below {DEAD:g}. Saturated: in a flat "
        f"zone (|f′| below {FLAT:g}) for {SATURATED:.0%} of the examples or more. A smaller "
        "learning rate, another initializer or Leaky ReLU helps.",
    )


def _row(name: str, layer: Layer, z: Array, a: Array) -> dict[str, str]:
    state, units = states(layer, z, a), len(layer.bias)
    dead, saturated = int(state.dead.sum()), int(state.saturated.sum())
    return {
        "layer": name,
        "activation": ACTIVATIONS[layer.activation].label,
        "in flat zones": f"{is_flat(layer, z).mean():.0%}",
        "dead": f"{dead} of {units} ({dead / units:.0%})",
        "saturated": f"{saturated} of {units} ({saturated / units:.0%})",
    }


def _updates(now: NetworkView) -> None:
    """Gradients and updates of every layer over the epochs."""
    if now.run is None:
        st.caption("A pretrained network: its gradients were not recorded.")
        return
    log = layer_history(now.run.events)
    count = len(now.snapshot.layers)
    names = [layer_name(i, count) for i in range(count)]
    left, right = st.columns(2, gap="medium")
    with left:
        _chart(now, log, names, "gradient")
    with right:
        _chart(now, log, names, "ratio")


def _chart(now: NetworkView, log: LayerHistory, names: list[str], which: str) -> None:
    if which == "gradient":
        columns, title, y, band = log.gradient, "Gradient of each layer", "root mean square", None
        sentence = figures.gradient_sentence(log.epoch, columns, names, now.epoch)
    else:
        columns, title, y, band = (
            log.ratio,
            "Update-to-weight ratio",
            "update / weight",
            figures.USUAL,
        )
        sentence = figures.ratio_sentence(log.epoch, columns, names, now.epoch)
    figure = figures.layer_curves(
        title, y, log.epoch, columns, names, now.epoch, band, now.uirevision
    )
    chart.chart(
        figure,
        sentence,
        key=f"lens_{which}",
        about="A value that shrinks from layer to layer shows vanishing gradients.",
    )
