"""One saved run: its curves, what it is called, and what can be done with it."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components import chart
from dashboard.figures import training_curves
from dashboard.views.shared.export import take_away
from dashboard.views.shared.links import sharing
from dashboard.views.shared.saved_runs import RunLibrary, open_in_train
from dashboard.widgets.messages import literal, refuse
from playground.history.events import metric_name
from playground.history.history import history
from playground.nn.format import format_score
from playground.nn.losses import CLASSIFICATION
from playground.storage.query import STATES, split_tags
from playground.storage.records import RunRow, SavedRun
from playground.storage.store import MAX_NAME, MAX_NOTE


def details(library: RunLibrary, run: RunRow) -> None:
    """Everything about the one run that is chosen."""
    st.subheader(literal(run.name), anchor=False)
    saved = library.get(run)
    st.caption(literal(about(run)))
    with st.container(horizontal=True, key="run_buttons"):
        if st.button(
            "Open in Train", key="open_run", type="primary", icon=":material/open_in_new:",
            help="It becomes the run of this tab, and its settings the current ones.",
        ):  # fmt: skip
            open_in_train(library, saved)
    course(saved, run.id)
    left, right = st.columns(2, gap="large")
    with left:
        _names(library, run)
    with right:
        sharing(library, run)
    st.markdown("**Take it away**")
    take_away(saved)


def about(run: RunRow) -> str:
    """One line: how far it came, how well it did, how long that took."""
    parts = [
        STATES.get(run.state, run.state),
        f"{run.epoch:,} of {run.epochs:,} epochs",
        f"best validation score {format_score(run.best_metric, run.task == CLASSIFICATION)}",
        f"{run.parameters:,} parameters",
        f"{run.seconds:.1f} s of training",
    ]
    if run.label:
        parts.append(run.label)
    return " · ".join(parts)


def course(saved: SavedRun, key: str) -> None:
    """Its curves of loss and score."""
    log, metric = history(saved.events), metric_name(saved.row.task)
    if not len(log):
        st.info("No epoch of this run was finished.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        figure = training_curves.loss_curves(log, uirevision=key)
        chart.chart(
            figure,
            training_curves.loss_sentence(log),
            key="run_loss",
            about="This run's loss, training solid and validation dashed; look where "
            "the dashed line turns upwards.",
        )
    with right:
        figure = training_curves.metric_curves(log, metric, uirevision=key)
        chart.chart(
            figure,
            training_curves.metric_sentence(log, metric),
            key="run_metric",
            about="This run's score, training solid and validation dashed; the "
            "distance between the two is what it learnt by heart.",
        )


def _names(library: RunLibrary, run: RunRow) -> None:
    """A form for name, tags and note; what is wrong stands below its own field."""
    store, owner, mark = library.store, library.owner, f"{run.id}_{library.choice.named}"
    with st.form(f"run_names_{mark}", border=False):
        st.markdown("**Name, tags, note**")
        name = st.text_input(
            "Name", run.name, key=f"run_name_{mark}", max_chars=MAX_NAME,
            help="Empty: the name made from its settings.",
        )  # fmt: skip
        below_name = st.container()
        tags = st.text_input(
            "Tags", ", ".join(run.tags), key=f"run_tags_{mark}", placeholder="homework, week 3",
            help="Words to find it by, separated by commas.",
        )  # fmt: skip
        below_tags = st.container()
        note = st.text_area(
            "Note", run.note, key=f"run_note_{mark}", max_chars=MAX_NOTE, height=110,
            placeholder="What did you expect, and what did you see?",
            help="What you want to remember of this run; try writing what you "
            "expected of it.",
        )  # fmt: skip
        below_note = st.container()
        if not st.form_submit_button(
            "Save",
            key=f"run_save_{mark}",
            icon=":material/save:",
            help="Keeps the name, the note and the tags; they can be searched for in the list.",
        ):
            return
    taken = [
        name == run.name or _taken(below_name, lambda: store.rename(run.id, owner, name)),
        _taken(below_tags, lambda: store.set_tags(run.id, owner, split_tags(tags))),
        _taken(below_note, lambda: store.set_note(run.id, owner, note)),
    ]
    if all(taken):
        library.choice.named += 1
        st.rerun()


def _taken(below: DeltaGenerator, change: Callable[[], None]) -> bool:
    """Whether what was typed could be saved; if not, why stands below it."""
    try:
        change()
    except (ValueError, LookupError) as error:
        with below:
            refuse(str(error))
        return False
    return True
