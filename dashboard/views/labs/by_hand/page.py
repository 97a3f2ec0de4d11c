"""The By hand lab: from one neuron to a small network, number by number."""

from dashboard.views.labs.by_hand.coffee import coffee
from dashboard.views.labs.by_hand.layers import dense, normalization
from dashboard.views.labs.by_hand.neuron import neuron
from dashboard.views.shared.view import View, choose

VIEWS: dict[str, View] = {
    "One neuron": View(
        ":material/radio_button_unchecked:",
        "Two numbers, w and b: what do they do, and where does Keras keep them?",
        neuron,
    ),
    "Normalization": View(
        ":material/straighten:", "What does a layer that scales its inputs learn?", normalization
    ),
    "One layer": View(":material/view_column:", "Why is each unit a column of W?", dense),
    "Coffee roasting": View(
        ":material/coffee:", "How do three straight lines make one decision boundary?", coffee
    ),
}


def by_hand() -> None:
    """One part at a time."""
    choose(VIEWS, "lab_by_hand_part").show()
