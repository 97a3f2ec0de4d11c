"""One saved run: its curves, names and export; or a run that its owner shares, read-only."""

from collections.abc import Callable

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.state import session, url
from dashboard.state.url import open_page
from dashboard.views.shared.curves import baseline_text, run_curves
from dashboard.views.shared.export import export_saved_run
from dashboard.views.shared.saved_runs import RunLibrary, open_in_train, score_text, sharing
from dashboard.widgets.messages import literal, refuse
from playground.analysis.comparison.runs import Compared, settings
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import format_value, label
from playground.history.history import history
from playground.storage.query import STATES, split_tags
from playground.storage.records import RunRow, SavedRun, StoreError
from playground.storage.store import MAX_NAME, MAX_NOTE, store


def details(library: RunLibrary, run: RunRow) -> None:
    """The selected run: curves, names, sharing and export."""
    st.subheader(literal(run.name), anchor=False)
    saved = library.get(run)
    st.caption(literal(_summary(run)))
    with st.container(horizontal=True, key="run_buttons"):
        if st.button(
            "Open in Train", key="open_run", type="primary", icon=":material/open_in_new:",
            help="Makes it the run of this tab, and its settings the current ones.",
        ):  # fmt: skip
            open_in_train(library, saved)
    _curves(saved)
    left, right = st.columns(2, gap="large")
    with left:
        _names(library, run)
    with right:
        sharing(library, run)
    st.markdown("**Export**")
    export_saved_run(saved)


def _summary(run: RunRow) -> str:
    """One line: state, epochs, score, size and time."""
    score = score_text(run, run.best_metric)
    parts = [
        STATES.get(run.state, run.state),
        f"{run.epoch:,} of {run.epochs:,} epochs",
        f"best validation score {score}",
        f"{run.parameters:,} parameters",
        f"{run.seconds:.1f} s of training",
    ]
    if run.compile_seconds is not None:
        parts.append(f"{run.compile_seconds:.1f} s of compilation")
    return " · ".join([*parts, *filter(None, [run.label])])


def _curves(saved: SavedRun) -> None:
    log = history(saved.events)
    if len(log):
        run_curves(log, saved.experiment.data.source, "run", saved.row.id)
        st.caption(literal(baseline_text([saved.experiment])))
    else:
        st.info("This run has no finished epoch.")


def _names(library: RunLibrary, run: RunRow) -> None:
    """A form for name, tags and note; an error is shown below its own field."""
    store, owner, mark = library.store, library.owner, f"{run.id}_{library.choice.named}"
    with st.form(f"run_names_{mark}", border=False):
        st.markdown("**Name, tags, note**")
        name = st.text_input(
            "Name", run.name, key=f"run_name_{mark}", max_chars=MAX_NAME,
            help="Empty: a name made from the settings.",
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
            help="Free text; it is searched as well.",
        )  # fmt: skip
        below_note = st.container()
        if not st.form_submit_button(
            "Save", key=f"run_save_{mark}", icon=":material/save:",
            help="Saves name, tags and note.",
        ):  # fmt: skip
            return
    accepted = [
        name == run.name or _saved(below_name, lambda: store.rename(run.id, owner, name)),
        _saved(below_tags, lambda: store.set_tags(run.id, owner, split_tags(tags))),
        _saved(below_note, lambda: store.set_note(run.id, owner, note)),
    ]
    if all(accepted):
        library.choice.named += 1
        st.rerun()


def _saved(below: DeltaGenerator, change: Callable[[], None]) -> bool:
    """Whether a change was accepted; if not, the reason is shown."""
    try:
        change()
    except (ValueError, LookupError) as error:
        with below:
            refuse(str(error))
        return False
    return True


# ---- a shared run ------------------------------------------------------------------------


def shared_run(token: str) -> None:
    """The run that a link with `token` shares, read-only."""
    try:
        saved = store().shared(token)
    except StoreError as error:
        st.error(literal(str(error)))
    except LookupError:
        st.error("This link shows no run: it is mistyped, or no longer shared.")
    else:
        _shared(saved)
    st.button(
        "To my own runs",
        key="own_runs",
        on_click=url.clear_shared_token,
        help="Leaves the shared run and opens your own list.",
    )


def _shared(saved: SavedRun) -> None:
    run = saved.row
    st.subheader(literal(run.name), anchor=False)
    st.caption("A shared run: look at everything, change nothing.")
    st.caption(literal(_summary(run)))
    _curves(saved)
    if run.note:
        st.markdown("**Note**")
        st.text(run.note)
    st.markdown("**Settings**")
    rows = [
        {"Setting": label(name), "Value": format_value(name, value)}
        for name, value in active_hyperparameters(saved.experiment).items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="shared_settings", alt="Settings")
    for change in _changes(saved):
        st.caption(literal(change))
    if st.button(
        "Use its settings", key="use_shared", icon=":material/tune:",
        help="Makes them your current experiment; trained, it gives the same numbers.",
    ):  # fmt: skip
        session.set_experiment(saved.experiment)
        url.clear_shared_token()
        open_page("train")


def _changes(saved: SavedRun) -> list[str]:
    """Settings changed and examples added while it trained."""
    plain = Compared(saved.experiment, history(()))
    changed = Compared(saved.experiment, history(saved.events))
    return [
        f"{setting.name.capitalize()}: {setting.values[0]}."
        for setting in settings([changed, plain])
        if isinstance(setting.values[0], str) and setting.values[1] == "nothing"
    ]
