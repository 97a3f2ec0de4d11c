"""The Inspect page: the contents of a network after any epoch of its run."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import stream
from dashboard.components.network_graph import network_graph
from dashboard.state import session
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect import decision_boundary, weights
from dashboard.views.inspect.activations import activations, initialization_check
from dashboard.views.inspect.embedding import show_embedding
from dashboard.views.inspect.evaluation import evaluation
from dashboard.views.inspect.example import choose_example, show_prediction
from dashboard.views.inspect.forward_pass import show_forward_pass
from dashboard.views.inspect.units import units
from dashboard.views.shared.loading import loaded_dataset
from dashboard.views.shared.network_graph import (
    KEY,
    GraphInput,
    graph_parts,
    pinned_unit,
    show_graph_tables,
)
from dashboard.views.shared.predictions import NUMBERS_TOO_LARGE, show_predictions
from dashboard.views.shared.run_controls import (
    REDRAW_SECONDS,
    buttons,
    is_updating,
    message,
    network_at_epoch,
    own_run,
)
from dashboard.views.shared.sensitivity import adversarial_example, occlusion_map
from dashboard.views.shared.view import View, choose, choose_group
from dashboard.widgets.messages import literal
from playground.analysis.inspection.activations import bounded
from playground.datasets import Dataset
from playground.experiment.model_summary import title
from playground.runs.run import Run

Image = NDArray[np.uint8]


def _predictions(now: NetworkView) -> None:
    show_predictions(now.snapshot, now.dataset, now.uirevision)


def show_network_graph(now: NetworkView) -> None:
    """Draw the graph, and the same numbers as tables."""
    above = st.container()
    example = choose_example(now)
    show_prediction(example)
    shown = GraphInput(example.name, example.raw, example.x)
    with above:
        network_graph(KEY, graph_parts(now, shown, pinned_unit(now)))
    more = st.expander("The same numbers as tables", on_change="rerun")
    if more.open:
        with more:
            show_graph_tables(now, shown)


def _of_example(show: Callable[[NetworkView, Image], None]) -> Callable[[NetworkView], None]:
    """A view of one image, which is chosen first."""

    def show_chosen(now: NetworkView) -> None:
        source = now.dataset.source
        if not source.shape:
            st.info(
                f"{literal(source.label)} has no images: choose MNIST, Fashion-MNIST or digits."
            )
            return
        example = choose_example(now)
        show_prediction(example)
        show(now, example.raw[0])

    return show_chosen


VIEWS: dict[str, View] = {
    "Network": View(
        ":material/hub:", "Which weights are large, and what does each unit respond to?",
        show_network_graph,
    ),
    "Predictions": View(
        ":material/quiz:", "What does it predict for examples it was not trained on?", _predictions
    ),
    "Forward pass": View(
        ":material/arrow_forward:", "How is the prediction computed, number by number?",
        show_forward_pass,
    ),
    "Weights": View(
        ":material/grid_on:", "Which weights has it learned, and what if they are changed?",
        weights.show_weights,
    ),
    "Activations": View(
        ":material/show_chart:",
        "Where on its activation does each layer work, and do gradients pass through?",
        activations,
    ),
    "Units": View(
        ":material/badge:", "What does one unit do, and what is lost without it?", units
    ),
    "Decision boundary": View(
        ":material/border_inner:", "How does it divide the plane, and how do layers warp it?",
        decision_boundary.show_decision_boundary,
    ),
    "Evaluation": View(
        ":material/fact_check:", "How good is it, and where is it wrong?", evaluation
    ),
    "Embedding": View(
        ":material/bubble_chart:", "How does a layer separate the examples?", show_embedding
    ),
    "Adversarial example": View(
        ":material/compare_arrows:",
        "How little must an image change for another class to be predicted?",
        _of_example(adversarial_example),
    ),
    "Occlusion map": View(
        ":material/visibility:", "Which parts of an image matter for the prediction?",
        _of_example(occlusion_map),
    ),
    "Initialization check": View(
        ":material/flight_takeoff:", "Do the initial weights keep signals at their scale?",
        initialization_check,
    ),
}  # fmt: skip

GROUPS = {
    "Network": ("Network", "Predictions", "Forward pass"),
    "Weights": ("Weights", "Initialization check"),
    "Activations": ("Activations", "Units", "Embedding"),
    "Evaluation": ("Evaluation", "Decision boundary"),
    "Explain": ("Adversarial example", "Occlusion map"),
}  # of VIEWS

_ANY_SIZE = [VIEWS["Weights"], VIEWS["Initialization check"]]  # show numbers however large
_CHECKED_EXAMPLES = 100  # for overflow


def inspect() -> None:
    """Draw the run controls, the epoch slider, and one view of the network."""
    experiment = session.experiment()
    run = own_run(experiment)
    dataset = None if run is None else loaded_dataset(run.experiment.data)
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        st.subheader(title(experiment), anchor=False)
        if run is None or dataset is None:
            return
        buttons(run)
    stream.fragment(
        lambda: _look(run, dataset), "look", run,
        lambda: (run.network, run.state, len(run.events), id(run.latest)),
        moves=lambda: is_updating(run), seconds=REDRAW_SECONDS,
    )  # fmt: skip


def _look(run: Run, dataset: Dataset) -> None:
    """Draw the view at the epoch of the slider; redrawn while the run plays."""
    slider, state = st.columns([3, 2], gap="small", vertical_alignment="center")
    with state:
        message(run)
    with st.container(horizontal=True, vertical_alignment="top"):
        group = choose_group(GROUPS, "inspect_group", "inspect_view")
        view = choose({name: VIEWS[name] for name in group}, "inspect_view")
    with slider:
        now = network_at_epoch(run, dataset)
    if now is not None and (view in _ANY_SIZE or bounded(now.snapshot, _sample(dataset))):
        view.show(now)
    elif now is not None:
        st.warning(NUMBERS_TOO_LARGE)


def _sample(dataset: Dataset) -> NDArray[np.float32]:
    return dataset.transform(dataset.train.x[:_CHECKED_EXAMPLES])
