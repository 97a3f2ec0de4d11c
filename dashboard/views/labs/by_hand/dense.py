"""The numbers of a layer as tables that can be edited: X, W and b.

Matrices as LaTeX, with a row, a column or one number marked.

One dense layer: shapes of X, W, b and A, and why each unit is a column of W.
"""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.views.labs.keras_answer import answer
from dashboard.widgets.messages import refuse
from playground.labs import keras_calls
from playground.labs.by_hand.coffee import roasts
from playground.labs.by_hand.dense import n_parameters, products, start, sums, transposed
from playground.labs.by_hand.normalization import adapt
from playground.labs.keras_calls import Session
from playground.nn.activations import ACTIVATIONS

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


ROW, UNIT = "#d97b0d", "#0877bd"  # orange and blue, dark enough for numbers on white


def number(value: float) -> str:
    """At most three digits, in brackets where it is negative."""
    text = f"{round(float(value), 4) + 0.0:.3g}"
    return f"({text})" if value < 0 else text


def matrix(
    values: Array,
    row: int | None = None,
    unit: int | None = None,
    at: tuple[int, int] | None = None,
    unit_row: int | None = None,
) -> str:
    """`values` (rows, columns) with a row orange, a column (or row) of a unit blue, or one number
    in a box."""

    def cell(i: int, j: int) -> str:
        text = f"{round(float(values[i, j]), 4) + 0.0:.3g}"
        if (i, j) == at:
            return rf"\boxed{{\mathbf{{{text}}}}}"
        if i == row:
            return rf"\textcolor{{{ROW}}}{{\mathbf{{{text}}}}}"
        return rf"\textcolor{{{UNIT}}}{{\mathbf{{{text}}}}}" if unit == j or unit_row == i else text

    rows, columns = values.shape
    lines = (" & ".join(cell(i, j) for j in range(columns)) for i in range(rows))
    return r"\begin{bmatrix} " + r" \\ ".join(lines) + r" \end{bmatrix}"


def column(values: Array) -> str:
    """`values` (n,) below each other."""
    return matrix(values[:, None])


ACTIVATION = ("linear", "sigmoid", "relu")


def layer() -> None:
    """Choose sizes, edit numbers, choose a row and a unit, and see what becomes of them."""
    m, n, units, activation = _sizes()
    given = tables(m, n, units)
    if given is None:
        return
    x, kernel, bias = given
    _shapes(m, n, units, activation)
    row, unit = _chosen(m, units)
    _product(x, kernel, bias, row, unit, activation)
    left, right = st.columns(2, gap="medium")
    with left:
        _transposed(x, kernel, bias, row, unit)
    with right:
        _beside_keras(x, kernel, bias, activation)


def _sizes() -> tuple[int, int, int, str]:
    columns = st.columns(4)
    m, n, units = (
        int(
            each.slider(
                label, 1, 5, value, key=f"lab_by_hand_{key}", help=help, persist_state="session"
            )
        )
        for each, (label, value, key, help) in zip(
            columns[:3],
            (
                ("Examples m", 4, "m", "Rows of X, the batch. Change it: W and b stay."),
                ("Inputs n", 2, "n", "Columns of X, and so rows of W. At 2 the rows are roasts."),
                ("Units", 3, "units", "Columns of W, entries of b, columns of the answer A."),
            ),
            strict=True,
        )
    )
    activation = columns[3].selectbox(
        "Activation f", ACTIVATION, format_func=lambda name: ACTIVATIONS[name].label,
        key="lab_by_hand_f", persist_state="session",
        help="What each unit does with its sum. Linear leaves it as it is.",
    )  # fmt: skip
    return m, n, units, str(activation)


def _shapes(m: int, n: int, units: int, activation: str) -> None:
    st.latex(
        rf"\underset{{({m},\,{units})}}{{A}} = f\big("
        rf"\underset{{({m},\,{n})}}{{X}}\;\underset{{({n},\,{units})}}{{W}} + "
        rf"\underset{{({units},)}}{{b}}\big), \qquad f(z) = {ACTIVATIONS[activation].formula}"
    )
    st.caption(
        f"The inner sizes meet: {n} columns of X, {n} rows of W. The same b is added to every row. "
        f"Parameters: {n}·{units} + {units} = {n_parameters(n, units)}; the number of examples m "
        "is not among them, so a layer takes a batch of any size."
    )


def _chosen(m: int, units: int) -> tuple[int, int]:
    left, right = st.columns(2)
    row = left.segmented_control(
        "Row of X: the example", list(range(m)), default=0, key=f"lab_by_hand_row_{m}",
        format_func=lambda i: f"row {i + 1}", required=True, persist_state="session",
        help="Which example is followed, marked orange. Every row goes the same way.",
    )  # fmt: skip
    unit = right.segmented_control(
        "Column of W: the unit", list(range(units)), default=0, key=f"lab_by_hand_unit_{units}",
        format_func=lambda i: f"unit {i + 1}", required=True, persist_state="session",
        help="Which unit answers, marked blue: its weights are one column of W.",
    )  # fmt: skip
    return int(row or 0), int(unit or 0)


def _product(
    x: Array, kernel: Array, bias: Array, row: int, unit: int, activation: str
) -> None:  # fmt: skip
    """The whole product with one row, one column and their meeting place marked."""
    z = sums(x, kernel, bias)
    a = np.asarray(ACTIVATIONS[activation].f(z))
    with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
        for text in (
            rf"\underset{{X}}{{{matrix(x, row=row)}}} \cdot",
            rf"\underset{{W}}{{{matrix(kernel, unit=unit)}}} +",
            rf"\underset{{b}}{{{matrix(bias[None], unit=unit)}}}",
            rf"= \underset{{Z}}{{{matrix(z, at=(row, unit))}}}",
            rf"\to \underset{{A = f(Z)}}{{{matrix(a, at=(row, unit))}}}",
        ):
            st.latex(text, width="content")
    each = products(x, kernel, row, unit)
    terms = r" \\ &\quad + ".join(
        rf"\textcolor{{{ROW}}}{{{number(p)}}} \cdot \textcolor{{{UNIT}}}{{{number(q)}}}"
        for p, q in zip(x[row], kernel[:, unit], strict=True)
    )
    st.latex(
        rf"\begin{{aligned}} z_{{{row + 1},{unit + 1}}} &= {terms} "
        rf"+ \textcolor{{{UNIT}}}{{{number(bias[unit])}}} \\ &= {z[row, unit]:.4g} "
        r"\end{aligned}"
    )
    st.caption(
        f"Row {row + 1} of X times column {unit + 1} of W, number by number: "
        + " and ".join(f"{value:.4g}" for value in each)
        + f"; with the bias {bias[unit]:.4g} that makes {z[row, unit]:.4g}, and f makes it "
        f"{a[row, unit]:.4g}. All of unit {unit + 1} stands in its column: change another column "
        "and this answer stays."
    )


def _transposed(x: Array, kernel: Array, bias: Array, row: int, unit: int) -> None:
    st.markdown("**Why the columns?**")
    same = transposed(x, kernel, bias, row)
    st.markdown(
        "For one example one usually writes $z = w\\cdot x + b$, with $x$ standing upright. Units "
        "below each other then are the rows of a matrix, $W^\\top$:"
    )
    with st.container(horizontal=True, horizontal_alignment="center", gap="small"):
        st.latex(rf"{matrix(kernel.T, unit_row=unit)} {column(x[row])}", width="content")
        st.latex(rf"+ {column(bias)} = {column(same)}", width="content")
    st.markdown(
        "Tables of data have an example in each **row**. To leave them so, everything is turned "
        "over: $(W^\\top x)^\\top = x^\\top W$. Keras stores $W$ turned over already, `(inputs, "
        "units)`, and so `X @ W + b` takes a whole batch at once; the units, which were rows, are "
        "columns."
    )


def _beside_keras(x: Array, kernel: Array, bias: Array, activation: str) -> None:
    st.markdown("**The same layer in Keras: no weights before it is built**")
    narrow = [np.asarray(each, np.float32) for each in (x, kernel, bias)]

    def show(told: Session) -> None:
        st.code(told.text, language="python", wrap_lines=True, height=420)
        ours = ACTIVATIONS[activation].f(sums(*narrow))
        st.caption(
            "Without inputs to look at, `Dense` cannot know how many rows W has: no weights, and "
            "`set_weights` is refused. The first call builds it, an Input layer does so at once. "
            f"With the weights above its {told.outputs.size} answers differ from NumPy's by at "
            f"most {np.abs(ours - told.outputs).max():.1e}."
        )

    question = (activation, x.shape, kernel.shape, *(each.tobytes() for each in narrow))
    answer(
        "lab_by_hand_layer_keras", show, question, keras_calls.layer, activation, narrow[1],
        narrow[2],
        narrow[0],
    )  # fmt: skip
