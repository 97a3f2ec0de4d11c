"""The Schedules lab: learning-rate schedules, their formulas, and a descent with each."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st
from pydantic import ValidationError

from dashboard.components.chart import chart
from dashboard.figures.optimization import (
    rate_figure,
    rate_sentence,
    schedule_loss_figure,
)
from dashboard.state import stored
from dashboard.widgets.messages import refuse
from playground.experiment.model import Training, explain, help_text, label, limits, step_size
from playground.labs.gradient_descent import CURVES, Descent, scheduled_descent, verdict
from playground.nn.format import join_words
from playground.nn.schedules import SCHEDULES


def _range(low: float, high: float) -> str:
    """e + (1 − e), for schedules between e and 1."""
    return "" if not low else f"{low:g} + {high - low:g} \\cdot "


FORMULAS: dict[str, Callable[[Training, float], str]] = {
    "constant": lambda t, run: "1",
    "exponential": lambda t, run: f"{t.decay_rate:g}^{{s/{t.period_epochs:g}}}",
    "staircase": lambda t, run: rf"{t.decay_rate:g}^{{\lfloor s/{t.period_epochs:g} \rfloor}}",
    "step": lambda t, run: (
        rf"{t.decay_rate:g}^{{\text{{of }} {', '.join(f'{m:g}' for m in t.milestones)}"
        r"\text{ passed}}"
    ),
    "inverse_time": lambda t, run: rf"\frac{{1}}{{1 + {t.decay_rate:g}\,s/{t.period_epochs:g}}}",
    "polynomial": lambda t, run: f"({_range(t.final_share, 1)}(1 - s/{run:g})^{{{t.power:g}}})",
    "cosine": lambda t, run: rf"({_range(t.final_share, 1)}\tfrac12(1+\cos \pi s/{run:g}))",
    "cosine_restarts": lambda t, run: (
        rf"({_range(t.final_share, 1)}{t.peak_decay:g}^k\,\tfrac12(1+\cos \pi s_k/P_k)),"
        rf"\; P_k = {t.period_epochs:g} \cdot {t.period_growth:g}^k"
    ),
    "one_cycle": lambda t, run: (
        rf"({t.start_share:g} \to 1 \text{{ in }} {t.rise_share * run:g},"
        rf"\allowbreak\; 1 \to {t.final_share:g} \text{{ in }} {run - t.rise_share * run:g})"
    ),
    "triangular": lambda t, run: (
        rf"({_range(t.start_share, 1)}(1 - |2(s/{t.period_epochs:g} \bmod 1) - 1|))"
    ),
    "plateau": lambda t, run: (
        rf"{t.decay_rate:g}^{{\text{{times }} {t.plateau_patience} \text{{ epochs without "
        rf"improvement}}}}"
    ),
}


def with_numbers(training: Training) -> str:
    """LaTeX of the learning rate over s, in epochs, with all other numbers."""
    warmup = training.warmup_epochs
    run = max(training.epochs - warmup, 1)
    formula = FORMULAS.get(training.schedule)
    share = formula(training, run) if formula else SCHEDULES[training.schedule].formula
    shifted = warmup and SCHEDULES[training.schedule].after_warmup
    after = r",\allowbreak\; s = \text{epoch}" + (f" - {warmup:g}" if shifted else "")
    return rf"\eta = {training.learning_rate:g} \cdot {share}" + after


CURVE = CURVES["parabola"]
INITIAL = ("exponential", "cosine", "one_cycle")
MAX_SCHEDULES = 6
PUBLISHED = {"chosen": ["exponential"], "rate": 0.2, "epochs": 40, "warmup": 0, "epoch": 39,
             "exponential_decay_rate": 0.99, "exponential_period_epochs": 1.0}  # fmt: skip

# The lab's defaults where a schedule's own are made for longer runs.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "exponential": {"decay_rate": 0.99},
    "step": {"milestones": (15.0, 30.0)},
}
# (lowest, highest, step) of the sliders, within a field's limits; of other fields those limits.
RANGES: Mapping[str, tuple[float, float, float]] = {
    "decay_rate": (0.05, 1.0, 0.01),
    "period_epochs": (1.0, 50.0, 1.0),
    "milestones": (1.0, 100.0, 1.0),
    "power": (0.2, 5.0, 0.1),
    "period_growth": (1.0, 4.0, 0.1),
    "peak_decay": (0.1, 1.0, 0.05),
    "start_share": (0.0, 1.0, 0.01),
    "rise_share": (0.05, 0.95, 0.05),
    "final_share": (0.0, 1.0, 0.01),
    "plateau_patience": (1, 20, 1),
}


def schedules() -> None:
    """Several schedules in one chart, their formulas, and descents on (w + 1)²."""
    st.button(
        "Published example", key="lab_schedules_published", on_click=_publish,
        help="The course's run: 0.2 · 0.99^epoch for 40 epochs on (w + 1)² from w = 5.",
    )  # fmt: skip
    rate, epochs, warmup = _run()
    chosen = st.multiselect(
        "Schedules", list(SCHEDULES), max_selections=MAX_SCHEDULES, key="lab_schedules_chosen",
        format_func=lambda name: SCHEDULES[name].label, persist_state="session",
        default=None if stored.has_widget("lab_schedules_chosen") else INITIAL,
        help="Up to 6 in one chart. Try Step beside Cosine, and Reduce on plateau.",
    )  # fmt: skip
    plans: dict[str, Training] = {}
    columns = st.columns(max(min(len(chosen), 3), 1), gap="medium")
    for i, name in enumerate(chosen):
        with columns[i % 3], st.container(border=True):
            plan = _plan(name, rate, epochs, warmup)
        if plan is not None:
            plans[name] = plan
    if not plans:
        st.info("Choose a schedule to see its curve.")
        return
    epoch = _epoch(epochs)
    descents = {name: scheduled_descent(CURVE, CURVE.start, plan) for name, plan in plans.items()}
    left, right = st.columns(2, gap="medium")
    with left:
        chart(
            rate_figure(descents, epoch), rate_sentence(descents, epoch), "lab_schedules_rates",
            about="The learning rate of each epoch. Add a warm-up, and compare early with late "
            "decay.",
        )  # fmt: skip
    with right:
        chart(
            schedule_loss_figure(descents, epoch), _loss_sentence(descents), "lab_schedules_losses",
            about="The loss of gradient descent with each schedule, from w = 5. Above a learning "
            "rate of 1 it diverges until the schedule goes below 1.",
        )  # fmt: skip
    _table(descents, epoch)


def _publish() -> None:
    for name, value in PUBLISHED.items():
        stored.set_widget(f"lab_schedules_{name}", value)


def _run() -> tuple[float, int, int]:
    """η₀, epochs, epochs of warm-up."""
    columns = st.columns(3)
    rate = columns[0].slider(
        "Learning rate η₀", 0.01, 1.5, key="lab_schedules_rate", persist_state="session",
        step=0.01, value=_default("rate", 0.2),
        help="Multiplied by the schedule. At 1.1 the descent diverges until it falls below 1.",
    )  # fmt: skip
    epochs = columns[1].slider(
        "Epochs", 5, 100, _default("epochs", 40), key="lab_schedules_epochs",
        persist_state="session",
        help="Length of the run. Cosine, polynomial and one cycle stretch with it.",
    )  # fmt: skip
    warmup = columns[2].slider(
        "Warm-up epochs", 0, 20, _default("warmup", 0), key="lab_schedules_warmup",
        persist_state="session",
        help="The learning rate rises linearly for so many epochs; then the schedule starts. Try "
        "5 with a large learning rate.",
    )  # fmt: skip
    return rate, epochs, warmup


def _epoch(epochs: int) -> int:
    key = "lab_schedules_epoch"
    stored.clamp(key, 0, epochs - 1)
    epoch: int = st.slider(
        "Values at epoch", 0, epochs - 1, _default("epoch", epochs - 1), key=key,
        persist_state="session",
        help="The epoch, counted from 0, of the values below the charts.",
    )  # fmt: skip
    return epoch


def _default(name: str, value: Any) -> Any:
    """The default of slider `name`; None for one that has a value."""
    return None if stored.has_widget(f"lab_schedules_{name}") else value


def _plan(name: str, rate: float, epochs: int, warmup: int) -> Training | None:
    """The sliders of a schedule and its formula; None for an invalid combination."""
    entry = SCHEDULES[name]
    st.markdown(f"**{entry.label}**")
    fields = {
        field: _slider(name, field, DEFAULTS.get(name, {}).get(field, default))
        for field, default in entry.defaults.items()
    }
    try:
        plan = Training(
            schedule=name, learning_rate=rate, epochs=epochs, warmup_epochs=warmup, **fields
        )
    except ValidationError as error:
        for sentence in explain(error, labels=True):
            refuse(sentence)
        return None
    # A phone is narrow: the formula breaks before its words.
    formula = entry.formula.replace(r" \text{,", r",\text{").replace(r"\text", r"\allowbreak\text")
    st.markdown(f"$\\eta = \\eta_0 \\cdot ({formula})$")
    st.markdown(f"${with_numbers(plan)}$")
    return plan


def _slider(name: str, field: str, default: Any) -> Any:
    low, high, step = RANGES.get(field) or (*limits(field), step_size(field) or 0.01)
    if low is None:
        return default  # not a number
    kind = int if isinstance(default, int) else float
    key = f"{name}_{field}"
    value = st.slider(
        label(field), kind(low), kind(high), _default(key, default), kind(step) or 1,
        key=f"lab_schedules_{key}", persist_state="session", help=help_text(field),
    )  # fmt: skip
    # Both ends of a range on the same epoch are one milestone.
    return tuple(dict.fromkeys(value)) if isinstance(value, tuple) else value


def _loss_sentence(descents: Mapping[str, Descent]) -> str:
    """The schedule with the lowest loss after the last update."""
    last = {
        name: float(CURVE.f(each.w[-1]))
        for name, each in descents.items()
        if each.diverged_at is None
    }
    if not last:
        return "All of them diverge: choose a smaller learning rate."
    best = min(last, key=last.__getitem__)
    text = f"{SCHEDULES[best].label} has the lowest loss after the last update: {last[best]:.2g}."
    diverged = [SCHEDULES[name].label for name in descents if name not in last]
    return text + (f" Diverged: {join_words(diverged)}." if diverged else "")


OUTCOMES = {
    "converged": "✓ converged", "slow": "not converged", "oscillating": "oscillating",
    "diverged": "✗ diverged", "stuck": "stuck",
}  # fmt: skip


def _table(descents: Mapping[str, Descent], epoch: int) -> None:
    rows = []
    for name, each in descents.items():
        numbers = ["–"] * 3
        if epoch < each.epochs:
            numbers = [f"{v:.6f}" for v in (each.rate[epoch], each.loss[epoch], each.w[epoch + 1])]
        columns = (f"learning rate in epoch {epoch}", "loss before", "w after")
        row = {"schedule": SCHEDULES[name].label, **dict(zip(columns, numbers, strict=True))}
        rows.append(row | {"outcome": OUTCOMES[verdict(each, CURVE).kind]})
    st.table(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "Loss $(w+1)^2$, gradient $2(w+1)$, from $w_0 = 5$, one update an epoch: $w \\leftarrow w "
        "- \\eta \\cdot 2(w+1)$. Each update multiplies the distance to the minimum by $1 - "
        "2\\eta$: above $\\eta = 1$ it grows."
    )
