"""Losses as curves: what a prediction costs, and how steep the loss is there."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures import losses as figures
from dashboard.widgets.latex import lines, number, signed
from playground.labs.losses.cross_entropy import of_right_class
from playground.labs.losses.regression import RESIDUAL_LOSSES, cost, slope
from playground.nn.losses import LOSSES

Array = NDArray[np.floating]

REGRESSION, CLASSIFICATION = "A value (regression)", "A class (classification)"
FARTHEST = 4.0

ABOUT_LOSS = (
    "Height: what the prediction costs. Move the prediction and see which loss forgives small "
    "errors and which one large ones; hide a curve by a click on its name."
)
ABOUT_SLOPE = (
    "Height: the slope of the loss, which is what training feels. A slope near zero teaches "
    "nothing; a steep one moves the weights far."
)


def curves() -> None:
    """The loss and its slope over the prediction, several losses over each other."""
    kind = st.segmented_control(
        "What is predicted", [REGRESSION, CLASSIFICATION], default=REGRESSION, required=True,
        key="lab_losses_kind", persist_state="session",
        help="A number (a price), or the probability of the right class. Try both: cross-entropy "
        "is for classes only.",
    )  # fmt: skip
    (_regression if kind == REGRESSION else _classification)()


def _chosen(names: tuple[str, ...], key: str) -> list[str]:
    return st.multiselect(
        "Losses", names, names, format_func=lambda name: LOSSES[name].label, key=key,
        persist_state="session", help="Those drawn over each other. Take some away to compare two.",
    )  # fmt: skip


def _regression() -> None:
    chosen = _chosen(RESIDUAL_LOSSES, "lab_losses_of_value")
    left, middle, right = st.columns(3)
    target = left.slider(
        "Target y", -3.0, 3.0, 0.0, 0.1, key="lab_losses_target", persist_state="session",
        help="The true value. Move it: all curves move along, for only the error counts.",
    )  # fmt: skip
    prediction = middle.slider(
        "Prediction ŷ", -FARTHEST, FARTHEST, 2.0, 0.1, key="lab_losses_prediction",
        persist_state="session",
        help="What the network says. Move it far away: the squared error grows fastest.",
    )  # fmt: skip
    delta = right.slider(
        "δ of Huber", 0.1, 3.0, 1.0, 0.1, key="lab_losses_delta", persist_state="session",
        help="Where Huber turns from squared to straight; Keras begins with 1. Try 3: it becomes "
        "half the squared error.",
    )  # fmt: skip
    if not chosen:
        st.info("Choose a loss to see its curve.")
        return
    x = np.linspace(-FARTHEST, FARTHEST, 401)
    here = np.array([prediction - target])
    where = f"prediction {prediction:g}, target {target:g}"
    _draw(
        {name: (cost(name, x - target, delta), slope(name, x - target, delta)) for name in chosen},
        {name: (float(cost(name, here, delta)[0]), float(slope(name, here, delta)[0]))
         for name in chosen},
        x, prediction, target, where, "prediction ŷ",
    )  # fmt: skip
    for name in chosen:
        st.latex(_VALUE_FORMULAS[name](prediction, target, delta))


def _classification() -> None:
    chosen = _chosen(tuple(LOSSES), "lab_losses_of_class")
    p = st.slider(
        "Probability p of the right class", 0.001, 0.999, 0.2, 0.001, format="%.3f",
        key="lab_losses_probability", persist_state="session",
        help="1 is right and sure, 0 wrong and sure. Go towards 0: only cross-entropy becomes "
        "ever steeper.",
    )  # fmt: skip
    if not chosen:
        st.info("Choose a loss to see its curve.")
        return
    x = np.linspace(0.04, 1, 200)  # nearer to 0 the slope of cross-entropy would flatten all others
    now = {name: of_right_class(name, np.array([p])) for name in chosen}
    _draw(
        {name: of_right_class(name, x) for name in chosen},
        {name: (float(loss[0]), float(steep[0])) for name, (loss, steep) in now.items()},
        x, p, 1.0, f"p = {p:.3f}", "probability p of the right class",
    )  # fmt: skip
    for name in chosen:
        loss, steep = (float(each[0]) for each in now[name])
        first = _CLASS_FORMULAS[name].format(p=f"{p:.3f}", loss=number(loss))
        second = rf"\text{{slope: }} {_CLASS_SLOPES[name]} = {number(steep)}"
        st.latex(lines(f"& {first}", f"& {second}"))
    st.caption("Two classes: the right one gets p and has target 1, the other one gets the rest.")


def _draw(
    lines: dict[str, tuple[Array, Array]], now: dict[str, tuple[float, float]], x: Array, at: float,
    target: float, where: str, axis: str,
) -> None:  # fmt: skip
    left, right = st.columns(2)
    losses, slopes = ({name: both[i] for name, both in lines.items()} for i in (0, 1))
    loss, steep = ({name: both[i] for name, both in now.items()} for i in (0, 1))
    with left:
        figure = figures.shapes("Loss", axis, x, losses, at, loss, target, f"loss {axis}")
        chart.chart(
            figure, figures.loss_sentence(where, loss), key="lab_losses_shapes", about=ABOUT_LOSS
        )
    with right:
        figure = figures.shapes(
            "Slope of the loss", axis, x, slopes, at, steep, target, f"slope {axis}"
        )
        chart.chart(
            figure, figures.slope_sentence(where, steep), key="lab_losses_slopes", about=ABOUT_SLOPE
        )


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
    loss, steep = (float(f("huber", np.array([e]), delta)[0]) for f in (cost, slope))
    if abs(e) <= delta:
        inside = rf"\tfrac12 e^2 = \tfrac12 \cdot {signed(e, 2)}^2"
    else:
        inside = rf"\delta\,(|e| - \tfrac12\delta) = {delta:g}\,({abs(e):.2f} - {delta / 2:g})"
    case = r"|e| \le \delta" if abs(e) <= delta else r"|e| > \delta"
    return lines(
        rf"\text{{Huber, }}{case}\text{{: }} & {inside} = {loss:.2f}",
        rf"\text{{slope: }} & \max(-\delta, \min(e, \delta)) = {steep:.2f}",
    )


def _difference(prediction: float, target: float) -> str:
    return f"{prediction:g} - " + (f"({target:g})" if target < 0 else f"{target:g}")


_VALUE_FORMULAS = {
    "mean_squared_error": _squared, "mean_absolute_error": _absolute, "huber": _huber,
}  # fmt: skip
_CLASS_FORMULAS = {
    "cross_entropy": r"\text{{Cross-entropy: }} -\ln p = -\ln {p} = {loss}",
    "mean_squared_error": r"\text{{Squared: }} (1-p)^2 = {loss}",
    "mean_absolute_error": r"\text{{Absolute: }} 1-p = {loss}",
    "huber": r"\text{{Huber: }} \tfrac12(1-p)^2 = {loss}",
}
_CLASS_SLOPES = {
    "cross_entropy": r"-\tfrac1p", "mean_squared_error": "-2(1-p)", "mean_absolute_error": "-1",
    "huber": "-(1-p)",
}  # fmt: skip
