"""A gradient on its way back through many layers, for activations and initializers."""

from functools import lru_cache

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.chart import chart
from dashboard.figures.activations import (
    depth_figure,
    depth_sentence,
    map_figure,
    map_sentence,
    propagation_sentence,
)
from playground.labs.activations.curves import curve
from playground.labs.activations.depth import MAX_LAYERS, Propagation, kernels, propagate
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS

BY_ACTIVATION, BY_INITIALIZER = "Activations", "Initializers"
INITIAL_ACTIVATIONS = ("sigmoid", "tanh", "relu", "selu")
INITIAL_INITIALIZERS = ("glorot_uniform", "he_normal", "lecun_normal", "random_normal")
MAX_LINES = 6
WIDTH = 32  # units of each layer
STDDEV = 0.05  # of the normal initializer, by default

Pair = tuple[str, str]  # an activation and an initializer

SYMBOLS = {"kept": ":green[✓]", "vanishing": ":orange[↓]", "exploding": ":red[↑]",
           "zero": ":red[0]", "overflow": ":red[∞]"}  # fmt: skip
ABOUT = {
    True: "From right to left: a gradient of size 1 is sent back from the last layer. A flat line "
    "is ideal; a power of ten a layer is hopeless.",
    False: f"From left to right: inputs of size 1 pass through layers of {WIDTH} units. They "
    "should neither vanish nor explode.",
}
ABOUT_MAP = (
    "✓ the gradient keeps its scale, ↓ it vanishes, ↑ it explodes, 0 no gradient, ∞ overflow. Make "
    "the network deeper: fewer combinations stay ✓."
)


def depth() -> None:
    """Several activations with one initializer, or several initializers with one activation."""
    by = st.segmented_control(
        "Compare", [BY_ACTIVATION, BY_INITIALIZER], default=BY_ACTIVATION, required=True,
        key="lab_depth_by", persist_state="session", help="What differs between the lines.",
    )  # fmt: skip
    left, right = st.columns(2)
    layers = left.slider(
        "Layers", 1, MAX_LAYERS, 10, key="lab_depth_layers", persist_state="session",
        help="The depth of the network. Go up from 1 and see which lines leave the middle.",
    )  # fmt: skip
    seed = right.slider(
        "Seed", 0, 9, 0, key="lab_depth_seed", persist_state="session",
        help="Of the random weights and examples. Another seed changes little.",
    )  # fmt: skip
    by_initializer = by == BY_INITIALIZER
    pairs = (_initializers if by_initializer else _activations)(left, right)
    stddev = _stddev(left) if any(INITIALIZERS[i].parameters for _, i in pairs) else STDDEV
    if not pairs:
        st.info("Choose something to compare.")
        return
    results, labels = {}, {}
    for activation, initializer in pairs:
        name = initializer if by_initializer else activation
        results[name] = _propagation(activation, initializer, layers, stddev, seed)
        labels[name] = (INITIALIZERS if by_initializer else ACTIVATIONS)[name].label
    _charts(results, labels)
    _formulas(pairs)
    _map(layers, seed)


def _activations(left: DeltaGenerator, right: DeltaGenerator) -> list[Pair]:
    chosen = left.multiselect(
        "Activations", list(ACTIVATIONS), INITIAL_ACTIVATIONS, max_selections=MAX_LINES,
        format_func=lambda name: ACTIVATIONS[name].label, key="lab_depth_activations",
        persist_state="session", help="One line each. Try sigmoid beside ReLU.",
    )  # fmt: skip
    initializer = right.selectbox(
        "Kernel initializer", list(INITIALIZERS), list(INITIALIZERS).index("he_normal"),
        format_func=lambda name: INITIALIZERS[name].label, key="lab_depth_initializer",
        persist_state="session", help="Of every layer. He is made for ReLU, Glorot for tanh.",
    )  # fmt: skip
    return [(name, initializer) for name in chosen]


def _initializers(left: DeltaGenerator, right: DeltaGenerator) -> list[Pair]:
    activation = left.selectbox(
        "Activation", list(ACTIVATIONS), list(ACTIVATIONS).index("relu"),
        format_func=lambda name: ACTIVATIONS[name].label, key="lab_depth_activation",
        persist_state="session", help="The same in every layer. Try ReLU, then tanh.",
    )  # fmt: skip
    chosen = right.multiselect(
        "Kernel initializers", list(INITIALIZERS), INITIAL_INITIALIZERS, max_selections=MAX_LINES,
        format_func=lambda name: INITIALIZERS[name].label, key="lab_depth_initializers",
        persist_state="session", help="One line each. Try Zeros and Ones.",
    )  # fmt: skip
    return [(activation, name) for name in chosen]


def _stddev(column: DeltaGenerator) -> float:
    return column.slider(
        "Standard deviation of Normal", 0.01, 1.0, STDDEV, 0.01, key="lab_depth_stddev",
        persist_state="session",
        help=f"With {WIDTH} units a layer, He has √(2/{WIDTH}) = 0.25. Try that.",
    )  # fmt: skip


def _charts(results: dict[str, Propagation], labels: dict[str, str]) -> None:
    st.markdown(
        "\n".join(f"- {SYMBOLS[each.kind]} {propagation_sentence(each, labels[key])}"
                  for key, each in results.items())
    )  # fmt: skip
    for column, backward in zip(st.columns(2, gap="medium"), (True, False), strict=True):
        with column:
            chart(
                depth_figure(results, labels, backward),
                depth_sentence(results, labels, backward),
                key=f"lab_depth_{'back' if backward else 'forward'}",
                about=ABOUT[backward],
            )


def _formulas(pairs: list[Pair]) -> None:
    st.latex(
        r"\frac{\partial L}{\partial z_l} = "
        r"\Big(\frac{\partial L}{\partial z_{l+1}}\,W_{l+1}^\top\Big) \odot f'(z_l)"
    )
    st.latex(r"\begin{gathered} \text{expected factor a layer} \\ "
             r"\sqrt{n\,\mathrm{Var}(W)\;E[f'(z)^2]} \end{gathered}")  # fmt: skip
    names = dict.fromkeys(initializer for _, initializer in pairs)
    formulas = (f"{INITIALIZERS[name].label} ${INITIALIZERS[name].formula}$" for name in names)
    st.caption("Initial weights: " + ", ".join(formulas) + ". Nothing is trained here.")


@lru_cache(maxsize=512)
def _propagation(
    activation: str, initializer: str, layers: int, stddev: float, seed: int
) -> Propagation:
    weights = kernels(initializer, layers, WIDTH, stddev, seed)
    return propagate(curve(activation), weights[None], seed)[0]


def _map(layers: int, seed: int) -> None:
    more = st.expander(
        "Every activation with every initializer", on_change="rerun", key="lab_depth_map"
    )
    if more.open:
        results = _all(layers, seed)
        with more:
            chart(
                map_figure(
                    results,
                    [each.label for each in ACTIVATIONS.values()],
                    [each.label for each in INITIALIZERS.values()],
                ),
                map_sentence(results),
                key="lab_depth_all",
                about=ABOUT_MAP,
            )


@lru_cache(maxsize=64)
def _all(layers: int, seed: int) -> list[list[Propagation]]:
    weights = np.stack([kernels(name, layers, WIDTH, seed=seed) for name in INITIALIZERS])
    return [propagate(curve(name), weights, seed) for name in ACTIVATIONS]
