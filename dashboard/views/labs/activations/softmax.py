"""Softmax of a vector one can move, with temperature and a shift of all its numbers."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components.chart import chart
from dashboard.figures.evaluation import softmax_figure, softmax_sentence
from playground.nn import activations
from playground.nn.format import format_number

Array = NDArray[np.floating]

FIRST = (2.0, 1.0, 0.1, -1.0, 0.5, 0.0)
TEMPERATURES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0)
SHIFTS = (-1000, -100, -10, 0, 10, 100, 1000)


def softmax() -> None:
    """Sliders for the scores, the temperature, and a constant added to all."""
    count = st.slider(
        "Classes", 3, 6, 3, key="lab_softmax_count", persist_state="session",
        help="How many numbers there are to share 100% among. Try 6.",
    )  # fmt: skip
    columns = st.columns(3)
    scores = [
        columns[i % 3].slider(
            f"$z_{i + 1}$", -5.0, 5.0, FIRST[i], 0.1, key=f"lab_softmax_{i}",
            persist_state="session",
            help="A score as the last layer gives it. Raise it: its share grows, all others fall.",
        )
        for i in range(count)
    ]  # fmt: skip
    left, right = st.columns(2)
    temperature = left.select_slider(
        "Temperature T", TEMPERATURES, 1.0, key="lab_softmax_temperature",
        persist_state="session", format_func=lambda each: f"{each:g}",
        help="All scores are divided by it. Try 0.1: almost only the largest is left; 100: even.",
    )  # fmt: skip
    shift = right.select_slider(
        "Add to every score c", SHIFTS, 0, key="lab_softmax_shift", persist_state="session",
        help="The same constant for all. Try 1000: the probabilities stay, plain exponentials "
        "overflow.",
    )  # fmt: skip
    z = np.array(scores)
    shifted = (z + shift) / temperature
    p = activations.softmax(shifted)
    chart(
        softmax_figure(z, p, activations.softmax(z)),
        softmax_sentence(scores, p, temperature),
        key="lab_softmax_chart",
        about="The share of 100% that each class gets. Raise one score and watch the others fall; "
        "then change the temperature.",
    )
    _formula(shifted, p)
    _steps(z, shifted, p, shift)


def _formula(shifted: Array, p: Array) -> None:
    top = float(shifted.max())
    terms = " + ".join(f"e^{{{each - top:.3g}}}" for each in shifted)
    st.latex(r"p_k = \frac{e^{z_k/T}}{\sum_j e^{z_j/T}} = \frac{e^{(z_k - m)/T}}"
             r"{\sum_j e^{(z_j - m)/T}}, \quad m = \max_j z_j")  # fmt: skip
    st.latex(
        rf"p_1 = \frac{{e^{{{shifted[0] - top:.3g}}}}}{{{terms}}} = "
        rf"\frac{{{np.exp(shifted[0] - top):.4g}}}{{{np.exp(shifted - top).sum():.4g}}} = "
        rf"{p[0]:.4f}"
    )


def _steps(z: Array, shifted: Array, p: Array, shift: int) -> None:
    """Each number on its way, with exponentials taken as they are and with the largest one off."""
    with np.errstate(all="ignore"):
        plain = np.exp(shifted.astype(np.float32))
        naive = plain / plain.sum()
    rows = [
        {
            "class": f"{i + 1}",
            "$z$": f"{z[i]:g}",
            "$(z+c)/T$": f"{shifted[i]:.4g}",
            "$e^{(z+c)/T}$ in 32 bits": format_number(float(plain[i]), 4),
            "its share": format_number(float(naive[i]), 4),
            "$e^{(z-m)/T}$": f"{np.exp(shifted[i] - shifted.max()):.4g}",
            "$p$": f"**{p[i]:.4f}**",
        }
        for i in range(len(z))
    ]
    st.table(pd.DataFrame(rows), hide_index=True)
    if np.isfinite(naive).all():
        st.caption(
            f"All shares add up to {p.sum():.6f}. Only differences between scores count: adding "
            f"c = {shift} to all of them leaves every probability as it is."
        )
    else:
        st.caption(
            "In 32 bits the plain exponentials overflow (or all become 0), and their shares are "
            "not numbers any more. With the largest score m taken off first, which changes "
            "nothing in the result, the probabilities come out right."
        )
