"""The view that follows one example through the network, number by number."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components.forward_pass import forward_pass
from dashboard.components.network_graph import unit_at
from dashboard.figures.network_graph import (
    color_levels,
    forward_pass_data,
    forward_pass_sentence,
    weights_into,
)
from dashboard.state.keras_check import ask_again, asked, largest_difference
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.example import ExampleView, choose_example, tell
from dashboard.widgets.messages import literal
from playground.analysis.inspection.forward_pass import LayerStep, tempered, trace
from playground.experiment.model_summary import UnitNames
from playground.nn.activations import ACTIVATIONS
from playground.nn.losses import CLASSIFICATION

KEY = "forward_pass"
GLANCE_SECONDS = 0.05  # that the page waits for Keras before it shows what it has
LOOK_SECONDS = 0.3  # between two looks whether Keras has answered
TEMPERATURES = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0]
CLOSE = 1e-5


def forward(now: NetworkView) -> None:
    """The example, the layers it passes, the answer, and Keras' own answer beside it."""
    example = choose_example(now)
    tell(example)
    steps = trace(now.snapshot, example.x)
    names = UnitNames(now.dataset.source, len(steps))
    activations = [_name(step) for step in steps]
    given = np.asarray(example.raw, np.float32).ravel()
    pointed, chosen = (_told(now, what) for what in ("pointed", "chosen"))
    followed = pointed or chosen
    data = {
        **forward_pass_data(steps, given, names, activations),
        "of": now.uirevision,
        "colors": color_levels(),
        "whole": weights_into(steps[followed[0] - 1], *followed) if followed else None,
        "sentence": forward_pass_sentence(steps, example.verdict),
    }
    forward_pass(KEY, data)
    _answer(now, steps[-1], names)
    _keras(now, example)
    _tables(steps, names, chosen)


def _name(step: LayerStep) -> str:
    activation = step.layer.activation
    return ACTIVATIONS[activation].label if activation in ACTIVATIONS else "Softmax"


def _told(now: NetworkView, what: str) -> tuple[int, int] | None:
    """(column, unit) that the browser names, if this network has it."""
    unit = unit_at(KEY, what, now.uirevision, now.experiment.layer_sizes)
    return unit if unit and unit[0] else None


def _answer(now: NetworkView, last: LayerStep, names: UnitNames) -> None:
    """From the sums of the last layer to the answer."""
    st.subheader("From the last sums to the answer", anchor=False)
    if now.task != CLASSIFICATION:
        st.markdown(
            f"The last layer is linear: its sum is the answer, **z = a = {last.z[0]:.4g}**."
        )
        return
    temperature = st.select_slider(
        "Temperature T", TEMPERATURES, 1.0, key="temperature", persist_state="session", width=420,
        format_func=lambda t: f"{t:g}",
        help="The sums are divided by T before softmax. Low: the largest takes all. High: all "
        "become alike. The network itself works at T = 1.",
    )  # fmt: skip
    classes = now.dataset.source.classes
    if len(last.z) == 1:
        z, labels = np.array([last.z[0], 0.0]), [classes[1], classes[0]]
        st.caption(
            "With two classes there is one sum z; its sigmoid 1/(1 + e^(−z/T)) is the same as "
            "softmax of z and 0."
        )
    else:
        z, labels = last.z.astype(np.float64), list(classes)
    steps = tempered(z, temperature)
    table = pd.DataFrame(
        {
            "class": labels, "z": z, "z / T": steps.divided,
            "less the largest": steps.shifted, "e to that": steps.exponentials,
            "share of the sum": steps.shares,
        }
    )  # fmt: skip
    bar = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    st.dataframe(
        table, hide_index=True, width="stretch", height="content",
        column_config={"share of the sum": bar, **{
            name: st.column_config.NumberColumn(format="%.4g") for name in table.columns[1:5]
        }},
    )  # fmt: skip
    best = int(steps.shares.argmax())
    st.caption(
        f"At T = {temperature:g} the powers of e add up to {steps.total:.4g}, and "
        f"{literal(labels[best])} gets {steps.shares[best]:.1%} of it"
        + (": the network's own answer." if temperature == 1 else
           ". The order of the classes is the same at every T.")
    )  # fmt: skip


def _keras(now: NetworkView, example: ExampleView) -> None:
    """What real Keras says of this example with these weights, as soon as it has said it."""
    playing = now.run is not None and now.run.state == "playing"
    if playing and now.run is not None and now.epoch >= now.run.epoch:
        st.caption("Pause, or go back to an earlier epoch, and Keras is asked for its own answer.")
        return
    job = asked(now, example.x)
    done = job is not None and job.wait(GLANCE_SECONDS)
    every = None if done else LOOK_SECONDS
    st.fragment(_difference, run_every=every, key="keras")(now, example, not done)


def _difference(now: NetworkView, example: ExampleView, waiting: bool) -> None:
    job = asked(now, example.x)
    units = sum(len(layer.bias) for layer in now.snapshot.layers)
    if job is None or job.state == "working":
        st.caption("Asking Keras for its own answer …")
        return
    if job.state == "failed":
        st.caption(f"Keras could not be asked: {literal(job.reason)}.")
        st.button(
            "Ask Keras again",
            key="ask_keras",
            on_click=ask_again,
            args=(now, example.x, job),
            help="Lets Keras compute the same answer in a worker; the numbers should"
            " agree to six digits.",
        )
    else:
        difference = largest_difference(now.snapshot, example.x, job.result)
        symbol = "✓" if difference <= CLOSE else "≈"
        st.caption(
            f"{symbol} Keras itself, asked with the same weights and the same example, "
            f"differs by at most {difference:.1e} in any of the {units:,} outputs."
        )
    if waiting:
        st.rerun()


def _tables(steps: tuple[LayerStep, ...], names: UnitNames, chosen: tuple[int, int] | None) -> None:
    """Every number once more, to read and to copy."""
    if chosen is not None:
        column, unit = chosen
        step = steps[column - 1]
        st.subheader(literal(f"All inputs of {names.unit_in_layer(column, unit)}"), anchor=False)
        st.dataframe(_inputs(step, names, column, unit), hide_index=True)
        products = step.contributions(unit)
        st.caption(
            f"The {len(products):,} products add up to {products.sum():.4g}; with the bias "
            f"{step.layer.bias[unit]:.4g} that makes z = {step.z[unit]:.4g}."
        )
    more = st.expander("All sums and outputs as tables", on_change="rerun")
    if more.open:
        with more:
            for i, step in enumerate(steps, start=1):
                st.markdown(f"**{names.column(i)}**")
                table = {
                    "unit": [names.unit(i, j) for j in range(len(step.z))],
                    "bias b": step.layer.bias, "sum z": step.z, "output a": step.a,
                }  # fmt: skip
                st.dataframe(pd.DataFrame(table), hide_index=True, height=240)


def _inputs(step: LayerStep, names: UnitNames, column: int, unit: int) -> Any:
    products = step.contributions(unit)
    order = np.argsort(-np.abs(products), kind="stable")
    return pd.DataFrame(
        {
            "input": [names.unit(column - 1, int(i)) for i in order],
            "x": step.x[order],
            "w": step.layer.kernel[order, unit],
            "x·w": products[order],
        }
    )
