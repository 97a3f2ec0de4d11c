"""A flexible curve through few points: under-fit, good fit and over-fit by one slider."""

import numpy as np
import streamlit as st

from dashboard import live, session
from dashboard.figures import ridge as figures
from dashboard.formulas import number
from playground.labs import polynomial
from playground.labs.polynomial import GOOD, OVERFIT, STRENGTHS, UNDERFIT

STRENGTH = "lab_regularisation_strength"
GRID = np.linspace(-1, 1, 300)

ABOUT_FIT = (
    "Orange: the points it learns from; diamonds: points it never saw; dashed: the truth behind "
    "them. Draw λ from left to right: the curve goes from wild to stiff."
)
ABOUT_ERRORS = (
    "Both errors for every λ; the dotted line is the λ chosen. The best λ is where the validation "
    "error is lowest, not the training error: try it."
)


def curve() -> None:
    """Degree, points and λ; the curve, its errors, and what it is."""
    columns = st.columns(3)
    degree = columns[0].slider(
        "Degree", 1, polynomial.MOST_DEGREE, 14, key="lab_regularisation_degree",
        persist_state="session",
        help="How many weights the curve has. 1 is a straight line, which no λ can help: more "
        "parameters cure underfitting.",
    )  # fmt: skip
    n = columns[1].slider(
        "Training points", 8, 100, 15, key="lab_regularisation_points", persist_state="session",
        help="How many it learns from. Go up: more data cure overfitting without any λ.",
    )  # fmt: skip
    seed = columns[2].slider(
        "Sample", 0, 20, 0, key="lab_regularisation_sample", persist_state="session",
        help="Other points of the same truth. An overfitted curve changes altogether; a good one "
        "hardly.",
    )  # fmt: skip
    x, y = polynomial.points(n, seed)
    held = polynomial.held_back(seed)
    fit = polynomial.ridge(x, y, degree, STRENGTHS)
    training, validation = fit.error(x, y), fit.error(*held)
    _states(int(np.argmin(validation)))
    row = st.select_slider(
        "λ of L2", range(len(STRENGTHS)), value=None if session.holds(STRENGTH) else 2,
        key=STRENGTH, format_func=lambda i: f"{STRENGTHS[i]:.1e}", persist_state="session",
        help="What large weights cost. Almost 0: the curve may bend as it likes; 10: it is nearly "
        "flat.",
    )  # fmt: skip
    state = polynomial.state(training, validation, row)
    weights = fit.weights[row]
    size = float(weights @ weights)
    st.latex(
        r"\mathit{loss} + \lambda\,\lVert W\rVert_2^2 = "
        rf"{number(training[row])} + {number(STRENGTHS[row])}\cdot {number(size)} = "
        rf"{number(training[row] + STRENGTHS[row] * size)}"
    )
    left, right = st.columns(2)
    with left:
        figure = figures.fitted(
            GRID, fit.predict(GRID)[row], polynomial.truth(GRID), (x, y), held, "fitted"
        )
        sentence = figures.fitted_sentence(state, training[row], validation[row])
        live.chart(figure, sentence, key="lab_regularisation_fit", about=ABOUT_FIT)
    with right:
        figure = figures.errors(STRENGTHS, training, validation, STRENGTHS[row], "errors")
        live.chart(
            figure, figures.errors_sentence(STRENGTHS, validation),
            key="lab_regularisation_errors", about=ABOUT_ERRORS,
        )  # fmt: skip
    st.caption(
        r"Ridge regression, solved at once: $w = (X^\top X + n\lambda I)^{-1} X^\top y$ with the "
        r"columns $x, x^2, \dots$ and $y$ less their means."
    )


def _states(best: int) -> None:
    """The three states a fit can be in, a click each."""
    with st.container(horizontal=True):
        for state, row, why in (
            (UNDERFIT, len(STRENGTHS) - 1, "The largest λ: the curve may hardly bend."),
            (GOOD, best, "The λ with the lowest validation error for these settings."),
            (OVERFIT, 0, "Almost no penalty: with a high degree and few points it learns noise."),
        ):
            st.button(
                state.capitalize(), key=f"lab_regularisation_{state.replace(' ', '_')}",
                on_click=session.put, args=(STRENGTH, row), help=f"{why} Sets λ below.",
            )  # fmt: skip
