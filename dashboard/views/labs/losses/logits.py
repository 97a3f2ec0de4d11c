"""Softmax and cross-entropy of logits: in one step and in two, overflow, and the gradient p − y."""

from functools import cache

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.losses import METHODS, gradient_sentence, gradient_sizes, overflow_figure
from dashboard.state import stored
from dashboard.views.shared.loading import worker_result
from dashboard.widgets.latex import column, lines, matrix, number, signed
from dashboard.widgets.messages import refuse
from playground.labs.losses import (
    CLASSES,
    LOGITS,
    MAX_FLOAT32,
    MAX_LOSS,
    MIN_PROBABILITY,
    Float32CrossEntropy,
    float32_cross_entropy,
    in_one_step,
    in_two_steps,
    jacobian,
    one_hot,
    sigmoid_gradient,
    softmax_gradient,
)
from playground.nn.activations import ACTIVATIONS, softmax

Array = NDArray[np.floating]

KEY, COLUMNS, CLASS = "lab_losses_logits", ("z₁", "z₂", "z₃"), "class"
LARGEST = 1e6  # |logit| that can be typed

DIRECTION = np.array([1.0, 0.5, -0.5])  # logits of size 1
MAX_SIZE = 200.0
SIZES = np.arange(1, MAX_SIZE + 1)

ABOUT_OVERFLOW = (
    "The same loss, computed in four ways, over the size of the logits. Where a curve ends it has "
    "become inf or nan, and a network could not learn. Move the size past 88."
)
_HOW = {
    "naive": "e^z, divided by the sum, then −ln: as the formula is written",
    "shifted": "e^(z − max z): no overflow, but p can underflow to 0, and −ln 0 is inf",
    "clipped": "the same with p ≥ 10⁻⁷, as Keras does with probabilities",
    "from_logits": "ln Σ e^(z − m) + m − z of the true class, m = max z: Keras from logits",
}


def logits() -> None:
    """Five editable rows, the loss of each in four ways, and one row in formulas."""
    st.markdown("**Logits** (the output layer's z, before softmax) and the true class.")
    version = stored.get("lab_losses_version", make=lambda: [0])
    table = st.data_editor(
        _table(), key=f"{KEY}_{version[0]}", width="stretch", num_rows="fixed",
        column_config={
            CLASS: st.column_config.SelectboxColumn(
                CLASS, options=[1, 2, 3], required=True, help="The true class of the row: 1 to 3."
            ),
            **{name: st.column_config.NumberColumn(
                name, help="Any finite number. Try a large one for a wrong class.", format="%g"
            ) for name in COLUMNS},
        },
    )  # fmt: skip
    st.button(
        "Restore the table", key="lab_losses_again", on_click=_restore, args=(version,),
        help="Discard all edits.",
    )  # fmt: skip
    try:
        y, z = parsed(table)
    except ValueError as error:
        refuse(str(error))
        return
    _results(y, z)
    row = st.segmented_control(
        "Row in formulas", range(len(z)), default=0, required=True, key="lab_losses_row",
        format_func=lambda i: str(i + 1), persist_state="session",
        help="Its losses with all numbers below. Row 4 is misclassified.",
    )  # fmt: skip
    _formulas(y[row or 0], z[row or 0])


def _table() -> pd.DataFrame:
    frame = pd.DataFrame(LOGITS, columns=list(COLUMNS), index=range(1, len(LOGITS) + 1))
    frame[CLASS] = [each + 1 for each in CLASSES]
    frame.index.name = "row"
    return frame


def _restore(version: list[int]) -> None:
    version[0] += 1  # a new key: an editor without edits


def parsed(table: pd.DataFrame) -> tuple[Array, Array]:
    """Targets and logits, (n, 3) each; raises ValueError for the first invalid cell."""
    for row, cells in table.iterrows():
        for name in COLUMNS:
            if not abs(pd.to_numeric(cells[name], errors="coerce")) <= LARGEST:
                got = "nothing" if pd.isna(cells[name]) else f"{cells[name]}"
                raise ValueError(
                    f"row {row}: {name} must be a number between −10⁶ and 10⁶, got {got}"
                )
        if cells[CLASS] not in (1, 2, 3):
            raise ValueError(f"row {row}: class must be 1, 2 or 3, got {cells[CLASS]}")
    z = table[list(COLUMNS)].to_numpy(dtype=np.float64)
    return one_hot(table[CLASS].to_numpy(dtype=np.int64) - 1, len(COLUMNS)), z


def _results(y: Array, z: Array) -> None:
    """NumPy's losses at once, Keras' when a worker has computed them."""
    question, path = (
        (y.tobytes(), z.tobytes()),
        "playground.training.keras_model:keras_cross_entropies",
    )
    theirs = worker_result(KEY, question, path, y, z, waiting=None)
    losses = {"two steps, NumPy": in_two_steps(y, z), "one step, NumPy": in_one_step(y, z)}
    names = ("two steps, Keras", "one step, Keras")
    if theirs is not None:
        losses |= dict(zip(names, theirs, strict=True))
    columns = {name: [f"{value:.8e}" for value in loss] for name, loss in losses.items()}
    columns = dict.fromkeys((*losses, *names), ["…"] * len(z)) | columns
    st.table(pd.DataFrame(columns, index=[f"row {i + 1}" for i in range(len(z))]))
    if theirs is not None:
        st.caption(agreement_sentence(losses))
    else:
        worker_result(KEY, question, path, y, z)


def agreement_sentence(losses: dict[str, Array]) -> str:
    """How far the four results are apart."""
    two, one, keras_two, keras_one = losses.values()
    apart = float(max(np.abs(two - keras_two).max(), np.abs(one - keras_one).max()))
    steps = float(np.abs(two - one).max())
    text = f"In float64 NumPy and Keras differ by at most {apart:.0e}"
    if steps < 1e-6:
        return f"{text}, one step and two by at most {steps:.0e}."
    return (
        f"{text}; one step and two by {steps:.3g}: in two steps Keras clips probabilities at "
        f"10⁻⁷, so no loss exceeds {MAX_LOSS:.3f}. See Overflow."
    )


def _formulas(y: Array, z: Array) -> None:
    target, p = int(y.argmax()), softmax(z)
    k = target + 1
    powers = " + ".join(f"e^{{{value:g}}}" for value in z)
    in_row = r",\ ".join(number(each, 6) for each in p)
    clipped = number(p[target], 6) if p[target] >= MIN_PROBABILITY else r"\max(p, 10^{-7})"
    st.markdown("**Two steps**: probabilities, then their logarithm.")
    st.latex(lines(
        r"p &= \operatorname{softmax}(z)",
        rf"&= ({in_row})",
        rf"L &= -\ln p_{k} = -\ln {clipped} = {number(in_two_steps(y[None], z[None])[0], 6)}",
    ))  # fmt: skip
    st.markdown("**One step**: the logarithm of the sum minus the true class's logit.")
    st.latex(lines(
        rf"L &= \ln \sum_j e^{{z_j}} - z_{k}",
        rf"&= \ln({powers}) - {signed(z[target])}",
        rf"&= {number(float(np.logaddexp.reduce(z)), 6)} - {signed(z[target], 6)} "
        rf"= {number(in_one_step(y[None], z[None])[0], 6)}",
    ))  # fmt: skip


def overflow() -> None:
    """Growing logits: exp overflows, a shift prevents it, one step is exact."""
    left, right = st.columns([2, 1])
    size = left.slider(
        "Size of the logits", 1.0, MAX_SIZE, 100.0, 1.0, key="lab_losses_size",
        persist_state="session",
        help="A factor of all three logits. In float32 exp overflows above 88.7: try 88 and 89, "
        "then 104.",
    )  # fmt: skip
    target = right.segmented_control(
        "True class", range(3), default=2, required=True, key="lab_losses_large_target",
        format_func=lambda i: f"Class {i + 1}", persist_state="session",
        help="Class 3 has the smallest logit: confident and wrong. Class 1: confident and right.",
    )  # fmt: skip
    target = 2 if target is None else target
    z = size * DIRECTION
    result = float32_cross_entropy(z, target)
    _exponentials(z, result)
    losses = {name: getattr(result, name) for name in METHODS}
    rows = {METHODS[name]: [f"{loss:.6g}", _HOW[name]] for name, loss in losses.items()}
    st.table(pd.DataFrame(rows, index=["loss", "how"]).T)
    _log_sum_exp(z, target, result)
    chart.chart(
        overflow_figure(SIZES, _curves(target), size, f"overflow {target}"),
        overflow_sentence(size, losses), key="lab_losses_overflow", about=ABOUT_OVERFLOW,
    )  # fmt: skip


@cache
def _curves(target: int) -> dict[str, Array]:
    """The loss by each method over SIZES; nan where it is not finite."""
    results = [float32_cross_entropy(size * DIRECTION, target) for size in SIZES]
    losses = {name: np.array([getattr(each, name) for each in results]) for name in METHODS}
    return {name: np.where(np.isfinite(loss), loss, np.nan) for name, loss in losses.items()}


def overflow_sentence(size: float, losses: dict[str, float]) -> str:
    """Which methods give a finite loss."""
    exact = losses["from_logits"]
    failed = [
        f"{METHODS[name]} gives {loss:g}" for name, loss in losses.items() if not np.isfinite(loss)
    ]
    text = f"At size {size:g} the loss is {exact:.6g}"
    text += f"; {', '.join(failed)}." if failed else "; every method gives a finite number."
    if losses["clipped"] < exact - 1e-3:
        text += (
            f" From probabilities Keras stops at −ln 10⁻⁷ = {MAX_LOSS:.3f}, and so does learning."
        )
    return text


def _exponentials(z: Array, result: Float32CrossEntropy) -> None:
    powers = [
        rf"& e^{{{value:g}}} = {number(float(e), 3)}"
        for value, e in zip(z, result.exponentials, strict=True)
    ]
    total = float(result.exponentials.sum())
    p = r",\ ".join(number(float(each), 4) for each in result.probabilities)
    note = r"\quad\left(\tfrac\infty\infty = \text{nan}\right)" if not np.isfinite(total) else ""
    st.latex(lines(
        *powers, rf"& \textstyle\sum_j e^{{z_j}} = {number(total)}", rf"& p = ({p}){note}",
    ))  # fmt: skip
    st.caption(
        f"float32, the precision networks train in: above {MAX_FLOAT32:.3g} it overflows to ∞."
    )


def _log_sum_exp(z: Array, target: int, result: Float32CrossEntropy) -> None:
    largest = float(z.max())
    powers = " + ".join(f"e^{{{value:g}}}" for value in z - largest)
    st.markdown("**Log-sum-exp**: factor out the largest logit $m$; no power exceeds 1.")
    st.latex(lines(
        rf"L &= m + \ln \sum_j e^{{z_j - m}} - z_{target + 1}",
        rf"&= {largest:g} + \ln({powers}) - ({z[target]:g})",
        rf"&= {number(result.from_logits)}",
    ))  # fmt: skip
    st.markdown(
        rf"**From probabilities** Keras clips to $\max(p, 10^{{-7}})$: no loss exceeds "
        rf"$-\ln 10^{{-7}} = {MAX_LOSS:.3f}$, and the gradient is 0 there. With "
        "`from_logits=True` it computes in one step and is exact."
    )


SOFTMAX, SIGMOID = "Softmax, three classes", "Sigmoid, one output"
CROSS, SQUARED = "cross_entropy", "mean_squared_error"
SIGMOID_RANGE = 10.0
SOFTMAX_RANGE = 7.5  # keeps probabilities above the 10⁻⁷ where the loss is clipped

ABOUT_GRADIENT = (
    "The size of the gradient over this logit. On the left the network is confident and wrong: "
    "there the squared error is flat and learns least where it should learn most."
)


def gradient() -> None:
    """From the loss back to the logits, factor by factor, for two losses."""
    kind = st.segmented_control(
        "Output layer", [SOFTMAX, SIGMOID], default=SOFTMAX, required=True,
        key="lab_losses_output", persist_state="session",
        help="Softmax for several classes, sigmoid for two. The result is the same.",
    )  # fmt: skip
    (_softmax if kind == SOFTMAX else _sigmoid)()


def _softmax() -> None:
    z = np.array([
        place.slider(
            f"Logit z{'₁₂₃'[i]}", -SOFTMAX_RANGE, SOFTMAX_RANGE, first, 0.5,
            key=f"lab_losses_z{i}", persist_state="session",
            help="The output layer's z for this class. Make the true class's small and another "
            "one large: confident and wrong.",
        )
        for i, (place, first) in enumerate(zip(st.columns(3), (-2.0, 2.0, 0.5), strict=True))
    ])  # fmt: skip
    target = st.segmented_control(
        "True class", range(3), default=None if stored.has_widget("lab_losses_right") else 0,
        required=True, key="lab_losses_right", format_func=lambda i: f"Class {i + 1}",
        persist_state="session",
        help="Its y is 1. Choose the class with the largest logit: confident and right, no "
        "gradient.",
    ) or 0  # fmt: skip
    y, p = np.eye(3)[target], softmax(z)
    st.latex(lines(rf"& p = {column(p)},\quad y = {column(y, 0)}", rf"& p - y = {column(p - y)}"))
    cross, squared = (softmax_gradient(name, y, z) for name in (CROSS, SQUARED))
    jacobian_text = matrix(jacobian(p))
    st.markdown(
        "**Cross-entropy**: the slope of the loss, $-y/p$, times that of the softmax, "
        "$p_k(\\delta_{kj} - p_j)$, is $p - y$: the division by a small $p$ cancels."
    )
    st.latex(lines(rf"& {jacobian_text}{column(cross.dp, 2)}", rf"& = {column(cross.dz)} = p - y"))
    st.markdown(
        "**Squared error**: nothing cancels; where $p$ is near 0 or 1 every entry is multiplied by "
        "almost 0."
    )
    st.latex(lines(rf"& {jacobian_text}{column(squared.dp, 2)}", rf"& = {column(squared.dz)}"))
    axis = np.linspace(-SOFTMAX_RANGE, SOFTMAX_RANGE, 151)
    logits = np.tile(z, (len(axis), 1))
    logits[:, target] = axis
    slopes = {
        name: np.array([softmax_gradient(name, y, row).dz[target] for row in logits])
        for name in (CROSS, SQUARED)
    }
    now = {CROSS: float(cross.dz[target]), SQUARED: float(squared.dz[target])}
    _chart(axis, slopes, float(z[target]), now, float(p[target]), f"logit z{'₁₂₃'[target]}")


def _sigmoid() -> None:
    left, right = st.columns([2, 1])
    z = left.slider(
        "Logit z", -SIGMOID_RANGE, SIGMOID_RANGE, -5.0, 0.5, key="lab_losses_z",
        persist_state="session",
        help="The output before the sigmoid. Try −10 for the target 1: confident and wrong.",
    )  # fmt: skip
    y = right.segmented_control(
        "Target y", [1, 0], default=1, required=True, key="lab_losses_y",
        format_func=lambda y: f"{y} ({'yes' if y else 'no'})", persist_state="session",
        help="1 for yes, 0 for no. Change it: right becomes wrong.",
    )  # fmt: skip
    y = 1 if y is None else y
    p = float(ACTIVATIONS["sigmoid"].f(np.array(z)))
    now = {name: float(sigmoid_gradient(name, y, np.array([z]))[1][0]) for name in (CROSS, SQUARED)}
    slope = p * (1 - p)
    st.latex(lines(
        rf"p &= \sigma({z:g}) = {number(p, 4)}",
        rf"\sigma'(z) &= p(1-p) = {number(slope, 4)}",
    ))  # fmt: skip
    st.latex(lines(
        r"& \text{Cross-entropy: } \frac{\partial L}{\partial z} = "
        r"\frac{p-y}{p(1-p)}\cdot p(1-p)",
        rf"& = p - y = {number(p, 4)} - {y} = {number(now[CROSS], 4)}",
        r"& \text{Squared error: } \frac{\partial L}{\partial z} = 2(p-y)\cdot p(1-p)",
        rf"& = {signed(2 * (p - y), 4)}\cdot {number(slope, 4)} = {number(now[SQUARED], 4)}",
    ))  # fmt: skip
    axis = np.linspace(-SIGMOID_RANGE, SIGMOID_RANGE, 161)
    slopes = {name: sigmoid_gradient(name, y, axis)[1] for name in (CROSS, SQUARED)}
    _chart(axis, slopes, z, now, p if y else 1 - p, "logit z")


def _chart(
    axis: Array, slopes: dict[str, Array], z: float, now: dict[str, float], p: float, name: str
) -> None:
    chart.chart(
        gradient_sizes(axis, slopes, z, now, name, name), gradient_sentence(p, now),
        key="lab_losses_pulls", about=ABOUT_GRADIENT,
    )  # fmt: skip
