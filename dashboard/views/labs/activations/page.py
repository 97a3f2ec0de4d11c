"""The Activations lab: what units do with their weighted sums, and what that means for training."""

from dashboard.views.labs.activations.curves import curves
from dashboard.views.labs.activations.depth import depth
from dashboard.views.labs.activations.softmax import softmax
from dashboard.views.labs.activations.training import best_practices, dying_relu
from dashboard.views.shared.view import View, choose

VIEWS: dict[str, View] = {
    "Curves": View(
        ":material/show_chart:",
        "What is the output of a unit, and how steep is its curve? Choose some to compare.",
        curves,
    ),
    "Softmax": View(
        ":material/bar_chart:",
        "How do a few numbers become probabilities? Move one and watch all others change.",
        softmax,
    ),
    "Depth": View(
        ":material/layers:",
        "Does a gradient survive its way back through many layers?",
        depth,
    ),
    "Dead ReLU": View(
        ":material/heart_broken:",
        "How does a unit die, and why does Leaky ReLU recover? Move the step from 0 on.",
        dying_relu,
    ),
    "Best practices": View(
        ":material/tips_and_updates:",
        "Four best practices: switch one off and see what it was good for.",
        best_practices,
    ),
}


def activations() -> None:
    """One question at a time."""
    choose(VIEWS, "lab_activations_view").show()
