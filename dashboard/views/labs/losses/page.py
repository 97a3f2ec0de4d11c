"""The Losses lab: what a wrong answer costs, and what a network can learn from that."""

from collections.abc import Callable

from dashboard.views.labs.losses.compare_predictions import prediction
from dashboard.views.labs.losses.curves import curves
from dashboard.views.labs.losses.gradient import gradient
from dashboard.views.labs.losses.logits import logits
from dashboard.views.labs.losses.outlier import outlier
from dashboard.views.labs.losses.overflow import large
from dashboard.views.shared.view import View, choose

VIEWS: dict[str, View[Callable[[], None]]] = {
    "Curves": View(":material/show_chart:", "What does a wrong prediction cost?", curves),
    "An outlier": View(
        ":material/scatter_plot:", "Which loss follows one wild point, and which does not?", outlier
    ),
    "Two predictions": View(
        ":material/compare:", "Which of two predictions is nearer to the truth?", prediction
    ),
    "Logits": View(
        ":material/table:", "Softmax and cross-entropy: is one step the same as two?", logits
    ),
    "Gradient": View(
        ":material/arrow_back:", "Why do softmax and cross-entropy belong together?", gradient
    ),
    "Overflow": View(
        ":material/warning:", "What happens to very large logits, and what is the cure?", large
    ),
}


def losses() -> None:
    """One question about losses at a time."""
    choose(VIEWS, "lab_losses_view").show()
