"""Softmax of adjustable scores, with a temperature and a common shift."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components.chart import chart
from dashboard.figures.evaluation import softmax_figure, softmax_sentence
from dashboard.widgets.latex import lines
from playground.nn import activations

Array = NDArray[np.floating]

INITIAL = (2.0, 1.0, 0.1, -1.0, 0.5, 0.0)
TEMPERATURES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0)
SHIFTS = (-1000, -100, -10, 0, 10, 100, 1000)

ABOUT = (
    "The probability of each class. Raise one score and watch the others fall; then change the "
    "temperature."
)


def softmax() -> None:
    """Sliders for the scores, the temperature, and a constant added to all."""
    count = st.slider(
        "Classes", 3, 6, 3, key="lab_softmax_count", persist_state="session",
        help="The number of classes.",
    )  # fmt: skip
    columns = st.columns(3)
    z = np.array([
        columns[i % 3].slider(
            f"$z_{i + 1}$", -5.0, 5.0, INITIAL[i], 0.1, key=f"lab_softmax_{i}",
            persist_state="session",
            help="The output layer's score. Raise it: its probability grows, all others fall.",
        )
        for i in range(count)
    ])  # fmt: skip
    left, right = st.columns(2)
    temperature = left.select_slider(
        "Temperature T", TEMPERATURES, 1.0, key="lab_softmax_temperature",
        persist_state="session", format_func=lambda each: f"{each:g}",
        help="Divides all scores. At 0.1 almost only the largest counts; at 100 all are equal.",
    )  # fmt: skip
    shift = right.select_slider(
        "Constant c added to every score", SHIFTS, 0, key="lab_softmax_shift",
        persist_state="session",
        help="With 1000 the probabilities are unchanged, but plain exponentials overflow.",
    )  # fmt: skip
    shifted = (z + shift) / temperature
    p = activations.softmax(shifted)
    chart(
        softmax_figure(z, p, activations.softmax(z)),
        softmax_sentence(list(z), p, temperature),
        key="lab_softmax_chart",
        about=ABOUT,
    )
    _formula(shifted, p)
    _table(z, shifted, p, shift)


def _formula(shifted: Array, p: Array) -> None:
    exponents = shifted - shifted.max()
    terms = " + ".join(f"e^{{{each:.3g}}}" for each in exponents)
    st.latex(lines(
        r"p_k &= \frac{e^{z_k/T}}{\sum_j e^{z_j/T}} = \frac{e^{(z_k - m)/T}}"
        r"{\sum_j e^{(z_j - m)/T}}",
        r"m &= \max_j z_j",
        rf"p_1 &= \frac{{e^{{{exponents[0]:.3g}}}}}{{{terms}}}",
        rf"&= \frac{{{np.exp(exponents[0]):.4g}}}{{{np.exp(exponents).sum():.4g}}} = {p[0]:.4f}",
    ))  # fmt: skip


def _table(z: Array, shifted: Array, p: Array, shift: int) -> None:
    """Each score step by step, with plain exponentials and with the maximum subtracted."""
    with np.errstate(all="ignore"):
        plain = np.exp(shifted.astype(np.float32))
        naive = plain / plain.sum()
    rows = [
        {
            "class": f"{i + 1}",
            "$z$": f"{z[i]:g}",
            "$(z+c)/T$": f"{shifted[i]:.4g}",
            "$e^{(z+c)/T}$ in float32": _number(plain[i]),
            "divided by the sum": _number(naive[i]),
            "$e^{(z-m)/T}$": f"{np.exp(shifted[i] - shifted.max()):.4g}",
            "$p$": f"**{p[i]:.4f}**",
        }
        for i in range(len(z))
    ]
    st.table(pd.DataFrame(rows), hide_index=True)
    if np.isfinite(naive).all():
        st.caption(
            f"The probabilities sum to {p.sum():.6f}. Only differences between scores count: "
            f"adding c = {shift} to all of them changes nothing."
        )
    else:
        st.caption(
            "In float32 the plain exponentials overflow (or all become 0), and their quotients are "
            "nan. Subtracting the maximum m first leaves the result unchanged and avoids it."
        )


def _number(value: np.floating) -> str:
    return f"{value:.4g}" if np.isfinite(value) else ("∞" if value > 0 else "nan")
