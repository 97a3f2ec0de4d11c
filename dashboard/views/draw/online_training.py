"""Teach it: the drawing becomes training data, and one epoch later much else has changed too."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import evaluation
from dashboard.figures.images import data_url, mosaic
from dashboard.state import session, stored
from dashboard.state.network_view import NetworkView
from dashboard.views.draw import model_choice
from dashboard.widgets.messages import literal, refuse
from dashboard.widgets.run_status import progress_text
from playground.analysis.inspection.decision_boundary import shown_part
from playground.datasets import Dataset
from playground.datasets.dataset import Split
from playground.datasets.labelled_examples import ScoreChange, difference, with_shifts, without
from playground.nn.network import Snapshot
from playground.runs.loop import AddedExamples
from playground.runs.run import Run

Image = NDArray[np.uint8]

COPY = "taught"  # the role of the copy of a network that came trained
MOST_SHOWN = 12  # examples learnt, and as many forgotten
FLIPPED = {
    "forgotten": "Forgotten: right before, wrong now",
    "learnt": "Learnt: wrong before, right now",
}
NO_TEACHING = {
    "diverged": "Its loss is no longer a finite number: Reset it, then train and teach it.",
    "lost": "The process that trained it is gone: press Start again, then teach it.",
}


def teach(now: NetworkView, image: Image) -> None:
    """Choose the right answer, add the drawing, train one epoch; see what came of it; undo."""
    if _problem().moved:  # its callback drew this part of the page alone
        _problem().moved = False
        st.rerun()
    run = now.run if now.run is not None else session.run(COPY)
    _form(now, image, run)
    if run is None:
        return
    run.heartbeat()
    if run.state == "playing":
        st.fragment(_progress, run_every=chart.POLL_SECONDS, key="teaching")(run)
    elif run.added_examples is not None:
        _result(now, run, run.added_examples)


# ---- the lesson --------------------------------------------------------------------------


def _form(now: NetworkView, image: Image, run: Run | None) -> None:
    classes = now.dataset.source.classes
    state = run.state if run is not None else "ready"
    with st.container(horizontal=True, vertical_alignment="bottom", key="teach"):
        name = st.selectbox(
            "What is it really?", classes, index=None, placeholder="Choose the right answer",
            key="teach_label", width=220,
            help="The right answer, which the network learns; try a drawing it got "
            "wrong.",
        )  # fmt: skip
        label = None if name is None else classes.index(name)
        st.button(
            "Add it and train one epoch", key="teach_it", icon=":material/school:",
            type="primary", disabled=label is None or state == "playing" or state in NO_TEACHING,
            on_click=_teach, args=(now, image, label),
            help="Adds the drawing, slightly moved about, to the training examples "
            "and trains one epoch; see what it gains and forgets.",
        )  # fmt: skip
    size = len(now.dataset.train)
    st.caption(
        f"The drawing and its 8 shifts by one pixel join the {size:,} training examples; then the "
        "network trains one epoch on all of them."
        + (" A copy of the ready-made network learns; the network itself stays as it is."
           if now.run is None else "")
    )  # fmt: skip
    if state in NO_TEACHING:
        st.warning(NO_TEACHING[state])
    problem = _problem()
    if problem.text:
        refuse(problem.text)
    if run is not None and now.run is run and now.epoch != run.epoch:
        st.caption(f"The slider shows epoch {now.epoch:,}; the newest, {run.epoch:,}, is taught.")


class _Problem:
    """Why the last lesson was refused; and whether the whole page is another one since."""

    text = ""
    moved = False


def _problem() -> _Problem:
    return stored.get("teach problem", make=_Problem)


def _teach(now: NetworkView, image: Image, label: int) -> None:
    run, problem = now.run or session.run(COPY), _problem()
    if run is None:
        own = session.run()
        openings = own.test_evaluations if own is not None else ()
        run = Run(now.experiment, test_evaluations=openings, start=now.snapshot)
        session.set_run(run, COPY)
    examples = with_shifts(image)
    try:
        run.fit_more(examples, np.full(len(examples), label))
        problem.text = ""
    except ValueError as error:
        problem.text = str(error)


def _undo(run: Run) -> None:
    problem = _problem()
    try:
        run.undo()
        problem.text = ""
    except (ValueError, LookupError) as error:
        problem.text = f"it could not be undone: {error}"


def _adopt() -> None:
    if session.adopt_run(COPY) is not None:
        stored.set_widget("draw_network", model_choice.OWN)
        _problem().moved = True


def _progress(run: Run) -> None:
    """How far the epoch is; draws the page anew when it is over."""
    run.heartbeat()
    progress, lesson = run.progress, run.added_examples
    if lesson is None or progress is None or progress.epoch <= lesson.epoch:
        st.progress(0.0, text="Getting ready to train …")
    else:
        share = min(1.0, progress.batch / progress.batches)
        st.progress(share, text=progress_text(progress, run.experiment, run.speed))
    if run.state != "playing":
        st.rerun()


# ---- what came of it ---------------------------------------------------------------------


def _result(now: NetworkView, run: Run, lesson: AddedExamples) -> None:
    after = _after(run, lesson)
    if after is None:
        st.info("The epoch of the lesson is not over: press Resume, or undo the lesson.")
        _undo_button(run)
        return
    dataset = now.dataset
    before, name = lesson.before, dataset.source.classes[int(lesson.y[0])]
    part_name, part = shown_part(dataset)
    image = lesson.x[0]
    part = without(part, image)
    found = difference(before, after, dataset, part)
    was, is_now = (s.predict(dataset.transform(image[None]))[0] for s in (before, after))
    st.subheader(f"What came of it: this was {literal(name)}", anchor=False)
    _tiles(dataset, was, is_now, found, part_name)
    _buttons(now, run)
    left, right = st.columns(2, gap="medium")
    classes = dataset.source.classes
    with left:
        figure = evaluation.before_after_bars(
            "The answer to your drawing", classes, was, is_now, now.uirevision
        )
        chart.chart(
            figure,
            drawing_sentence(classes, was, is_now, name),
            key="teach_answer",
            about="What the network answered to your drawing before and after the "
            "lesson; teach it a second one and compare.",
        )
    with right:
        title = f"Right answers in each class of {part_name}"
        old, new = np.nan_to_num(found.share_before), np.nan_to_num(found.share_after)
        figure = evaluation.before_after_bars(
            title, classes, old, new, now.uirevision, "share right"
        )
        chart.chart(
            figure,
            classes_sentence(classes, found),
            key="teach_classes",
            about="The share it gets right in each class, before and after; look for "
            "a class that paid for what another gained.",
        )
    st.caption(
        "Part of this comes from the epoch itself, which saw all training examples once more, and "
        "would have come without your drawing."
    )
    for key, title in FLIPPED.items():
        st.markdown(
            f"**{title}: {len(getattr(found, key))} of {len(part):,} {part_name} examples**"
        )
        _flipped(dataset, part, found, key)


def _after(run: Run, lesson: AddedExamples) -> Snapshot | None:
    """The network when the epoch of the lesson was over; None if it is not."""
    if run.epoch <= lesson.epoch:
        return None
    if run.epoch == lesson.epoch + 1:
        return run.latest
    try:
        return run.snapshot(lesson.epoch + 1)
    except LookupError:
        return run.latest


def _tiles(dataset: Dataset, was: Image, is_now: Image, found: ScoreChange, part_name: str) -> None:
    names = dataset.source.classes
    first, last = int(was.argmax()), int(is_now.argmax())
    before, after = found.accuracy
    flips = len(found.learnt) + len(found.forgotten)
    tiles = [
        ("Your drawing", f"{names[first]} → {names[last]}",
         f"{was[first]:.0%} → {is_now[last]:.0%} sure"),
        (f"Accuracy on {part_name}", f"{before:.1%} → {after:.1%}",
         f"{100 * (after - before):+.1f} points"),
        ("Learnt", f"{len(found.learnt)}", f"of {flips} that changed"),
        ("Forgotten", f"{len(found.forgotten)}", f"of {flips} that changed"),
    ]  # fmt: skip
    with st.container(horizontal=True, key="teach_tiles"):
        for label, value, note in tiles:
            with st.container(width=260):
                st.metric(label, value)
                st.caption(note)


def _buttons(now: NetworkView, run: Run) -> None:
    with st.container(horizontal=True, key="teach_buttons"):
        _undo_button(run)
        if now.run is None:
            st.button(
                "Go on with the taught network", key="teach_adopt", icon=":material/arrow_forward:",
                on_click=_adopt, help="It becomes your own network, in place of the one before.",
            )  # fmt: skip


def _undo_button(run: Run) -> None:
    st.button(
        "Undo the lesson", key="teach_undo", icon=":material/undo:", on_click=_undo, args=(run,),
        help="Back to exactly where it was: weights, training data, curves.",
    )  # fmt: skip


def _flipped(dataset: Dataset, part: Split, found: ScoreChange, key: str) -> None:
    """The examples whose answer became right, or wrong."""
    source = dataset.source
    names, shown = source.classes, getattr(found, key)[:MOST_SHOWN]
    if not len(shown):
        return
    mark, symbol = ("right", "✓") if key == "learnt" else ("wrong", "✗")
    tiles = []
    for row in shown:
        was, is_now, label = (names[int(a[row])] for a in (found.before, found.after, part.y))
        note = f"was {was}" if key == "learnt" else f"is {label}"
        spoken = f"{label}, before {was}, now {is_now}, {mark}"
        tiles.append(Tile(f"{symbol} {is_now}", note, mark, spoken))  # type: ignore[arg-type]
    sprite = data_url(mosaic(part.x[shown], source.maximum))
    height, width = source.shape
    gallery(sprite, (height, width), tiles, key=f"teach_{key}")


def drawing_sentence(names: tuple[str, ...], was: Image, is_now: Image, right: str) -> str:
    """How sure it is of the right answer, before and after."""
    i, first, last = names.index(right), int(was.argmax()), int(is_now.argmax())
    sure = f"the probability of {right} went from {was[i]:.1%} to {is_now[i]:.1%}"
    if last == i:
        learnt = "It was right before and still is" if first == i else "It has learnt your drawing"
        return f"{learnt}: {sure}."
    return f"Not yet: it says {names[last]}, but {sure}. Teach it once more."


def classes_sentence(names: tuple[str, ...], found: ScoreChange) -> str:
    """The class that gained most and the one that lost most."""
    gain = np.nan_to_num(found.share_after - found.share_before)
    up, down = int(gain.argmax()), int(gain.argmin())
    best = f"{names[up]} gained most ({100 * gain[up]:+.1f} points)" if gain[up] > 0 else ""
    worst = f"{names[down]} lost most ({100 * gain[down]:+.1f} points)" if gain[down] < 0 else ""
    if not best and not worst:
        return "No class is answered better or worse than before."
    return f"{best or 'No class gained'}; {worst or 'no class lost'}."
