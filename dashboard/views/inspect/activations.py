"""The activation lens: where on its curve each layer works, and how much it learns there."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import activations as lens
from dashboard.state.network_view import NetworkView
from playground.analysis.inspection import decision_boundary
from playground.analysis.inspection.activations import (
    DEAD,
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
from playground.nn.network import Array, Layer

ROWS = 1_000
MULTIPLICATIONS = 3 * 10**8  # of a forward pass: very large networks get fewer examples
Pass = tuple[Array, Array]


def activations(now: NetworkView) -> None:
    """One layer's curve and pre-activations, all layers' useless units, and their learning."""
    part_name, part = decision_boundary.shown_part(now.dataset)
    rows = min(len(part), ROWS, max(100, MULTIPLICATIONS // now.snapshot.n_parameters))
    with np.errstate(over="ignore", invalid="ignore"):  # told below
        passes = now.snapshot.forward(now.dataset.transform(part.x[:rows]))
    if not finite(each for both in passes for each in both):
        st.warning(
            "Numbers in this network have grown beyond all bounds: choose an earlier epoch, or "
            "train again with a smaller learning rate."
        )
        return
    examples = f"{rows:,} {part_name} examples"
    left, right = st.columns([3, 2], gap="large")
    with left:
        _lens(now, passes, examples)
    with right:
        _units(now, passes, examples)
    _learning(now)


def _lens(now: NetworkView, passes: list[Pass], examples: str) -> None:
    layers = now.snapshot.layers
    names = [layer_name(i, len(layers)) for i in range(len(layers))]
    shown = [n for n, layer in zip(names, layers, strict=True) if layer.activation != "softmax"]
    if not shown:
        st.info(
            "This network has no hidden layer, and the softmax of its output looks at all units "
            "together: it has no curve of its own. Add a hidden layer on the page Train."
        )
        return
    name = st.segmented_control(
        "Layer",
        shown,
        default=shown[0],
        key="lens_layer",
        required=True,
        persist_state="session",
        help="The layer that is looked at; compare the first with the last.",
    )
    index = names.index(name)
    layer, (z, _) = layers[index], passes[index]
    found = histogram(layer, z)
    figure = lens.activation_lens(
        f"{name}: {ACTIVATIONS[layer.activation].label}",
        curve(layer, found.edges[0], found.edges[-1]),
        found.edges,
        (found.flat, found.steep),
        FLAT,
        f"{now.uirevision} {name}",
    )
    sentence = lens.lens_sentence(name, float(found.flat.sum()), FLAT, found.beyond)
    chart.chart(
        figure,
        sentence,
        key="lens",
        about="The activation's curve above a count of where this layer's sums z "
        "really fall; step through the epochs and see whether they move "
        "into the flat part.",
    )
    units = f"all {len(layer.bias):,} units" if len(layer.bias) > 1 else "the only unit"
    st.caption(
        f"The bars count z = x·W + b of {units} for {examples}. The blue "
        "curve turns each z into the unit's output; the dashed one says how much of a gradient "
        "comes back through it."
        + (" Softmax in the output has no such curve." if len(shown) < len(names) else "")
    )


def _units(now: NetworkView, passes: list[Pass], examples: str) -> None:
    layers = now.snapshot.layers
    st.markdown("**Units that are of little use**")
    rows = [
        _row(layer_name(i, len(layers)), layer, *passes[i]) for i, layer in enumerate(layers[:-1])
    ]
    if not rows:
        st.caption("There are no hidden units.")
        return
    st.table(pd.DataFrame(rows), hide_index=True)
    st.caption(
        f"Measured on {examples}. Dead: the output hardly varies (standard deviation below "
        f"{DEAD:g}), so the unit says nothing. Saturated: in a flat zone (|f′| below {FLAT:g}) for "
        f"{SATURATED:.0%} of the examples or more, so it hardly learns. Many of them? A smaller "
        "learning rate, another initializer or Leaky ReLU helps."
    )


def _row(name: str, layer: Layer, z: Array, a: Array) -> dict[str, str]:
    found, units = states(layer, z, a), len(layer.bias)
    dead, saturated = int(found.dead.sum()), int(found.saturated.sum())
    return {
        "layer": name,
        "activation": ACTIVATIONS[layer.activation].label,
        "in flat zones": f"{is_flat(layer, z).mean():.0%}",
        "dead": f"{dead} of {units} ({dead / units:.0%})",
        "saturated": f"{saturated} of {units} ({saturated / units:.0%})",
    }


def _learning(now: NetworkView) -> None:
    """Gradients and updates of every layer, over the epochs."""
    if now.run is None:
        st.caption("This network came trained: how its layers learnt was not recorded.")
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
        sentence = lens.gradient_sentence(log.epoch, columns, names, now.epoch)
    else:
        columns, title, y, band = log.ratio, "Update beside weight", "update / weight", lens.USUAL
        sentence = lens.ratio_sentence(log.epoch, columns, names, now.epoch)
    figure = lens.layer_curves(title, y, log.epoch, columns, names, now.epoch, band, now.uirevision)
    chart.chart(
        figure,
        sentence,
        key=f"lens_{which}",
        about="The same measure in every layer; a value that shrinks from layer "
        "to layer says that little comes through.",
    )
