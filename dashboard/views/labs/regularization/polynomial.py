"""Flexible answers from few examples: under-fit, good fit and over-fit by one slider."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures import Figure
from dashboard.figures import regularization as figures
from dashboard.state import stored
from dashboard.widgets.latex import lines, number
from playground.labs.regularization import polynomial_ridge
from playground.labs.regularization.polynomial_ridge import (
    GOOD,
    MOST_DEGREE,
    OVERFIT,
    STRENGTHS,
    UNDERFIT,
    Fit,
)

Array = NDArray[np.float64]

CURVE, BORDER = "A curve (regression)", "A border (classification)"
STRENGTH = "lab_regularisation_strength"
GRID = np.linspace(-1, 1, 300)
PLANE = np.linspace(-1, 1, 60)
DEGREES, POINTS = {CURVE: 14, BORDER: 8}, {CURVE: 15, BORDER: 60}  # to begin with
MOST_POINTS = {CURVE: 100, BORDER: 400}
LARGEST_DEGREE = {CURVE: MOST_DEGREE, BORDER: 10}

ABOUT_FIT = (
    "Orange: the points it learns from; diamonds: points it never saw; dashed: the truth behind "
    "them. Draw λ from left to right: the curve goes from wild to stiff."
)
ABOUT_REGION = (
    "Blue and orange: what it answers; the points it learns from have their own labels, some of "
    "them wrong on purpose; dashed: the true border. Small λ: islands round single points."
)
ABOUT_ERRORS = (
    "Both errors for every λ; the dotted line is the λ chosen. The best λ is where the validation "
    "error is lowest, not the training error: try it."
)


def curve() -> None:
    """Degree, points and λ; the answer, its errors, and what it is."""
    kind = st.segmented_control(
        "What is learnt", [CURVE, BORDER], default=CURVE, required=True,
        key="lab_regularisation_task", persist_state="session",
        help="A curve through points, or the border between two classes: both can be too stiff "
        "and too wild.",
    ) or CURVE  # fmt: skip
    columns = st.columns(3)
    degree = columns[0].slider(
        "Degree", 1, LARGEST_DEGREE[kind], DEGREES[kind], key=f"lab_regularisation_degree_{kind}",
        persist_state="session",
        help="How many weights there are. 1 is a straight line, which no λ can help: more "
        "parameters cure underfitting.",
    )  # fmt: skip
    n = columns[1].slider(
        "Training points", 10, MOST_POINTS[kind], POINTS[kind],
        key=f"lab_regularisation_points_{kind}", persist_state="session",
        help="How many it learns from. Go up: more data cure overfitting without any λ.",
    )  # fmt: skip
    seed = columns[2].slider(
        "Sample", 0, 20, 0, key="lab_regularisation_sample", persist_state="session",
        help="Other points of the same truth. An overfitted answer changes altogether; a good one "
        "hardly.",
    )  # fmt: skip
    (_curve if kind == CURVE else _border)(degree, n, seed)
    st.caption(
        r"Ridge regression, solved at once: $w = (X^\top X + n\lambda I)^{-1} X^\top y$ with the "
        r"powers of the inputs as columns of $X$, and columns and $y$ less their means."
    )


def _curve(degree: int, n: int, seed: int) -> None:
    x, y = polynomial_ridge.points(n, seed)
    held = polynomial_ridge.held_back(seed)
    of, of_held = (polynomial_ridge.features(each, degree) for each in (x, held[0]))
    fit = polynomial_ridge.ridge(of, y, STRENGTHS)
    training, validation = fit.error(of, y), fit.error(of_held, held[1])
    row = _strength(fit, training, training, validation)
    curve = fit.predict(polynomial_ridge.features(GRID, degree))[row]
    figure = figures.fitted(GRID, curve, polynomial_ridge.truth(GRID), (x, y), held, "fitted")
    _draw(figure, ABOUT_FIT, training, validation, row, False)


def _border(degree: int, n: int, seed: int) -> None:
    x, y = polynomial_ridge.plane_points(n, seed)
    held_x, held_y = polynomial_ridge.plane_held_back(seed)
    of, of_held = (polynomial_ridge.plane_features(each, degree) for each in (x, held_x))
    fit = polynomial_ridge.ridge(of, y, STRENGTHS)
    training, validation = fit.wrong(of, y), fit.wrong(of_held, held_y)
    row = _strength(fit, fit.error(of, y), training, validation)
    first, second = np.meshgrid(PLANE, PLANE[::-1])  # the first row is the top one
    everywhere = np.column_stack([first.ravel(), second.ravel()])
    of_chosen = Fit(fit.strengths[[row]], fit.weights[[row]], fit.bias[[row]])
    values = of_chosen.predict(polynomial_ridge.plane_features(everywhere, degree)).reshape(
        first.shape
    )
    border = polynomial_ridge.plane_border(GRID)
    figure = figures.bordered(np.clip(values, -1, 1), (x, y), GRID, border, "bordered")
    _draw(figure, ABOUT_REGION, training, validation, row, True)


def _strength(fit: Fit, loss: Array, training: Array, validation: Array) -> int:
    """Choose λ; the row it has among all, and the loss with its penalty in numbers."""
    _states(int(np.argmin(validation)))
    row: int = st.select_slider(
        "λ of L2", range(len(STRENGTHS)), value=None if stored.has_widget(STRENGTH) else 2,
        key=STRENGTH, format_func=lambda i: f"{STRENGTHS[i]:.1e}", persist_state="session",
        help="What large weights cost. Almost 0: the answer may bend as it likes; 10: it is nearly "
        "flat.",
    )  # fmt: skip
    weights = fit.weights[row]
    size = float(weights @ weights)
    st.latex(lines(
        r"& \mathit{loss} + \lambda\,\lVert W\rVert_2^2",
        rf"& = {number(loss[row])} + {number(STRENGTHS[row])}\cdot {number(size)} "
        rf"= {number(loss[row] + STRENGTHS[row] * size)}",
    ))  # fmt: skip
    return row


def _draw(
    figure: Figure, about: str, training: Array, validation: Array, row: int, is_share: bool
) -> None:
    state = polynomial_ridge.state(training, validation, row)
    left, right = st.columns(2)
    with left:
        sentence = figures.fitted_sentence(state, training[row], validation[row], is_share)
        chart.chart(figure, sentence, key="lab_regularisation_fit", about=about)
    with right:
        figure = figures.errors(
            STRENGTHS, training, validation, STRENGTHS[row], is_share, f"errors {is_share}"
        )
        chart.chart(
            figure, figures.errors_sentence(STRENGTHS, validation, is_share),
            key="lab_regularisation_errors", about=ABOUT_ERRORS,
        )  # fmt: skip


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
                on_click=stored.set_widget, args=(STRENGTH, row), help=f"{why} Sets λ below.",
            )  # fmt: skip
