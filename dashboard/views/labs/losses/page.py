"""The Losses lab: what a wrong prediction costs, and what a network learns from it."""

from dashboard.views.labs.losses.curves import curves
from dashboard.views.labs.losses.examples import labels, outlier, two_predictions
from dashboard.views.labs.losses.logits import gradient, logits, overflow
from dashboard.views.shared.view import View, choose

VIEWS: dict[str, View] = {
    "Curves": View(":material/show_chart:", "What does a wrong prediction cost?", curves),
    "An outlier": View(
        ":material/scatter_plot:", "Which loss follows an outlier, and which is robust?", outlier
    ),
    "Two predictions": View(
        ":material/compare:", "Which of two predictions is closer to the target?", two_predictions
    ),
    "Labels and metrics": View(
        ":material/label:", "Which loss and which metric belong to which form of labels?", labels
    ),
    "Logits": View(
        ":material/table:", "Softmax and cross-entropy: is one step the same as two?", logits
    ),
    "Gradient": View(
        ":material/arrow_back:", "Why do softmax and cross-entropy belong together?", gradient
    ),
    "Overflow": View(
        ":material/warning:", "What happens to very large logits, and what prevents it?", overflow
    ),
}


def losses() -> None:
    """One question about losses at a time."""
    choose(VIEWS, "lab_losses_view").show()
