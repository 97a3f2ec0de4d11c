"""A view: one question about the network or its data, and the function that answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from dashboard.state import stored

Answer = TypeVar("Answer", bound=Callable[..., None])


@dataclass(frozen=True)
class View(Generic[Answer]):
    """What a page can show, one at a time: nothing is computed for the others."""

    icon: str  # a Material symbol, ":material/…:"
    question: str  # that it answers, in a student's words
    show: Answer


def choose(views: Mapping[str, View[Answer]], key: str) -> View[Answer]:
    """Let a person choose one of `views` by name; the first one to begin with."""
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
