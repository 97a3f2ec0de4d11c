"""Custom components: a folder each, with its script, styles and markup beside its Python code."""

from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent


def register(folder: str, file: str = "", *more: str, isolate_styles: bool = True) -> Any:
    """The component made of `file`.html, .css and .js in a folder, by default the folder's name.

    more: further scripts there, which the component's own script uses.
    """
    file = file or folder
    return st.components.v2.component(
        "_".join((folder, file, *more)),
        html=_text(folder, f"{file}.html"),
        css=_text(folder, f"{file}.css"),
        js="".join(_text(folder, f"{name}.js") or "" for name in (file, *more)),
        isolate_styles=isolate_styles,
    )


def _text(folder: str, name: str) -> str | None:
    path = FOLDER / folder / name
    return path.read_text(encoding="utf-8") if path.exists() else None
