"""Confusion matrix as a table whose cells are buttons."""

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from dashboard.components import register
from dashboard.figures.evaluation import cells
from dashboard.state import stored

_confusion_matrix = register("confusion_matrix")


def confusion_matrix(
    counts: NDArray[Any], names: Sequence[str], sentence: str, key: str, of: str
) -> tuple[int, int] | None:
    """Draw counts (n_classes, n_classes), rows: true class, columns: prediction.

    Returns (row, column) of the cell pressed last, as long as `of` is the same.
    """
    chosen = _cell(stored.component(key, "chosen"), of, len(names))
    data = {
        "names": list(names), "cells": cells(counts, names), "sentence": sentence,
        "chosen": chosen, "of": of,
    }  # fmt: skip
    result = _confusion_matrix(key=key, data=data, on_chosen_change=lambda: None)
    return _cell(result.chosen, of, len(names))


def _cell(reported: object, of: str, n_classes: int) -> tuple[int, int] | None:
    """The cell that the browser reports, if this matrix has it."""
    if not isinstance(reported, Mapping) or reported.get("of") != of:
        return None
    row, column = reported.get("row"), reported.get("column")
    if type(row) is not int or type(column) is not int:
        return None
    inside = 0 <= row < n_classes and 0 <= column < n_classes
    return (row, column) if inside else None
