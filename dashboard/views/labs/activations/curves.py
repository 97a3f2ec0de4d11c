"""Activations and their derivatives over each other, with what is good and bad about each."""

from collections.abc import Iterator, Sequence
from itertools import cycle

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.chart import chart
from dashboard.figures.activations import curves_figure, curves_sentence, slopes_sentence
from playground.labs.activations.curves import (
    PARAMETERS,
    ActivationCurve,
    Outputs,
    curve,
    mean_between,
    outputs,
    qualities,
)
from playground.labs.activations.facts import FACTS
from playground.nn.activations import ACTIVATIONS

FIRST = ("sigmoid", "tanh", "relu", "leaky_relu")
MOST = 6  # at once: more cannot be told apart
POINTS = 401  # of a curve

WANTED = {
    "nonlinear": "non-linear",
    "smooth": "smooth",
    "monotone": "monotone",
    "identity": "≈ z near 0",
    "bounded": "bounded",
}


def curves() -> None:
    """Choose activations, where to look at them, and their parameters."""
    chosen = st.multiselect(
        "Activations", list(ACTIVATIONS), FIRST, max_selections=MOST, key="lab_activations_chosen",
        format_func=lambda name: ACTIVATIONS[name].label, persist_state="session",
        help=f"Those drawn over each other, up to {MOST}. Try GELU, SiLU and Mish beside ReLU.",
    )  # fmt: skip
    if not chosen:
        st.info("Choose an activation to see its curve.")
        return
    columns = cycle(st.columns(2, gap="medium"))
    with next(columns):
        low, high = st.slider(
            "Shown from z to z", -20.0, 20.0, (-5.0, 5.0), 0.5, key="lab_activations_range",
            persist_state="session",
            help="The part of the axis that is drawn, and averaged in the last column below. "
            "Widen it to see where sigmoid and tanh go flat.",
        )  # fmt: skip
    if low == high:
        low, high = low - 0.5, high + 0.5
    with next(columns):
        at = st.slider(
            "Look at z", -10.0, 10.0, 1.0, 0.1, key="lab_activations_at", persist_state="session",
            help="Where values and slopes are read off. Try −3: which curves still have a slope?",
        )  # fmt: skip
    with next(columns):
        mean = st.slider(
            "Mean μ of z", -4.0, 4.0, 0.0, 0.1, key="lab_activations_mean",
            persist_state="session",
            help="Where the sums of a layer lie, drawn in gray. Try −2: what is left of ReLU?",
        )  # fmt: skip
    with next(columns):
        spread = st.slider(
            "Spread σ of z", 0.1, 4.0, 1.0, 0.1, key="lab_activations_spread",
            persist_state="session",
            help="How far the sums lie apart. Try 4: sigmoid and tanh saturate.",
        )  # fmt: skip
    shown = list(_moved(chosen, columns))
    usual = [outputs(each, mean, spread) for each in shown]
    z = np.linspace(low, high, POINTS)
    density = np.exp(-(((z - mean) / spread) ** 2) / 2)
    for column, slopes in zip(st.columns(2, gap="medium"), (False, True), strict=True):
        with column:
            chart(
                curves_figure(shown, z, density, at, slopes),
                (slopes_sentence if slopes else curves_sentence)(shown, at, usual),
                key=f"lab_activations_{'slopes' if slopes else 'curves'}",
                about=ABOUT[slopes],
            )
    _table(shown, usual, at, mean, spread, low, high)
    _cards(shown)


ABOUT = {
    False: "What a unit gives out for each weighted sum z; the gray hill is where z usually lies. "
    "Move μ and σ and see which part of the curve is in use.",
    True: "The slope of each curve: what a gradient is multiplied with on its way back through "
    "the unit. Look for places where it is 0: nothing is learnt there.",
}


def _moved(chosen: Sequence[str], columns: Iterator[DeltaGenerator]) -> Iterator[ActivationCurve]:
    """The curves, those with a parameter at the value of its slider."""
    for name in chosen:
        parameter = PARAMETERS.get(name)
        if parameter is None:
            yield curve(name)
            continue
        with next(columns):
            value = st.slider(
                f"{ACTIVATIONS[name].label}: ${parameter.symbol}$",
                parameter.low, parameter.high, parameter.usual, parameter.step,
                key=f"lab_activations_{name}", help=parameter.help, persist_state="session",
            )  # fmt: skip
        yield curve(name, value)


def _table(
    shown: Sequence[ActivationCurve], usual: Sequence[Outputs], at: float, mean: float,
    spread: float,
    low: float, high: float,
) -> None:  # fmt: skip
    point = np.array([at])
    rows = [
        {
            "activation": each.label,
            "range": f"${FACTS[each.name].range}$",
            f"f({at:g})": f"{each.f(point)[0]:.4f}",
            f"f′({at:g})": f"{each.df(point)[0]:.4f}",
            "mean, z ~ N(0, 1)": _plain(outputs(each).mean),
            f"mean, z ~ N({mean:g}, {spread:g}²) ": _plain(found.mean),
            "spread": f"{found.spread:.3f}",
            "gradient passed": f"{found.gain:.3f}",
            f"mean, z from {low:g} to {high:g}": _plain(mean_between(each, low, high)),
        }
        for each, found in zip(shown, usual, strict=True)
    ]
    st.table(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "Means are of the outputs: far from 0 they push the next layer's sums to one side. "
        r"Gradient passed: $\sqrt{E[f'(z)^2]}$, what is left of a gradient after one such layer "
        "whose weights keep its size."
    )


def _plain(value: float) -> str:
    """Three decimals, and no −0.000."""
    return f"{round(value, 3) + 0.0:.3f}"


def _cards(shown: Sequence[ActivationCurve]) -> None:
    columns = cycle(st.columns(2, gap="medium"))
    for each in shown:
        with next(columns), st.container(border=True):
            st.markdown(_card(each))
    st.caption(
        "What is wanted of an activation: **non-linear**, or many layers are no more than one; "
        "**smooth**, as gradient descent follows its slope; **monotone**, which keeps the loss of "
        "a single layer convex; **≈ z near 0**, which keeps networks with small first weights "
        "steady; **bounded** outputs make training steadier, unbounded ones want a smaller "
        "learning rate."
    )


def _card(each: ActivationCurve) -> str:
    facts, parameter = FACTS[each.name], PARAMETERS.get(each.name)
    formula = parameter.formula if parameter else ACTIVATIONS[each.name].formula
    slope = parameter.slope if parameter else facts.slope
    found = vars(qualities(each))
    marks = " · ".join(f"{'✓' if found[key] else '✗'} {text}" for key, text in WANTED.items())
    lists = [f"- :green[**+**] {text}" for text in facts.strengths] + [
        f"- :orange[**−**] {text}" for text in facts.weaknesses
    ]
    return (
        f"**{each.label}**\n\n$f(z) = {formula}$\n\n$f'(z) = {slope}$\n\n{marks}\n\n"
        + "\n".join(lists)
    )
