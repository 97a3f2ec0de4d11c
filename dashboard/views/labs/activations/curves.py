"""Activations and their derivatives in one chart, with the strengths and weaknesses of each."""

from collections.abc import Iterator, Sequence
from itertools import cycle

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.chart import chart
from dashboard.figures.activations import curves_figure, curves_sentence, slopes_sentence
from playground.labs.activations.curves import (
    FACTS,
    PARAMETERS,
    ActivationCurve,
    Facts,
    OutputStatistics,
    curve,
    mean_between,
    output_statistics,
    properties,
)
from playground.nn.activations import ACTIVATIONS

INITIAL = ("sigmoid", "tanh", "relu", "leaky_relu")
MAX_CURVES = 6  # more cannot be told apart
POINTS = 401  # of a curve

PROPERTIES = {
    "nonlinear": "non-linear",
    "smooth": "smooth",
    "monotone": "monotone",
    "identity": "≈ z near 0",
    "bounded": "bounded",
}

ABOUT = {
    False: "The output of a unit for each weighted sum z; the grey area is the distribution of z. "
    "Move μ and σ and see which part of the curve is used.",
    True: "The slope of each curve, by which a gradient is multiplied on its way back through the "
    "unit. Where it is 0 nothing is learned.",
}


def curves() -> None:
    """The activations, the distribution of z, and the parameters."""
    chosen = st.multiselect(
        "Activations", list(ACTIVATIONS), INITIAL, max_selections=MAX_CURVES,
        key="lab_activations_chosen", format_func=lambda name: ACTIVATIONS[name].label,
        persist_state="session",
        help=f"Up to {MAX_CURVES} in one chart. Try GELU, SiLU and Mish beside ReLU.",
    )  # fmt: skip
    if not chosen:
        st.info("Choose an activation to see its curve.")
        return
    columns = cycle(st.columns(4, gap="small"))
    with next(columns):
        low, high = st.slider(
            "Range of z", -20.0, 20.0, (-5.0, 5.0), 0.5, key="lab_activations_range",
            persist_state="session",
            help="The range of the charts and of the last column below. Widen it to see where "
            "sigmoid and tanh saturate.",
        )  # fmt: skip
    if low == high:
        low, high = low - 0.5, high + 0.5
    with next(columns):
        at = st.slider(
            "Values at z", -10.0, 10.0, 1.0, 0.1, key="lab_activations_at", persist_state="session",
            help="The z of the values and slopes shown. Try −3: which curves still have a slope?",
        )  # fmt: skip
    with next(columns):
        mean = st.slider(
            "Mean μ of z", -4.0, 4.0, 0.0, 0.1, key="lab_activations_mean",
            persist_state="session",
            help="The mean of a layer's weighted sums, drawn in grey. Try −2: what is left of "
            "ReLU?",
        )  # fmt: skip
    with next(columns):
        deviation = st.slider(
            "Standard deviation σ of z", 0.1, 4.0, 1.0, 0.1, key="lab_activations_spread",
            persist_state="session",
            help="The spread of a layer's weighted sums. Try 4: sigmoid and tanh saturate.",
        )  # fmt: skip
    shown = list(_with_parameters(chosen, columns))
    statistics = [output_statistics(each, mean, deviation) for each in shown]
    z = np.linspace(low, high, POINTS)
    density = np.exp(-(((z - mean) / deviation) ** 2) / 2)
    for column, slopes in zip(st.columns(2, gap="medium"), (False, True), strict=True):
        with column:
            chart(
                curves_figure(shown, z, density, at, slopes),
                (slopes_sentence if slopes else curves_sentence)(shown, at, statistics),
                key=f"lab_activations_{'slopes' if slopes else 'curves'}",
                about=ABOUT[slopes],
            )
    _table(shown, statistics, at, (mean, deviation), (low, high))
    _cards(shown)


def _with_parameters(
    chosen: Sequence[str], columns: Iterator[DeltaGenerator]
) -> Iterator[ActivationCurve]:
    """The curves, those with a parameter at the value of its slider."""
    for name in chosen:
        parameter = PARAMETERS.get(name)
        if parameter is None:
            yield curve(name)
            continue
        with next(columns):
            value = st.slider(
                f"{ACTIVATIONS[name].label}: ${parameter.symbol}$",
                parameter.low, parameter.high, parameter.default, parameter.step,
                key=f"lab_activations_{name}", help=parameter.help, persist_state="session",
            )  # fmt: skip
        yield curve(name, value)


def _table(
    shown: Sequence[ActivationCurve], statistics: Sequence[OutputStatistics], at: float,
    normal: tuple[float, float], uniform: tuple[float, float],
) -> None:  # fmt: skip
    point, (mean, deviation), (low, high) = np.array([at]), normal, uniform
    rows = [
        {
            "activation": each.label,
            "range": f"${FACTS.get(each.name, Facts()).range}$",
            f"f({at:g})": f"{each.f(point)[0]:.4f}",
            f"f′({at:g})": f"{each.df(point)[0]:.4f}",
            "mean, z ~ N(0, 1)": _decimals(output_statistics(each).mean),
            f"mean, z ~ N({mean:g}, {deviation**2:.4g})": _decimals(result.mean),
            "standard deviation": f"{result.deviation:.3f}",
            "gradient gain": f"{result.gradient_gain:.3f}",
            f"mean, z uniform on {low:g} … {high:g}": _decimals(mean_between(each, low, high)),
        }
        for each, result in zip(shown, statistics, strict=True)
    ]
    st.table(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "Means are of the outputs: far from 0 they shift the next layer's sums. Gradient gain: "
        r"$\sqrt{E[f'(z)^2]}$, the factor by which f alone changes the gradient's size."
    )


def _decimals(value: float) -> str:
    """Three decimals, without −0.000."""
    return f"{round(value, 3) + 0.0:.3f}"


def _cards(shown: Sequence[ActivationCurve]) -> None:
    columns = cycle(st.columns(2, gap="medium"))
    for each in shown:
        with next(columns), st.container(border=True):
            st.markdown(_card(each))
    st.caption(
        "**Non-linear**: else many layers are one. **Smooth**: gradient descent follows the slope. "
        "**Monotone**: the loss of a single layer stays convex. **≈ z near 0**: stable with small "
        "initial weights. **Bounded**: steadier training; unbounded outputs need a smaller "
        "learning rate."
    )


def _card(each: ActivationCurve) -> str:
    facts, parameter = FACTS.get(each.name, Facts()), PARAMETERS.get(each.name)
    formula = parameter.formula if parameter else ACTIVATIONS[each.name].formula
    slope = parameter.slope if parameter else facts.slope
    has = vars(properties(each))
    marks = " · ".join(f"{'✓' if has[key] else '✗'} {text}" for key, text in PROPERTIES.items())
    lists = [f"- :green[**+**] {text}" for text in facts.strengths]
    lists += [f"- :orange[**−**] {text}" for text in facts.weaknesses]
    return (
        f"**{each.label}**\n\n$f(z) = {formula}$\n\n$f'(z) = {slope}$\n\n{marks}\n\n"
        + "\n".join(lists)
    )
