"""One dense layer: the shapes of X, W, b and A, and why each unit is a column of W."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.views.labs.worker_result import worker_result
from dashboard.widgets.latex import (
    bracketed,
    colored,
    formula_row,
    lines,
    matrix,
    significant,
    wrapped,
)
from dashboard.widgets.messages import refuse
from playground.labs.by_hand import (
    KerasSession,
    Normalization,
    initial_weights,
    n_parameters,
    pre_activations,
    products,
    roasts,
    transposed_product,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.format import format_number, join_words

Array = NDArray[Any]

LARGEST = 1_000.0  # of a number in a table
ROW, UNIT = "#d97b0d", "#0877bd"  # orange and blue, dark enough for numbers on white
OFFERED = ("linear", "sigmoid", "relu")

SIZES = {
    "m": ("Examples m", 4, "Rows of X: the batch. Change it: W and b stay."),
    "n": ("Inputs n", 2, "Columns of X and rows of W. With 2 the rows are roasts."),
    "units": ("Units", 3, "Columns of W, entries of b, columns of the output A."),
}


def dense() -> None:
    """Sizes, editable X, W and b, and the product with one row and one unit marked."""
    m, n, units, activation = _sizes()
    tables = _tables(m, n, units)
    if tables is None:
        return
    x, kernel, bias = tables
    _shapes(m, n, units, activation)
    row, unit = _marked(m, units)
    _product(x, kernel, bias, row, unit, activation)
    left, right = st.columns(2, gap="medium")
    with left:
        _transposed(x, kernel, bias, row, unit)
    with right:
        _keras(x, kernel, bias, activation)


def _sizes() -> tuple[int, int, int, str]:
    columns = st.columns(4)
    m, n, units = (
        int(place.slider(label, 1, 5, value, key=f"lab_by_hand_{key}", help=help,
                         persist_state="session"))
        for place, (key, (label, value, help)) in zip(columns, SIZES.items(), strict=False)
    )  # fmt: skip
    activation = columns[3].selectbox(
        "Activation f", OFFERED, format_func=lambda name: ACTIVATIONS[name].label,
        key="lab_by_hand_f", persist_state="session",
        help="Applied to each z. Linear leaves it unchanged.",
    )  # fmt: skip
    return m, n, units, str(activation)


def _tables(m: int, n: int, units: int) -> tuple[Array, Array, Array] | None:
    """X, W and b as edited; None where a number is missing."""
    kernel, bias = initial_weights(n, units)
    left, right = st.columns(2, gap="medium")
    with left:
        x = _table("X: an example in each row", _examples(m, n), "x", "row")
    with right:
        w = _table("W: a unit in each column", kernel, "unit", "input")
        b = _table("b: one number for each unit", bias[None], "unit", "bias")
    if x is None or w is None or b is None:
        return None
    return x, w, b[0]


def _examples(m: int, n: int) -> Array:
    """The first m scaled roasts for 2 inputs, else random numbers: (m, n)."""
    if n == 2:
        x = roasts().train.x
        return np.asarray(Normalization.adapt(x)(x[:m]), np.float64).round(2)
    return np.random.default_rng([1, n]).uniform(-2, 2, (5, n)).round(2)[:m]


def _table(title: str, values: Array, across: str, down: str) -> Array | None:
    is_bias = down == "bias"
    st.markdown(f"**{title}**, `shape {values[0].shape if is_bias else values.shape}`")
    frame = pd.DataFrame(
        values,
        columns=[f"{across} {i + 1}" for i in range(values.shape[1])],
        index=["b"] if is_bias else [f"{down} {i + 1}" for i in range(len(values))],
    )
    numbers = {
        name: st.column_config.NumberColumn(
            required=True, min_value=-LARGEST, max_value=LARGEST, format="%g",
            help="Double-click a number to change it.",
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


def _shapes(m: int, n: int, units: int, activation: str) -> None:
    st.latex(
        rf"\underset{{({m},\,{units})}}{{A}} = f\big("
        rf"\underset{{({m},\,{n})}}{{X}}\;\underset{{({n},\,{units})}}{{W}} + "
        rf"\underset{{({units},)}}{{b}}\big), \qquad f(z) = {ACTIVATIONS[activation].formula}"
    )
    st.caption(
        f"X has as many columns as W rows: {n}. b is added to every row. Parameters: "
        f"{n}·{units} + {units} = {n_parameters(n, units)}, whatever the batch size m."
    )


def _marked(m: int, units: int) -> tuple[int, int]:
    left, right = st.columns(2)
    row = left.segmented_control(
        "Row of X: the example", list(range(m)), default=0, key=f"lab_by_hand_row_{m}",
        format_func=lambda i: f"row {i + 1}", required=True, persist_state="session",
        help="The example marked orange below.",
    )  # fmt: skip
    unit = right.segmented_control(
        "Column of W: the unit", list(range(units)), default=0, key=f"lab_by_hand_unit_{units}",
        format_func=lambda i: f"unit {i + 1}", required=True, persist_state="session",
        help="The unit marked blue below: its weights are one column of W.",
    )  # fmt: skip
    return int(row or 0), int(unit or 0)


def _number(value: float) -> str:
    return significant(round(float(value), 4))


def _factor(value: float, color: str) -> str:
    return colored(bracketed(_number(value)), color, bold=False)


def _matrix(
    values: Array, row: int | None = None, unit: int | None = None,
    at: tuple[int, int] | None = None, unit_row: int | None = None,
) -> str:  # fmt: skip
    """`values` with a row orange, a unit's column (or row) blue, or one number in a box."""

    def entry(i: int, j: int) -> str:
        text = _number(values[i, j])
        if (i, j) == at:
            return rf"\boxed{{\mathbf{{{text}}}}}"
        if i == row:
            return colored(text, ROW)
        return colored(text, UNIT) if unit == j or unit_row == i else text

    return matrix(values, entry=entry)


def _column(values: Array) -> str:
    return _matrix(values[:, None])


def _product(x: Array, kernel: Array, bias: Array, row: int, unit: int, activation: str) -> None:
    """The whole product, and the marked z as a sum."""
    z = pre_activations(x, kernel, bias)
    a = np.asarray(ACTIVATIONS[activation].f(z))
    formula_row(
        rf"\underset{{X}}{{{_matrix(x, row=row)}}} \cdot",
        rf"\underset{{W}}{{{_matrix(kernel, unit=unit)}}} +",
        rf"\underset{{b}}{{{_matrix(bias[None], unit=unit)}}}",
        rf"= \underset{{Z}}{{{_matrix(z, at=(row, unit))}}}",
        rf"\to \underset{{A = f(Z)}}{{{_matrix(a, at=(row, unit))}}}",
    )
    terms = wrapped([
        rf"{_factor(p, ROW)} \cdot {_factor(q, UNIT)}"
        for p, q in zip(x[row], kernel[:, unit], strict=True)
    ], 1)  # fmt: skip
    st.latex(lines(
        rf"z_{{{row + 1},{unit + 1}}} &= {terms} + {_factor(bias[unit], UNIT)}",
        f"&= {z[row, unit]:.4g}",
    ))  # fmt: skip
    summands = join_words([format_number(value, 4) for value in products(x, kernel, row, unit)])
    b, sum_, output = (
        format_number(float(value), 4) for value in (bias[unit], z[row, unit], a[row, unit])
    )
    st.caption(
        f"Row {row + 1} of X times column {unit + 1} of W: {summands}, plus the bias {b}, is "
        f"z = {sum_}; f(z) = {output}. The other columns of W do not matter here."
    )


def _transposed(x: Array, kernel: Array, bias: Array, row: int, unit: int) -> None:
    st.markdown("**Why the columns?**")
    st.markdown(
        "For one example, textbooks write $z = w\\cdot x + b$ with $x$ as a column vector; the "
        "units are then the rows of $W^\\top$:"
    )
    z = transposed_product(x, kernel, bias, row)
    formula_row(
        rf"{_matrix(kernel.T, unit_row=unit)} {_column(x[row])}",
        rf"+ {_column(bias)} = {_column(z)}",
    )
    st.markdown(
        "A table of data has an example in each **row**, so everything is transposed: "
        "$(W^\\top x)^\\top = x^\\top W$. Keras stores $W$ as `(inputs, units)`, and `X @ W + b` "
        "computes a whole batch; the units are its columns."
    )


def _keras(x: Array, kernel: Array, bias: Array, activation: str) -> None:
    st.markdown("**The same layer in Keras: no weights before it is built**")
    x, kernel, bias = (np.asarray(array, np.float32) for array in (x, kernel, bias))
    session: KerasSession | None = worker_result(
        "lab_by_hand_layer_keras",
        (activation, x.shape, kernel.shape, x.tobytes(), kernel.tobytes(), bias.tobytes()),
        "playground.labs.keras.by_hand:layer", activation, kernel, bias, x,
    )  # fmt: skip
    if session is None:
        return
    st.code(session.text, language="python", wrap_lines=True, height=420)
    difference = np.abs(
        ACTIVATIONS[activation].f(pre_activations(x, kernel, bias)) - session.outputs
    )
    differ = f"differ from NumPy's by at most {difference.max():.1e}" if difference.any() else (
        "are equal to NumPy's"
    )  # fmt: skip
    st.caption(
        "Before it sees an input, `Dense` does not know the rows of W: it has no weights and "
        "`set_weights` fails. The first call builds it; an Input layer does so at once. With the "
        f"weights above its {difference.size} outputs {differ}."
    )
