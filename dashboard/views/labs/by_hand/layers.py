"""A Normalization layer, in NumPy and in Keras, and a dense layer: why a unit is a column of W."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.data import scaled_figure, scaled_sentence
from dashboard.views.shared.loading import worker_result
from dashboard.widgets.latex import (
    BLUE,
    ORANGE,
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
    KerasNormalization,
    KerasSession,
    Normalization,
    initial_weights,
    limits,
    n_parameters,
    pre_activations,
    products,
    roasts,
    transposed_product,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.format import format_number, join_words

Array = NDArray[Any]

FEATURES = ("temperature", "duration")
START, RANGES = (230.0, 13.5), ((150.0, 285.0), (11.5, 15.5))

ABOUT = (
    "200 roasts, the good ones as diamonds. Drag the point and read the scaled inputs of the "
    "network beside it."
)


def normalization() -> None:
    """The layer's two statistics, the scaled data, and one movable roast."""
    dataset = roasts()
    layer = Normalization.adapt(dataset.train.x)
    scaled = layer(dataset.train.x)
    st.markdown(
        "Temperatures are in hundreds, durations in tens: unscaled, the larger feature dominates "
        "every weighted sum and no learning rate suits both. Normalization shifts and scales each "
        "feature to mean 0 and standard deviation 1."
    )
    after = st.toggle(
        "After normalization", key="lab_by_hand_after", persist_state="session",
        help="The same 200 points before and after: only the axes change.",
    )  # fmt: skip
    key = "lab_by_hand_scaled"
    raw = np.array([chart.handle_position(key, START, *RANGES, "raw")], np.float32)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if after:
            names = tuple(f"scaled {name}" for name in FEATURES)
            figure = scaled_figure(scaled, dataset.train.y, names, None, "after")
            chart.chart(figure, scaled_sentence(scaled), key="lab_by_hand_after_chart", about=ABOUT)
        else:
            figure = scaled_figure(
                dataset.train.x, dataset.train.y, dataset.source.features, RANGES, "before"
            )
            chart.chart_with_handle(
                figure, scaled_sentence(dataset.train.x), key, START, about=ABOUT, of="raw",
                step=0.5, name="Roast",
            )  # fmt: skip
    with right:
        _formulas(layer, raw[0])
    st.markdown("**Shapes, maximum and minimum, as the course prints them**")
    st.code(printed(dataset.train.x, scaled), language=None, wrap_lines=True)
    _keras_normalization(dataset.train.x, layer, scaled)


def printed(raw: Array, scaled: Array) -> str:
    """The shapes, and the limits of both features, before and after, to two decimals."""
    shapes = f"{raw.shape} {(len(raw), 1)}\n\n"
    return shapes + "\n".join(
        f"{name.capitalize()} Max, Min {when} normalization: {high:0.2f}, {low:0.2f}"
        for when, data in (("pre", raw), ("post", scaled))
        for name, (high, low) in zip(FEATURES, limits(data), strict=True)
    )


def _formulas(layer: Normalization, raw: Array) -> None:
    st.markdown("**This roast, scaled by hand**")
    for name, x, mean, variance, value in zip(
        FEATURES, raw, layer.mean, layer.variance, layer(raw), strict=True
    ):
        st.latex(lines(
            rf"\text{{{name}:}}\quad \frac{{x - \mu}}{{\sqrt{{\sigma^2}}}} &= "
            rf"\frac{{{x:.4g} - {mean:.5g}}}{{\sqrt{{{variance:.5g}}}}}",
            f"&= {value:.4f}",
        ))  # fmt: skip
    st.caption(
        "`adapt` estimates μ and σ² from the inputs alone: no labels, no gradient. Adapt on the "
        "training examples and apply the same statistics to all later ones."
    )


def _keras_normalization(raw: Array, layer: Normalization, scaled: Array) -> None:
    st.markdown("**The same layer in Keras**")
    theirs: KerasNormalization | None = worker_result(
        "lab_by_hand_normal", "coffee", "playground.labs.keras.by_hand:normalization", raw
    )
    if theirs is None:
        return
    st.code(
        "norm = keras.layers.Normalization(axis=-1)\n"
        "norm.adapt(X)      # estimates mean and variance\n"
        "Xn = norm(X)",
        language="python",
    )
    table = {
        "": [f"{what} of {name}" for what in ("mean", "variance") for name in FEATURES],
        "NumPy": [str(value) for value in (*layer.mean, *layer.variance)],
        "Keras": [str(value) for value in (*theirs.mean, *theirs.variance)],
    }
    st.dataframe(pd.DataFrame(table), hide_index=True)
    st.caption(
        f"All {scaled.size} scaled values agree within {np.abs(scaled - theirs.outputs).max():.1e}:"
        " Keras sums 200 values in float32, NumPy in float64 here. `get_weights()` has the shapes "
        f"{', '.join(map(str, theirs.shapes))}: means, variances and a count, none of them trained."
    )


LARGEST = 1_000.0  # of a number in a table
ROW, UNIT = ORANGE, BLUE  # numbers of the marked ones
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
        _keras_dense(x, kernel, bias, activation)


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


def _keras_dense(x: Array, kernel: Array, bias: Array, activation: str) -> None:
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
