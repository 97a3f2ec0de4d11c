"""The Gradient descent lab: one weight descends a curve; the learning rate decides how."""

import numpy as np
import streamlit as st

from dashboard.components.chart import chart, chart_with_handle, handle_position
from dashboard.components.slider import step_slider
from dashboard.figures.optimization import curve_loss_figure, descent_figure
from dashboard.state import stored
from dashboard.widgets.latex import bracketed, lines
from playground.labs.gradient_descent import CURVES, Descent, LossCurve, descend, verdict
from playground.nn.format import format_number

PUBLISHED = {"rate": 0.2, "decay": 0.99, "epochs": 40}  # of the course, on the parabola from w = 5
PRESETS = ("Too small", "Right", "Too large", "Far too large")
POINT = "lab_descent_curve_chart"

ABOUT_CURVE = (
    "The loss of every weight, and the updates so far as points. Drag the ring to start elsewhere "
    "(or focus it and press the arrow keys), then press Play."
)
ABOUT_LOSS = (
    "The loss before each update, on a logarithmic axis. A straight line: each update takes off "
    "the same fraction. Try another learning rate."
)


def gradient_descent() -> None:
    """Curve, start and learning rate; the descent step by step with its numbers."""
    name = st.segmented_control(
        "Curve", list(CURVES), default="parabola", required=True, key="lab_descent_curve",
        format_func=lambda name: CURVES[name].label, persist_state="session",
        help="The loss as a function of one weight. What leads to its minimum?",
    ) or "parabola"  # fmt: skip
    curve = CURVES[name]
    st.caption(f"{curve.note} $\\;L(w) = {curve.formula}$")
    _presets(name, curve)
    rate, decay, epochs = _sliders()
    of = f"{name} {stored.get('lab_descent_again') or 0}"
    initial = curve.start, float(curve.f(curve.start))
    start = handle_position(POINT, initial, curve.w, curve.loss, of)[0]
    descent = descend(curve, start, rate, decay, epochs)
    step = step_slider(descent.epochs, "lab_descent_player", "update")
    left, right = st.columns(2)
    with left:
        chart_with_handle(
            descent_figure(curve, descent, step), path_sentence(curve, descent, step), POINT,
            start=initial, of=of, axis="x", step=0.05, name="Initial weight", about=ABOUT_CURVE,
        )  # fmt: skip
    with right:
        chart(
            curve_loss_figure(curve, descent, step), loss_sentence(descent), "lab_descent_loss",
            about=ABOUT_LOSS,
        )  # fmt: skip
    _verdict(curve, descent, rate, decay)
    st.latex(update_latex(curve, descent, step))
    _table(descent)


def _presets(name: str, curve: LossCurve) -> None:
    with st.container(horizontal=True):
        if name == "parabola":
            st.button(
                "Published example", key="lab_descent_published", on_click=_set, kwargs=PUBLISHED,
                help="The course's run: w₀ = 5, learning rate 0.2 · 0.99^epoch, 40 epochs.",
            )  # fmt: skip
        for label, (rate, decay) in zip(PRESETS, curve.presets, strict=True):
            st.button(
                label, key=f"lab_descent_{label}", on_click=_set,
                kwargs={"rate": rate, "decay": decay, "epochs": 40},
                help=f"Start again with the learning rate {rate:g}"
                + ("." if decay == 1 else f", times {decay:g} after each epoch."),
            )  # fmt: skip


def _set(rate: float, decay: float, epochs: int) -> None:
    """Set the sliders, and the handle to the curve's own start."""
    stored.set_widget("lab_descent_rate", float(rate))
    stored.set_widget("lab_descent_decay", float(decay))
    stored.set_widget("lab_descent_epochs", epochs)
    stored.set("lab_descent_again", (stored.get("lab_descent_again") or 0) + 1)


def _sliders() -> tuple[float, float, int]:
    columns = st.columns(3)
    for name, value in PUBLISHED.items():
        if not stored.has_widget(f"lab_descent_{name}"):
            stored.set_widget(f"lab_descent_{name}", value)
    rate = columns[0].slider(
        "Learning rate η₀", 0.005, 1.5, step=0.005, format="%.3f", key="lab_descent_rate",
        persist_state="session",
        help="The factor of the slope in each update. Where does the weight begin to oscillate?",
    )  # fmt: skip
    decay = columns[1].slider(
        "Decay d per epoch", 0.8, 1.0, step=0.01, key="lab_descent_decay", persist_state="session",
        help="Multiplies the learning rate after each epoch. Try 0.9 with a rate that oscillates.",
    )  # fmt: skip
    epochs = columns[2].slider(
        "Epochs", 1, 100, key="lab_descent_epochs", persist_state="session",
        help="The number of updates: one an epoch.",
    )  # fmt: skip
    return rate, decay, epochs


def _minus(value: float) -> str:
    return format_number(float(value), 3)


def path_sentence(curve: LossCurve, descent: Descent, step: int) -> str:
    """The weight after `step` updates, with its loss and slope."""
    w = float(descent.w[step])
    text = f"After {step} of {descent.epochs} updates w is {w:.4f}"
    if curve.w[0] <= w <= curve.w[1]:
        text += f", the loss {float(curve.f(w)):.4f}, the slope {float(curve.df(w)):.4f}"
    else:
        text += ", outside the chart"
    return f"{text}.".replace("-", "−")


def loss_sentence(descent: Descent) -> str:
    """The first, the last and the lowest loss."""
    lowest = int(descent.loss.argmin())
    return (
        f"From {descent.loss[0]:.4g} in epoch 0 to {descent.loss[-1]:.4g} in epoch "
        f"{descent.epochs - 1}; lowest {descent.loss[lowest]:.4g} in epoch {lowest}"
    ) + (" (0 is drawn at the bottom)." if descent.loss[lowest] < 1e-13 else ".")


def _verdict(curve: LossCurve, descent: Descent, rate: float, decay: float) -> None:
    """The outcome and its cause; on the parabola with the factor that decides it."""
    outcome = verdict(descent, curve)
    parabola = curve is CURVES["parabola"]
    factor = 1 - 2 * rate
    if outcome.kind == "diverged":
        reason = (
            f"Each update multiplies the distance to the minimum by 1 − 2η = {_minus(factor)}: "
            "its size is above 1." if parabola and abs(factor) > 1 else
            "Each step ends higher up on the other side, where the slope is steeper."
        )  # fmt: skip
        st.error(
            f"**Diverged.** {reason} Use a smaller learning rate.", icon=":material/trending_up:"
        )
    elif outcome.kind == "converged":
        text = f"**Converged** to the minimum w = {_minus(outcome.minimum)}."
        if parabola:
            text += f" The first update left {abs(factor):.3g} of the distance, and so on."
        if outcome.minimum != curve.minima[0]:
            text += " It is not the global minimum: start on the other side."
        st.success(text, icon=":material/flag:")
    elif outcome.kind == "oscillating":
        reason = f" 1 − 2η = {_minus(factor)} is negative." if parabola and factor < 0 else ""
        st.warning(
            f"**Oscillating** around the minimum: the steps are too long.{reason} Use a smaller "
            "learning rate, or let it decay.", icon=":material/swap_horiz:",
        )  # fmt: skip
    elif outcome.kind == "stuck":
        st.warning(
            "**Stuck** in a local minimum, where the slope is 0. Start elsewhere, or begin with "
            "long steps and let the learning rate decay.",
            icon=":material/block:",
        )
    else:
        reason = "the learning rate decayed too soon" if decay < 0.97 else "the steps are too short"
        st.info(
            f"**Not converged** after {descent.epochs} epochs: {reason}. Use a larger learning "
            "rate or more epochs.", icon=":material/hourglass_empty:",
        )  # fmt: skip


def update_latex(curve: LossCurve, descent: Descent, step: int) -> str:
    """LaTeX of the next update (or the last), with its numbers."""
    k = min(step, descent.epochs - 1)
    w, slope = (bracketed(f"{value:.6f}") for value in (descent.w[k], descent.slope[k]))
    return lines(
        rf"\tfrac{{\partial L}}{{\partial w}} &= {curve.slope} = {descent.slope[k]:.6f}",
        rf"w_{{{k + 1}}} &= w_{{{k}}} - \eta_{{{k}}} \cdot \tfrac{{\partial L}}{{\partial w}} \\ "
        rf"&= {w} - {descent.rate[k]:.6f} \cdot {slope} \\ &= \mathbf{{{descent.w[k + 1]:.6f}}}",
        gap="4pt",
    )


def _table(descent: Descent) -> None:
    with st.expander("Every epoch as a table, to 6 decimals"):
        st.caption(
            "The loss *before* the update, w *after* it, as the course prints them. In float32, as "
            "TensorFlow computes: the loss of epoch 1 of the published example is 12.959999, not "
            "12.96."
        )
        numbers = {
            "w": descent.w[1:], "loss": descent.loss, "lr": descent.rate, "slope": descent.slope,
        }  # fmt: skip
        columns: dict[str, object] = {"epoch": np.arange(descent.epochs)}
        columns |= {name: [f"{value:f}" for value in each] for name, each in numbers.items()}
        st.dataframe(columns, hide_index=True, key="lab_descent_table")
