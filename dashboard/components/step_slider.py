"""Buttons that play, step forward and step back through what was computed in one go."""

from collections.abc import Mapping

import streamlit as st

from dashboard.components import text
from dashboard.state import session

_player = st.components.v2.component(
    "player", html=text("player.html"), css=text("player.css"), js=text("player.js")
)


def player(count: int, key: str, noun: str = "step") -> int:
    """Show the buttons and a slider from 0 to `count`; the step that is to be shown.

    It is the last one until somebody moves. What the browser tells is checked: a step beyond
    `count` is the last one.
    """
    told = session.told(key, "chosen")
    step = told.get("step") if isinstance(told, Mapping) else session.remembered(key, "")
    if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step < count:
        step = None
    session.remember(key, "", step)  # also for when the buttons come again
    _player(
        key=key, data={"step": step, "count": count, "noun": noun}, on_chosen_change=lambda: None
    )
    return count if step is None else step
