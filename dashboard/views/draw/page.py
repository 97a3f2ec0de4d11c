"""The Draw page: a drawing is classified while the user draws it."""

from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from dashboard.components import drawing_pad
from dashboard.state import session
from dashboard.state.network_view import DrawingState, NetworkView, PadExample, drawing_state
from dashboard.views.draw import prediction, preprocessing
from dashboard.views.draw.online_training import train_on_drawing
from dashboard.views.draw.prediction import nearest_neighbors
from dashboard.views.shared.loading import loaded_dataset
from dashboard.views.shared.run_controls import (
    REDRAW_SECONDS,
    buttons,
    is_updating,
    message,
    network_at_epoch,
    own_run,
)
from dashboard.views.shared.sensitivity import adversarial_example, occlusion_map
from dashboard.views.shared.view import View, choose
from dashboard.widgets.messages import refuse
from playground.analysis.inspection.decision_boundary import shown_part
from playground.analysis.inspection.drawing_preprocessing import frame_of, prepare
from playground.datasets import Dataset
from playground.experiment.model_summary import title
from playground.export import pretrained
from playground.runs.run import Run

# Each takes the network and the image, (height, width) uint8, 0 … maximum, as in
# `now.dataset.train.x`.
VIEWS: dict[str, View] = {
    "Nearest neighbors": View(
        ":material/photo_library:",
        "Which training images are nearest to it, and is it unlike all of them?",
        nearest_neighbors,
    ),
    "Train on it": View(
        ":material/school:",
        "Can the network learn this drawing, and what does it forget?",
        train_on_drawing,
    ),
    "Adversarial example": View(
        ":material/compare_arrows:",
        "How little must change for another class to be predicted?",
        adversarial_example,
    ),
    "Occlusion map": View(
        ":material/visibility:",
        "Which parts of the image matter for the prediction?",
        occlusion_map,
    ),
}

FAST, SLOW = "draw_quick", "draw_slow"  # fragments: redrawn during a stroke, and after it
PAD = "pad"
ANY_CLASS = "any class"

# On a phone the pad and the prediction stay beside each other, above the fold.
STYLE = """
@media (max-width: 640px) {
  .st-key-draw_board > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] {
    flex-wrap: nowrap;
  }
  .st-key-draw_board [data-testid="stColumn"] { min-width: 0; flex: 3 1 0; }
  .st-key-draw_board [data-testid="stColumn"]:last-child { flex-grow: 2; }
}
"""


def draw() -> None:
    """Draw the pad, the prediction, the preprocessing steps, and one view of the image."""
    st.html(f"<style>{STYLE}</style>")
    run = own_run(session.experiment())
    experiment = session.experiment() if run is None else run.experiment
    if experiment.data.source.layout is None:
        prediction.no_images(experiment.data.source.label)
        run = None
    choices = st.container(horizontal=True, vertical_alignment="bottom", key="draw_choices")
    with choices:
        own = run is not None and prediction.choose_own(run.epoch > 0)
    if own and run is not None:
        _own_network(run, choices)
    else:
        _pretrained_network(choices)


def _pretrained_network(choices: DeltaGenerator) -> None:
    network, view = pretrained.load(), prediction.pretrained_view()
    with choices:
        _example_controls(drawing_state(), view.dataset)
    help = prediction.description(network)
    st.subheader(title(network.experiment), anchor=False, help=help)
    st.fragment(_fast, key=FAST)(drawing_state(), lambda: view)
    st.fragment(_slow, key=SLOW)(drawing_state())


def _own_network(run: Run, choices: DeltaGenerator) -> None:
    st.subheader(title(run.experiment), anchor=False)
    dataset = loaded_dataset(run.experiment.data)
    if dataset is None:
        return
    with choices:
        _example_controls(drawing_state(), dataset)
    buttons(run)
    updating = is_updating(run)

    def view() -> NetworkView | None:
        run.heartbeat()
        message(run)
        return network_at_epoch(run, dataset, _redraw_both)

    def end() -> None:
        if updating and not is_updating(run):
            st.rerun()  # last, or the browser would remove what was not drawn yet

    every = REDRAW_SECONDS if updating else None
    st.fragment(_fast, run_every=every, key=FAST)(drawing_state(), view, end)
    st.fragment(_slow, run_every=every and 3 * every, key=SLOW)(drawing_state())


def _redraw_both() -> None:
    """Redraw both fragments; for the callback of a widget."""
    _redraw(FAST, SLOW)


def _redraw_slow() -> None:
    """Redraw the slow fragment after a stroke."""
    _redraw(SLOW)


def _redraw(*fragments: str) -> None:
    """Redraw fragments; where one does not exist yet, the whole page is being drawn anyway."""
    with suppress(StreamlitAPIException):
        st.rerun(fragments)


def _example_controls(drawing: DrawingState, dataset: Dataset) -> None:
    """Draw the controls that put an image of the data set on the pad."""
    name = st.selectbox(
        "Class", [ANY_CLASS, *dataset.source.classes], key="example_class", width=150,
        persist_state="session",
        help="Class of the image to load, one the network has not been trained on.",
    )  # fmt: skip

    def load() -> None:
        load_example(drawing, dataset, name)
        _redraw_both()

    st.button(
        "Load an image", key="load_example", icon=":material/image:", on_click=load,
        help="Puts the next image of this class on the pad; draw on it or erase some of it.",
    )  # fmt: skip


def load_example(drawing: DrawingState, dataset: Dataset, name: str) -> None:
    """Put the next image of class `name` on the pad."""
    source = dataset.source
    split, part = shown_part(dataset)
    rows = np.arange(len(part))
    if name in source.classes:
        rows = np.flatnonzero(part.y == source.classes.index(name))
    if not len(rows):
        drawing.label = f"There is no {split} image of {name}"
        return
    position = drawing.next.get(name, 0)
    drawing.next[name] = position + 1
    row = int(rows[position % len(rows)])
    pixels = (part.x[row] * (255 / source.maximum)).round().astype(np.uint8)
    drawing.example = PadExample(uuid4().hex, pixels)
    drawing.label = f"Loaded: {split} image {row}, {source.classes[part.y[row]]}"


def _fast(
    drawing: DrawingState,
    view: Callable[[], NetworkView | None],
    end: Callable[[], None] = lambda: None,
) -> None:
    """Pad, prediction and preprocessing steps: redrawn ten times a second during a stroke."""
    now = drawing.now = view()
    drawing.image = None
    if now is not None:
        layout = frame_of(now.dataset.source)
        with st.container(key="draw_board"):
            left, right = st.columns([2, 3], gap="small")
        with left:
            drawing_pad.drawing_pad(PAD, layout, drawing.example, drawing.label, _redraw_slow)
        pad = _pad_drawing()
        if pad is None:
            with right:
                prediction.show_none(
                    now.dataset.source.classes,
                    f"Draw {layout.noun}, or load an image: the prediction follows the pen.",
                )
        else:
            _predict(drawing, now, pad, right)
    end()


def _pad_drawing() -> drawing_pad.PadDrawing | None:
    """The drawing on the pad; None if it is empty or cannot be read."""
    try:
        pad = drawing_pad.drawing_on(PAD)
    except ValueError as error:
        refuse(str(error))
        return None
    return None if pad is None or preprocessing.is_blank(pad.drawing) else pad


def _predict(
    drawing: DrawingState, now: NetworkView, pad: drawing_pad.PadDrawing, right: DeltaGenerator
) -> None:
    """Draw the prediction and the preprocessing steps."""
    steps = preprocessing.enabled_steps(pad.placed)
    prepared = prepare(pad.drawing, now.dataset.source, steps)
    drawing.image = prepared.image
    predicted = prediction.predict(now, prepared)
    if drawing.ranges[0] is not now.snapshot:
        drawing.ranges = (now.snapshot, prediction.activation_ranges(now))
    with right:
        prediction.show(predicted, drawing.ranges[1], pad.count)
    if predicted.finite:
        preprocessing.show_steps(now, pad, prepared, predicted, _redraw_both)


def _slow(drawing: DrawingState) -> None:
    """One view of the image, redrawn after a stroke."""
    view = choose(VIEWS, "draw_view")
    if drawing.now is None or drawing.image is None:
        st.caption("Nothing is drawn yet: draw something above, or load an image.")
    else:
        view.show(drawing.now, drawing.image)
