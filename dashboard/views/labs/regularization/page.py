"""What helps against underfitting and overfitting, and where in the app to try it.

The Regularisation lab: what a penalty or dropout does to weights, curves and units.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from dashboard.state import stored
from dashboard.state.pages import open_page
from dashboard.views.labs.regularization.dropout import dropout
from dashboard.views.labs.regularization.penalty import one_weight, space
from dashboard.views.labs.regularization.polynomial import curve
from dashboard.views.shared.view import View, choose

VIEW = "lab_regularisation_view"


@dataclass(frozen=True)
class RegularizerExample:
    """One remedy: what it does, and the view of a page that shows it.

    `page`: its name, and the widget of that page with what it is to show; "": a view of this lab.
    """

    label: str
    why: str
    where: str
    widget: str
    shows: str
    page: str = ""


def _twin(label: str, why: str) -> RegularizerExample:
    return RegularizerExample(
        label, why, "Overfitting: The twin", "overfitting_view", "The twin", "overfitting",
    )  # fmt: skip


CURES: dict[str, tuple[str, tuple[RegularizerExample, ...]]] = {
    "Underfitting": (
        "Both errors are large: the network is too simple, or held too tightly.",
        (
            RegularizerExample(
                "More features", "What is not in the inputs cannot be learnt from them.",
                "Data: Table", "data_view", "Table", "data",
            ),
            RegularizerExample(
                "More parameters", "More units or layers can follow a more crooked truth.",
                "Overfitting: Underfitting", "overfitting_view", "Underfitting", "overfitting",
            ),
            RegularizerExample(
                "Less regularisation", "A smaller λ lets the weights grow as the data want.",
                "This lab: Fits", VIEW, "Fits",
            ),
        ),
    ),
    "Overfitting": (
        "Small error in training, large one in validation: it has learnt the noise by heart.",
        (
            RegularizerExample(
                "Clean data", "Wrong labels and duplicates are learnt as if they were true.",
                "Data: Data hygiene", "data_view", "Data hygiene", "data",
            ),
            _twin("More training data", "The more examples, the less any noise among them counts."),
            RegularizerExample(
                "Regularisation", "L1 or L2 makes large weights cost something.",
                "This lab: Weight space", VIEW, "Weight space",
            ),
            RegularizerExample(
                "A larger λ", "The penalty counts for more, and the curve becomes smoother.",
                "This lab: Fits", VIEW, "Fits",
            ),
            RegularizerExample(
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


def _row(cure: RegularizerExample, key: str) -> None:
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.markdown(f"**{cure.label}**  \n{cure.why}")
    pressed = right.button(
        cure.where, key=key, on_click=stored.set_widget, args=(cure.widget, cure.shows), width="stretch",
        help=f"Opens the place where you can try this: {cure.label.lower()}.",
    )  # fmt: skip
    if pressed and cure.page:
        open_page(cure.page)


VIEWS: dict[str, View[Callable[[], None]]] = {
    "Weight space": View(
        ":material/diamond:", "Why does L1 make weights zero, and L2 only small?", space
    ),
    "One weight": View(
        ":material/south:", "How strongly does each penalty pull at a weight?", one_weight
    ),
    "Fits": View(
        ":material/line_curve:", "How much penalty turns an overfit into a good fit?", curve
    ),
    "Dropout": View(
        ":material/scatter_plot:", "What is switched off, and when is it on again?", dropout
    ),
    "Cures": View(
        ":material/healing:",
        "What helps against underfitting, and what against overfitting?",
        cures,
    ),
}


def regularisation() -> None:
    """One question about regularisation at a time."""
    choose(VIEWS, "lab_regularisation_view").show()
