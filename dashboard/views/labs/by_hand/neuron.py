"""One neuron: its curve, its two numbers, and the same sums in NumPy and in Keras."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures.labs import neuron_figure, neuron_sentence
from dashboard.views.labs.keras_answer import answer
from playground.labs import keras_calls
from playground.labs.by_hand.dense import apart, border
from playground.labs.by_hand.dense import neuron as computed
from playground.labs.keras_calls import Session

POINTS = 301  # of the curve
ROWS = 9  # inputs in the table, beside the movable one


@dataclass(frozen=True)
class NeuronKind:
    """A layer of one unit as the course sets it by hand, and the range of its numbers."""

    label: str
    formula: str  # LaTeX of f(z)
    w: float
    b: float
    largest: float  # of w and b
    step: float
    x: tuple[float, float]
    start: float
    a: tuple[float, float]  # always in sight, so that the curve moves and not the axis


KINDS = {
    "linear": NeuronKind(
        "Linear layer", "z", 200.0, 100.0, 500.0, 10.0, (-1.0, 5.0), 2.0, (-500.0, 1_500.0)
    ),
    "sigmoid": NeuronKind(
        "Sigmoid layer", r"\frac{1}{1+e^{-z}}", 2.0, -4.5, 10.0, 0.1, (-2.0, 6.0), 0.0, (0.0, 1.0)
    ),
}


def neuron() -> None:
    """Set w and b, move x, and compare with what Keras keeps and answers."""
    name = st.segmented_control(
        "Layer", list(KINDS), default="linear", key="lab_by_hand_kind", required=True,
        format_func=lambda name: KINDS[name].label, persist_state="session",
        help="Linear answers the sum itself; sigmoid squeezes it between 0 and 1. Compare both.",
    ) or "linear"  # fmt: skip
    kind = KINDS[name]
    w, b = _numbers(name, kind)
    xs = np.linspace(*kind.x, POINTS, dtype=np.float32)
    curve = computed(name, w, b, xs)[1]
    edge = border(w, b) if name == "sigmoid" else None
    figure = neuron_figure(xs, curve, kind.a, edge, name)
    key, low_high = f"lab_by_hand_{name}", tuple(figure["layout"]["yaxis"]["range"])
    at = (kind.start, float(np.interp(kind.start, xs, curve)))
    x = np.float32(chart.held(key, at, kind.x, low_high, name)[0])
    z, a = (float(each[0]) for each in computed(name, w, b, np.array([x], np.float32)))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart.handle(
            figure, neuron_sentence(float(x), z, a, edge), key, at, axis="x",
            of=name, step=0.05, name="Input x",
            about="One neuron's answer to every input. Drag the point, or focus it and press the "
            "arrow keys; change w and b and watch the curve tilt and shift.",
        )  # fmt: skip
    with right:
        _formulas(name, kind, w, b, float(x), z, a)
    _beside_keras(name, kind, w, b, x)


def _numbers(name: str, kind: NeuronKind) -> tuple[float, float]:
    columns = st.columns(2)
    values = []
    for column, what, start, help in (
        (columns[0], "w", kind.w, "Weight: how much one more of x adds to the sum. Try 0, and "
         "a negative one."),
        (columns[1], "b", kind.b, "Bias: what the sum is where x is 0. Try 0."),
    ):  # fmt: skip
        values.append(
            column.slider(
                {"w": "Weight w", "b": "Bias b"}[what], -kind.largest, kind.largest, start,
                kind.step, format="%g", key=f"lab_by_hand_{name}_{what}", help=help,
                persist_state="session",
            )
        )  # fmt: skip
    return float(values[0]), float(values[1])


def _formulas(
    name: str, kind: NeuronKind, w: float, b: float, x: float, z: float, a: float
) -> None:
    """The two lines of mathematics with the present numbers in them."""
    st.markdown("**The sum, with these numbers**")
    st.latex(
        rf"\begin{{aligned}} z &= w\,x + b \\ &= {w:g} \cdot {_signed(x)} {b:+g} \\"
        rf"&= {z:.6g} \end{{aligned}}"
    )
    st.markdown("**The answer**")
    if name == "linear":
        st.latex(f"a = f(z) = z = {a:.6g}")
    else:
        st.latex(
            rf"\begin{{aligned}} a &= \sigma(z) = {kind.formula} \\"
            rf"&= \frac{{1}}{{1+e^{{{-z:.4g}}}}} = {a:.6g} \end{{aligned}}"
        )
        st.caption("Above 0.5 it says yes, below no: the border is where z = 0, at x = −b/w.")


def _signed(value: float) -> str:
    return f"({value:g})" if value < 0 else f"{value:g}"


def _beside_keras(name: str, kind: NeuronKind, w: float, b: float, x: np.float32) -> None:
    """Real Keras with the same two numbers: its weights, and its outputs to the last digit."""
    st.markdown("**The same neuron in Keras**")
    xs = np.append(x, np.linspace(*kind.x, ROWS, dtype=np.float32)).astype(np.float32)

    def show(told: Session) -> None:
        left, right = st.columns(2, gap="medium")
        with left:
            st.code(told.text, language="python", wrap_lines=True)
            st.caption(
                "A new layer has no weights: `get_weights()` is `[]`, for nobody has told it how "
                "many inputs there are. It is built by its first call, by `build`, or by an Input "
                "layer before it; then W has the shape (1, 1), one input times one unit, and b "
                "(1,). Keras stores both as float32."
            )
        with right:
            _table(name, w, b, xs, told)

    answer("lab_by_hand_keras", show, (name, w, b, float(x)), keras_calls.neuron, name, w, b, xs)


def _table(name: str, w: float, b: float, xs: "np.ndarray", told: Session) -> None:
    ours, theirs = computed(name, w, b, xs)[1], told.outputs
    steps = apart(ours, theirs)
    exact = computed(name, w, b, xs.astype(np.float64))[1]
    st.dataframe(
        pd.DataFrame(
            {
                "x": [f"{value:g}" for value in xs],
                "NumPy": [str(value) for value in ours],
                "Keras": [str(value) for value in theirs],
                "float32 steps apart": [f"{'✓' if n == 0 else '≈'} {n}" for n in steps],
                "in double precision": [f"{value:.12g}" for value in exact],
            }
        ),
        hide_index=True, height="content",
    )  # fmt: skip
    st.caption(told_apart(steps))


def told_apart(steps: "np.ndarray") -> str:
    """Whether all answers are the same to the last digit, and if not, why."""
    if not steps.any():
        return (
            f"All {len(steps)} answers are equal to the last bit. The first row is the movable "
            "point."
        )
    return (
        f"{int((steps == 0).sum())} of {len(steps)} answers are equal to the last bit, the others "
        f"at most {int(steps.max())} float32 apart. Both write 1/(1 + e^(−z)), but each has its "
        "own way to e^z, and every step of it is rounded to 24 bits, some 7 digits: only the "
        "last one differs. The first row is the movable point."
    )
