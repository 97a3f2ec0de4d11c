"""The Regularisation lab: what a penalty or dropout does to weights, curves and units."""

from collections.abc import Callable

from dashboard.views.labs.regularisation_cures import cures
from dashboard.views.labs.regularisation_curve import curve
from dashboard.views.labs.regularisation_dropout import dropout
from dashboard.views.labs.regularisation_pull import one_weight
from dashboard.views.labs.regularisation_space import space
from dashboard.views.view import View, choose

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
