"""One weight and two penalties: a pull that never fades, and one that does.

L1 and L2 in the plane of two weights: why a diamond makes zeros and a circle does not.
"""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures import regularization as figures
from dashboard.widgets.latex import lines, number, signed
from playground.labs.regularization.penalties import (
    NORMS,
    Bowl,
    best,
    penalty,
    penalty_contour,
    pull,
    shrink,
    zero_from,
)

Array = NDArray[np.float64]


FARTHEST = 2.0

ABOUT_PENALTY = (
    "What a weight of each size costs. Move w: L1 grows straight, L2 as a square, so small weights "
    "are almost free under L2."
)
ABOUT_PULL = (
    "The slope of the penalty: how strongly the weight is drawn to zero. L1 pulls always alike; "
    "the pull of L2 fades as the weight becomes small. Try w = 0.1."
)
ABOUT_STEPS = (
    "Gradient descent with the penalty alone, without any data: L1 arrives at zero and stays, L2 "
    "takes the same share off each time. Try a larger λ."
)


def one_weight() -> None:
    """λ, a weight and a rate; penalty and pull in numbers, and the way to zero."""
    columns = st.columns(3)
    w = columns[0].slider(
        "Weight w", -FARTHEST, FARTHEST, 0.8, 0.05, key="lab_regularisation_w",
        persist_state="session", help="One weight of a layer. Bring it near 0 and compare pulls.",
    )  # fmt: skip
    strength = columns[1].slider(
        "λ", 0.0, 1.0, 0.3, 0.01, key="lab_regularisation_pull_lambda", persist_state="session",
        help="How much the penalty counts. Twice the λ is twice the pull, for both.",
    )  # fmt: skip
    rate = columns[2].slider(
        "Learning rate η", 0.01, 0.5, 0.1, 0.01, key="lab_regularisation_pull_rate",
        persist_state="session", help="How far each step goes. Larger: both come to zero faster.",
    )  # fmt: skip
    at, axis = np.array([w]), np.linspace(-FARTHEST, FARTHEST, 201)
    cost = {norm: strength * float(penalty(norm, at)) for norm in NORMS}
    pulled = {norm: float(pull(norm, at, strength)[0]) for norm in NORMS}
    st.latex(lines(
        rf"& \lambda\lVert w\rVert_1 = {strength:g}\cdot|{w:g}| = {number(cost['l1'])}",
        rf"& \text{{slope: }} \lambda\operatorname{{sign}}(w) = {number(pulled['l1'])}",
        rf"& \lambda\lVert w\rVert_2^2 = {strength:g}\cdot{signed(w, 2)}^2 = {number(cost['l2'])}",
        rf"& \text{{slope: }} 2\lambda w = {number(pulled['l2'])}",
    ))  # fmt: skip
    left, right = st.columns(2)
    with left:
        costs = {norm: strength * penalty(norm, axis[:, None]) for norm in NORMS}
        chart.chart(
            figures.over_weight("The penalty", "λ·J(w)", axis, costs, w, cost, "penalty"),
            f"At w = {w:g} L1 costs {cost['l1']:.3f}, L2 {cost['l2']:.3f}.",
            key="lab_regularisation_costs", about=ABOUT_PENALTY,
        )  # fmt: skip
    with right:
        slopes = {norm: pull(norm, axis, strength) for norm in NORMS}
        chart.chart(
            figures.over_weight("Its slope: the pull", "slope", axis, slopes, w, pulled, "pull"),
            figures.pull_sentence(w, pulled), key="lab_regularisation_pulls", about=ABOUT_PULL,
        )  # fmt: skip
    ways = {norm: shrink(norm, w, strength, rate) for norm in NORMS}
    chart.chart(
        figures.over_steps(ways, "steps"), figures.steps_sentence(ways),
        key="lab_regularisation_steps", about=ABOUT_STEPS,
    )  # fmt: skip


KEY = "lab_regularisation_centre"
REACH = 2.5
CENTRE = (1.4, 0.6)
STRENGTHS = np.linspace(0, 3, 301)
LEVELS = (0.02, 0.1, 0.3, 0.7, 1.3, 2.2)

ABOUT_L1 = (
    "Gray: valleys of equal data loss round the best weights without a penalty; drag that round "
    "point. The dashed diamond holds weights of equal penalty: its corners lie on the axes, and "
    "there one weight is zero."
)
ABOUT_L2 = (
    "The same valleys with the dashed circle of L2: it has no corners, so the best weights come "
    "near the axes without reaching them. Make λ large and compare."
)
ABOUT_PATHS = (
    "Each weight for every λ: those of L1 hit zero and stay there, those of L2 only shrink. Move "
    "the round point and see which weight goes first."
)


def space() -> None:
    """λ, the shape of the valley, both penalties side by side, and the formulas with numbers."""
    columns = st.columns(3)
    strength = columns[0].slider(
        "λ", 0.0, 3.0, 0.5, 0.01, key="lab_regularisation_lambda", persist_state="session",
        help="How much the penalty counts. Draw it from 0 to 3: which weight becomes zero first?",
    )  # fmt: skip
    steep = columns[1].slider(
        "Steepness along w₂", 0.2, 4.0, 1.0, 0.1, key="lab_regularisation_steep",
        persist_state="session",
        help="How much the data insist on w₂. Small: w₂ hardly matters, and L1 drops it soon.",
    )  # fmt: skip
    tilt = columns[2].slider(
        "Tilt", -0.9, 0.9, 0.4, 0.1, key="lab_regularisation_tilt", persist_state="session",
        help="How far one weight can stand in for the other one. Try 0.9: L1 keeps only one of "
        "them.",
    )  # fmt: skip
    limits = (-REACH, REACH)
    bowl = Bowl.of(chart.handle_position(KEY, CENTRE, limits, limits), steep, tilt)
    paths = {norm: best(bowl, norm, STRENGTHS) for norm in NORMS}
    now = {norm: best(bowl, norm, np.array([strength]))[0] for norm in NORMS}
    st.latex(lines(*(_formula(bowl, norm, strength, now[norm]) for norm in NORMS)))
    for column, norm in zip(st.columns(2), NORMS, strict=True):
        with column:
            _plane(bowl, norm, strength, paths[norm], now[norm])
    zeros = [zero_from(paths["l1"][:, i], STRENGTHS) for i in range(2)]
    chart.chart(
        figures.paths(STRENGTHS, paths, strength, "paths"),
        figures.paths_sentence(zeros, paths["l2"][-1]), key="lab_regularisation_paths",
        about=ABOUT_PATHS,
    )  # fmt: skip
    st.caption(
        "The penalties are those of Keras: L1(λ) adds λ·Σ|w|, L2(λ) adds λ·Σw², without a half and "
        "without a root. Biases are usually left alone."
    )


def _plane(bowl: Bowl, norm: str, strength: float, path: Array, now: Array) -> None:
    figure = figures.plane(
        norm, [bowl.contour(level) for level in LEVELS], bowl.contour(float(bowl.loss(now))),
        penalty_contour(norm, float(penalty(norm, now))), path, now, bowl.centre, REACH, norm,
    )  # fmt: skip
    sentence = figures.plane_sentence(norm, strength, now)
    if norm == "l1":
        chart.chart_with_handle(
            figure, sentence, KEY, start=CENTRE, about=ABOUT_L1, step=0.05,
            name="Best weights without a penalty",
        )  # fmt: skip
    else:
        chart.chart(figure, sentence, key="lab_regularisation_l2", about=ABOUT_L2)


def _formula(bowl: Bowl, norm: str, strength: float, w: Array) -> str:
    """The loss with its penalty, with the present numbers."""
    data, size = float(bowl.loss(w)), float(penalty(norm, w))
    if norm == "l1":
        name, terms = r"\lVert w\rVert_1", " + ".join(f"|{number(each, 2)}|" for each in w)
    else:
        name = r"\lVert w\rVert_2^2"
        terms = " + ".join(f"({number(each, 2)})^2" for each in w)
    return (
        rf"& \text{{{NORMS[norm]}: }} \mathit{{loss}} + \lambda\,{name} \\ & = {number(data)} + "
        rf"{strength:.2f}\,({terms}) = {number(data + strength * size)}"
    )
