"""The Draw page: what one draws is recognized while one draws it."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from dashboard.components import drawing_pad
from dashboard.state import session
from dashboard.state.drawing import DrawingState, drawing_state
from dashboard.state.network_view import NetworkView
from dashboard.views.draw import examples, model_choice, prediction, preprocessing
from dashboard.views.draw.nearest_neighbors import neighbors
from dashboard.views.draw.online_training import teach
from dashboard.views.draw.prediction import DrawingPrediction
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
from dashboard.widgets.messages import refuse
from playground.analysis.inspection.drawing_preprocessing import (
    PreprocessedDrawing,
    frame_of,
    prepare,
)
from playground.datasets import Dataset
from playground.experiment.model_summary import title
from playground.export import pretrained
from playground.runs.run import Run

# What can be asked of the network and the image in hand: (height, width) uint8, 0 … maximum, an
# example as those of `now.dataset.train.x`, from the pad or loaded.
VIEWS: dict[str, View] = {
    "Alike": View(
        ":material/photo_library:",
        "Which training images are most like it, and is it like any of them?",
        neighbors,
    ),
    "Teach it": View(
        ":material/school:", "Can it learn this drawing, and what does it forget then?", teach
    ),
    "Fool it": View(
        ":material/compare_arrows:",
        "How little must change for it to see something else?",
        smallest_change,
    ),
    "Where it looks": View(
        ":material/visibility:", "Which parts of the image speak for its answer?", looks
    ),
}

QUICK, SLOW = "draw_quick", "draw_slow"  # fragments: what follows the pen, and what waits for it
PAD = "pad"


def draw() -> None:
    """The pad with the answer beside it, the steps between them, and a view of the image."""
    run = own_run(session.experiment())
    experiment = session.experiment() if run is None else run.experiment
    if experiment.data.source.layout is None:
        model_choice.cannot(experiment.data.source.label)
        run = None
    choices = st.container(horizontal=True, key="draw_choices")
    with choices:
        own = run is not None and model_choice.choose(run.epoch > 0)
    if own and run is not None:
        _own(run, choices)
    else:
        _ready_made(choices)


def _ready_made(choices: DeltaGenerator) -> None:
    found = pretrained.load()
    ready = model_choice.ready_made()
    with choices:
        examples.load(drawing_state(), ready.dataset, _both)
    st.subheader(title(found.experiment), anchor=False)
    st.caption(model_choice.about(found))
    st.fragment(_quick, key=QUICK)(drawing_state(), lambda: ready)
    st.fragment(_slow, key=SLOW)(drawing_state())


def _own(run: Run, choices: DeltaGenerator) -> None:
    st.subheader(title(run.experiment), anchor=False)
    dataset = loaded_dataset(run.experiment.data)
    if dataset is None:
        return
    with choices:
        examples.load(drawing_state(), dataset, _both)
    changed = run.experiment != session.experiment()
    buttons(run, changed)
    watching = is_updating(run)

    def now() -> NetworkView | None:
        return _look(run, dataset, changed)

    def end() -> None:
        if watching and not is_updating(run):
            st.rerun()  # last, or the browser would take away what was not drawn yet

    every = REDRAW_SECONDS if watching else None
    st.fragment(_quick, run_every=every, key=QUICK)(drawing_state(), now, end)
    st.fragment(_slow, run_every=3 * REDRAW_SECONDS if watching else None, key=SLOW)(
        drawing_state()
    )


def _look(run: Run, dataset: Dataset, changed: bool) -> NetworkView | None:
    run.heartbeat()
    message(run, changed)
    return network_at_epoch(run, dataset, _both)


def _both() -> None:
    """Draw both parts anew; for the callback of a widget."""
    _again(QUICK, SLOW)


def _settled() -> None:
    """Nothing has been drawn for a moment: the slow part may look at it."""
    _again(SLOW)


def _again(*parts: str) -> None:
    """Draw parts anew; where one is not there, the whole page is just being drawn anyway."""
    with suppress(StreamlitAPIException):
        st.rerun(parts)


def _quick(
    in_hand: DrawingState,
    look: Callable[[], NetworkView | None],
    end: Callable[[], None] = lambda: None,
) -> None:
    """The pad, the answer and the steps: drawn anew ten times a second while one draws."""
    now = in_hand.now = look()
    in_hand.image = None
    if now is not None:
        frame = frame_of(now.dataset.source)
        left, right = st.columns([2, 3], gap="medium")
        with left:
            drawing_pad.drawing_pad(PAD, frame, in_hand.example, in_hand.label, _settled)
        sketch = _sketch()
        with right:
            if sketch is None:
                prediction.show_none(
                    now.dataset.source.classes,
                    f"Draw {frame.noun}, or load an image: the answer appears while you draw.",
                )
            else:
                prepared, said = _say(in_hand, now, sketch)
        if sketch is not None and said.finite:
            preprocessing.steps(now, sketch, prepared, said, _both)
    end()


def _sketch() -> drawing_pad.PadDrawing | None:
    """What is on the pad; None if that is nothing, or nothing that can be read."""
    try:
        sketch = drawing_pad.drawing_on(PAD)
    except ValueError as error:
        refuse(str(error))
        return None
    return None if sketch is None or preprocessing.blank(sketch.drawing) else sketch


def _say(
    in_hand: DrawingState, now: NetworkView, sketch: drawing_pad.PadDrawing
) -> tuple[PreprocessedDrawing, DrawingPrediction]:
    """Show the answer to what is on the pad, which is in hand from now on."""
    prepared = prepare(sketch.drawing, now.dataset.source, preprocessing.chosen(sketch.placed))
    in_hand.image = prepared.image
    said = prediction.answer(now, prepared)
    if in_hand.largest[0] is not now.snapshot:
        in_hand.largest = (now.snapshot, prediction.strongest(now))
    prediction.show(said, in_hand.largest[1], sketch.count)
    return prepared, said


def _slow(in_hand: DrawingState) -> None:
    """One view of the image in hand, drawn anew when nothing has been drawn for a moment."""
    view = choose(VIEWS, "draw_view")
    if in_hand.now is None or in_hand.image is None:
        st.caption("Nothing is drawn yet: draw something above, or load an image.")
    else:
        view.show(in_hand.now, in_hand.image)
