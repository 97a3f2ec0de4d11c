"""The glossary: the terms of the program in English and in Chinese."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
import streamlit as st

from playground.experiment.model import FIELDS, label

COLUMNS = ("Term", "中文", "Meaning")
Row = tuple[str, str, str]


@cache
def groups() -> Mapping[str, Sequence[Row]]:
    """Title of each group → (English, Chinese, meaning) of its terms.

    A term of a setting has the label and the description of that setting.
    """
    text = files("playground.labs").joinpath("glossary.toml").read_text(encoding="utf-8")
    return {
        group["title"]: [_row(term) for term in group["terms"]]
        for group in tomllib.loads(text)["group"]
    }


def _row(term: Mapping[str, Any]) -> Row:
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
        for title, rows in groups().items()
    }
    for title, rows in found.items():
        if rows:
            st.markdown(f"**{title}**")
            st.table(pd.DataFrame(rows, columns=list(COLUMNS)), hide_index=True)
    if not any(found.values()):
        st.info("No term has this text.")
