"""A unit that dies of one step too large, beside one that comes back."""

from functools import lru_cache

import streamlit as st

from dashboard.components.chart import chart
from dashboard.figures.labs import loss_figure, loss_sentence, unit_figure, unit_sentence
from playground.labs.activations.curves import PARAMETERS, curve
from playground.labs.activations.dying_relu import STEPS, Life, live
from playground.nn.activations import ACTIVATIONS

OTHERS = ("leaky_relu", "elu", "gelu", "silu", "softplus", "tanh")


def dying() -> None:
    """Choose a rate and a step; ReLU beside another activation."""
    left, right = st.columns(2)
    rate = left.slider(
        "Learning rate", 0.05, 1.0, 0.9, 0.05, key="lab_dying_rate", persist_state="session",
        help="How far each step goes. At 0.9 the first step throws the unit below zero; try 0.3.",
    )  # fmt: skip
    step = right.slider(
        "Step", 0, STEPS, 0, key="lab_dying_step", persist_state="session",
        help="How many updates have been made. Go one step at a time with the arrow keys.",
    )  # fmt: skip
    other = left.selectbox(
        "Beside ReLU", OTHERS, format_func=lambda name: ACTIVATIONS[name].label,
        key="lab_dying_other", persist_state="session",
        help="An activation with some slope below zero. Which of them come back?",
    )  # fmt: skip
    slope = PARAMETERS["leaky_relu"].usual
    if other == "leaky_relu":
        slope = right.slider(
            r"Leaky ReLU: $\alpha$", 0.01, 0.5, slope, 0.01, key="lab_dying_slope",
            persist_state="session",
            help="Its slope below zero. The smaller, the longer it takes to come back.",
        )  # fmt: skip
    lives = [_life("relu", 0.0, rate), _life(other, slope, rate)]
    _verdict(lives, step)
    for column, (figure, sentence, key) in zip(
        st.columns(2, gap="medium"),
        ((unit_figure, unit_sentence, "unit"), (loss_figure, loss_sentence, "loss")),
        strict=True,
    ):
        with column:
            chart(figure(lives, step), sentence(lives, step), f"lab_dying_{key}", about=ABOUT[key])
    _formula(lives[0], step, rate)


ABOUT = {
    "unit": "The unit's sum z for each of 20 examples, and the answers it should learn (rings). "
    "Move the step: once a whole line lies in the gray, ReLU has no slope left.",
    "loss": "How wrong each unit is after each step. A flat line that is not at the bottom is a "
    "unit that no longer learns; lower the rate until none dies.",
}


@lru_cache(maxsize=256)
def _life(name: str, slope: float, rate: float) -> Life:
    return live(curve(name, slope if name == "leaky_relu" else None), rate)


def _verdict(lives: list[Life], step: int) -> None:
    first, second = lives
    if first.dead and first.off is not None and step >= first.off:
        st.error(
            f"**{first.of.label} is dead.** Since step {first.off} its z is negative for every "
            "example: it gives 0, its slope is 0, so its gradient is exactly 0, and no further "
            f"step moves it. {_other(second)}",
            icon=":material/heart_broken:",
        )
    elif first.dead:
        st.info(
            "Both units are alive and too high: the gradient pulls them down. Take one step.",
            icon=":material/favorite:",
        )
    else:
        st.success(
            f"With this rate {first.of.label} does not die: no step throws it below zero for "
            "every example. Raise the rate until one does.",
            icon=":material/favorite:",
        )


def _other(life: Life) -> str:
    if life.off is None:
        return f"{life.of.label} has never been below zero for all of them."
    if life.back is None:
        return f"{life.of.label} has not come back within {STEPS} steps; its gradient is small."
    return (
        f"{life.of.label} fell at step {life.off} too, but still had a slope there: it was back at "
        f"step {life.back}."
    )


def _formula(life: Life, step: int, rate: float) -> None:
    w, b = life.w[step], life.b[step]
    st.latex(r"\frac{\partial L}{\partial w} = \frac{2}{20}\sum_i (a_i - y_i)\,f'(z_i)\,x_i")
    st.latex(rf"z_i = {w:.3f}\,x_i {b:+.3f}")
    st.caption(
        f"Step {step}: w = {w:.4f} and b = {b:.4f} for ReLU; the next update is "
        f"{rate:g} times a gradient of size {life.gradient[step]:.4g}."
    )
