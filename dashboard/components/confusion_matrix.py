"""A confusion matrix whose cells are buttons: a table to the eye and to a screen reader alike."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from numpy.typing import NDArray

from dashboard.components import text
from dashboard.figures.evaluation import cells
from dashboard.state import session

_matrix = st.components.v2.component(
    "matrix",
    html='<figure class="matrix"><div class="scroll"><table></table></div>'
    "<figcaption></figcaption></figure>",
    css=text("matrix.css"),
    js=text("matrix.js"),
)


def matrix(
    counts: NDArray[Any], names: Sequence[str], sentence: str, key: str, of: str
) -> tuple[int, int] | None:
    """Show counts (n_classes, n_classes), rows: truth, columns: prediction.

    Returns (row, column) of the cell pressed last, as long as `of` is the same.
    """
    chosen = _cell(session.told(key, "chosen"), of, len(names))
    data = {
        "names": list(names), "cells": cells(counts, names), "sentence": sentence,
        "chosen": chosen, "of": of,
    }  # fmt: skip
    return _cell(_matrix(key=key, data=data, on_chosen_change=lambda: None).chosen, of, len(names))


def _cell(told: object, of: str, n_classes: int) -> tuple[int, int] | None:
    """What the browser tells, if it is a cell of this matrix."""
    if not isinstance(told, Mapping) or told.get("of") != of:
        return None
    row, column = told.get("row"), told.get("column")
    if type(row) is not int or type(column) is not int:
        return None
    inside = 0 <= row < n_classes and 0 <= column < n_classes
    return (row, column) if inside else None
