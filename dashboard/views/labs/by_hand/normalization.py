"""The Normalization layer: the coffee data before and after, by hand and by Keras."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures.data import scaled_figure, scaled_sentence
from dashboard.views.labs.keras_answer import answer
from playground.labs import keras_calls
from playground.labs.by_hand.coffee import roasts
from playground.labs.by_hand.normalization import Adapted, adapt, limits
from playground.labs.keras_calls import Normalized

FEATURES = ("temperature", "duration")


def normalization() -> None:
    """What `adapt` learns of 200 roasts, what the layer then does, and one roast to move."""
    dataset = roasts()
    learnt = adapt(dataset.train.x)
    scaled = learnt(dataset.train.x)
    st.markdown(
        "Temperatures are hundreds of °C, durations a dozen minutes: without scaling the larger "
        "numbers rule every sum, and one learning rate cannot suit both. A Normalization layer "
        "shifts and stretches each feature to mean 0 and standard deviation 1, so that gradients "
        "neither explode nor vanish from the start."
    )
    key, start = "lab_by_hand_scaled", (230.0, 13.5)
    after = st.toggle(
        "After normalization", key="lab_by_hand_after", persist_state="session",
        help="The same 200 points before and after: only the axes change. Switch to and fro.",
    )  # fmt: skip
    raw = chart.held(key, start, (150.0, 285.0), (11.5, 15.5), "raw")
    point = np.array([raw], np.float32)
    moved = learnt(point)[0]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        about = (
            "All 200 roasts, good ones marked by a diamond. Drag the point over them in °C and "
            "minutes, and read what the network would get."
        )
        if after:
            figure = scaled_figure(scaled, dataset.train.y, ("scaled temperature",
                                   "scaled duration"), None, "after")  # fmt: skip
            chart.chart(figure, scaled_sentence(scaled), key="lab_by_hand_after_chart", about=about)
        else:
            figure = scaled_figure(
                dataset.train.x, dataset.train.y, dataset.source.features,
                ((150.0, 285.0), (11.5, 15.5)), "before",
            )  # fmt: skip
            chart.handle(
                figure, scaled_sentence(dataset.train.x), key, start, about=about, of="raw",
                step=0.5, name="Roast",
            )  # fmt: skip
    with right:
        _formulas(learnt, point[0], moved)
    st.markdown("**Largest and smallest, as the course prints them**")
    st.code(printed(dataset.train.x, scaled), language=None, wrap_lines=True)
    _beside_keras(dataset.train.x, learnt, scaled)


def printed(raw: np.ndarray, scaled: np.ndarray) -> str:
    """Largest and smallest of both features, before and after, to two decimals."""
    lines = []
    for when, data in (("pre", raw), ("post", scaled)):
        for name, (high, low) in zip(FEATURES, limits(data), strict=True):
            lines.append(
                f"{name.capitalize()} Max, Min {when} normalization: {high:0.2f}, {low:0.2f}"
            )
    return "\n".join(lines)


def _formulas(learnt: Adapted, raw: np.ndarray, moved: np.ndarray) -> None:
    st.markdown("**This roast, scaled by hand**")
    for name, x, mean, variance, value in zip(
        FEATURES, raw, learnt.mean, learnt.variance, moved, strict=True
    ):
        st.latex(
            rf"\begin{{aligned}} \text{{{name}:}}\quad \frac{{x - \mu}}{{\sqrt{{\sigma^2}}}} &= "
            rf"\frac{{{x:.4g} - {mean:.5g}}}{{\sqrt{{{variance:.5g}}}}} \\ &= {value:.4f} "
            r"\end{aligned}"
        )
    st.caption(
        "μ and σ² are all that `adapt` learns, from the data alone: no labels, no gradient. "
        "Learn them from the training examples and use the same numbers for every later example."
    )


def _beside_keras(raw: np.ndarray, learnt: Adapted, scaled: np.ndarray) -> None:
    st.markdown("**The same layer in Keras**")

    def show(told: Normalized) -> None:
        st.code(
            "norm = keras.layers.Normalization(axis=-1)\n"
            "norm.adapt(X)      # learns mean and variance\n"
            "Xn = norm(X)",
            language="python",
        )
        st.dataframe(
            pd.DataFrame(
                {
                    "": [f"{what} of {name}" for what in ("mean", "variance") for name in FEATURES],
                    "NumPy": [str(v) for v in (*learnt.mean, *learnt.variance)],
                    "Keras": [str(v) for v in (*told.mean, *told.variance)],
                }
            ),
            hide_index=True,
        )
        shapes = ", ".join(str(shape) for shape in told.shapes)
        st.caption(
            f"All {scaled.size} scaled numbers agree within "
            f"{np.abs(scaled - told.outputs).max():.1e}. The last digits differ because Keras adds "
            "up 200 numbers in float32 and rounds each sum, while here the sum is kept in double "
            f"precision. `get_weights()` has the shapes {shapes}: means, variances and a count, "
            "none of them trained."
        )

    answer("lab_by_hand_normal", show, "coffee", keras_calls.normalization, raw)
