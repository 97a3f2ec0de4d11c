"""The Train page: one network trains, with its curves, diagnosis and predictions."""

import pandas as pd
import streamlit as st

from dashboard.components import chart, status, stream
from dashboard.components.network_graph import network_graph
from dashboard.state import session, stored
from dashboard.views.shared.dataset_loading import loaded_dataset
from dashboard.views.shared.export import export_run
from dashboard.views.shared.former_runs import former_curves, pin_controls
from dashboard.views.shared.predictions import show_prediction_parts
from dashboard.views.shared.run_controls import buttons, is_updating, message, own_run
from dashboard.views.shared.test_set import evaluate_on_test_set
from dashboard.views.train.diagnosis import diagnose_run, diagnosis, headline, settle
from dashboard.views.train.live import GRAPH_HEIGHT, LiveView, Parts
from dashboard.widgets.run_status import waiting
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary, title
from playground.experiment.url import encode
from playground.history.history import history
from playground.runs.run import Run


def train() -> None:
    """The workbench: controls, network, predictions and curves on one screen; more below."""
    settle()
    experiment = session.experiment()
    dataset = loaded_dataset(experiment.data)
    if dataset is None:
        return
    run = own_run(experiment)
    if run is None:
        return
    with st.container(key="workbench"):
        _workbench(run, dataset)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _network(experiment)
    with right:
        st.subheader("Test set", anchor=False)
        evaluate_on_test_set(run, len(dataset.test))
        _share(experiment)
    st.subheader("Export", anchor=False)
    export_run(run)


def _workbench(run: Run, dataset: Dataset) -> None:
    """What moves: drawn once, then updated by a stream until the run's state changes."""
    run.heartbeat()
    logarithmic = bool(st.session_state.get("log_loss"))
    kept = former_curves(run)
    names = tuple((each.name, each.color) for each in kept)
    key, path = ("train", run.network, logarithmic, names), ""
    # The page and its stream share one view, and so one diagnosis: otherwise they could disagree.
    view = stored.get("live_view", str(key), make=lambda: LiveView(run, dataset, logarithmic, kept))
    if is_updating(run):
        path = stream.stream(key, run, view.revision, view.parts)
    parts, diagnoses = view.parts(), diagnose_run(run, dataset)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="bar"):
        buttons(run)
        with st.container(width="stretch"):
            message(run, path)
        with st.container(width="content"):
            headline(run, diagnoses)
    if "train_graph" not in parts:  # no weights when the parts were made
        st.info(waiting(run.state))
    else:
        _middle(run, dataset, parts, path)
    with st.container(horizontal=True, vertical_alignment="center", key="scores"):
        with st.container(width="stretch"):
            status.tiles(parts["tiles"], "tiles", path)
        pin_controls(run)
    _curves(parts, path)
    if path:
        stream.watch(path, parts["state"], "watch_stream")
    _more_curves(parts, path)
    diagnosis(run, history(run.events), diagnoses)


def _middle(run: Run, dataset: Dataset, parts: Parts, path: str) -> None:
    """The network, and its predictions."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        network_graph("train_graph", parts["train_graph"], path, height=GRAPH_HEIGHT)
    with right:
        show_prediction_parts(parts, dataset, path)


def _curves(parts: Parts, path: str) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        chart.streamed_chart(parts["loss_chart"], "loss_chart", path)
    with right:
        chart.streamed_chart(parts["metric_chart"], "metric_chart", path)


def _more_curves(parts: Parts, path: str) -> None:
    """Scale of the loss; learning rate and layers."""
    st.toggle(
        "Logarithmic scale",
        key="log_loss",
        persist_state="session",
        help="Try it when the loss is small and the curve looks flat.",
    )
    more = st.expander("Learning rate, and gradients of each layer", on_change="rerun")
    if more.open:
        with more:
            rate, layers = st.columns(2, gap="medium")
            with rate:
                chart.streamed_chart(parts["rate_chart"], "rate_chart", path)
            with layers:
                status.table(parts["layers"], "layers", path)


def _network(experiment: Experiment) -> None:
    network = summary(experiment)
    st.subheader(title(experiment), anchor=False)
    table = pd.DataFrame(
        {
            "layer": row.layer,
            "activation": row.activation,
            "output": " × ".join(map(str, row.output_shape)),
            "parameters": row.formula,
        }
        for row in network.rows
    )
    st.table(table, hide_index=True)
    st.caption(f"{network.parameters:,} parameters: weights (inputs · units) and biases.")


def _share(experiment: Experiment) -> None:
    st.subheader("Share", anchor=False)
    st.caption("The address of this page contains all settings of the experiment.")
    page = str(st.context.url).partition("?")[0]
    st.code(f"{page}?{encode(experiment)}", language=None, wrap_lines=True)
