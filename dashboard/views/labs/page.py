"""The Labs page: one idea at a time, to move and to see; the address names the open one."""

from dataclasses import dataclass

import streamlit as st

from dashboard.state import stored, url
from dashboard.views.labs.activations.page import activations
from dashboard.views.labs.by_hand.page import by_hand
from dashboard.views.labs.code import six_steps
from dashboard.views.labs.gradient_descent import descent
from dashboard.views.labs.losses.page import losses
from dashboard.views.labs.optimizers.page import optimizers
from dashboard.views.labs.regularization.page import regularisation
from dashboard.views.labs.schedules import schedules
from dashboard.views.labs.scratch.page import scratch
from dashboard.views.shared.view import View
from dashboard.widgets.messages import warn
from playground.nn.format import truncate

CHOSEN = "lab_chosen"  # the widget in which the open lab is chosen


@dataclass(frozen=True)
class Lab(View):
    """One idea with its controls; its key in LABS is its address."""

    label: str


LABS: dict[str, Lab] = {
    "activations": Lab(
        ":material/show_chart:",
        "What does a unit do with its weighted sum, and what does that do to learning?",
        activations,
        "Activations",
    ),
    "descent": Lab(
        ":material/downhill_skiing:",
        "How does a weight find the lowest loss, and how long should its steps be?",
        descent,
        "Gradient descent",
    ),
    "schedules": Lab(
        ":material/trending_down:",
        "How should the learning rate change while a network learns?",
        schedules,
        "Schedules",
    ),
    "optimizers": Lab(
        ":material/route:",
        "Which rule makes the best steps of the same gradients, and why?",
        optimizers,
        "Optimizers",
    ),
    "losses": Lab(
        ":material/target:",
        "What does a wrong answer cost, and what can a network learn from that?",
        losses,
        "Losses",
    ),
    "regularisation": Lab(
        ":material/compress:",
        "How do you keep a network from learning the noise?",
        regularisation,
        "Regularisation",
    ),
    "by_hand": Lab(
        ":material/pan_tool:", "What does a layer compute, number by number?", by_hand, "By hand"
    ),
    "scratch": Lab(
        ":material/construction:",
        "What happens inside compile and fit, and what does one write without them?",
        scratch,
        "From scratch",
    ),
    "six_steps": Lab(
        ":material/format_list_numbered:",
        "What does this experiment look like as code that one writes oneself?",
        six_steps,
        "Six steps",
    ),
}


def labs() -> None:
    """The labs, one of them open."""
    st.subheader("Labs", anchor=False)
    st.fragment(_lab, key="lab")()


def _lab() -> None:
    """Choose a lab and work in it: whatever is moved redraws this alone."""
    first, asked = next(iter(LABS)), url.parameter("lab")
    if asked or not stored.has_widget(CHOSEN):
        stored.suggest(CHOSEN, asked if asked in LABS else first)
    name: str = st.pills(
        "Lab", list(LABS), required=True, key=CHOSEN,
        format_func=lambda name: f"{LABS[name].icon} {LABS[name].label}",
        persist_state="session",
        help="One idea of how networks learn; choose another to move its numbers yourself.",
    ) or first  # fmt: skip
    if asked and asked not in LABS and name == first:
        warn(
            [f"lab must be one of {', '.join(LABS)}, got {truncate(asked)}: the first one is open."]
        )
    else:
        url.set_parameter("lab", name)
    st.caption(LABS[name].question)
    LABS[name].show()
