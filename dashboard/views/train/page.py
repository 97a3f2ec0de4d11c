"""The Train page: one network learns while its curves and its answers are watched."""

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.figures import training_curves
from dashboard.state import session
from dashboard.views.shared.dataset_loading import delivered
from dashboard.views.shared.export import take_away_run
from dashboard.views.shared.predictions import answers
from dashboard.views.shared.run_controls import buttons, message, moves, own_run
from dashboard.views.shared.test_set import sealed
from dashboard.views.train.diagnosis import diagnosis, faults, headline, settle
from dashboard.widgets.run_status import waiting
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.experiment.model_summary import layer_name, summary, title
from playground.experiment.url import encode
from playground.history.events import Epoch, metric_name
from playground.history.history import Column, History, history
from playground.runs.run import Run

GAP = "Gap"
HELP = {
    "Epoch": "How often it has gone through all training examples; try stepping one at a time.",
    "Training loss": "What training makes smaller, on the examples it learns from.",
    "Validation loss": "The same on examples it never learns from; if it rises, stop or cure.",
    GAP: "How much better it does on examples it learns from: large means overfitting.",
}
SCORES = {
    "accuracy": "Share of right answers; compare it with always answering the commonest class.",
    "mean error": "How far an answer is from the target on average, in the target's own unit.",
}


def train() -> None:
    """The buttons, what is learnt, and the network itself."""
    settle()
    experiment = session.experiment()
    st.subheader(title(experiment), anchor=False)
    dataset = delivered(experiment.data)
    if dataset is None:
        return
    run = own_run(experiment)
    if run is not None:
        changed = run.experiment != experiment
        buttons(run, changed)
        watching = moves(run)
        every = chart.POLL_SECONDS if watching else None
        st.fragment(_watch, run_every=every, key="watch")(run, dataset, changed, watching)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _network(experiment)
    with right:
        if run is not None:
            st.subheader("The test set", anchor=False)
            sealed(run, len(dataset.test))
        _share(experiment)
    if run is not None:
        st.subheader("Take it away", anchor=False)
        take_away_run(run)


def _watch(run: Run, dataset: Dataset, changed: bool, watching: bool) -> None:
    """Everything that moves; drawn anew a few times a second while the run plays."""
    run.heartbeat()
    log, task = history(run.events), run.experiment.data.source.task
    message(run, changed)
    _tiles(log, metric_name(task))
    found = faults(run, dataset, changed)
    headline(found)
    _curves(run, log, metric_name(task))
    acted = diagnosis(run, log, found, changed)
    if run.latest is None:
        st.info(waiting(run.state))
    elif not changed or run.experiment.data == session.experiment().data:
        answers(run.latest, dataset, run.network)
    if acted or (watching and not moves(run)):
        st.rerun()  # last, or the browser would take away what was not drawn yet


def _tiles(log: History, metric: str) -> None:
    """The scores after the last epoch, and how far the two parts are apart."""
    is_share = metric == "accuracy"
    name = "accuracy" if is_share else "mean error"
    number = "{:.1%}" if is_share else "{:.4g}"
    tiles = [
        ("Epoch", f"{log.epoch[-1]:,}" if len(log) else "0"),
        ("Training loss", _last("{:.4f}", log.loss)),
        ("Validation loss", _last("{:.4f}", log.val_loss)),
        (f"Training {name}", _last(number, log.metric)),
        (f"Validation {name}", _last(number, log.val_metric)),
    ]
    if log.val_metric is not None and len(log):
        gap = float(log.metric[-1] - log.val_metric[-1])
        tiles.append((GAP, f"{gap:+.1%}" if is_share else f"{-gap:+.3f}"))
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
            help="Each step of the axis is ten times the last; try it when the loss "
            "is small and the curve looks flat.",
        )
        with above:
            figure = training_curves.loss_curves(log, logarithmic, uirevision)
            chart.chart(
                figure,
                training_curves.loss_sentence(log),
                key="loss_chart",
                about="What training makes smaller, training solid, validation dashed; "
                "where the dashed line turns upwards, overfitting begins. Try the "
                "logarithmic scale.",
            )
    with right:
        figure = training_curves.metric_curves(log, metric, uirevision)
        chart.chart(
            figure,
            training_curves.metric_sentence(log, metric),
            key="metric_chart",
            about="The share (or size) of right answers after each epoch, training "
            "solid, validation dashed; raise the learning rate while it plays "
            "and watch both.",
        )
    more = st.expander("Learning rate in use, and what happens in each layer", on_change="rerun")
    if more.open:
        with more:
            rate, layers = st.columns(2, gap="medium")
            with rate:
                figure = training_curves.rate_curve(log, uirevision)
                chart.chart(
                    figure,
                    training_curves.rate_sentence(log),
                    key="rate_chart",
                    about="The learning rate of each epoch; choose a schedule in the settings"
                    " to see it fall, rise or swing.",
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
        f"After epoch {last.epoch}: root mean squares over all weights and biases of a layer. A "
        "dead unit says nearly the same of every example."
    )
    st.table(table, hide_index=True)


def _network(experiment: Experiment) -> None:
    found = summary(experiment)
    st.subheader("The network", anchor=False)
    table = pd.DataFrame(
        {
            "layer": row.layer,
            "activation": row.activation,
            "output": " × ".join(map(str, row.output_shape)),
            "parameters": row.formula,
        }
        for row in found.rows
    )
    st.table(table, hide_index=True)
    st.caption(f"{found.parameters:,} parameters in all: weights (inputs · units) and biases.")


def _share(experiment: Experiment) -> None:
    st.subheader("Share", anchor=False)
    st.caption("The address of this page is the experiment: whoever opens it gets the same.")
    page = str(st.context.url).partition("?")[0]
    st.code(f"{page}?{encode(experiment)}", language=None, wrap_lines=True)
