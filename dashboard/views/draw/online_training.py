"""Training on the drawing: add it to the training examples, train an epoch, compare."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart, stream
from dashboard.components.gallery import Tile, gallery
from dashboard.figures import evaluation
from dashboard.figures.images import data_url, mosaic
from dashboard.state import session, stored
from dashboard.state.network_view import NetworkView
from dashboard.views.draw import prediction
from dashboard.widgets.messages import literal, refuse
from dashboard.widgets.run_status import progress_text
from playground.analysis.inspection.decision_boundary import shown_part
from playground.datasets import Dataset
from playground.datasets.dataset import Split
from playground.datasets.labelled_examples import (
    ScoreChange,
    compare_networks,
    with_shifts,
    without_image,
)
from playground.nn.network import Snapshot
from playground.runs.loop import AddedExamples
from playground.runs.run import Run

Image = NDArray[np.uint8]

COPY = "taught"  # name of the run that trains a copy of the pretrained network
MAX_SHOWN = 12  # examples learned, and as many forgotten
CHANGED = {
    "forgotten": "Forgotten: correct before, incorrect now",
    "learned": "Learned: incorrect before, correct now",
}
CANNOT_TRAIN = {
    "diverged": "The loss is no longer finite: Reset, then train.",
    "lost": "The worker process was lost: press Start again.",
}


def train_on_drawing(now: NetworkView, image: Image) -> None:
    """Choose the label, train on the drawing, compare before and after, undo."""
    if _status().adopted:  # its callback redrew this fragment alone
        _status().adopted = False
        st.rerun()
    run = now.run if now.run is not None else session.run(COPY)
    _form(now, image, run)
    if run is None:
        return
    if run.state == "playing":
        stream.fragment(
            lambda: _progress(run), "teaching", run, lambda: (run.state, id(run.progress)),
            moves=lambda: run.state == "playing",
        )  # fmt: skip
    elif run.added_examples is not None:
        _comparison(now, run, run.added_examples)


# ---- adding the drawing ------------------------------------------------------------------


def _form(now: NetworkView, image: Image, run: Run | None) -> None:
    names = now.dataset.source.classes
    state = run.state if run is not None else "ready"
    with st.container(horizontal=True, vertical_alignment="bottom", key="teach"):
        name = st.selectbox(
            "True class", names, index=None, placeholder="Choose the label",
            key="teach_label", width=220,
            help="The label to train on; try a drawing that is misclassified.",
        )  # fmt: skip
        label = None if name is None else names.index(name)
        st.button(
            "Add it and train one epoch", key="teach_it", icon=":material/school:",
            type="primary", disabled=label is None or state == "playing" or state in CANNOT_TRAIN,
            on_click=_fit, args=(now, image, label),
            help="Adds the drawing and 8 shifted copies to the training examples and trains one "
            "epoch on all of them.",
        )  # fmt: skip
    size = len(now.dataset.train)
    st.caption(
        f"The drawing and its 8 shifts by one pixel join the {size:,} training examples."
        + (" A copy of the pretrained network is trained; the original is unchanged."
           if now.run is None else "")
    )  # fmt: skip
    if state in CANNOT_TRAIN:
        st.warning(CANNOT_TRAIN[state])
    if _status().problem:
        refuse(_status().problem)
    if run is not None and now.run is run and now.epoch != run.epoch:
        st.caption(f"The slider shows epoch {now.epoch:,}; training continues from {run.epoch:,}.")


class _Status:
    """Why the last action failed; and whether the run has become the tab's own since."""

    problem = ""
    adopted = False


def _status() -> _Status:
    return stored.get("teach problem", make=_Status)


def _fit(now: NetworkView, image: Image, label: int) -> None:
    run = now.run or session.run(COPY)
    if run is None:
        own = session.run()
        evaluations = own.test_evaluations if own is not None else ()
        run = Run(now.experiment, test_evaluations=evaluations, start=now.snapshot)
        session.set_run(run, COPY)
    examples = with_shifts(image)
    try:
        run.fit_more(examples, np.full(len(examples), label))
        _status().problem = ""
    except ValueError as error:
        _status().problem = str(error)


def _undo(run: Run) -> None:
    try:
        run.undo()
        _status().problem = ""
    except (ValueError, LookupError) as error:
        _status().problem = f"it could not be undone: {error}"


def _adopt() -> None:
    if session.adopt_run(COPY) is not None:
        stored.set_widget("draw_network", prediction.OWN)
        _status().adopted = True


def _progress(run: Run) -> None:
    """Draw the progress of the epoch."""
    progress, added = run.progress, run.added_examples
    if added is None or progress is None or progress.epoch <= added.epoch:
        st.progress(0.0, text=literal(run.notice) or "Starting …")
    else:
        share = min(1.0, progress.batch / progress.batches)
        st.progress(share, text=progress_text(progress, run.experiment, run.speed))


# ---- before and after --------------------------------------------------------------------


def _comparison(now: NetworkView, run: Run, added: AddedExamples) -> None:
    after = _snapshot_after(run, added)
    if after is None:
        st.info("The epoch is not finished: press Resume, or undo.")
        _undo_button(run)
        return
    dataset, names = now.dataset, now.dataset.source.classes
    before, name = added.before, names[int(added.y[0])]
    split, part = shown_part(dataset)
    image = added.x[0]
    part = without_image(part, image)
    change = compare_networks(before, after, dataset, part)
    old, new = (s.predict(dataset.transform(image[None]))[0] for s in (before, after))
    st.subheader(f"Before and after training on {literal(name)}", anchor=False)
    _tiles(names, old, new, change, split)
    with st.container(horizontal=True, key="teach_buttons"):
        _undo_button(run)
        if now.run is None:
            st.button(
                "Use the trained copy", key="teach_adopt", icon=":material/arrow_forward:",
                on_click=_adopt, help="It becomes your own run, in place of the one before.",
            )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        chart.chart(
            evaluation.before_after_bars(
                "Class probabilities of your drawing", names, old, new, now.uirevision
            ),
            drawing_sentence(names, old, new, name),
            key="teach_answer",
            about="The probabilities of your drawing before and after; train on a second one and "
            "compare.",
        )
    with right:
        before_recall = np.nan_to_num(change.recall_before)
        after_recall = np.nan_to_num(change.recall_after)
        chart.chart(
            evaluation.before_after_bars(
                f"Recall of each class ({split})",
                names,
                before_recall,
                after_recall,
                now.uirevision,
                "recall",
            ),
            classes_sentence(names, change),
            key="teach_classes",
            about="Recall of each class before and after; look for a class that lost what another "
            "one gained.",
        )
    st.caption(
        "Part of the change comes from the epoch itself, which passes over all training examples, "
        "and would have happened without your drawing."
    )
    for key, title in CHANGED.items():
        st.markdown(f"**{title}: {len(getattr(change, key))} of {len(part):,} {split} examples**")
        _changed_examples(dataset, part, change, key)


def _snapshot_after(run: Run, added: AddedExamples) -> Snapshot | None:
    """The network after the epoch with the added examples; None while it is not finished."""
    if run.epoch <= added.epoch:
        return None
    if run.epoch == added.epoch + 1:
        return run.latest
    try:
        return run.snapshot(added.epoch + 1)
    except LookupError:
        return run.latest


def _tiles(names: tuple[str, ...], old: Image, new: Image, change: ScoreChange, split: str) -> None:
    first, last = int(old.argmax()), int(new.argmax())
    before, after = change.accuracy
    changed = f"of {len(change.learned) + len(change.forgotten)} that changed"
    tiles = [
        ("Your drawing", f"{names[first]} → {names[last]}",
         f"confidence {old[first]:.0%} → {new[last]:.0%}"),
        (f"Accuracy ({split})", f"{before:.1%} → {after:.1%}",
         f"{100 * (after - before):+.1f} points"),
        ("Learned", f"{len(change.learned)}", changed),
        ("Forgotten", f"{len(change.forgotten)}", changed),
    ]  # fmt: skip
    with st.container(horizontal=True, key="teach_tiles"):
        for label, value, note in tiles:
            with st.container(width=260):
                st.metric(label, value)
                st.caption(note)


def _undo_button(run: Run) -> None:
    st.button(
        "Undo", key="teach_undo", icon=":material/undo:", on_click=_undo, args=(run,),
        help="Restores weights, training examples and curves from before the drawing was added.",
    )  # fmt: skip


def _changed_examples(dataset: Dataset, part: Split, change: ScoreChange, key: str) -> None:
    """The examples whose prediction became correct, or incorrect."""
    names, rows = dataset.source.classes, getattr(change, key)[:MAX_SHOWN]
    if not len(rows):
        return
    mark, symbol = ("right", "✓") if key == "learned" else ("wrong", "✗")
    tiles = []
    for row in rows:
        old, new, label = (names[int(a[row])] for a in (change.before, change.after, part.y))
        note = f"was {old}" if key == "learned" else f"is {label}"
        alternative = f"{label}, before {old}, now {new}"
        tiles.append(Tile(f"{symbol} {new}", note, mark, alternative))  # type: ignore[arg-type]
    sprite = data_url(mosaic(part.x[rows], dataset.source.maximum))
    height, width = dataset.source.shape
    gallery(sprite, (height, width), tiles, key=f"teach_{key}")


def drawing_sentence(names: tuple[str, ...], old: Image, new: Image, label: str) -> str:
    """The probability of the label before and after."""
    i, first, last = names.index(label), int(old.argmax()), int(new.argmax())
    change = f"the probability of {label} changed from {old[i]:.1%} to {new[i]:.1%}"
    if last == i:
        return f"{'Correct before and after' if first == i else 'Learned'}: {change}."
    return f"Still predicted as {names[last]}, but {change}. Train on it once more."


def classes_sentence(names: tuple[str, ...], change: ScoreChange) -> str:
    """The class that gained most and the one that lost most."""
    gain = np.nan_to_num(change.recall_after - change.recall_before)
    up, down = int(gain.argmax()), int(gain.argmin())
    best = f"{names[up]} gained most ({100 * gain[up]:+.1f} points)" if gain[up] > 0 else ""
    worst = f"{names[down]} lost most ({100 * gain[down]:+.1f} points)" if gain[down] < 0 else ""
    if not best and not worst:
        return "No class has changed."
    return f"{best or 'No class gained'}; {worst or 'no class lost'}."
