"""The Normalization layer: the coffee data before and after it, in NumPy and in Keras."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.figures.data import scaled_figure, scaled_sentence
from dashboard.views.labs.worker_result import worker_result
from dashboard.widgets.latex import lines
from playground.labs.by_hand import KerasNormalization, Normalization, limits, roasts

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
    _keras(dataset.train.x, layer, scaled)


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


def _keras(raw: Array, layer: Normalization, scaled: Array) -> None:
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
