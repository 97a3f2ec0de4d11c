"""The Overfitting page: cause, cures, and how much a network of which size needs."""

import streamlit as st

from dashboard.state import session
from dashboard.views.overfitting import (
    capacity,
    l1_vs_l2,
    random_labels,
    regularizers,
    underfitting,
)
from dashboard.views.shared.dataset_loading import loaded_dataset
from dashboard.views.shared.view import View, choose

VIEWS: dict[str, View] = {
    "The twin": View(
        ":material/group:",
        "What does overfitting look like, and what does a cure do against it?",
        regularizers.view,
    ),
    "Random labels": View(
        ":material/shuffle:",
        "Can a network learn what has no meaning, and what is its training accuracy worth then?",
        random_labels.view,
    ),
    "L1 against L2": View(
        ":material/balance:", "What does each penalty make of the weights?", l1_vs_l2.view
    ),
    "Underfitting": View(
        ":material/straighten:",
        "What do a too small, a fitting and a too large network make of the same examples?",
        underfitting.view,
    ),
    "Capacity × data": View(
        ":material/grid_on:", "How many units pay off with how many examples?", capacity.view
    ),
}


def overfitting() -> None:
    """One question at a time, for the data set that is current."""
    experiment = session.experiment()
    st.subheader("Overfitting", anchor=False)
    if loaded_dataset(experiment.data) is None:
        return
    view = choose(VIEWS, "overfitting_view")
    st.caption(
        "A recipe for the data set decides everything here: of the settings at the side only the "
        "data set and the seeds count."
    )
    view.show(experiment)
