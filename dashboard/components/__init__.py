"""Custom components: a folder each, with its script, styles and markup beside its Python code."""

from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent

# Where a path of this server is, below any proxy's path and in any frame, Streamlit's scripts know.
SERVED = """
const served = (path) =>
  document.querySelector("script[src*='static/js/']").src.split("/static/js/")[0] + path
"""


def register(
    folder: str, file: str = "", *more: str, isolate_styles: bool = True, streamed: bool = False
) -> Any:
    """The component made of `file`.html, .css and .js in a folder, by default the folder's name.

    more: further scripts there or here, which the component's own script uses. streamed: data with
    a `stream` and a `part` are followed by those of the stream's messages, without a script run.
    """
    file = file or folder
    script = SERVED + "".join(_text(folder, f"{name}.js") or "" for name in (file, *more))
    if streamed:
        subscribe, wrapper = (_text("stream", f"{name}.js") for name in ("subscribe", "streamed"))
        script = script.replace("export default function", "const render = function")
        script = f"{subscribe}\n{script}\n{wrapper}"
    return st.components.v2.component(
        "_".join((folder, file, *more)),
        html=_text(folder, f"{file}.html"),
        css=_text(folder, f"{file}.css"),
        js=script,
        isolate_styles=isolate_styles,
    )


def _text(folder: str, name: str) -> str | None:
    paths = FOLDER / folder / name, FOLDER / name
    return next((path.read_text(encoding="utf-8") for path in paths if path.exists()), None)
