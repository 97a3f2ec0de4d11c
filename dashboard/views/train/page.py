"""The Train page: one network trains, with its curves, diagnosis and predictions."""

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import training_curves
from dashboard.state import session
from dashboard.views.shared.dataset_loading import loaded_dataset
from dashboard.views.shared.export import take_away_run
from dashboard.views.shared.predictions import show_predictions
from dashboard.views.shared.run_controls import buttons, is_updating, message, own_run
from dashboard.views.shared.test_set import evaluate_on_test_set
from dashboard.views.train.diagnosis import diagnose_run, diagnosis, headline, settle
from dashboard.widgets.run_status import waiting
from playground.analysis.metrics.baseline import Baseline, baseline
from playground.analysis.metrics.run_summary import LAST, gap, restored_epoch
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.experiment.model_summary import layer_name, summary, title
from playground.experiment.url import encode
from playground.history.events import Epoch, metric_name
from playground.history.history import Column, History, history
from playground.runs.run import Run

GAP, BASELINE = "Gap", "Baseline"
HELP = {
    "Epoch": "Passes through all training examples.",
    "Training loss": "Mean during the epoch, with dropout on.",
    "Validation loss": "After the epoch, on examples that are not trained on; if it rises while "
    "training loss falls, the network overfits.",
    GAP: f"How much better it is on training than on validation examples, the mean of the last "
    f"{LAST} epochs: large means overfitting.",
    BASELINE: "The score of always giving the same answer: the most frequent class, or the mean.",
}
SCORES = {
    "accuracy": "Share of correct predictions; compare it with the baseline.",
    "mean error": "Mean absolute error, in the target's own unit; compare it with the baseline.",
}


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
        every = chart.POLL_SECONDS if watching else None
        st.fragment(_watch, run_every=every, key="watch")(run, dataset, changed, watching)
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
        take_away_run(run)


def _watch(run: Run, dataset: Dataset, changed: bool, watching: bool) -> None:
    """The live part, redrawn a few times a second while the run trains."""
    run.heartbeat()
    log, metric = history(run.events), metric_name(run.experiment.data.source.task)
    own_data = run.experiment.data == session.experiment().data
    message(run, changed)
    _tiles(run, log, metric, baseline(dataset) if own_data else None)
    diagnoses = diagnose_run(run, dataset)
    headline(diagnoses)
    _curves(run, log, metric)
    acted = diagnosis(run, log, diagnoses, changed)
    if run.latest is None:
        st.info(waiting(run.state))
    elif own_data:
        show_predictions(run.latest, dataset, run.network)
    if acted or (watching and not is_updating(run)):
        st.rerun()  # last, or the browser would take away what was not drawn yet


def _tiles(run: Run, log: History, metric: str, constant: Baseline | None) -> None:
    """The scores of the last epoch, the generalization gap and the baseline."""
    is_accuracy = metric == "accuracy"
    name = "accuracy" if is_accuracy else "mean error"
    number = "{:.1%}" if is_accuracy else "{:.4g}"
    tiles = [
        ("Epoch", f"{log.epoch[-1]:,}" if len(log) else "0"),
        ("Training loss", _last("{:.4f}", log.loss)),
        ("Validation loss", _last("{:.4f}", log.val_loss)),
        (f"Training {name}", _last(number, log.metric)),
        (f"Validation {name}", _last(number, log.val_metric)),
    ]
    apart = gap(log, is_accuracy, restored_epoch(run.events[-1] if run.events else None))
    if apart is not None:
        tiles.append((GAP, f"{apart.metric:+.1%}" if is_accuracy else f"{apart.metric:+.3f}"))
    if constant is not None:
        tiles.append((BASELINE, number.format(constant.metric)))
    with st.container(horizontal=True, key="tiles"):
        for label, text in tiles:
            st.metric(label, text, width=150, help=HELP.get(label, SCORES[name]))


def _last(number: str, values: Column | None) -> str:
    return number.format(float(values[-1])) if values is not None and len(values) else "–"


def _curves(run: Run, log: History, metric: str) -> None:
    uirevision = run.network
    left, right = st.columns(2, gap="medium")
    with left:
        above = st.container()
        logarithmic = st.toggle(
            "Logarithmic scale",
            key="log_loss",
            persist_state="session",
            help="Try it when the loss is small and the curve looks flat.",
        )
        with above:
            figure = training_curves.loss_curves(log, logarithmic, uirevision)
            chart.chart(
                figure,
                training_curves.loss_sentence(log),
                key="loss_chart",
                about="The loss: training (solid) as the mean during the epoch, validation "
                "(dashed) after it. Where the dashed line rises, overfitting begins.",
            )
    with right:
        figure = training_curves.metric_curves(log, metric, uirevision)
        chart.chart(
            figure,
            training_curves.metric_sentence(log, metric),
            key="metric_chart",
            about="The score: training (solid) as the mean during the epoch, validation "
            "(dashed) after it. Raise the learning rate while it trains and watch both.",
        )
    more = st.expander("Learning rate, and gradients of each layer", on_change="rerun")
    if more.open:
        with more:
            rate, layers = st.columns(2, gap="medium")
            with rate:
                figure = training_curves.rate_curve(log, uirevision)
                chart.chart(
                    figure,
                    training_curves.rate_sentence(log),
                    key="rate_chart",
                    about="The learning rate of each epoch; choose a schedule to change it.",
                )
            with layers:
                _layers(run)


def _layers(run: Run) -> None:
    last = next((event for event in reversed(run.events) if isinstance(event, Epoch)), None)
    if last is None:
        st.caption("No epoch yet: press Train.")
        return
    table = pd.DataFrame(
        {
            "layer": layer_name(i, len(last.layers)),
            "gradient": f"{layer.gradient:.2e}",
            "weight": f"{layer.weight:.2e}",
            "update": f"{layer.update:.2e}",
            "dead units": "–" if layer.dead is None else f"{layer.dead:.0%}",
        }
        for i, layer in enumerate(last.layers)
    )
    st.caption(
        f"After epoch {last.epoch}: root mean squares over all weights and biases of a layer. The "
        "output of a dead unit is nearly the same for every example."
    )
    st.table(table, hide_index=True)


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
