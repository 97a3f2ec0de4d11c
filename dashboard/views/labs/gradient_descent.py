"""What the Gradient descent lab says of a descent: the update in numbers, and how it went.

The Gradient descent lab: one weight rolls down a curve; the learning rate decides how.
"""

import numpy as np
import streamlit as st

from dashboard.components.chart import chart, chart_with_handle, handle_position
from dashboard.components.step_slider import step_slider
from dashboard.figures.optimization import curve_loss_figure, valley_figure
from dashboard.state import stored
from playground.labs.optimizers.curves_1d import CURVES, LossCurve
from playground.labs.optimizers.gradient_descent import Descent, descend, verdict


def update(curve: LossCurve, made: Descent, step: int) -> str:
    """LaTeX of the update that comes next (or was the last), with the present numbers."""
    k = min(step, made.epochs - 1)
    w, rate, slope, after = made.w[k], made.rate[k], made.slope[k], made.w[k + 1]
    return (
        rf"\begin{{aligned}} \tfrac{{\partial L}}{{\partial w}} &= {curve.slope} = {slope:.6f} "
        rf"\\[4pt] w_{{{k + 1}}} &= w_{{{k}}} - \eta_{{{k}}} \cdot "
        rf"\tfrac{{\partial L}}{{\partial w}} \\ "
        rf"&= {_signed(w)} - {rate:.6f} \cdot {_signed(slope)} \\ "
        rf"&= \mathbf{{{after:.6f}}} \end{{aligned}}"
    )


def minus(value: float, shape: str = ".3g") -> str:
    """A number with a minus sign rather than a hyphen."""
    return f"{value:{shape}}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:.6f}" if value >= 0 else f"({value:.6f})"


def path_sentence(curve: LossCurve, made: Descent, step: int) -> str:
    """Where the weight is after `step` updates."""
    w = float(made.w[step])
    where = f"After {step} of {made.epochs} updates w is {minus(w, '.4f')}"
    if not curve.w[0] <= w <= curve.w[1]:
        return f"{where}, outside of the chart."
    return (
        f"{where}, the loss {float(curve.f(w)):.4f}, its slope {minus(float(curve.df(w)), '.4f')}."
    )


def loss_sentence(curve: LossCurve, made: Descent) -> str:
    """The loss at the beginning and at the end, and the epoch in which it was lowest."""
    lowest = int(made.loss.argmin())
    told = (
        f"From {made.loss[0]:.4g} in epoch 0 to {made.loss[-1]:.4g} in epoch {made.epochs - 1}; "
        f"lowest {made.loss[lowest]:.4g} in epoch {lowest}"
    )
    return told + (" (0 is drawn at the bottom)." if made.loss[lowest] < 1e-13 else ".")


def judged(curve: LossCurve, made: Descent, rate: float, decay: float) -> None:
    """Say how the descent went and why; on the parabola with the factor that decides it."""
    found = verdict(made, curve)
    lowest = found.valley == curve.valleys[0]
    factor = 1 - 2 * rate
    parabola = curve.label == "Parabola"
    if found.kind == "diverged":
        why = (
            f" Each update multiplies the distance to the bottom by 1 − 2η = {minus(factor)}: "
            "its size is above 1." if parabola and abs(factor) > 1 else
            " Each step lands higher up on the other side, where the slope is steeper still."
        )  # fmt: skip
        st.error(f"**Diverged.**{why} Take a smaller rate.", icon=":material/trending_up:")
    elif found.kind == "arrived":
        which = "" if lowest else " But this is not the lowest one: begin on the other side."
        why = (
            f" The first update left {abs(factor):.3g} of the distance, and so on."
            if parabola else ""
        )  # fmt: skip
        st.success(
            f"**Arrived** at the bottom, w = {minus(found.valley)}.{why}{which}",
            icon=":material/flag:",
        )
    elif found.kind == "leaping":
        why = f" 1 − 2η = {minus(factor)} is negative." if parabola and factor < 0 else ""
        st.warning(
            f"**Leaping** across the valley from side to side: the steps are too long.{why} "
            "Take a smaller rate, or let it decay.", icon=":material/swap_horiz:",
        )  # fmt: skip
    elif found.kind == "stuck":
        st.warning(
            "**Stuck** where the slope is 0, but lower places exist. Downhill leads no further "
            "from here: begin elsewhere, or take long steps first and let the rate decay.",
            icon=":material/block:",
        )
    else:
        why = "the rate has decayed too soon" if decay < 0.97 else "the steps are too short"
        st.info(
            f"**Not there yet** after {made.epochs} epochs: {why}. Take a larger rate or more "
            "epochs.", icon=":material/hourglass_empty:",
        )  # fmt: skip


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
    of = f"{name} {stored.get('lab_descent_again', '') or 0}"
    start = handle_position(POINT, _start(curve), curve.w, curve.loss, of)[0]
    made = descend(curve, start, rate, decay, epochs)
    step = step_slider(made.epochs, "lab_descent_player", "update")
    left, right = st.columns(2)
    with left:
        chart_with_handle(
            valley_figure(curve, made, step), path_sentence(curve, made, step), POINT,
            start=_start(curve), of=of, axis="x", step=0.05, name="Starting weight",
            about="The loss of every weight, and the updates made so far as points on it. Drag the "
            "ring to begin elsewhere (or focus it and press the arrow keys), then press Play.",
        )  # fmt: skip
    with right:
        chart(
            curve_loss_figure(curve, made, step), loss_sentence(curve, made), "lab_descent_loss",
            about="The loss before each update; each line of the grid is ten times the next. A "
            "straight line down means the same share is taken off each time. Try another rate.",
        )  # fmt: skip
    judged(curve, made, rate, decay)
    st.latex(update(curve, made, step))
    _table(made)


def _start(curve: LossCurve) -> tuple[float, float]:
    return curve.start, float(curve.f(curve.start))


def _presets(name: str, curve: LossCurve) -> None:
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
    stored.set_widget("lab_descent_rate", float(rate))
    stored.set_widget("lab_descent_decay", float(decay))
    stored.set_widget("lab_descent_epochs", epochs)
    again = stored.get("lab_descent_again") or 0
    stored.set("lab_descent_again", again + 1)


def _sliders() -> tuple[float, float, int]:
    columns = st.columns(3)
    for name, value in PUBLISHED.items():
        if not stored.has_widget(f"lab_descent_{name}"):
            stored.set_widget(f"lab_descent_{name}", value)
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
