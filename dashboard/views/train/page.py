"""The Train page: one network trains, with its curves, diagnosis and predictions."""

import pandas as pd
import streamlit as st

from dashboard.components import chart, status, stream
from dashboard.state import session
from dashboard.views.shared.dataset_loading import loaded_dataset
from dashboard.views.shared.export import export_run
from dashboard.views.shared.predictions import show_predictions
from dashboard.views.shared.run_controls import buttons, is_updating, message, own_run
from dashboard.views.shared.test_set import evaluate_on_test_set
from dashboard.views.train.diagnosis import diagnose_run, diagnosis, headline, settle
from dashboard.views.train.live import LiveView, Parts
from dashboard.widgets.run_status import waiting
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary, title
from playground.experiment.url import encode
from playground.history.history import history
from playground.runs.run import Run


def train() -> None:
    """Run controls, curves and predictions, and the network as a table."""
    settle()
    experiment = session.experiment()
    st.subheader(title(experiment), anchor=False)
    dataset = loaded_dataset(experiment.data)
    if dataset is None:
        return
    run = own_run(experiment)
    if run is not None:
        changed = run.experiment != experiment
        buttons(run, changed)
        watching = is_updating(run)
        st.fragment(_watch, key="watch")(run, dataset, changed, watching)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _network(experiment)
    with right:
        if run is not None:
            st.subheader("Test set", anchor=False)
            evaluate_on_test_set(run, len(dataset.test))
        _share(experiment)
    if run is not None:
        st.subheader("Export", anchor=False)
        export_run(run)


def _watch(run: Run, dataset: Dataset, changed: bool, watching: bool) -> None:
    """The live part: drawn once, then updated by a stream until the run's state changes."""
    run.heartbeat()
    own_data = run.experiment.data == session.experiment().data
    logarithmic = bool(st.session_state.get("log_loss"))
    view = LiveView(run, dataset if own_data else None, logarithmic)
    path = ""
    if watching:
        key = ("train", run.network, own_data, logarithmic)
        path = stream.stream(key, run, view.revision, view.parts)
    parts = view.parts()
    message(run, changed, path)
    status.tiles(parts["tiles"], "tiles", path)
    diagnoses = diagnose_run(run, dataset)
    headline(diagnoses)
    _curves(parts, path)
    acted = diagnosis(run, history(run.events), diagnoses, changed)
    if run.latest is None:
        st.info(waiting(run.state))
    elif own_data:
        show_predictions(run.latest, dataset, run.network, path)
    if path:
        stream.watch(path, parts["state"], "watch_stream")
    if acted or (watching and not is_updating(run)):
        st.rerun()  # last, or the browser would take away what was not drawn yet


def _curves(parts: Parts, path: str) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        chart.streamed_chart(parts["loss_chart"], "loss_chart", path)
        st.toggle(
            "Logarithmic scale",
            key="log_loss",
            persist_state="session",
            help="Try it when the loss is small and the curve looks flat.",
        )
    with right:
        chart.streamed_chart(parts["metric_chart"], "metric_chart", path)
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
    st.subheader("Network", anchor=False)
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
