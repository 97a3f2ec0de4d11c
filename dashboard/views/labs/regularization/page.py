"""The Regularization lab: what penalties and dropout do to weights, curves and units."""

from dataclasses import dataclass

import streamlit as st

from dashboard.state import stored
from dashboard.state.url import open_page
from dashboard.views.labs.regularization.dropout import dropout
from dashboard.views.labs.regularization.penalty import one_weight, two_weights
from dashboard.views.labs.regularization.polynomial import fits
from dashboard.views.shared.view import View, choose

VIEW = "lab_regularization_view"


@dataclass(frozen=True)
class Remedy:
    """One remedy, and the view that shows it: `view` of the selector `key` on `page`, "" here."""

    label: str
    reason: str
    page: str
    key: str
    view: str


def _here(label: str, reason: str, view: str) -> Remedy:
    return Remedy(label, reason, "", VIEW, view)


def _elsewhere(label: str, reason: str, page: str, view: str) -> Remedy:
    return Remedy(label, reason, page, f"{page}_view", view)


REMEDIES: dict[str, tuple[str, tuple[Remedy, ...]]] = {
    "Underfitting": (
        "Both errors are large: the network is too small or too strongly regularized.",
        (
            _elsewhere(
                "More features", "The inputs must contain the information.", "data", "Table"
            ),
            _elsewhere(
                "More parameters", "More units or layers can fit a more complex function.",
                "overfitting", "Underfitting",
            ),
            _here("Less regularization", "A smaller λ lets the weights grow.", "Fits"),
        ),
    ),
    "Overfitting": (
        "Small training error, large validation error: the network has memorized the noise.",
        (
            _elsewhere(
                "Clean data", "Wrong labels and duplicates are fitted as well.",
                "data", "Data leakage and split errors",
            ),
            _elsewhere(
                "More training data", "The more examples, the less their noise counts.",
                "overfitting", "With vs without regularization",
            ),
            _here("Regularization", "L1 and L2 penalize large weights.", "Weight space"),
            _here("A larger λ", "The penalty counts for more: a smoother curve.", "Fits"),
            _here("Dropout", "Units are dropped at random: none can rely on another.", "Dropout"),
        ),
    ),
}  # fmt: skip


def remedies() -> None:
    """The remedies for each fault, with a button to the view that shows it."""
    for fault, (symptom, entries) in REMEDIES.items():
        st.markdown(f"**{fault}**: {symptom}")
        for remedy in entries:
            _row(remedy, f"lab_remedy_{fault}_{remedy.label}".lower().replace(" ", "_"))


def _row(remedy: Remedy, key: str) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(f"**{remedy.label}**  \n{remedy.reason}")
    pressed = right.button(
        f"{remedy.page.capitalize() or 'This lab'}: {remedy.view}", key=key, width="stretch",
        on_click=stored.set_widget, args=(remedy.key, remedy.view),
        help=f"Opens the view where you can try it: {remedy.label.lower()}.",
    )  # fmt: skip
    if pressed and remedy.page:
        open_page(remedy.page)


VIEWS: dict[str, View] = {
    "Weight space": View(
        ":material/diamond:", "Why does L1 make weights zero, and L2 only small?", two_weights
    ),
    "One weight": View(
        ":material/south:", "How strongly does each penalty push a weight to zero?", one_weight
    ),
    "Fits": View(
        ":material/line_curve:", "How much penalty turns an overfit into a good fit?", fits
    ),
    "Dropout": View(":material/scatter_plot:", "Which units are dropped, and when?", dropout),
    "Remedies": View(
        ":material/healing:",
        "What helps against underfitting, and what against overfitting?",
        remedies,
    ),
}


def regularization() -> None:
    """One question about regularization at a time."""
    choose(VIEWS, VIEW).show()
