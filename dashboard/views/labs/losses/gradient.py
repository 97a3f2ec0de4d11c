"""Why softmax and cross-entropy belong together: the gradient is p − y."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.losses import pulls, pulls_sentence
from dashboard.state import values
from dashboard.widgets.latex import column, lines, matrix, number, signed
from playground.labs.losses.cross_entropy import jacobian, through_sigmoid, through_softmax
from playground.nn.activations import ACTIVATIONS, softmax

Array = NDArray[np.floating]

SOFTMAX, SIGMOID = "Softmax, three classes", "Sigmoid, one output"
CROSS, SQUARED = "cross_entropy", "mean_squared_error"
FARTHEST = 10.0
NEAR = 7.5  # so that no probability is below the 10⁻⁷ where the loss itself is cut off

ABOUT = (
    "How strongly each loss moves this logit, for all its values. Left: the network is sure and "
    "wrong. There the squared error is flat: it learns nothing just where it should learn most."
)


def gradient() -> None:
    """From the loss back to the logits, factor by factor, for two losses."""
    kind = st.segmented_control(
        "Output layer", [SOFTMAX, SIGMOID], default=SOFTMAX, required=True,
        key="lab_losses_output", persist_state="session",
        help="Softmax for several classes, sigmoid for yes or no. Both tell the same story.",
    )  # fmt: skip
    (_softmax if kind == SOFTMAX else _sigmoid)()


def _softmax() -> None:
    columns = st.columns(3)
    z = np.array([
        column.slider(
            f"Logit z{'₁₂₃'[i]}", -NEAR, NEAR, first, 0.5, key=f"lab_losses_z{i}",
            persist_state="session",
            help="What the last layer gives for this class. Make the right class's small and "
            "another one large: wrong and sure.",
        )
        for i, (column, first) in enumerate(zip(columns, (-2.0, 2.0, 0.5), strict=True))
    ])  # fmt: skip
    target = st.segmented_control(
        "Right class", range(3), default=None if values.has_widget("lab_losses_right") else 0,
        required=True, key="lab_losses_right", format_func=lambda i: f"Class {i + 1}",
        persist_state="session",
        help="Its y is 1. Choose the class with the largest logit: right and sure, all is flat.",
    ) or 0  # fmt: skip
    y, p = np.eye(3)[target], softmax(z)
    _shares(y, p)
    cross, squared = (through_softmax(name, y, z) for name in (CROSS, SQUARED))
    jacobi = matrix(jacobian(p))
    st.markdown(
        "**Cross-entropy**: the slope of the loss, $-y/p$, times that of the softmax, "
        "$p_k(\\delta_{kj} - p_j)$, is $p - y$: the division by a small $p$ is cancelled."
    )
    st.latex(lines(rf"& {jacobi}{column(cross.of_p, 2)}", rf"& = {column(cross.of_z)} = p - y"))
    st.markdown("**Squared error**: nothing cancels; where $p$ is near 0 or 1 all is multiplied "
                "by almost 0.")  # fmt: skip
    st.latex(lines(rf"& {jacobi}{column(squared.of_p, 2)}", rf"& = {column(squared.of_z)}"))
    axis = np.linspace(-NEAR, NEAR, 151)
    moved = np.tile(z, (len(axis), 1))
    moved[:, target] = axis
    slopes = {
        name: np.array([through_softmax(name, y, each).of_z[target] for each in moved])
        for name in (CROSS, SQUARED)
    }
    now = {CROSS: float(cross.of_z[target]), SQUARED: float(squared.of_z[target])}
    _draw(axis, slopes, float(z[target]), now, float(p[target]), f"logit z{'₁₂₃'[target]}")


def _shares(y: Array, p: Array) -> None:
    st.latex(rf"p = {column(p)},\ y = {column(y, 0)},\ p - y = {column(p - y)}")


def _sigmoid() -> None:
    left, right = st.columns([2, 1])
    z = left.slider(
        "Logit z", -FARTHEST, FARTHEST, -5.0, 0.5, key="lab_losses_z", persist_state="session",
        help="What the only output gives before the sigmoid. Try −10 for the answer yes: wrong "
        "and sure.",
    )  # fmt: skip
    y = right.segmented_control(
        "Right answer y", [1, 0], default=1, required=True, key="lab_losses_y",
        format_func=lambda y: f"{y} ({'yes' if y else 'no'})", persist_state="session",
        help="1 for yes, 0 for no. Change it: right becomes wrong.",
    )  # fmt: skip
    y = 1 if y is None else y
    p = float(ACTIVATIONS["sigmoid"].f(np.array(z)))
    here = {name: through_sigmoid(name, y, np.array([z]))[1][0] for name in (CROSS, SQUARED)}
    steep = p * (1 - p)
    st.latex(lines(
        rf"p &= \sigma({z:g}) = {number(p, 4)}",
        rf"\sigma'(z) &= p(1-p) = {number(steep, 4)}",
    ))  # fmt: skip
    st.latex(lines(
        r"& \text{Cross-entropy: } \frac{\partial L}{\partial z} = "
        r"\frac{p-y}{p(1-p)}\cdot p(1-p)",
        rf"& = p - y = {number(p, 4)} - {y} = {number(here[CROSS], 4)}",
        r"& \text{Squared error: } \frac{\partial L}{\partial z} = 2(p-y)\cdot p(1-p)",
        rf"& = {signed(2 * (p - y), 4)}\cdot {number(steep, 4)} = {number(here[SQUARED], 4)}",
    ))  # fmt: skip
    axis = np.linspace(-FARTHEST, FARTHEST, 161)
    slopes = {name: through_sigmoid(name, y, axis)[1] for name in (CROSS, SQUARED)}
    now = {name: float(each) for name, each in here.items()}
    _draw(axis, slopes, z, now, p if y else 1 - p, "logit z")


def _draw(
    axis: Array, slopes: dict[str, Array], at: float, now: dict[str, float], p: float, name: str
) -> None:
    chart.chart(
        pulls(axis, slopes, at, now, name, name), pulls_sentence(p, now), key="lab_losses_pulls",
        about=ABOUT,
    )  # fmt: skip
