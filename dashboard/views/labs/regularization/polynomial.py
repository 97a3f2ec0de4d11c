"""Flexible models of few examples: underfit, good fit and overfit by one slider."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures import regularization as figures
from dashboard.state import stored
from dashboard.widgets.latex import lines, number
from playground.labs import regularization as lab
from playground.labs.regularization import (
    GOOD,
    MAX_DEGREE,
    OVERFIT,
    STRENGTHS,
    UNDERFIT,
    RidgeFit,
    fit_quality,
    ridge,
)

Array = NDArray[np.float64]
Sample = tuple[Array, Array]  # x, y


@dataclass(frozen=True)
class FitTask:
    """A curve or a boundary to fit, with the initial values and limits of its sliders."""

    points: Callable[[int, int], Sample]
    validation: Callable[[int], Sample]
    features: Callable[[Array, int], Array]
    degree: int
    max_degree: int
    n: int
    max_n: int


CURVE, BOUNDARY = "A curve (regression)", "A boundary (classification)"
TASKS = {
    CURVE: FitTask(
        lab.curve_points, lab.curve_validation, lab.curve_features, 14, MAX_DEGREE, 15, 100
    ),
    BOUNDARY: FitTask(
        lab.plane_points, lab.plane_validation, lab.plane_features, 8, 10, 60, 400
    ),
}  # fmt: skip
STRENGTH = "lab_regularization_strength"
GRID = np.linspace(-1, 1, 300)
PLANE = np.linspace(-1, 1, 60)

ABOUT_FIT = (
    "Orange: training points; diamonds: validation points; dashed: the true curve. Move λ from "
    "left to right: the fit goes from wild to flat."
)
ABOUT_REGION = (
    "Blue and orange: predictions; points: training examples, some with wrong labels; dashed: the "
    "true boundary. With a small λ there are islands around single points."
)
ABOUT_ERRORS = (
    "Both errors over λ; dotted: the chosen λ. The best λ has the lowest validation error, not the "
    "lowest training error."
)


def fits() -> None:
    """Degree, number of points and λ; the fit, its errors and its quality."""
    kind = st.segmented_control(
        "Task", list(TASKS), default=CURVE, required=True, key="lab_regularization_task",
        persist_state="session",
        help="A curve through points, or the boundary between two classes.",
    ) or CURVE  # fmt: skip
    task = TASKS[kind]
    columns = st.columns(3)
    degree = columns[0].slider(
        "Degree", 1, task.max_degree, task.degree, key=f"lab_regularization_degree_{kind}",
        persist_state="session",
        help="The number of weights. Degree 1 is a straight line and underfits with any λ.",
    )  # fmt: skip
    n = columns[1].slider(
        "Training points", 10, task.max_n, task.n, key=f"lab_regularization_points_{kind}",
        persist_state="session", help="More data reduce overfitting without any λ.",
    )  # fmt: skip
    seed = columns[2].slider(
        "Sample", 0, 20, 0, key="lab_regularization_sample", persist_state="session",
        help="The seed of the points. An overfit changes a lot with the sample, a good fit hardly.",
    )  # fmt: skip
    (x, y), (held_x, held_y) = task.points(n, seed), task.validation(seed)
    columns_x, columns_held = (task.features(each, degree) for each in (x, held_x))
    fit = ridge(columns_x, y, STRENGTHS)
    is_rate = kind == BOUNDARY
    error = fit.error_rate if is_rate else fit.mean_squared_error
    training, validation = error(columns_x, y), error(columns_held, held_y)
    row = _strength(fit, fit.mean_squared_error(columns_x, y), int(np.argmin(validation)))
    if is_rate:
        figure = figures.boundary_figure(
            _region(fit, row, degree), (x, y), GRID, lab.true_boundary(GRID), "boundary"
        )
    else:
        curve = fit.predict(task.features(GRID, degree))[row]
        figure = figures.curve_figure(
            GRID, curve, lab.true_curve(GRID), (x, y), (held_x, held_y), "curve"
        )
    left, right = st.columns(2)
    with left:
        quality = fit_quality(validation, row)
        chart.chart(
            figure, figures.fit_sentence(quality, training[row], validation[row], is_rate),
            key="lab_regularization_fit", about=ABOUT_REGION if is_rate else ABOUT_FIT,
        )  # fmt: skip
    with right:
        chart.chart(
            figures.errors(
                STRENGTHS, training, validation, STRENGTHS[row], is_rate, f"errors {is_rate}"
            ),
            figures.errors_sentence(STRENGTHS, validation, is_rate),
            key="lab_regularization_errors", about=ABOUT_ERRORS,
        )  # fmt: skip
    st.caption(
        r"Ridge regression in closed form: $w = (X^\top X + n\lambda I)^{-1} X^\top y$ with the "
        r"powers of the inputs as columns of $X$; columns and $y$ are centered."
    )


def _region(fit: RidgeFit, row: int, degree: int) -> Array:
    """Predictions of fit `row` on the square, clipped to −1 … 1, the first row at the top."""
    first, second = np.meshgrid(PLANE, PLANE[::-1])
    points = np.column_stack([first.ravel(), second.ravel()])
    chosen = RidgeFit(fit.strengths[[row]], fit.weights[[row]], fit.bias[[row]])
    predictions = chosen.predict(lab.plane_features(points, degree))
    return np.clip(predictions.reshape(first.shape), -1, 1)


def _strength(fit: RidgeFit, loss: Array, best: int) -> int:
    """The slider of λ; returns its index in STRENGTHS, and shows the loss with its penalty."""
    with st.container(horizontal=True):
        for quality, index, reason in (
            (UNDERFIT, len(STRENGTHS) - 1, "The largest λ: a nearly flat fit."),
            (GOOD, best, "The λ with the lowest validation error for these settings."),
            (OVERFIT, 0, "Almost no penalty: with a high degree and few points it fits the noise."),
        ):
            st.button(
                quality.capitalize(), key=f"lab_regularization_{quality.replace(' ', '_')}",
                on_click=stored.set_widget, args=(STRENGTH, index), help=f"{reason} Sets λ below.",
            )  # fmt: skip
    row: int = st.select_slider(
        "λ of L2", range(len(STRENGTHS)), value=None if stored.has_widget(STRENGTH) else 2,
        key=STRENGTH, format_func=lambda i: f"{STRENGTHS[i]:.1e}", persist_state="session",
        help="The penalty of large weights. Near 0 the fit bends freely; at 10 it is nearly flat.",
    )  # fmt: skip
    size = float(fit.weights[row] @ fit.weights[row])
    st.latex(lines(
        r"& \mathit{loss} + \lambda\,\lVert W\rVert_2^2",
        rf"& = {number(loss[row])} + {number(STRENGTHS[row])}\cdot {number(size)}",
        rf"& = {number(loss[row] + STRENGTHS[row] * size)}",
    ))  # fmt: skip
    return row
