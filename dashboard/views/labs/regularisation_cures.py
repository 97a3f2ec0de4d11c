"""What helps against underfitting and overfitting, and where in the app to try it."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard import session
from dashboard.views.data.page import data
from dashboard.views.overfitting.page import overfitting

VIEW = "lab_regularisation_view"


@dataclass(frozen=True)
class Cure:
    """One remedy: what it does, and the view of a page that shows it.

    `page` and its address, and the widget of that page with what it is to show; without a page
    it is a view of this lab.
    """

    label: str
    why: str
    where: str
    widget: str
    shows: str
    page: Callable[[], None] | None = None
    address: str = ""


def _twin(label: str, why: str) -> Cure:
    return Cure(
        label, why, "Overfitting: The twin", "overfitting_view", "The twin", overfitting,
        "overfitting",
    )  # fmt: skip


CURES: dict[str, tuple[str, tuple[Cure, ...]]] = {
    "Underfitting": (
        "Both errors are large: the network is too simple, or held too tightly.",
        (
            Cure(
                "More features", "What is not in the inputs cannot be learnt from them.",
                "Data: Table", "data_view", "Table", data, "data",
            ),
            Cure(
                "More parameters", "More units or layers can follow a more crooked truth.",
                "Overfitting: Underfitting", "overfitting_view", "Underfitting", overfitting,
                "overfitting",
            ),
            Cure(
                "Less regularisation", "A smaller λ lets the weights grow as the data want.",
                "This lab: Fits", VIEW, "Fits",
            ),
        ),
    ),
    "Overfitting": (
        "Small error in training, large one in validation: it has learnt the noise by heart.",
        (
            Cure(
                "Clean data", "Wrong labels and duplicates are learnt as if they were true.",
                "Data: Data hygiene", "data_view", "Data hygiene", data, "data",
            ),
            _twin("More training data", "The more examples, the less any noise among them counts."),
            Cure(
                "Regularisation", "L1 or L2 makes large weights cost something.",
                "This lab: Weight space", VIEW, "Weight space",
            ),
            Cure(
                "A larger λ", "The penalty counts for more, and the curve becomes smoother.",
                "This lab: Fits", VIEW, "Fits",
            ),
            Cure(
                "Dropout", "Units are switched off at random, so none can rely on another one.",
                "This lab: Dropout", VIEW, "Dropout",
            ),
        ),
    ),
}  # fmt: skip


def cures() -> None:
    """Two tables: the complaint, its cures, and a button to where each one can be tried."""
    for complaint, (signs, found) in CURES.items():
        st.markdown(f"**{complaint}**: {signs}")
        for cure in found:
            _row(cure, f"lab_cure_{complaint}_{cure.label}".lower().replace(" ", "_"))


def _row(cure: Cure, key: str) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(f"**{cure.label}**  \n{cure.why}")
    pressed = right.button(
        cure.where, key=key, on_click=session.put, args=(cure.widget, cure.shows), width="stretch",
        help=f"Opens the place where you can try this: {cure.label.lower()}.",
    )  # fmt: skip
    if pressed and cure.page is not None:
        st.switch_page(st.Page(cure.page, url_path=cure.address))
