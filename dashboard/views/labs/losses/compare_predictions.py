"""Two predictions of the same example: which one is nearer to the target?"""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.evaluation import grouped_bars
from dashboard.state import values
from dashboard.widgets.latex import lines, number
from dashboard.widgets.messages import refuse
from playground.labs.losses.cross_entropy import MOST, cross_entropy
from playground.nn.losses import LOSSES

Array = NDArray[np.floating]

FEWEST_CLASSES, MOST_CLASSES = 2, 5
EXAMPLE = ((0.6, 0.4), (0.8, 0.2))  # two predictions of the target (1, 0)
FIRST = ((0.6, 0.4, 0.3, 0.2, 0.1), (0.8, 0.2, 0.1, 0.1, 0.1))

ABOUT = (
    "Grey, striped: the target; blue and orange: two predictions. Move the shares: cross-entropy "
    "looks at the right class only."
)


def prediction() -> None:
    """Sliders for two predictions, their cross-entropies as formulas, and the other losses."""
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    k = left.slider(
        "Classes", FEWEST_CLASSES, MOST_CLASSES, 2, key="lab_losses_classes",
        persist_state="session", help="How many classes there are to choose from. Try 5.",
    )  # fmt: skip
    right.button(
        "(0.6, 0.4) against (0.8, 0.2)", key="lab_losses_example", on_click=_example,
        help="The classic example: the target is (1, 0). Which prediction is better?",
    )  # fmt: skip
    names = [f"Class {i + 1}" for i in range(k)]
    target = st.segmented_control(
        "Target", range(k), default=None if values.has_widget(f"lab_losses_truth_{k}") else 0,
        required=True, key=f"lab_losses_truth_{k}", format_func=lambda i: names[i],
        persist_state="session",
        help="The right class: its y is 1, the others' 0. Choose another one: the loss changes.",
    )  # fmt: skip
    shares = [_sliders(column, i, k) for i, column in enumerate(st.columns(2))]
    if any(each.sum() == 0 for each in shares):
        refuse("of each prediction at least one share must be above 0, got only 0")
        return
    y, p = np.eye(k)[target or 0], np.array([each / each.sum() for each in shares])
    h = cross_entropy(np.tile(y, (2, 1)), p)
    st.latex(lines(*(_formula(i + 1, y, p[i], float(h[i])) for i in range(2))))
    groups = {"target y": y, "prediction 1": p[0], "prediction 2": p[1]}
    chart.chart(
        grouped_bars("Target and predictions", names, groups, f"shares {k}"), sentence(h),
        key="lab_losses_bars", about=ABOUT,
    )  # fmt: skip
    every = {
        loss.label: [f"{v:.4f}" for v in loss.f(np.tile(y, (2, 1)), p)] for loss in LOSSES.values()
    }
    st.table(pd.DataFrame(every, index=["prediction 1", "prediction 2"]).T)
    st.caption(
        "All losses of the same predictions. The shares of each prediction are divided by their "
        f"sum, as Keras does; no loss is above {MOST:.3f}, because no probability counts for less "
        "than 10⁻⁷."
    )


def _sliders(column: "st.delta_generator.DeltaGenerator", i: int, k: int) -> Array:
    column.markdown(f"**Prediction {i + 1}**")
    values = [
        column.slider(
            f"Class {c + 1} ({i + 1})", 0.0, 1.0,
            None if values.has_widget(f"lab_losses_p{i}_{c}") else FIRST[i][c], 0.01,
            key=f"lab_losses_p{i}_{c}", persist_state="session",
            help="The share this prediction gives to the class; all are divided by their sum. Try "
            "0 for the right class.",
        )
        for c in range(k)
    ]  # fmt: skip
    return np.array(values)


def _example() -> None:
    values.set_widget("lab_losses_classes", 2)
    values.set_widget("lab_losses_truth_2", 0)
    for i, shares in enumerate(EXAMPLE):
        for c, share in enumerate(shares):
            values.set_widget(f"lab_losses_p{i}_{c}", share)


def _formula(i: int, y: Array, p: Array, h: float) -> str:
    terms = [
        rf"{target:.0f}\cdot\ln {number(share, 2) if share else '10^{-7}'}"
        for target, share in zip(y, p, strict=True)
    ]
    pairs = [" + ".join(terms[k : k + 2]) for k in range(0, len(terms), 2)]  # fits a phone
    summed = r" \\ &\quad + ".join(pairs)
    return rf"H_{i} &= -\sum_k y_k \ln p_k \\ &= -({summed}) \\ &= \mathbf{{{h:.3f}}}"


def sentence(h: Array) -> str:
    """Which of the two predictions has the lower cross-entropy."""
    first, second = (f"{each:.3f}" for each in h)
    if first == second:
        return f"H₁ = {first} = H₂: both predictions are equally near to the target."
    sign, better = (">", 2) if h[0] > h[1] else ("<", 1)
    return f"H₁ = {first} {sign} H₂ = {second}: prediction {better} is nearer to the target."
