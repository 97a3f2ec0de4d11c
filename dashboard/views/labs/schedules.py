"""The Schedules lab: how the learning rate changes, and where that leads on one small example."""

import streamlit as st

from dashboard.figures.descents import loss_figure, loss_sentence, rate_figure, rate_sentence
from dashboard.live import chart
from playground.experiment import Training
from playground.labs.planned import Descent, descend
from playground.schedules import SCHEDULES

FIRST = ("exponential", "cosine", "one_cycle")


def schedules() -> None:
    """Several schedules over each other, their formulas, and (w + 1)² going down with each."""
    left, right = st.columns(2)
    rate = left.slider(
        "Learning rate η₀", 0.01, 1.2, 0.2, 0.01, key="lab_schedules_rate",
        persist_state="session",
        help="What every schedule multiplies its share with. Try 1: each step leaps across.",
    )  # fmt: skip
    epochs = right.slider(
        "Epochs", 5, 100, 40, key="lab_schedules_epochs", persist_state="session",
        help="Length of the run. Schedules that end at the end of the run stretch along with it.",
    )  # fmt: skip
    chosen = st.multiselect(
        "Schedules", list(SCHEDULES), FIRST, format_func=lambda name: SCHEDULES[name].label,
        key="lab_schedules_chosen", persist_state="session",
        help="Those drawn over each other. Try step beside cosine.",
    )  # fmt: skip
    descents = {name: _descent(name, rate, epochs) for name in chosen}
    if not descents:
        st.info("Choose a schedule to see its curve.")
        return
    for name in descents:
        st.latex(rf"\text{{{SCHEDULES[name].label}:}}\quad \eta = \eta_0 \cdot "
                 f"{SCHEDULES[name].formula}")  # fmt: skip
    chart(rate_figure(descents), rate_sentence(descents), key="lab_schedules_rates")
    chart(loss_figure(descents), loss_sentence(descents), key="lab_schedules_losses")


def _descent(name: str, rate: float, epochs: int) -> Descent:
    return descend(Training(schedule=name, learning_rate=rate, epochs=epochs))
