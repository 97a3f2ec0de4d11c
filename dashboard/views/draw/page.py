"""The Draw page: what one draws is recognised while one draws it."""

from collections.abc import Callable
from contextlib import suppress

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitAPIException

from dashboard import pad, session
from dashboard.moment import Moment
from dashboard.notices import refuse
from dashboard.views.delivery import delivered
from dashboard.views.draw import answer, examples, network, steps
from dashboard.views.draw.answer import Answer
from dashboard.views.draw.flip import smallest_change
from dashboard.views.draw.hand import Hand, Image, hand
from dashboard.views.draw.looks import looks
from dashboard.views.draw.neighbours import neighbours
from dashboard.views.draw.teach import teach
from dashboard.views.inside.page import LOOK_SECONDS, moment
from dashboard.views.transport import buttons, message, moves, own_run
from dashboard.views.view import View, choose
from playground import trained
from playground.datasets import Dataset
from playground.drawing import Prepared, frame_of, prepare
from playground.run import Run
from playground.summary import title

# What can be asked of the network and the image in hand: (height, width) uint8, 0 … maximum, an
# example as those of `now.dataset.train.x`, from the pad or loaded.
VIEWS: dict[str, View[Callable[[Moment, Image], None]]] = {
    "Alike": View(
        ":material/photo_library:",
        "Which training images are most like it, and is it like any of them?",
        neighbours,
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
    if experiment.data.source.frame is None:
        network.cannot(experiment.data.source.label)
        run = None
    choices = st.container(horizontal=True, key="draw_choices")
    with choices:
        own = run is not None and network.choose(run.epoch > 0)
    if own and run is not None:
        _own(run, choices)
    else:
        _ready_made(choices)


def _ready_made(choices: DeltaGenerator) -> None:
    found = trained.load()
    ready = network.ready_made()
    with choices:
        examples.load(hand(), ready.dataset, _both)
    st.subheader(title(found.experiment), anchor=False)
    st.caption(network.about(found))
    st.fragment(_quick, key=QUICK)(hand(), lambda: ready)
    st.fragment(_slow, key=SLOW)(hand())


def _own(run: Run, choices: DeltaGenerator) -> None:
    st.subheader(title(run.experiment), anchor=False)
    dataset = delivered(run.experiment.data)
    if dataset is None:
        return
    with choices:
        examples.load(hand(), dataset, _both)
    changed = run.experiment != session.experiment()
    buttons(run, changed)
    watching = moves(run)

    def now() -> Moment | None:
        return _look(run, dataset, changed)

    def end() -> None:
        if watching and not moves(run):
            st.rerun()  # last, or the browser would take away what was not drawn yet

    every = LOOK_SECONDS if watching else None
    st.fragment(_quick, run_every=every, key=QUICK)(hand(), now, end)
    st.fragment(_slow, run_every=3 * LOOK_SECONDS if watching else None, key=SLOW)(hand())


def _look(run: Run, dataset: Dataset, changed: bool) -> Moment | None:
    run.touch()
    message(run, changed)
    return moment(run, dataset, _both)


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
    in_hand: Hand, look: Callable[[], Moment | None], end: Callable[[], None] = lambda: None
) -> None:
    """The pad, the answer and the steps: drawn anew ten times a second while one draws."""
    now = in_hand.now = look()
    in_hand.image = None
    if now is not None:
        frame = frame_of(now.dataset.source)
        left, right = st.columns([2, 3], gap="medium")
        with left:
            pad.pad(PAD, frame, in_hand.example, in_hand.label, _settled)
        sketch = _sketch()
        with right:
            if sketch is None:
                answer.show_none(
                    now.dataset.source.classes,
                    f"Draw {frame.noun}, or load an image: the answer appears while you draw.",
                )
            else:
                prepared, said = _say(in_hand, now, sketch)
        if sketch is not None and said.finite:
            steps.steps(now, sketch, prepared, said, _both)
    end()


def _sketch() -> pad.Sketch | None:
    """What is on the pad; None if that is nothing, or nothing that can be read."""
    try:
        sketch = pad.sketch(PAD)
    except ValueError as error:
        refuse(str(error))
        return None
    return None if sketch is None or steps.blank(sketch.drawing) else sketch


def _say(in_hand: Hand, now: Moment, sketch: pad.Sketch) -> tuple[Prepared, Answer]:
    """Show the answer to what is on the pad, which is in hand from now on."""
    prepared = prepare(sketch.drawing, now.dataset.source, steps.chosen(sketch.placed))
    in_hand.image = prepared.image
    said = answer.answer(now, prepared)
    if in_hand.largest[0] is not now.snapshot:
        in_hand.largest = (now.snapshot, answer.strongest(now))
    answer.show(said, in_hand.largest[1], sketch.count)
    return prepared, said


def _slow(in_hand: Hand) -> None:
    """One view of the image in hand, drawn anew when nothing has been drawn for a moment."""
    view = choose(VIEWS, "draw_view")
    if in_hand.now is None or in_hand.image is None:
        st.caption("Nothing is drawn yet: draw something above, or load an image.")
    else:
        view.show(in_hand.now, in_hand.image)
