"""Dropout: units dropped at random in training, none in prediction."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures import labs as figures
from dashboard.state import stored
from dashboard.widgets.latex import lines, number
from playground.labs.regularization import (
    MAX_RATE,
    dropout_masks,
    dropout_network,
    prediction_outputs,
    training_outputs,
)

Array = NDArray[np.float64]

MASK = "lab_regularization_mask"
MASKS = 1_000
SEED = 0

ABOUT_TRAINING = (
    "One training step: dropped units (crossed out) output 0 and get no gradient; the others are "
    "divided by 1 − rate."
)
ABOUT_PREDICTION = (
    "The same network in prediction: no unit is dropped, nothing is scaled. Compare the outputs."
)
ABOUT_MEAN = (
    "A dot: the output with one mask; blue: their running mean. It approaches the prediction, "
    "which is why the others are divided by 1 − rate. Try rate 0.9."
)


def dropout() -> None:
    """Rate, layers and mask; training beside prediction, and the mean over many masks."""
    columns = st.columns(3)
    rate = columns[0].slider(
        "Rate", 0.0, MAX_RATE, 0.5, 0.05, key="lab_regularization_rate", persist_state="session",
        help="The probability that a hidden unit is dropped.",
    )  # fmt: skip
    n_hidden = columns[1].segmented_control(
        "Hidden layers", [1, 2], default=1, required=True, key="lab_regularization_hidden",
        persist_state="session",
        help="Inputs and output are never dropped. With two layers the mean only approximates the "
        "prediction, as ReLU is not linear.",
    ) or 1  # fmt: skip
    with columns[2]:
        mask = st.slider(
            "Mask", 1, MASKS, None if stored.has_widget(MASK) else 1, key=MASK,
            persist_state="session",
            help="The random mask shown. Training draws a new one for every step.",
        )  # fmt: skip
        st.button(
            "Next mask", key="lab_regularization_next", icon=":material/casino:",
            on_click=stored.set_widget, args=(MASK, mask % MASKS + 1),
            help="Drop other units, as the next training step would.",
        )  # fmt: skip
    network = dropout_network(n_hidden)
    kernels = [layer.kernel for layer in network.layers]
    masks = dropout_masks(network, rate, np.random.default_rng(SEED), MASKS)
    outputs = training_outputs(network, masks, rate)
    prediction = [each[0] for each in prediction_outputs(network)]
    training = [each[mask - 1] for each in outputs]
    on = [np.ones(len(kernels[0])), *(each[mask - 1] for each in masks), np.ones(1)]
    units = sum(map(len, prediction[1:-1]))
    dropped = units - int(sum(each.sum() for each in on[1:-1]))
    left, right = st.columns(2)
    with left:
        chart.chart(
            figures.network_figure("In training", kernels, training, on, f"training {n_hidden}"),
            f"{dropped} of {units} hidden units are dropped, the others scaled up: "
            f"{training[-1][0]:.3f}.",
            key="lab_regularization_training", about=ABOUT_TRAINING,
        )  # fmt: skip
    with right:
        every = [np.ones(len(each)) for each in prediction]
        chart.chart(
            figures.network_figure("In prediction", kernels, prediction, every, f"all {n_hidden}"),
            f"All {units} hidden units are on, nothing is scaled: {prediction[-1][0]:.3f}.",
            key="lab_regularization_prediction", about=ABOUT_PREDICTION,
        )  # fmt: skip
    _numbers(prediction[1], on[1], training[1], rate)
    each = outputs[-1][:, 0]
    mean = np.cumsum(each) / np.arange(1, MASKS + 1)
    chart.chart(
        figures.running_mean_figure(each, mean, prediction[-1][0], mask, f"means {n_hidden}"),
        f"With one mask the output varies by ±{each.std():.3f}; the mean over {MASKS:,} masks is "
        f"{mean[-1]:.3f}, the prediction {prediction[-1][0]:.3f}: "
        f"{abs(mean[-1] - prediction[-1][0]):.3f} apart.",
        key="lab_regularization_means", about=ABOUT_MEAN,
    )  # fmt: skip


def _numbers(prediction: Array, mask: Array, training: Array, rate: float) -> None:
    """The first hidden layer unit by unit, and why the mean is unchanged."""
    st.latex(lines(
        r"\text{mask: } m_i &\in \{0, 1\}",
        r"\text{training: } a_i' &= \frac{m_i}{1 - \mathit{rate}}\,a_i = "
        rf"\frac{{m_i}}{{{number(1 - rate, 2)}}}\,a_i",
        rf"\text{{mean: }} \mathrm{{E}}[a_i'] &= {number(1 - rate, 2)}\cdot"
        rf"\frac{{a_i}}{{{number(1 - rate, 2)}}} + {number(rate, 2)}\cdot 0 = a_i",
    ))  # fmt: skip
    table = {
        "prediction: a": [f"{each:.3f}" for each in prediction],
        "mask: m": [f"{each:.0f}" for each in mask],
        f"training: m·a/{1 - rate:.2f}": [f"{each:.3f}" for each in training],
    }
    st.table(pd.DataFrame(table, index=[f"unit {i + 1}" for i in range(len(prediction))]).T)
    st.caption(
        "The first hidden layer. Keras' Dropout does the same in training: zeros, and the rest "
        "divided by 1 − rate."
    )
