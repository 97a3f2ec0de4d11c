"""Values in Streamlit's session state: of the tab, of widgets, and of custom components."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, overload

import streamlit as st

DARK_ON_WHITE = "dark_on_white"  # the name of the value that inverts images
LATE_SECONDS = 3.0  # a browser may send the values it showed before, this late

Made = TypeVar("Made")


@overload
def get(name: str, of: str = "") -> Any: ...
@overload
def get(name: str, of: str = "", *, make: Callable[[], Made]) -> Made: ...
def get(name: str, of: str = "", *, make: Callable[[], Any] | None = None) -> Any:
    """The value that this tab stores under `name` for the same `of`.

    Where there is none: that of `make`, which is stored, or None.
    """
    stored_for, value = st.session_state.get(f"stored {name}", (None, None))
    if stored_for == of:
        return value
    if make is None:
        return None
    set(name, value := make(), of)
    return value


def set(name: str, value: Any, of: str = "") -> None:
    """Store a value for as long as the tab is open, or until it is stored for another `of`."""
    st.session_state[f"stored {name}"] = (of, value)


def component(key: str, name: str) -> Any:
    """The state `name` of the component `key`, also before it is drawn; None if there is none."""
    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else None


def set_widget(key: str, value: Any) -> None:
    """Set the value of a widget before it is drawn; for callbacks."""
    st.session_state[key] = value


def widget(key: str) -> Any:
    """The value of a widget; None before it is drawn."""
    return st.session_state.get(key)


def has_widget(key: str) -> bool:
    """Whether a widget has a value already: then it needs no default."""
    return key in st.session_state


def restrict(key: str, options: Sequence[str]) -> None:
    """Replace a widget's value by the first option if it is none of them; before it is drawn."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = options[0]


def clamp(key: str, low: float, high: float) -> None:
    """Move a widget's number between its new limits; before it is drawn."""
    value = st.session_state.get(key)
    if isinstance(value, (int, float)) and not low <= value <= high:
        st.session_state[key] = type(value)(min(max(value, low), high))


def suggest(key: str, value: Any) -> None:
    """Set a widget's value unless the user has changed the last suggestion; before it is drawn."""
    state, mark = st.session_state, f"suggested {key}"
    if key not in state or state[key] == state.get(mark):
        state[key] = value
    state[mark] = value


def control(key: str, value: Any) -> None:
    """Set a controlled widget's value unless the user has a pending edit; before it is drawn."""
    state, shown = st.session_state, st.session_state["shown"]
    if key in pending_edits():
        return
    if state.get("replaced") and key in shown and shown[key] != value:
        former = state.setdefault("former", {})
        former[key] = shown[key], time.monotonic()
    state[key] = shown[key] = value


def pending_edits() -> dict[str, Any]:
    """Edits of controlled widgets that are not accepted yet: key → value."""
    state, shown = st.session_state, st.session_state["shown"]
    return {
        key: state[key]
        for key in shown
        if key in state and state[key] != shown[key] and not _is_late(key)
    }


def accept_edit(key: str) -> None:
    """Take a pending edit as settled: from now on the widget follows `control` again."""
    state = st.session_state
    if key in state and key in state["shown"]:
        state["shown"][key] = state[key]


def _is_late(key: str) -> bool:
    """Whether the browser sent the value shown before the experiment was replaced.

    It sends the values of all widgets with every click, also with one so soon after a replacement
    that it has not drawn the new values yet.
    """
    former, replaced_at = st.session_state.get("former", {}).get(key, (None, 0.0))
    is_former = former is not None and st.session_state[key] == former
    return bool(is_former and time.monotonic() - replaced_at < LATE_SECONDS)
