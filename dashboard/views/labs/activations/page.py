"""The Activations lab: what units do with their sums, and what that means for learning."""

from dashboard.views.labs.activations.best_practices import advice
from dashboard.views.labs.activations.curves import curves
from dashboard.views.labs.activations.depth import depth
from dashboard.views.labs.activations.dying_relu import dying
from dashboard.views.labs.activations.softmax import softmax
from dashboard.views.shared.view import View, choose

VIEWS: dict[str, View] = {
    "Curves": View(
        ":material/show_chart:",
        "What comes out of a unit, and how steep is its curve there? Choose some to compare.",
        curves,
    ),
    "Softmax": View(
        ":material/bar_chart:",
        "How do a few numbers become probabilities? Move one and watch all others answer.",
        softmax,
    ),
    "Depth": View(
        ":material/layers:",
        "Does a gradient survive its way back through many layers?",
        depth,
    ),
    "Dead ReLU": View(
        ":material/heart_broken:",
        "How does a unit die, and why does Leaky ReLU come back? Move the step from 0 on.",
        dying,
    ),
    "Advice": View(
        ":material/tips_and_updates:",
        "Four pieces of advice for beginners: switch one off and see what it was good for.",
        advice,
    ),
}


def activations() -> None:
    """One question at a time."""
    choose(VIEWS, "lab_activations_view").show()
