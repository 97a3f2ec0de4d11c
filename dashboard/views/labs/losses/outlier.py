"""One point moved away from the others: which losses follow it."""

import numpy as np
import streamlit as st
from playground.labs.losses.regression import (
    EXTENT,
    OUTLIER,
    POINTS_X,
    POINTS_Y,
    RESIDUAL_LOSSES,
    cost,
    fitted,
)

from dashboard.components import chart
from dashboard.figures import losses as figures
from dashboard.widgets.latex import number
from playground.nn.losses import LOSSES

CONSTANT, LINE = "A constant", "A line"
KEY = "lab_losses_outlier"
MIDDLE = 4.0  # x at which lines are compared

ABOUT = (
    "Grey: points that agree. Drag the ringed one (or reach it with Tab and use the arrow keys): "
    "up, down, into the row. Each line is the answer with the smallest total loss."
)
ABOUT_VALLEYS = (
    "Every constant one could answer, and what it costs on average; the star is the best. Drag the "
    "ringed point in the chart before and watch the valleys move."
)


def outlier() -> None:
    """The best constant or line of each loss, as one point is dragged about."""
    left, right = st.columns(2)
    kind = left.segmented_control(
        "The answer is", [CONSTANT, LINE], default=CONSTANT, required=True, key="lab_losses_answer",
        persist_state="session",
        help="One number for all points, or a straight line. Try the constant first: mean against "
        "median.",
    )  # fmt: skip
    delta = right.slider(
        "δ of Huber", 0.1, 5.0, 1.0, 0.1, key="lab_losses_outlier_delta", persist_state="session",
        help="Errors up to δ count as squared, larger ones as absolute. Try 5: Huber becomes the "
        "mean; 0.1: the median.",
    )  # fmt: skip
    x_at, y_at = chart.handle_position(KEY, OUTLIER, *EXTENT)
    x, y = np.append(POINTS_X, x_at), np.append(POINTS_Y, y_at)
    line = kind == LINE
    found = {name: fitted(name, x, y, line, delta) for name in RESIDUAL_LOSSES}
    before = {name: fitted(name, POINTS_X, POINTS_Y, line, delta) for name in RESIDUAL_LOSSES}
    at = x_at if line else MIDDLE
    moved = {
        name: (found[name][0] - before[name][0]) * at + found[name][1] - before[name][1]
        for name in found
    }
    title = "The line each loss chooses" if line else "The constant each loss chooses"
    figure = figures.fits(POINTS_X, POINTS_Y, found, EXTENT, title, KEY)
    sentence = figures.fits_sentence(moved, f"at x = {at:.1f}" if line else "for all points")
    chart.chart_with_handle(
        figure, sentence, KEY, start=OUTLIER, about=ABOUT, step=0.1, name="Outlier"
    )
    if line:
        for name, (a, b) in found.items():
            label = rf"\text{{{LOSSES[name].label}: }}"
            st.markdown(
                f"${label} \\hat y = {number(a)}\\,x {'+' if b >= 0 else '-'} {number(abs(b))}$"
            )
        return
    _constants(y, {name: b for name, (_, b) in found.items()}, delta)


def _constants(y: np.ndarray, chosen: dict[str, float], delta: float) -> None:
    """Mean, median and what lies between, with the present numbers, and the valleys they are in."""
    summed, ordered = " + ".join(f"{v:.1f}" for v in y), ", ".join(f"{v:.1f}" for v in np.sort(y))
    st.markdown(
        rf"$\text{{Squared error: the mean}}\; \frac1{{{len(y)}}}\sum_n y_n = "
        rf"\textbf{{{chosen['mean_squared_error']:.3f}}}$, of {summed.replace('+ -', '− ')}  "
        "\n"
        rf"$\text{{Absolute error: the median}} = \textbf{{{chosen['mean_absolute_error']:.3f}}}$,"
        f" the middle of {ordered}  \n"
        rf"$\text{{Huber, }}\delta = {delta:g}\text{{: }}"
        rf"\textbf{{{chosen['huber']:.3f}}}$, where the pulls $\max(-\delta, \min(e, \delta))$ "
        "cancel: no point pulls with more than δ"
    )
    constants = np.linspace(0, 8, 201)
    costs = {
        name: np.array([cost(name, c - y, delta).mean() for c in constants]) for name in chosen
    }
    least = {name: float(cost(name, at - y, delta).mean()) for name, at in chosen.items()}
    relative = {name: each / max(least[name], 1e-9) for name, each in costs.items()}
    chart.chart(
        figures.valleys(constants, relative, chosen, "valleys"), figures.valleys_sentence(chosen),
        key="lab_losses_valleys", about=ABOUT_VALLEYS,
    )  # fmt: skip
