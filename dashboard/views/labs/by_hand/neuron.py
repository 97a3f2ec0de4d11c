"""One neuron: its curve, its weight and bias, and the same computation in NumPy and in Keras."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.labs import neuron_figure, neuron_sentence
from dashboard.views.shared.loading import worker_result
from dashboard.widgets.latex import bracketed, lines
from playground.labs import by_hand
from playground.labs.by_hand import KerasSession, decision_boundary, ulp_distance

Array = NDArray[Any]

POINTS = 301  # of the curve
ROWS = 9  # inputs in the table, after the movable one


@dataclass(frozen=True)
class NeuronKind:
    """A layer of one unit with the course's weights, and the ranges of its sliders."""

    label: str
    formula: str  # LaTeX of f(z)
    w: float
    b: float
    largest: float  # |w| and |b|
    step: float
    x: tuple[float, float]
    start: float
    a: tuple[float, float]  # always visible, so that the curve moves and not the axis


KINDS = {
    "linear": NeuronKind(
        "Linear layer", "z", 200.0, 100.0, 500.0, 10.0, (-1.0, 5.0), 2.0, (-500.0, 1_500.0)
    ),
    "sigmoid": NeuronKind(
        "Sigmoid layer", r"\frac{1}{1+e^{-z}}", 2.0, -4.5, 10.0, 0.1, (-2.0, 6.0), 0.0, (0.0, 1.0)
    ),
}


def neuron() -> None:
    """Sliders for w and b, a movable x, and Keras' own output."""
    name = st.segmented_control(
        "Layer", list(KINDS), default="linear", key="lab_by_hand_kind", required=True,
        format_func=lambda name: KINDS[name].label, persist_state="session",
        help="Linear outputs z itself; sigmoid maps it to 0 … 1. Compare both.",
    ) or "linear"  # fmt: skip
    kind = KINDS[name]
    w, b = _weights(name, kind)
    xs = np.linspace(*kind.x, POINTS, dtype=np.float32)
    curve = by_hand.neuron(name, w, b, xs)[1]
    boundary = decision_boundary(w, b) if name == "sigmoid" else None
    figure = neuron_figure(xs, curve, kind.a, boundary, name)
    key, y_range = f"lab_by_hand_{name}", tuple(figure["layout"]["yaxis"]["range"])
    start = (kind.start, float(np.interp(kind.start, xs, curve)))
    x = np.float32(chart.handle_position(key, start, kind.x, y_range, name)[0])
    z, a = (float(each[0]) for each in by_hand.neuron(name, w, b, np.array([x], np.float32)))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart.chart_with_handle(
            figure, neuron_sentence(float(x), z, a, boundary), key, start, axis="x",
            of=name, step=0.05, name="Input x",
            about="The neuron's output for every input. Drag the point, or focus it and press the "
            "arrow keys; change w and b and watch the curve tilt and shift.",
        )  # fmt: skip
    with right:
        _formulas(name, kind, w, b, float(x), z, a)
    _keras(name, kind, w, b, x)


def _weights(name: str, kind: NeuronKind) -> tuple[float, float]:
    values = [
        float(column.slider(
            label, -kind.largest, kind.largest, start, kind.step, format="%g",
            key=f"lab_by_hand_{name}_{label[-1]}", help=help, persist_state="session",
        ))
        for column, label, start, help in zip(
            st.columns(2), ("Weight w", "Bias b"), (kind.w, kind.b),
            ("The slope of z over x. Try 0, and a negative one.", "z at x = 0. Try 0."),
            strict=True,
        )
    ]  # fmt: skip
    return values[0], values[1]


def _formulas(
    name: str, kind: NeuronKind, w: float, b: float, x: float, z: float, a: float
) -> None:
    st.markdown("**Weighted sum**")
    st.latex(
        lines(r"z &= w\,x + b", rf"&= {w:g} \cdot {bracketed(f'{x:g}')} {b:+g}", f"&= {z:.6g}")
    )
    st.markdown("**Output**")
    if name == "linear":
        st.latex(f"a = f(z) = z = {a:.6g}")
    else:
        st.latex(lines(
            rf"a &= \sigma(z) = {kind.formula}", rf"&= \frac{{1}}{{1+e^{{{-z:.4g}}}}} = {a:.6g}"
        ))  # fmt: skip
        st.caption("Threshold 0.5: the decision boundary is where z = 0, at x = −b/w.")


def _keras(name: str, kind: NeuronKind, w: float, b: float, x: np.float32) -> None:
    st.markdown("**The same neuron in Keras**")
    xs = np.append(x, np.linspace(*kind.x, ROWS, dtype=np.float32)).astype(np.float32)
    session: KerasSession | None = worker_result(
        "lab_by_hand_keras",
        (name, w, b, float(x)),
        "playground.labs.keras.by_hand:neuron",
        name,
        w,
        b,
        xs,
    )
    if session is None:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.code(session.text, language="python", wrap_lines=True)
        st.caption(
            "A new layer has no weights: `get_weights()` is `[]`, as the number of inputs is "
            "unknown. Its first call, `build`, or an Input layer before it builds it; then W has "
            "the shape (1, 1), inputs × units, and b (1,), both float32. In a model, a layer "
            'with a name is found by it: `get_layer("L1")`.'
        )
    with right:
        _table(name, w, b, xs, session.outputs)


def _table(name: str, w: float, b: float, xs: Array, theirs: Array) -> None:
    ours = by_hand.neuron(name, w, b, xs)[1]
    distance = ulp_distance(ours, theirs)
    exact = by_hand.neuron(name, w, b, xs.astype(np.float64))[1]
    table = {
        "x": [f"{value:g}" for value in xs],
        "NumPy": [str(value) for value in ours],
        "Keras": [str(value) for value in theirs],
        "float32 steps apart": [f"{'✓' if n == 0 else '≈'} {n}" for n in distance],
        "float64": [f"{value:.12g}" for value in exact],
    }
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content")
    st.caption(difference_sentence(distance))


def difference_sentence(distance: NDArray[np.int64]) -> str:
    """How many outputs are equal to the last bit, and why others are not."""
    first = "The first row is the movable point."
    if not distance.any():
        return f"All {len(distance)} outputs are equal to the last bit. {first}"
    return (
        f"{int((distance == 0).sum())} of {len(distance)} outputs are equal to the last bit, the "
        f"others at most {int(distance.max())} float32 steps apart: NumPy and Keras compute e^z by "
        f"different algorithms, each rounded to 24 bits (about 7 digits). {first}"
    )
