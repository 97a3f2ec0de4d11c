"""The forward pass of one example, number by number, compared with Keras."""

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
from dashboard.state.background import keras_job, largest_difference, retry_keras
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.example import ExampleView, choose_example, show_prediction
from dashboard.widgets.messages import literal
from playground.analysis.inspection.forward_pass import LayerStep, softmax_steps, trace
from playground.experiment.model_summary import UnitNames
from playground.nn.activations import ACTIVATIONS
from playground.nn.losses import CLASSIFICATION

KEY = "forward_pass"
WAIT_SECONDS = 0.05  # for Keras, before the page is drawn without it
POLL_SECONDS = 0.3  # until Keras has finished
TEMPERATURES = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0]
TOLERANCE = 1e-5


def show_forward_pass(now: NetworkView) -> None:
    """Draw the layers for one example, the output, and the difference from Keras."""
    example = choose_example(now)
    show_prediction(example)
    steps = trace(now.snapshot, example.x)
    names = UnitNames(now.dataset.source, len(steps))
    activations = [_activation_name(step) for step in steps]
    raw = np.asarray(example.raw, np.float32).ravel()
    pointed, chosen = (_unit(now, state) for state in ("pointed", "chosen"))
    shown = pointed or chosen
    data = {
        **forward_pass_data(steps, raw, names, activations),
        "of": now.uirevision,
        "colors": color_levels(),
        "whole": weights_into(steps[shown[0] - 1], *shown) if shown else None,
        "sentence": forward_pass_sentence(steps, example.verdict),
    }
    forward_pass(KEY, data)
    _output(now, steps[-1])
    _keras(now, example)
    _tables(steps, names, chosen)


def _activation_name(step: LayerStep) -> str:
    activation = step.layer.activation
    return ACTIVATIONS[activation].label if activation in ACTIVATIONS else "Softmax"


def _unit(now: NetworkView, state: str) -> tuple[int, int] | None:
    """(column, unit) in the component's state, if this network has it."""
    unit = unit_at(KEY, state, now.uirevision, now.experiment.layer_sizes)
    return unit if unit and unit[0] else None


def _output(now: NetworkView, last: LayerStep) -> None:
    """From the logits of the last layer to the probabilities."""
    st.subheader("From the logits to the probabilities", anchor=False)
    if now.task != CLASSIFICATION:
        st.markdown(f"The last layer is linear: the output is **a = z = {last.z[0]:.4g}**.")
        return
    temperature = st.select_slider(
        "Temperature T", TEMPERATURES, 1.0, key="temperature", persist_state="session", width=420,
        format_func=lambda t: f"{t:g}",
        help="The logits are divided by T before softmax. Low: the largest takes all. High: all "
        "become equal. The network itself uses T = 1.",
    )  # fmt: skip
    classes = now.dataset.source.classes
    if len(last.z) == 1:
        z, labels = np.array([last.z[0], 0.0]), [classes[1], classes[0]]
        st.caption(
            "With two classes there is one logit z: its sigmoid 1/(1 + e^(−z/T)) equals softmax of "
            "z and 0."
        )
    else:
        z, labels = last.z.astype(np.float64), list(classes)
    steps = softmax_steps(z, temperature)
    table = pd.DataFrame(
        {
            "class": labels, "z": z, "z / T": steps.divided,
            "minus the largest": steps.shifted, "exponential": steps.exponentials,
            "probability": steps.shares,
        }
    )  # fmt: skip
    bar = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    st.dataframe(
        table, hide_index=True, width="stretch", height="content",
        column_config={"probability": bar, **{
            name: st.column_config.NumberColumn(format="%.4g") for name in table.columns[1:5]
        }},
    )  # fmt: skip
    best = int(steps.shares.argmax())
    st.caption(
        f"At T = {temperature:g} the exponentials add up to {steps.total:.4g}; "
        f"{literal(labels[best])} gets {steps.shares[best]:.1%}"
        + (": the prediction of the network." if temperature == 1 else
           ". The order of the classes is the same at every T.")
    )  # fmt: skip


def _keras(now: NetworkView, example: ExampleView) -> None:
    """Compare with Keras, as soon as it has finished."""
    playing = now.run is not None and now.run.state == "playing"
    if playing and now.run is not None and now.epoch >= now.run.epoch:
        st.caption("Pause, or choose an earlier epoch, to compare with Keras.")
        return
    job = keras_job(now, example.x)
    done = job is not None and job.wait(WAIT_SECONDS)
    every = None if done else POLL_SECONDS
    st.fragment(_difference, run_every=every, key="keras")(now, example, not done)


def _difference(now: NetworkView, example: ExampleView, waiting: bool) -> None:
    job = keras_job(now, example.x)
    units = sum(len(layer.bias) for layer in now.snapshot.layers)
    if job is None or job.state == "working":
        st.caption("Computing the same with Keras …")
        return
    if job.state == "failed":
        st.caption(f"The comparison with Keras failed: {literal(job.reason)}.")
        st.button(
            "Compare again",
            key="ask_keras",
            on_click=retry_keras,
            args=(now, example.x, job),
            help="Computes the outputs with Keras in a worker again.",
        )
    else:
        difference = largest_difference(now.snapshot, example.x, job.result)
        symbol = "✓" if difference <= TOLERANCE else "≈"
        st.caption(
            f"{symbol} Keras, with the same weights and example, differs by at most "
            f"{difference:.1e} in any of the {units:,} outputs."
        )
    if waiting:
        st.rerun()


def _tables(steps: tuple[LayerStep, ...], names: UnitNames, chosen: tuple[int, int] | None) -> None:
    """The numbers as tables."""
    if chosen is not None:
        column, unit = chosen
        step = steps[column - 1]
        st.subheader(literal(f"All inputs of {names.unit_in_layer(column, unit)}"), anchor=False)
        st.dataframe(_inputs(step, names, column, unit), hide_index=True)
        products = step.contributions(unit)
        st.caption(
            f"The {len(products):,} products add up to {products.sum():.4g}; with the bias "
            f"{step.layer.bias[unit]:.4g}, z = {step.z[unit]:.4g}."
        )
    more = st.expander("All pre-activations and outputs as tables", on_change="rerun")
    if more.open:
        with more:
            for i, step in enumerate(steps, start=1):
                st.markdown(f"**{names.column(i)}**")
                table = {
                    "unit": [names.unit(i, j) for j in range(len(step.z))],
                    "bias b": step.layer.bias, "pre-activation z": step.z, "output a": step.a,
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
