"""Dropout: units switched off at random in training, all of them on in prediction."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures import labs as figures
from dashboard.state import stored
from dashboard.widgets.latex import lines, number
from playground.labs.regularization.dropout import MOST_RATE, masks, network, predict, train

Array = NDArray[np.float64]

MASK = "lab_regularisation_mask"
MASKS = 1_000
SEED = 0

ABOUT_TRAINING = (
    "One step of training: crossed-out units give 0 and get no gradient; the others are divided by "
    "1 − rate. Press Next mask: others are off."
)
ABOUT_PREDICTION = (
    "The same network when it is used: every unit is on and nothing is scaled. Compare each unit's "
    "number with the one in training."
)
ABOUT_MEANS = (
    "Each dot is the output with one mask; the blue line is their mean so far. It comes to the "
    "prediction: that is what dividing by 1 − rate is for. Try rate 0.9."
)


def dropout() -> None:
    """Rate, layers and mask; training beside prediction, and the mean over many masks."""
    columns = st.columns(3)
    rate = columns[0].slider(
        "Rate", 0.0, MOST_RATE, 0.5, 0.05, key="lab_regularisation_rate", persist_state="session",
        help="The share of hidden units switched off. 0: none; try 0.9: hardly anything is left.",
    )  # fmt: skip
    hidden = columns[1].segmented_control(
        "Hidden layers", [1, 2], default=1, required=True, key="lab_regularisation_hidden",
        persist_state="session",
        help="Inputs and output are never switched off. With two layers the mean is only near the "
        "prediction, as ReLU is no straight line.",
    ) or 1  # fmt: skip
    with columns[2]:
        at = st.slider(
            "Mask", 1, MASKS, None if stored.has_widget(MASK) else 1, key=MASK,
            persist_state="session",
            help="Which of the random masks is shown. Training draws a new one for every step.",
        )  # fmt: skip
        st.button(
            "Next mask", key="lab_regularisation_next", icon=":material/casino:",
            on_click=stored.set_widget, args=(MASK, at % MASKS + 1),
            help="Switch other units off, as the next training step would.",
        )  # fmt: skip
    net = network(hidden)
    kept = masks(net, rate, np.random.default_rng(SEED), MASKS)
    outputs = train(net, kept, rate)
    full = [each[0] for each in predict(net)]
    now = [each[at - 1] for each in outputs]
    on = [np.ones(len(full[0])), *(each[at - 1] for each in kept), np.ones(1)]
    left, right = st.columns(2)
    units = sum(net.sizes[1:-1])
    off = units - int(sum(each.sum() for each in on[1:-1]))
    with left:
        figure = figures.drawing("In training", net.kernels, now, on, f"training {hidden}")
        chart.chart(
            figure, figures.drawing_sentence(True, off, units, now[-1][0]),
            key="lab_regularisation_training", about=ABOUT_TRAINING,
        )  # fmt: skip
    with right:
        every = [np.ones(len(each)) for each in full]
        figure = figures.drawing("In prediction", net.kernels, full, every, f"all {hidden}")
        chart.chart(
            figure, figures.drawing_sentence(False, 0, units, full[-1][0]),
            key="lab_regularisation_prediction", about=ABOUT_PREDICTION,
        )  # fmt: skip
    _numbers(full[1], on[1], now[1], rate)
    each = outputs[-1][:, 0]
    mean = np.cumsum(each) / np.arange(1, MASKS + 1)
    figure = figures.means(each, mean, full[-1][0], at, f"means {hidden}")
    chart.chart(
        figure, figures.means_sentence(each, mean, full[-1][0]), key="lab_regularisation_means",
        about=ABOUT_MEANS,
    )  # fmt: skip


def _numbers(full: Array, on: Array, now: Array, rate: float) -> None:
    """The first hidden layer unit by unit, and why the mean stays the same."""
    st.latex(lines(
        r"\text{mask: } m_i &\in \{0, 1\}",
        r"\text{training: } a_i' &= \frac{m_i}{1 - \mathit{rate}}\,a_i = "
        rf"\frac{{m_i}}{{{number(1 - rate, 2)}}}\,a_i",
        rf"\text{{mean: }} \mathrm{{E}}[a_i'] &= {number(1 - rate, 2)}\cdot"
        rf"\frac{{a_i}}{{{number(1 - rate, 2)}}} + {number(rate, 2)}\cdot 0 = a_i",
    ))  # fmt: skip
    table = {
        "prediction: a": [f"{each:.3f}" for each in full],
        "mask: m": [f"{each:.0f}" for each in on],
        f"training: m·a/{1 - rate:.2f}": [f"{each:.3f}" for each in now],
    }
    st.table(pd.DataFrame(table, index=[f"unit {i + 1}" for i in range(len(full))]).T)
    st.caption(
        "The first hidden layer. Keras' Dropout does the same: zeros, and the rest divided by "
        "1 − rate, in training only."
    )
