"""A gradient on its way back through many layers, for activations and initializers."""

from collections.abc import Mapping
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
    verdict,
)
from playground.labs.activations.curves import curve
from playground.labs.activations.depth import MOST_LAYERS, Passage, kernels, passages
from playground.nn.activations import ACTIVATIONS, Activation
from playground.nn.initializers import INITIALIZERS, Initializer

BY_ACTIVATION, BY_INITIALIZER = "Activations", "Initializers"
ACTIVATIONS_FIRST = ("sigmoid", "tanh", "relu", "selu")
INITIALIZERS_FIRST = ("glorot_uniform", "he_normal", "lecun_normal", "random_normal")
MOST = 6
WIDTH = 32  # units of each layer
STDDEV = 0.05  # of the normal initializer, to begin with

Pair = tuple[str, str]  # an activation and an initializer

SYMBOLS = {"kept": ":green[✓]", "vanishing": ":orange[↓]", "exploding": ":red[↑]",
           "zero": ":red[0]", "overflow": ":red[∞]"}  # fmt: skip


def depth() -> None:
    """Several activations with one initializer, or several initializers with one activation."""
    by = st.segmented_control(
        "Compare", [BY_ACTIVATION, BY_INITIALIZER], default=BY_ACTIVATION, required=True,
        key="lab_depth_by", persist_state="session",
        help="What differs from line to line. First compare activations, then initializers.",
    )  # fmt: skip
    left, right = st.columns(2)
    layers = left.slider(
        "Layers", 1, MOST_LAYERS, 10, key="lab_depth_layers", persist_state="session",
        help="How deep the network is. Go up from 1 and see which lines bend away.",
    )  # fmt: skip
    seed = right.slider(
        "Draw", 0, 9, 0, key="lab_depth_seed", persist_state="session",
        help="Which random weights and examples. Another draw changes little: it is no accident.",
    )  # fmt: skip
    pairs = (_initializers if by == BY_INITIALIZER else _activations)(left, right)
    stddev = _stddev(left) if any(INITIALIZERS[i].parameters for _, i in pairs) else STDDEV
    if not pairs:
        st.info("Choose something to compare.")
        return
    own = 1 if by == BY_INITIALIZER else 0  # what tells the lines apart
    found = {pair[own]: _passage(*pair, layers, stddev, seed) for pair in pairs}
    tables: tuple[Mapping[str, Activation | Initializer], ...] = (ACTIVATIONS, INITIALIZERS)
    _charts(found, {name: tables[own][name].label for name in found})
    _formulas(pairs)
    _map(layers, seed)


def _activations(left: DeltaGenerator, right: DeltaGenerator) -> list[Pair]:
    chosen = left.multiselect(
        "Activations", list(ACTIVATIONS), ACTIVATIONS_FIRST, max_selections=MOST,
        format_func=lambda name: ACTIVATIONS[name].label, key="lab_depth_activations",
        persist_state="session", help="One line each. Try sigmoid beside ReLU.",
    )  # fmt: skip
    initializer = right.selectbox(
        "First weights", list(INITIALIZERS), list(INITIALIZERS).index("he_normal"),
        format_func=lambda name: INITIALIZERS[name].label, key="lab_depth_initializer",
        persist_state="session",
        help="How every layer's weights are drawn. He is made for ReLU, Glorot for tanh.",
    )  # fmt: skip
    return [(name, initializer) for name in chosen]


def _initializers(left: DeltaGenerator, right: DeltaGenerator) -> list[Pair]:
    activation = left.selectbox(
        "Activation", list(ACTIVATIONS), list(ACTIVATIONS).index("relu"),
        format_func=lambda name: ACTIVATIONS[name].label, key="lab_depth_activation",
        persist_state="session", help="The same in every layer. Try ReLU, then tanh.",
    )  # fmt: skip
    chosen = right.multiselect(
        "Initializers", list(INITIALIZERS), INITIALIZERS_FIRST, max_selections=MOST,
        format_func=lambda name: INITIALIZERS[name].label, key="lab_depth_initializers",
        persist_state="session", help="How the first weights are drawn. Try Zeros and Ones.",
    )  # fmt: skip
    return [(activation, name) for name in chosen]


def _stddev(place: DeltaGenerator) -> float:
    return place.slider(
        "Spread σ of Normal", 0.01, 1.0, STDDEV, 0.01, key="lab_depth_stddev",
        persist_state="session",
        help=f"With {WIDTH} units a layer, He has √(2/{WIDTH}) = 0.25. Try that.",
    )  # fmt: skip


def _charts(found: dict[str, Passage], labels: dict[str, str]) -> None:
    st.markdown(
        "\n".join(f"- {SYMBOLS[each.kind]} {verdict(each, labels[key])}"
                  for key, each in found.items())
    )  # fmt: skip
    for column, back in zip(st.columns(2, gap="medium"), (True, False), strict=True):
        with column:
            chart(
                depth_figure(found, labels, back),
                depth_sentence(found, labels, back),
                key=f"lab_depth_{'back' if back else 'forward'}",
                about=ABOUT[back],
            )


ABOUT = {
    True: "Read from right to left: a gradient of size 1 is sent back from the last layer. A flat "
    "line is what one wants; one power of ten a layer is hopeless.",
    False: f"Inputs of size 1 go through layers of {WIDTH} units, from left to right. They should "
    "neither fade out nor blow up.",
}


def _formulas(pairs: list[Pair]) -> None:
    st.latex(
        r"\frac{\partial L}{\partial z_l} = "
        r"\Big(\frac{\partial L}{\partial z_{l+1}}\,W_{l+1}^\top\Big) \odot f'(z_l)"
    )
    st.latex(r"\text{each layer, expected: } \times \sqrt{n\,\mathrm{Var}(W)\;E[f'(z)^2]}")
    used = dict.fromkeys(initializer for _, initializer in pairs)
    told = (f"{INITIALIZERS[name].label} ${INITIALIZERS[name].formula}$" for name in used)
    st.caption("First weights: " + ", ".join(told) + ". Nothing is trained here.")


@lru_cache(maxsize=512)
def _passage(activation: str, initializer: str, layers: int, stddev: float, seed: int) -> Passage:
    weights = kernels(initializer, layers, WIDTH, stddev, seed)
    return passages(curve(activation), weights[None], seed)[0]


def _map(layers: int, seed: int) -> None:
    more = st.expander(
        "Every activation with every initializer", on_change="rerun", key="lab_depth_map"
    )
    if more.open:
        found = _all(layers, seed)
        with more:
            chart(
                map_figure(
                    found,
                    [each.label for each in ACTIVATIONS.values()],
                    [each.label for each in INITIALIZERS.values()],
                ),
                map_sentence(found),
                key="lab_depth_all",
                about="✓ the gradient keeps its size, ↓ it vanishes, ↑ it explodes, 0 none comes "
                "through, ∞ numbers overflow. Make the network deeper and watch ✓ die out.",
            )


@lru_cache(maxsize=64)
def _all(layers: int, seed: int) -> list[list[Passage]]:
    weights = np.stack([kernels(name, layers, WIDTH, seed=seed) for name in INITIALIZERS])
    return [passages(curve(name), weights, seed) for name in ACTIVATIONS]
