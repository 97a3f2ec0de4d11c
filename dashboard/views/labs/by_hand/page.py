"""The By hand lab: what a layer computes, with every number on the table and Keras beside it."""

from collections.abc import Callable

import streamlit as st

from dashboard.views.labs.by_hand.coffee import roasting
from dashboard.views.labs.by_hand.dense import layer
from dashboard.views.labs.by_hand.neuron import neuron
from dashboard.views.labs.by_hand.normalization import normalization
from dashboard.views.shared.view import View

PARTS: dict[str, View[Callable[[], None]]] = {
    "One neuron": View(
        ":material/radio_button_unchecked:",
        "Two numbers, w and b: what do they do, and where does Keras keep them?",
        neuron,
    ),
    "Normalization": View(
        ":material/straighten:", "What does a layer learn that only scales its inputs?",
        normalization,
    ),
    "One layer": View(
        ":material/view_column:", "Why is each unit a column of W?", layer,
    ),
    "Coffee roasting": View(
        ":material/coffee:", "How do three straight lines become one good answer?", roasting
    ),
}  # fmt: skip


def by_hand() -> None:
    """One part of the way from a neuron to a network."""
    name = st.segmented_control(
        "Part", list(PARTS), default=next(iter(PARTS)), key="lab_by_hand_part", required=True,
        format_func=lambda name: f"{PARTS[name].icon} {name}", persist_state="session",
        help="From one neuron to a small network. Begin on the left.",
    )  # fmt: skip
    part = PARTS[name or next(iter(PARTS))]
    st.caption(part.question)
    part.show()
