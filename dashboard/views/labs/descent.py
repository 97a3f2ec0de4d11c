"""The Gradient descent lab: one weight rolls down a curve; the learning rate decides how."""

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.figures.valley import loss_figure, valley_figure
from dashboard.live import chart, handle, held
from dashboard.player import player
from dashboard.views.labs.descent_words import judged, loss_sentence, path_sentence, update
from playground.labs.curves import CURVES, Curve
from playground.labs.descent import Descent, descend

PUBLISHED = {"rate": 0.2, "decay": 0.99, "epochs": 40}  # of the course, on the parabola from w = 5
PRESETS = ("Too small", "Right", "Too large", "Far too large")
POINT = "lab_descent_curve_chart"


def descent() -> None:
    """Curve, start and rate to choose; the way down, step by step, with its numbers."""
    name = st.segmented_control(
        "Curve", list(CURVES), default="parabola", required=True, key="lab_descent_curve",
        format_func=lambda name: CURVES[name].label, persist_state="session",
        help="The loss as a function of one weight. Try each: what leads to its lowest point?",
    ) or "parabola"  # fmt: skip
    curve = CURVES[name]
    st.caption(f"{curve.lesson} $\\;L(w) = {curve.formula}$")
    _presets(name, curve)
    rate, decay, epochs = _sliders()
    of = f"{name} {session.remembered('lab_descent_again', '') or 0}"
    start = held(POINT, _start(curve), curve.w, curve.loss, of)[0]
    made = descend(curve, start, rate, decay, epochs)
    step = player(made.epochs, "lab_descent_player", "update")
    left, right = st.columns(2)
    with left:
        handle(
            valley_figure(curve, made, step), path_sentence(curve, made, step), POINT,
            at=_start(curve), of=of, axis="x", step=0.05, name="Starting weight",
            about="The loss of every weight, and the updates made so far as points on it. Drag the "
            "ring to begin elsewhere (or focus it and press the arrow keys), then press Play.",
        )  # fmt: skip
    with right:
        chart(
            loss_figure(curve, made, step), loss_sentence(curve, made), "lab_descent_loss",
            about="The loss before each update; each line of the grid is ten times the next. A "
            "straight line down means the same share is taken off each time. Try another rate.",
        )  # fmt: skip
    judged(curve, made, rate, decay)
    st.latex(update(curve, made, step))
    _table(made)


def _start(curve: Curve) -> tuple[float, float]:
    return curve.start, float(curve.f(curve.start))


def _presets(name: str, curve: Curve) -> None:
    with st.container(horizontal=True):
        if name == "parabola":
            st.button(
                "Published example", key="lab_descent_published", on_click=_set, kwargs=PUBLISHED,
                help="The course's own run: w₀ = 5, rate 0.2 · 0.99^epoch, 40 epochs.",
            )  # fmt: skip
        for size, (rate, decay) in zip(PRESETS, curve.presets, strict=True):
            st.button(
                size, key=f"lab_descent_{size}", on_click=_set,
                kwargs={"rate": rate, "decay": decay, "epochs": 40},
                help=f"Begin again with a rate of {rate:g}" + (
                    "." if decay == 1 else f", times {decay:g} after each epoch."
                ),
            )  # fmt: skip


def _set(rate: float, decay: float, epochs: int) -> None:
    """Set the sliders, and the start to where the curve's own is."""
    session.put("lab_descent_rate", float(rate))
    session.put("lab_descent_decay", float(decay))
    session.put("lab_descent_epochs", epochs)
    again = session.remembered("lab_descent_again", "") or 0
    session.remember("lab_descent_again", "", again + 1)


def _sliders() -> tuple[float, float, int]:
    columns = st.columns(3)
    for name, value in PUBLISHED.items():
        if not session.holds(f"lab_descent_{name}"):
            session.put(f"lab_descent_{name}", value)
    rate = columns[0].slider(
        "Learning rate η₀", 0.005, 1.5, step=0.005, format="%.3f", key="lab_descent_rate",
        persist_state="session",
        help="How much of the slope one update goes down. Try to find where it begins to leap.",
    )  # fmt: skip
    decay = columns[1].slider(
        "Decay d per epoch", 0.8, 1.0, step=0.01, key="lab_descent_decay", persist_state="session",
        help="The rate is multiplied by this after each epoch: 1 keeps it. Try 0.9 with a rate "
        "that leaps.",
    )  # fmt: skip
    epochs = columns[2].slider(
        "Epochs", 1, 100, key="lab_descent_epochs", persist_state="session",
        help="How many updates are made: here one in each epoch. Try more of them for a rate "
        "that is too small.",
    )  # fmt: skip
    return rate, decay, epochs


def _table(made: Descent) -> None:
    with st.expander("Every epoch as a table, to 6 decimals"):
        st.caption(
            "The loss is the one *before* the update, w the weight *after* it, as in the course's "
            "printout. Computed with 32-bit floats, as TensorFlow does: that is why the loss of "
            "epoch 1 of the published example is 12.959999 and not 12.96."
        )
        numbers = {"w": made.w[1:], "loss": made.loss, "lr": made.rate, "slope": made.slope}
        columns: dict[str, object] = {"epoch": np.arange(made.epochs)}
        columns |= {name: [f"{value:f}" for value in each] for name, each in numbers.items()}
        st.dataframe(columns, hide_index=True, key="lab_descent_table")
