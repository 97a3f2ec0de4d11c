"""Views of a page: one question each, of which one is shown at a time."""

from collections.abc import Callable, Mapping, Sequence
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


def choose(views: Mapping[str, Chosen], key: str, label: str = "View") -> Chosen:
    """Let the user choose one of `views`, by default the first; its question stands beside them."""
    stored.restrict(key, list(views))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        name = st.segmented_control(
            label, list(views), default=None if stored.has_widget(key) else next(iter(views)),
            key=key, required=True,
            format_func=lambda name: f"{views[name].icon} {name}",
            persist_state="session", label_visibility="collapsed",
        )  # fmt: skip
        view = views[name or next(iter(views))]
        st.caption(view.question)
    return view


def choose_group(groups: Mapping[str, Sequence[str]], key: str, view: str) -> Sequence[str]:
    """Let the user choose a group of views; its names.

    view: the key of `choose`, whose view decides the group until another one is chosen.
    """
    of_view = {name: group for group, names in groups.items() for name in names}
    if not stored.has_widget(key):
        stored.set_widget(key, of_view.get(stored.widget(view) or "", next(iter(groups))))
    group = st.segmented_control(
        "Group", list(groups), key=key, required=True, persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip
    return groups[group or next(iter(groups))]
