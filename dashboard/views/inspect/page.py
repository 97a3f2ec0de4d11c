"""On any example of the data: the smallest change that flips the answer, and where it looks.

The Inside page: what a network has in it, and does, after any epoch of its run.
"""

from collections.abc import Callable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.state import session
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect import decision_boundary, weights
from dashboard.views.inspect.activations import activations
from dashboard.views.inspect.embedding import embedding
from dashboard.views.inspect.evaluation.page import evaluation
from dashboard.views.inspect.example import choose_example, tell
from dashboard.views.inspect.forward_pass import forward
from dashboard.views.inspect.network_graph import network
from dashboard.views.inspect.signal_propagation import preflight
from dashboard.views.inspect.units import units
from dashboard.views.shared import predictions
from dashboard.views.shared.adversarial import smallest_change
from dashboard.views.shared.dataset_loading import loaded_dataset
from dashboard.views.shared.occlusion import looks
from dashboard.views.shared.run_controls import (
    REDRAW_SECONDS,
    buttons,
    is_updating,
    message,
    network_at_epoch,
    own_run,
)
from dashboard.views.shared.view import View, choose
from dashboard.widgets.messages import literal
from playground.analysis.inspection.activations import bounded
from playground.datasets import Dataset
from playground.experiment.model_summary import title
from playground.runs.run import Run

Image = NDArray[np.uint8]


def fool(now: NetworkView) -> None:
    """The smallest change of one example."""
    _of_example(now, smallest_change)


def where(now: NetworkView) -> None:
    """The occlusion map of one example."""
    _of_example(now, looks)


def _of_example(now: NetworkView, show: Callable[[NetworkView, Image], None]) -> None:
    source = now.dataset.source
    if not source.shape:
        st.info(
            f"{literal(source.label)} has no images, so there are no pixels to change or to cover: "
            "choose MNIST, Fashion-MNIST or digits."
        )
        return
    example = choose_example(now)
    tell(example)
    show(now, example.raw[0])


VIEWS: dict[str, View] = {
    "Network": View(
        ":material/hub:", "Which weights are strong, and what does each unit answer to?", network
    ),
    "Answers": View(
        ":material/quiz:",
        "What does it say of examples it has not learnt from?",
        lambda now: predictions.answers(now.snapshot, now.dataset, now.uirevision),
    ),
    "Forward pass": View(
        ":material/arrow_forward:",
        "How does one example become an answer, number by number?",
        forward,
    ),
    "Weights": View(
        ":material/grid_on:",
        "Which numbers has it learnt, and what happens if they are changed?",
        weights.view,
    ),
    "Activations": View(
        ":material/show_chart:",
        "Where on its curve does each layer work, and do gradients come through?",
        activations,
    ),
    "Units": View(
        ":material/badge:", "What does this one unit do, and what is lost without it?", units
    ),
    "Plane": View(
        ":material/border_inner:",
        "How does it divide the plane, and how is it bent?",
        decision_boundary.view,
    ),
    "Evaluation": View(
        ":material/fact_check:", "How good is it, and where is it wrong?", evaluation
    ),
    "Embedding": View(":material/bubble_chart:", "How does a layer sort the examples?", embedding),
    "Fool it": View(
        ":material/compare_arrows:",
        "How little must an image change for it to see something else?",
        fool,
    ),
    "Where it looks": View(
        ":material/visibility:", "Which parts of an image speak for its answer?", where
    ),
    "Pre-flight check": View(
        ":material/flight_takeoff:",
        "Are the first weights a good start, before any training?",
        preflight,
    ),
}

_LOOK_AT_NUMBERS = [VIEWS["Weights"], VIEWS["Pre-flight check"]]  # of any size
_ENOUGH = 100  # examples to see whether a network's numbers are of any use


def inspect() -> None:
    """The buttons that play the run, the slider of epochs, and one view of the network."""
    experiment = session.experiment()
    st.subheader(title(experiment), anchor=False)
    run = own_run(experiment)
    if run is None:
        return
    changed = run.experiment != experiment
    dataset = loaded_dataset(run.experiment.data)
    if dataset is None:
        return
    buttons(run, changed)
    watching = is_updating(run)
    every = REDRAW_SECONDS if watching else None
    st.fragment(_look, run_every=every, key="look")(run, dataset, changed, watching)


def _look(run: Run, dataset: Dataset, changed: bool, watching: bool) -> None:
    """The view at the epoch of the slider; drawn anew while the run plays."""
    run.heartbeat()
    message(run, changed)
    view = choose(VIEWS, "inside_view")
    now = network_at_epoch(run, dataset)
    if now is not None and (view in _LOOK_AT_NUMBERS or bounded(now.snapshot, _some(dataset))):
        view.show(now)
    elif now is not None:
        st.warning(
            "Numbers in this network have grown beyond all bounds: choose an earlier epoch, or "
            "train again with a smaller learning rate."
        )
    if watching and not is_updating(run):
        st.rerun()  # last, or the browser would take away what was not drawn yet


def _some(dataset: Dataset) -> NDArray[np.float32]:
    return dataset.transform(dataset.train.x[:_ENOUGH])
