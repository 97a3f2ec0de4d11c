"""The numbers of a layer as tables that can be edited: X, W and b."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.notices import refuse
from playground.labs.layer import start
from playground.labs.normalization import adapt
from playground.labs.roasting import roasts

Array = NDArray[Any]

LARGEST = 1_000.0  # of a number in a table


def _rows(m: int, n: int) -> Array:
    """The first roasts, scaled, where there are two inputs; otherwise numbers as good as any."""
    if n == 2:
        x = roasts().train.x[:m]
        return np.asarray(adapt(roasts().train.x)(x), np.float64).round(2)
    return np.random.default_rng([1, n]).uniform(-2, 2, (5, n)).round(2)[:m]


def tables(m: int, n: int, units: int) -> tuple[Array, Array, Array] | None:
    """X, W and b as somebody has edited them; None where a number is missing."""
    kernel, bias = start(n, units)
    left, right = st.columns(2, gap="medium")
    with left:
        x = _table("X: an example in each row", _rows(m, n), "x", "row")
    with right:
        w = _table("W: a unit in each column", kernel, "unit", "input")
        b = _table("b: one number for each unit", bias[None], "unit", "bias")
    if x is None or w is None or b is None:
        return None
    return x, w, b[0]


def _table(title: str, values: Array, across: str, down: str) -> Array | None:
    st.markdown(f"**{title}**, `shape {values.shape if down != 'bias' else values[0].shape}`")
    frame = pd.DataFrame(
        values,
        columns=[f"{across} {i + 1}" for i in range(values.shape[1])],
        index=[f"{down} {i + 1}" if down != "bias" else "b" for i in range(len(values))],
    )
    numbers = {
        name: st.column_config.NumberColumn(
            required=True, min_value=-LARGEST, max_value=LARGEST, format="%g",
            help="Click a number twice to change it, and see which answers follow.",
        )
        for name in frame.columns
    }  # fmt: skip
    shape = "x".join(map(str, values.shape))
    edited = st.data_editor(
        frame, column_config=numbers, key=f"lab_by_hand_table_{down}_{across}_{shape}"
    )
    array = edited.to_numpy(np.float64, na_value=np.nan)
    wrong = np.argwhere(~(np.abs(array) <= LARGEST))
    if len(wrong):
        i, j = wrong[0]
        refuse(
            f"{frame.index[i]}, {frame.columns[j]} must be a number between {-LARGEST:,.0f} and "
            f"{LARGEST:,.0f}, got {'nothing' if np.isnan(array[i, j]) else array[i, j]}"
        )
        return None
    return np.asarray(array)
