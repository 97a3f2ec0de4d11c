"""Views of a page: one question each, of which one is shown at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from dashboard.state import stored


@dataclass(frozen=True)
class View:
    """A view: the question it answers, and the function that draws it."""

    icon: str  # a Material symbol, ":material/…:"
    question: str
    show: Callable[..., Any]


Chosen = TypeVar("Chosen", bound=View)


def choose(views: Mapping[str, Chosen], key: str) -> Chosen:
    """Let the user choose one of `views`, by default the first."""
    name = st.segmented_control(
        "View", list(views), default=None if stored.has_widget(key) else next(iter(views)), key=key,
        required=True,
        format_func=lambda name: f"{views[name].icon} {name}",
        persist_state="session",
        help="One question at a time; the sentence below says which one this view answers.",
    )  # fmt: skip
    view = views[name or next(iter(views))]
    st.caption(view.question)
    return view
