"""Messages that may quote user input, shown letter by letter: no Markdown, no formulas; links."""

import io
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

import segno
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


def show_link(address: str, key: str, height: int | None = None) -> None:
    """A link to copy, and behind a button its QR code for the cameras of a class."""
    st.code(address, language=None, wrap_lines=True, height=height or "content")
    code = st.popover("QR code", icon=":material/qr_code_2:", key=f"{key}_qr", on_change="rerun")
    if not code.open:
        return
    with code:
        image = qr_code(address)
        if image is None:
            st.caption("This link is too long for a QR code.")
            return
        st.image(image, caption="Opens the link above.")
        if urlsplit(address).hostname in LOOPBACK:
            st.caption(
                "Only this machine opens it: a class reaches the server by its name or address in "
                "the network."
            )


LOOPBACK = ("localhost", "127.0.0.1", "::1")


@lru_cache(maxsize=64)
def qr_code(text: str) -> bytes | None:
    """A QR code as PNG with the margin that cameras need; None for more than 2,953 bytes."""
    image = io.BytesIO()
    try:
        segno.make_qr(text).save(image, kind="png", scale=8)
    except segno.DataOverflowError:
        return None
    return image.getvalue()
