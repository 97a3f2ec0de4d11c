"""The Overfitting page: its causes, regularization, and the capacity a network needs."""

import streamlit as st

from dashboard.state import session
from dashboard.views.overfitting import capacity, l1_vs_l2, random_labels, regularizers
from dashboard.views.shared.loading import loaded_dataset
from dashboard.views.shared.view import View, choose

VIEWS: dict[str, View] = {
    "With vs without regularization": View(
        ":material/compare:",
        "What does overfitting look like, and how does regularization change it?",
        regularizers.view,
    ),
    "Random labels": View(
        ":material/shuffle:",
        "Can a network fit random labels, and what is its training accuracy worth then?",
        random_labels.view,
    ),
    "L1 vs L2": View(
        ":material/balance:", "How does each penalty change the weights?", l1_vs_l2.view
    ),
    "Underfitting": View(
        ":material/straighten:",
        "How do networks that are too small, fit, or are too large fit the same examples?",
        capacity.underfitting,
    ),
    "Capacity × examples": View(
        ":material/grid_on:", "How many units are best for how many examples?",
        capacity.capacity_map,
    ),
}  # fmt: skip


def overfitting() -> None:
    """One question at a time, on the current data set."""
    experiment = session.experiment()
    st.subheader("Overfitting", anchor=False)
    if loaded_dataset(experiment.data) is None:
        return
    view = choose(VIEWS, "overfitting_view")
    st.caption(
        "Settings are a preset for the data set.",
        help="Of the settings above only the data set and the seeds are used.",
    )
    view.show(experiment)
