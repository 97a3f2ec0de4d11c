"""Learning rate and settings of each optimizer on a surface, as sliders."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from playground.labs.optimizers.default_learning_rates import LADDER, RATES
from playground.labs.optimizers.update_rules import RULES, Settings, settings

_FINE = {"min_value": 0.0, "max_value": 0.99, "step": 0.01}
_MEMORY = {"min_value": 0.5, "max_value": 0.999, "step": 0.001, "format": "%.3f"}
SLIDERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "momentum": ("Momentum β", "Share of m that stays. Try 0: then it is plain SGD.", _FINE),
    "rho": ("ρ", "Memory of the mean of g². Try 0.5: steps follow the last slopes.", _MEMORY),
    "beta_1": ("β₁", "Memory of the mean of g. Try 0: no inertia is left.", _FINE),
    "beta_2": ("β₂", "Memory of the mean of g². Try 0.9: it reacts to slopes sooner.", _MEMORY),
    "initial_accumulator_value": (
        "V₀", "Where the sum of g² begins. Try 0: the first step is as long as the rate.",
        {"min_value": 0.0, "max_value": 1.0, "step": 0.05},
    ),
    "weight_decay": (
        "λ", "Share of the weight (times lr) taken away in each update: pulls towards (0, 0).",
        {"min_value": 0.0, "max_value": 0.2, "step": 0.002, "format": "%.3f"},
    ),
}  # fmt: skip
EPSILONS = [10.0**power for power in range(-10, 1)]
RATES_OFFERED = [rate for rate in LADDER if rate <= 50]


@dataclass(frozen=True)
class ChosenSettings:
    """What an optimizer walks with: its learning rate, the shared factor in it, and the rest."""

    rate: float
    settings: Settings


def chosen_settings(surface: str, rules: Sequence[str], factor: float) -> dict[str, ChosenSettings]:
    """Let a person set each of `rules`; the rates are kept for each surface by itself."""
    with st.expander("Learning rate and settings of each optimizer"):
        return {rule: _one(surface, rule, factor) for rule in rules}


def _one(surface: str, rule: str, factor: float) -> ChosenSettings:
    usual = settings(rule)
    columns = st.columns(4)
    rate = columns[0].select_slider(
        f"{RULES[rule].label}: lr", RATES_OFFERED, RATES[surface][rule],
        key=f"lab_optimizers_rate_{surface}_{rule}", format_func=lambda value: f"{value:g}",
        persist_state="session",
        help="The learning rate; at first the one that does best here. Try the next larger one.",
    )  # fmt: skip
    given = {}
    for column, (field, value) in zip(columns[1:], usual.items(), strict=False):
        given[field] = _slider(column, f"lab_optimizers_{field}_{rule}", field, value)
    return ChosenSettings(rate * factor, usual | given)


def _slider(column: Any, key: str, field: str, value: float) -> float:
    if field == "epsilon":
        found: float = column.select_slider(
            "ε", EPSILONS, value, key=key, format_func=lambda value: f"{value:.0e}",
            persist_state="session",
            help="Added below the fraction, so that nothing is divided by 0. Try 1: long steps of "
            "small gradients are gone.",
        )  # fmt: skip
        return found
    label, help_, limits = SLIDERS[field]
    number: float = column.slider(
        label, value=float(value), key=key, persist_state="session", help=help_, **limits
    )
    return number
