"""Messages that may quote user input, shown letter by letter: no Markdown, no formulas."""

import re
from collections.abc import Iterable

import streamlit as st

from dashboard.state import session, url

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$:~])")


def literal(text: str) -> str:
    """Text escaped for Markdown."""
    return _MARKUP.sub(r"\\\1", text)


def warn(sentences: Iterable[str], hint: str = "") -> None:
    """Show what is wrong, one line each, and what was done about it."""
    lines = [literal(sentence) for sentence in sentences]
    if lines:
        st.warning("  \n".join([*lines, hint] if hint else lines))


def refuse(sentence: str) -> None:
    """Show beside a control why its value is rejected."""
    st.error(literal(sentence))


def show_url_problems() -> None:
    """What is wrong with the experiment in the link."""
    with st.container():  # there or not, what comes below keeps its place, and so its zoom
        warn(session.url_problems(), "The nearest valid experiment is shown.")
        warn(url.unknown_controls())
        if unused := session.unused_in_url():
            st.caption("  \n".join(literal(f"{sentence}.") for sentence in unused))
