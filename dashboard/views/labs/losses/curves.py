"""Losses as curves: the loss of a prediction, and its slope."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures import losses as figures
from dashboard.widgets.latex import lines, number, signed
from playground.labs.losses import (
    REGRESSION_LOSSES,
    error_loss,
    error_slope,
    true_class_loss,
)
from playground.nn.losses import LOSSES

Array = NDArray[np.floating]
Pair = tuple[Array, Array]  # loss and slope

REGRESSION, CLASSIFICATION = "A value (regression)", "A class (classification)"
RANGE = 4.0  # of predictions, on both sides of 0

ABOUT_LOSS = (
    "The loss of each prediction. Move the prediction: which loss tolerates small errors, which "
    "one large errors? Click a name to hide its curve."
)
ABOUT_SLOPE = (
    "The slope of the loss, which is what training follows. Near zero nothing is learned; a large "
    "slope moves the weights far."
)


def curves() -> None:
    """Loss and slope over the prediction, several losses in one chart."""
    kind = st.segmented_control(
        "Prediction of", [REGRESSION, CLASSIFICATION], default=REGRESSION, required=True,
        key="lab_losses_kind", persist_state="session",
        help="A number (a price), or the probability of the true class. Cross-entropy is for "
        "classes only.",
    )  # fmt: skip
    (_regression if kind == REGRESSION else _classification)()


def _chosen(names: tuple[str, ...], key: str) -> list[str]:
    chosen = st.multiselect(
        "Losses", names, names, format_func=lambda name: LOSSES[name].label, key=key,
        persist_state="session", help="The losses in the charts. Remove some to compare two.",
    )  # fmt: skip
    if not chosen:
        st.info("Choose a loss to see its curve.")
    return chosen


def _regression() -> None:
    chosen = _chosen(REGRESSION_LOSSES, "lab_losses_of_value")
    left, middle, right = st.columns(3)
    target = left.slider(
        "Target y", -3.0, 3.0, 0.0, 0.1, key="lab_losses_target", persist_state="session",
        help="The true value. Move it: all curves move along, as only the error counts.",
    )  # fmt: skip
    prediction = middle.slider(
        "Prediction ŷ", -RANGE, RANGE, 2.0, 0.1, key="lab_losses_prediction",
        persist_state="session",
        help="The network's output. Move it far away: the squared error grows fastest.",
    )  # fmt: skip
    delta = right.slider(
        "δ of Huber", 0.1, 3.0, 1.0, 0.1, key="lab_losses_delta", persist_state="session",
        help="The error where Huber turns from quadratic to linear; Keras uses 1. At 3 it is "
        "half the squared error.",
    )  # fmt: skip
    if not chosen:
        return

    def both(name: str, errors: Array) -> Pair:
        return error_loss(name, errors, delta), error_slope(name, errors, delta)

    x = np.linspace(-RANGE, RANGE, 401)
    _charts(
        {name: both(name, x - target) for name in chosen},
        {name: both(name, np.array([prediction - target])) for name in chosen},
        x, prediction, target, f"prediction {prediction:g}, target {target:g}", "prediction ŷ",
    )  # fmt: skip
    for name in chosen:
        if name in _VALUE_FORMULAS:
            st.latex(_VALUE_FORMULAS[name](prediction, target, delta))


def _classification() -> None:
    chosen = _chosen(tuple(LOSSES), "lab_losses_of_class")
    p = st.slider(
        "Probability p of the true class", 0.001, 0.999, 0.2, 0.001, format="%.3f",
        key="lab_losses_probability", persist_state="session",
        help="1 is confident and right, 0 confident and wrong. Go towards 0: only cross-entropy "
        "keeps getting steeper.",
    )  # fmt: skip
    if not chosen:
        return
    x = np.linspace(0.04, 1, 200)  # nearer to 0 the slope of cross-entropy would flatten all others
    now = {name: true_class_loss(name, np.array([p])) for name in chosen}
    _charts(
        {name: true_class_loss(name, x) for name in chosen}, now, x, p, 1.0, f"p = {p:.3f}",
        "probability p of the true class",
    )  # fmt: skip
    for name in chosen:
        if name in _CLASS_FORMULAS:
            formula, slope = _CLASS_FORMULAS[name]
            loss, steep = (number(float(value[0])) for value in now[name])
            st.latex(lines(
                f"& {formula.format(p=f'{p:.3f}')} = {loss}",
                rf"& \text{{slope: }} {slope} = {steep}",
            ))  # fmt: skip
    st.caption("Two classes: the true one has probability p and target 1, the other the rest.")


def _charts(
    curves: dict[str, Pair], now: dict[str, Pair], x: Array, prediction: float, target: float,
    where: str, axis: str,
) -> None:  # fmt: skip
    for column, i, title, key, about in zip(
        st.columns(2), (0, 1), ("Loss", "Slope of the loss"), ("shapes", "slopes"),
        (ABOUT_LOSS, ABOUT_SLOPE), strict=True,
    ):  # fmt: skip
        values = {name: float(both[i][0]) for name, both in now.items()}
        figure = figures.loss_curves(
            title, axis, x, {name: both[i] for name, both in curves.items()}, prediction, values,
            target, f"{key} {axis}",
        )  # fmt: skip
        sentence = (figures.slope_sentence if i else figures.loss_sentence)(where, values)
        with column:
            chart.chart(figure, sentence, key=f"lab_losses_{key}", about=about)


def _squared(prediction: float, target: float, delta: float) -> str:
    e = prediction - target
    return lines(
        rf"\text{{Squared: }} & (\hat y - y)^2 = ({_difference(prediction, target)})^2 "
        rf"= {e * e:.2f}",
        rf"\text{{slope: }} & 2(\hat y - y) = {2 * e:.2f}",
    )


def _absolute(prediction: float, target: float, delta: float) -> str:
    e = prediction - target
    return lines(
        rf"\text{{Absolute: }} & |\hat y - y| = |{_difference(prediction, target)}| = {abs(e):.2f}",
        rf"\text{{slope: }} & \operatorname{{sign}}(\hat y - y) = {np.sign(e) + 0.0:.0f}",
    )


def _huber(prediction: float, target: float, delta: float) -> str:
    e = prediction - target
    loss, slope = (float(f("huber", np.array([e]), delta)[0]) for f in (error_loss, error_slope))
    if abs(e) <= delta:
        case, inside = r"|e| \le \delta", rf"\tfrac12 e^2 = \tfrac12 \cdot {signed(e, 2)}^2"
    else:
        case = r"|e| > \delta"
        inside = rf"\delta\,(|e| - \tfrac12\delta) = {delta:g}\,({abs(e):.2f} - {delta / 2:g})"
    return lines(
        rf"\text{{Huber: }} & {case}",
        rf"& {inside} = {loss:.2f}",
        rf"\text{{slope: }} & \max(-\delta, \min(e, \delta)) = {slope:.2f}",
    )


def _difference(prediction: float, target: float) -> str:
    return f"{prediction:g} - " + (f"({target:g})" if target < 0 else f"{target:g}")


# LaTeX of losses with the present numbers; a loss without an entry is drawn without its formula.
_VALUE_FORMULAS = {
    "mean_squared_error": _squared, "mean_absolute_error": _absolute, "huber": _huber,
}  # fmt: skip
_CLASS_FORMULAS = {
    "cross_entropy": (r"\text{{Cross-entropy: }} -\ln p = -\ln {p}", r"-\tfrac1p"),
    "mean_squared_error": (r"\text{{Squared: }} (1-p)^2", "-2(1-p)"),
    "mean_absolute_error": (r"\text{{Absolute: }} 1-p", "-1"),
    "huber": (r"\text{{Huber: }} \tfrac12(1-p)^2", "-(1-p)"),
}
