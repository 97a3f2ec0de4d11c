"""Why softmax and cross-entropy belong together: the gradient is p − y."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.losses import gradient_sentence, gradient_sizes
from dashboard.state import stored
from dashboard.widgets.latex import column, lines, matrix, number, signed
from playground.labs.losses import jacobian, sigmoid_gradient, softmax_gradient
from playground.nn.activations import ACTIVATIONS, softmax

Array = NDArray[np.floating]

SOFTMAX, SIGMOID = "Softmax, three classes", "Sigmoid, one output"
CROSS, SQUARED = "cross_entropy", "mean_squared_error"
SIGMOID_RANGE = 10.0
SOFTMAX_RANGE = 7.5  # keeps probabilities above the 10⁻⁷ where the loss is clipped

ABOUT = (
    "The size of the gradient over this logit. On the left the network is confident and wrong: "
    "there the squared error is flat and learns least where it should learn most."
)


def gradient() -> None:
    """From the loss back to the logits, factor by factor, for two losses."""
    kind = st.segmented_control(
        "Output layer", [SOFTMAX, SIGMOID], default=SOFTMAX, required=True,
        key="lab_losses_output", persist_state="session",
        help="Softmax for several classes, sigmoid for two. The result is the same.",
    )  # fmt: skip
    (_softmax if kind == SOFTMAX else _sigmoid)()


def _softmax() -> None:
    z = np.array([
        place.slider(
            f"Logit z{'₁₂₃'[i]}", -SOFTMAX_RANGE, SOFTMAX_RANGE, first, 0.5,
            key=f"lab_losses_z{i}", persist_state="session",
            help="The output layer's z for this class. Make the true class's small and another "
            "one large: confident and wrong.",
        )
        for i, (place, first) in enumerate(zip(st.columns(3), (-2.0, 2.0, 0.5), strict=True))
    ])  # fmt: skip
    target = st.segmented_control(
        "True class", range(3), default=None if stored.has_widget("lab_losses_right") else 0,
        required=True, key="lab_losses_right", format_func=lambda i: f"Class {i + 1}",
        persist_state="session",
        help="Its y is 1. Choose the class with the largest logit: confident and right, no "
        "gradient.",
    ) or 0  # fmt: skip
    y, p = np.eye(3)[target], softmax(z)
    st.latex(lines(rf"& p = {column(p)},\quad y = {column(y, 0)}", rf"& p - y = {column(p - y)}"))
    cross, squared = (softmax_gradient(name, y, z) for name in (CROSS, SQUARED))
    jacobian_text = matrix(jacobian(p))
    st.markdown(
        "**Cross-entropy**: the slope of the loss, $-y/p$, times that of the softmax, "
        "$p_k(\\delta_{kj} - p_j)$, is $p - y$: the division by a small $p$ cancels."
    )
    st.latex(lines(rf"& {jacobian_text}{column(cross.dp, 2)}", rf"& = {column(cross.dz)} = p - y"))
    st.markdown(
        "**Squared error**: nothing cancels; where $p$ is near 0 or 1 every entry is multiplied by "
        "almost 0."
    )
    st.latex(lines(rf"& {jacobian_text}{column(squared.dp, 2)}", rf"& = {column(squared.dz)}"))
    axis = np.linspace(-SOFTMAX_RANGE, SOFTMAX_RANGE, 151)
    logits = np.tile(z, (len(axis), 1))
    logits[:, target] = axis
    slopes = {
        name: np.array([softmax_gradient(name, y, row).dz[target] for row in logits])
        for name in (CROSS, SQUARED)
    }
    now = {CROSS: float(cross.dz[target]), SQUARED: float(squared.dz[target])}
    _chart(axis, slopes, float(z[target]), now, float(p[target]), f"logit z{'₁₂₃'[target]}")


def _sigmoid() -> None:
    left, right = st.columns([2, 1])
    z = left.slider(
        "Logit z", -SIGMOID_RANGE, SIGMOID_RANGE, -5.0, 0.5, key="lab_losses_z",
        persist_state="session",
        help="The output before the sigmoid. Try −10 for the target 1: confident and wrong.",
    )  # fmt: skip
    y = right.segmented_control(
        "Target y", [1, 0], default=1, required=True, key="lab_losses_y",
        format_func=lambda y: f"{y} ({'yes' if y else 'no'})", persist_state="session",
        help="1 for yes, 0 for no. Change it: right becomes wrong.",
    )  # fmt: skip
    y = 1 if y is None else y
    p = float(ACTIVATIONS["sigmoid"].f(np.array(z)))
    now = {name: float(sigmoid_gradient(name, y, np.array([z]))[1][0]) for name in (CROSS, SQUARED)}
    slope = p * (1 - p)
    st.latex(lines(
        rf"p &= \sigma({z:g}) = {number(p, 4)}",
        rf"\sigma'(z) &= p(1-p) = {number(slope, 4)}",
    ))  # fmt: skip
    st.latex(lines(
        r"& \text{Cross-entropy: } \frac{\partial L}{\partial z} = "
        r"\frac{p-y}{p(1-p)}\cdot p(1-p)",
        rf"& = p - y = {number(p, 4)} - {y} = {number(now[CROSS], 4)}",
        r"& \text{Squared error: } \frac{\partial L}{\partial z} = 2(p-y)\cdot p(1-p)",
        rf"& = {signed(2 * (p - y), 4)}\cdot {number(slope, 4)} = {number(now[SQUARED], 4)}",
    ))  # fmt: skip
    axis = np.linspace(-SIGMOID_RANGE, SIGMOID_RANGE, 161)
    slopes = {name: sigmoid_gradient(name, y, axis)[1] for name in (CROSS, SQUARED)}
    _chart(axis, slopes, z, now, p if y else 1 - p, "logit z")


def _chart(
    axis: Array, slopes: dict[str, Array], z: float, now: dict[str, float], p: float, name: str
) -> None:
    chart.chart(
        gradient_sizes(axis, slopes, z, now, name, name), gradient_sentence(p, now),
        key="lab_losses_pulls", about=ABOUT,
    )  # fmt: skip
