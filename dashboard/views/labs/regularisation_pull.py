"""One weight and two penalties: a pull that never fades, and one that does."""

import numpy as np
import streamlit as st

from dashboard import live
from dashboard.figures import penalty as figures
from dashboard.formulas import lines, number, signed
from playground.labs.penalty import pull, shrink
from playground.labs.weight_space import NORMS, penalty

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
        live.chart(
            figures.over_weight("The penalty", "λ·J(w)", axis, costs, w, cost, "penalty"),
            f"At w = {w:g} L1 costs {cost['l1']:.3f}, L2 {cost['l2']:.3f}.",
            key="lab_regularisation_costs", about=ABOUT_PENALTY,
        )  # fmt: skip
    with right:
        slopes = {norm: pull(norm, axis, strength) for norm in NORMS}
        live.chart(
            figures.over_weight("Its slope: the pull", "slope", axis, slopes, w, pulled, "pull"),
            figures.pull_sentence(w, pulled), key="lab_regularisation_pulls", about=ABOUT_PULL,
        )  # fmt: skip
    ways = {norm: shrink(norm, w, strength, rate) for norm in NORMS}
    live.chart(
        figures.over_steps(ways, "steps"), figures.steps_sentence(ways),
        key="lab_regularisation_steps", about=ABOUT_STEPS,
    )  # fmt: skip
