"""L1 and L2 penalties: on one weight, and in the plane of two weights with a data loss."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures import regularization as figures
from dashboard.widgets.latex import lines, number, signed
from playground.labs.regularization import (
    NORMS,
    QuadraticLoss,
    minimizers,
    penalty,
    penalty_contour,
    penalty_descent,
    penalty_slope,
    zero_threshold,
)

Array = NDArray[np.float64]

RANGE = 2.0  # of the one weight, on both sides of 0

ABOUT_PENALTY = (
    "The penalty of each weight: L1 is linear, L2 quadratic, so under L2 small weights cost almost "
    "nothing."
)
ABOUT_SLOPE = (
    "The slope of the penalty, with which descent moves the weight to zero. L1's is constant, L2's "
    "vanishes with the weight. Try w = 0.1."
)
ABOUT_STEPS = (
    "Gradient descent on the penalty alone, without data: L1 reaches zero and stays, L2 takes the "
    "same fraction off in each step. Try a larger λ."
)

KEY = "lab_regularization_center"
AXIS = 2.5  # limit of both weights in the plane
CENTER = (1.4, 0.6)
STRENGTHS = np.linspace(0, 3, 301)
LEVELS = (0.02, 0.1, 0.3, 0.7, 1.3, 2.2)

ABOUT_L1 = (
    "Grey: contours of the data loss around its minimum, which can be dragged. Dashed: a contour "
    "of the penalty. Its corners are on the axes, where one weight is zero."
)
ABOUT_L2 = (
    "The same contours with L2's circle: without corners, the best weights approach the axes and "
    "never reach them. Make λ large and compare."
)
ABOUT_PATHS = (
    "Each weight over λ: L1's become zero and stay zero, L2's only shrink. Drag the minimum and "
    "see which weight vanishes first."
)


def one_weight() -> None:
    """The penalty and its slope for one weight, and descent to zero."""
    columns = st.columns(3)
    w = columns[0].slider(
        "Weight w", -RANGE, RANGE, 0.8, 0.05, key="lab_regularization_w", persist_state="session",
        help="One weight of a layer. Bring it near 0 and compare the slopes.",
    )  # fmt: skip
    strength = columns[1].slider(
        "λ", 0.0, 1.0, 0.3, 0.01, key="lab_regularization_pull_lambda", persist_state="session",
        help="The strength of the penalty. Its slope is proportional to it.",
    )  # fmt: skip
    learning_rate = columns[2].slider(
        "Learning rate η", 0.01, 0.5, 0.1, 0.01, key="lab_regularization_pull_rate",
        persist_state="session", help="The step size. Larger: both reach zero faster.",
    )  # fmt: skip
    at, axis = np.array([w]), np.linspace(-RANGE, RANGE, 201)
    cost = {norm: strength * float(penalty(norm, at)) for norm in NORMS}
    slope = {norm: float(penalty_slope(norm, at, strength)[0]) for norm in NORMS}
    st.latex(lines(
        rf"& \lambda\lVert w\rVert_1 = {strength:g}\cdot|{w:g}| = {number(cost['l1'])}",
        rf"& \text{{slope: }} \lambda\operatorname{{sign}}(w) = {number(slope['l1'])}",
        rf"& \lambda\lVert w\rVert_2^2 = {strength:g}\cdot{signed(w, 2)}^2 = {number(cost['l2'])}",
        rf"& \text{{slope: }} 2\lambda w = {number(slope['l2'])}",
    ))  # fmt: skip
    left, right = st.columns(2)
    with left:
        costs = {norm: strength * penalty(norm, axis[:, None]) for norm in NORMS}
        chart.chart(
            figures.over_weight("Penalty", "λ·J(w)", axis, costs, w, cost, "penalty"),
            f"At w = {w:g} L1 is {cost['l1']:.3f}, L2 {cost['l2']:.3f}.",
            key="lab_regularization_costs", about=ABOUT_PENALTY,
        )  # fmt: skip
    with right:
        slopes = {norm: penalty_slope(norm, axis, strength) for norm in NORMS}
        chart.chart(
            figures.over_weight("Slope of the penalty", "slope", axis, slopes, w, slope, "slope"),
            figures.slope_sentence(w, slope), key="lab_regularization_pulls", about=ABOUT_SLOPE,
        )  # fmt: skip
    paths = {norm: penalty_descent(norm, w, strength, learning_rate) for norm in NORMS}
    chart.chart(
        figures.over_steps(paths, "steps"), figures.steps_sentence(paths),
        key="lab_regularization_steps", about=ABOUT_STEPS,
    )  # fmt: skip


def two_weights() -> None:
    """λ and the shape of the data loss; the best weights under both penalties."""
    columns = st.columns(3)
    strength = columns[0].slider(
        "λ", 0.0, 3.0, 0.5, 0.01, key="lab_regularization_lambda", persist_state="session",
        help="The strength of the penalty. From 0 to 3: which weight becomes zero first?",
    )  # fmt: skip
    steepness = columns[1].slider(
        "Steepness along w₂", 0.2, 4.0, 1.0, 0.1, key="lab_regularization_steep",
        persist_state="session",
        help="How much the data loss depends on w₂. Small: L1 sets w₂ to zero early.",
    )  # fmt: skip
    tilt = columns[2].slider(
        "Tilt", -0.9, 0.9, 0.4, 0.1, key="lab_regularization_tilt", persist_state="session",
        help="How far one weight can replace the other. At 0.9 L1 keeps only one of them.",
    )  # fmt: skip
    limits = (-AXIS, AXIS)
    data_loss = QuadraticLoss.of(
        chart.handle_position(KEY, CENTER, limits, limits), steepness, tilt
    )
    paths = {norm: minimizers(data_loss, norm, STRENGTHS) for norm in NORMS}
    best = {norm: minimizers(data_loss, norm, np.array([strength]))[0] for norm in NORMS}
    for column, norm in zip(st.columns(2), NORMS, strict=True):
        with column:
            st.latex(lines(_formula(data_loss, norm, strength, best[norm])))
            _plane(data_loss, norm, strength, paths[norm], best[norm])
    zeros = [zero_threshold(paths["l1"][:, i], STRENGTHS) for i in range(2)]
    chart.chart(
        figures.paths(STRENGTHS, paths, strength, "paths"),
        figures.paths_sentence(zeros, paths["l2"][-1]), key="lab_regularization_paths",
        about=ABOUT_PATHS,
    )  # fmt: skip
    st.caption(
        "The penalties are those of Keras: L1(λ) adds λ·Σ|w|, L2(λ) adds λ·Σw², without a factor ½ "
        "and without a root. Biases are usually not penalized."
    )


def _plane(data_loss: QuadraticLoss, norm: str, strength: float, path: Array, best: Array) -> None:
    figure = figures.plane(
        norm, [data_loss.contour(level) for level in LEVELS],
        data_loss.contour(float(data_loss(best))),
        penalty_contour(norm, float(penalty(norm, best))), path, best, data_loss.center, AXIS, norm,
    )  # fmt: skip
    sentence = figures.plane_sentence(norm, strength, best)
    if norm == "l1":
        chart.chart_with_handle(
            figure, sentence, KEY, start=CENTER, about=ABOUT_L1, step=0.05,
            name="Minimum of the data loss",
        )  # fmt: skip
    else:
        chart.chart(figure, sentence, key="lab_regularization_l2", about=ABOUT_L2)


def _formula(data_loss: QuadraticLoss, norm: str, strength: float, w: Array) -> str:
    data, size = float(data_loss(w)), float(penalty(norm, w))
    if norm == "l1":
        name, terms = r"\lVert w\rVert_1", " + ".join(f"|{number(each, 2)}|" for each in w)
    else:
        name = r"\lVert w\rVert_2^2"
        terms = " + ".join(f"({number(each, 2)})^2" for each in w)
    return (
        rf"\text{{{NORMS[norm]}: }} & \mathit{{loss}} + \lambda\,{name} \\ & = {number(data)} + "
        rf"{strength:.2f}\,({terms}) \\ & = {number(data + strength * size)}"
    )
