"""The Labs page: one topic at a time with its controls; the address names the open lab."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.state import stored, url
from dashboard.views.labs.activations.page import activations
from dashboard.views.labs.by_hand.page import by_hand
from dashboard.views.labs.code import six_steps
from dashboard.views.labs.gradient_descent import gradient_descent
from dashboard.views.labs.losses.page import losses
from dashboard.views.labs.optimizers import optimizers
from dashboard.views.labs.regularization.page import regularization
from dashboard.views.labs.schedules import schedules
from dashboard.views.labs.scratch.page import scratch
from dashboard.views.shared.view import View
from dashboard.widgets.messages import warn
from playground.experiment.model import FIELDS, label
from playground.nn.format import truncate

CHOSEN = "lab_chosen"  # the widget that chooses the open lab

GLOSSARY_COLUMNS = ("Term", "中文", "Meaning")
GlossaryRow = tuple[str, str, str]


@cache
def glossary_groups() -> Mapping[str, Sequence[GlossaryRow]]:
    """Title of each group → (English, Chinese, meaning) of its terms.

    A term of a setting has the label and the description of that setting.
    """
    text = files("playground.labs").joinpath("glossary.toml").read_text(encoding="utf-8")
    return {
        group["title"]: [_glossary_row(term) for term in group["terms"]]
        for group in tomllib.loads(text)["group"]
    }


def _glossary_row(term: Mapping[str, Any]) -> GlossaryRow:
    if "field" in term:
        name = term["field"]
        return label(name), term["chinese"], str(FIELDS[name].description)
    return term["english"], term["chinese"], term["meaning"]


def glossary() -> None:
    """A search, and a table for each group."""
    wanted = st.text_input(
        "Search", key="lab_glossary_search", persist_state="session", max_chars=60,
        help="A part of a term or of its meaning, in English or in Chinese. Try 学习率.",
    )  # fmt: skip
    found = {
        title: [row for row in rows if wanted.strip().lower() in " ".join(row).lower()]
        for title, rows in glossary_groups().items()
    }
    for title, rows in found.items():
        if rows:
            st.markdown(f"**{title}**")
            st.table(pd.DataFrame(rows, columns=list(GLOSSARY_COLUMNS)), hide_index=True)
    if not any(found.values()):
        st.info("No term has this text.")


@dataclass(frozen=True)
class Lab(View):
    """One topic with its controls; its key in LABS is its address."""

    label: str


LABS: dict[str, Lab] = {
    "activations": Lab(
        ":material/show_chart:",
        "What does a unit do with its weighted sum, and how does that affect learning?",
        activations,
        "Activations",
    ),
    "descent": Lab(
        ":material/downhill_skiing:",
        "How does a weight find the minimum of the loss, and how long should its steps be?",
        gradient_descent,
        "Gradient descent",
    ),
    "schedules": Lab(
        ":material/trending_down:",
        "How should the learning rate change during training?",
        schedules,
        "Schedules",
    ),
    "optimizers": Lab(
        ":material/route:",
        "Which optimizer makes the best steps of the same gradients, and why?",
        optimizers,
        "Optimizers",
    ),
    "losses": Lab(
        ":material/target:",
        "What does a wrong prediction cost, and what can a network learn from it?",
        losses,
        "Losses",
    ),
    "regularization": Lab(
        ":material/compress:",
        "How do you keep a network from fitting the noise?",
        regularization,
        "Regularization",
    ),
    "by_hand": Lab(
        ":material/pan_tool:", "What does a layer compute, number by number?", by_hand, "By hand"
    ),
    "scratch": Lab(
        ":material/construction:",
        "What happens inside compile and fit, and how is it written without them?",
        scratch,
        "From scratch",
    ),
    "six_steps": Lab(
        ":material/format_list_numbered:",
        "What does this experiment look like as code written by hand?",
        six_steps,
        "Six steps",
    ),
    "glossary": Lab(
        ":material/dictionary:",
        "What do the terms mean, and what are they in Chinese? 术语表",
        glossary,
        "Glossary",
    ),
}
FORMER = {"regularisation": "regularization"}  # addresses of earlier versions


def labs() -> None:
    """The labs, one of them open."""
    st.fragment(_lab, key="lab")()


def _lab() -> None:
    """The selector and the open lab; a change of a widget reruns this fragment alone."""
    first, before = next(iter(LABS)), url.parameter("lab")
    address = FORMER.get(before, before)
    if address or not stored.has_widget(CHOSEN):
        stored.suggest(CHOSEN, address if address in LABS else first)
    head = st.container(horizontal=True, vertical_alignment="center", key="head")
    name: str = st.pills(
        "Lab", list(LABS), required=True, key=CHOSEN,
        format_func=lambda name: f"{LABS[name].icon} {LABS[name].label}",
        persist_state="session", label_visibility="collapsed",
    ) or first  # fmt: skip
    with head:
        st.subheader("Labs", anchor=False, width="content")
        st.caption(LABS[name].question)
    if address and address not in LABS and name == first:
        known, got = ", ".join(LABS), truncate(address)
        warn([f"lab must be one of {known}, got {got}: the first one is open."])
    else:
        url.set_parameter("lab", name)
        if before != name and url.LAB_WITH_SETTINGS in (before, name):
            st.rerun()  # with the settings bar, or without it
    LABS[name].show()
