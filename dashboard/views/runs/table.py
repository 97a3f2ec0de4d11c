"""The list of saved runs: filters, a table, and actions on the selected runs."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.state import stored
from dashboard.state.url import open_page
from dashboard.views.runs.details import details
from dashboard.views.shared.saved_runs import RunLibrary, data_label, experiment_of, score_text
from dashboard.widgets.messages import refuse
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import format_value
from playground.nn.format import truncate
from playground.storage.query import KINDS, ORDERS, STATES, RunQuery, split_tags
from playground.storage.records import RunRow, StoreError
from playground.storage.store import MAX_TAG

PAGE = 100  # lines sent to a browser at a time
REDRAW_SECONDS = 3.0  # while runs play
LONGEST_NOTE = 80  # characters in the table
FIELD = 165  # pixels of a filter: two of them fit on a phone
MOST_COMPARED = 8


def list_runs(library: RunLibrary) -> None:
    """All runs, and actions on the selected ones."""
    _undo(library)
    if not library.facets.total:
        no_runs()
        return
    query = _filters(library)
    every = REDRAW_SECONDS if library.facets.playing else None
    st.fragment(_page, run_every=every, key="runs_lines")(library, query)
    chosen = library.chosen
    if chosen:
        _actions(library)
    if len(chosen) == 1:
        details(library, chosen[0])


def no_runs() -> None:
    """The first step, where nothing is saved."""
    st.info(
        "Nothing is here yet. Every network you train is saved, epoch by epoch, for you alone: "
        "train one, change a setting, train again, and compare the two."
    )
    if st.button(
        "Train a first network", key="go_train", type="primary",
        help="Opens the Train page with the current experiment.",
    ):  # fmt: skip
        open_page("train")


# ---- filters -----------------------------------------------------------------------------


def _filters(library: RunLibrary) -> RunQuery:
    """Which runs to show, and in which order."""
    labels = {name: data_label(name, link) for name, link in library.facets.datasets.items()}
    tags = {tag: tag for tag in library.facets.tags}
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_filters"):
        text = st.text_input(
            "Search", key="runs_text", placeholder="name, note or tag", width=FIELD, max_chars=200,
            persist_state="session", help="Words in name, note, tags or settings.",
        )  # fmt: skip
        datasets = _several("Data", labels, "runs_data")
        kinds = _several("Kind", KINDS, "runs_kind")
        states = _several("State", STATES, "runs_state")
        own = _several("Tag", tags, "runs_tag") if tags else []
        group = group_filter(library, list(library.groups), "runs_group", FIELD)
        by = st.selectbox(
            "Sort by", list(ORDERS), key="runs_by", width=FIELD, persist_state="session",
            format_func=lambda name: ORDERS[name].label, help="The column that decides the order.",
        )  # fmt: skip
        reverse = st.toggle(
            "Reverse order", key="runs_turned", persist_state="session",
            help="Smallest or oldest first.",
        )  # fmt: skip
    return RunQuery(
        text, datasets, kinds, states, own, group, order=by,
        descending=ORDERS[by].descending != reverse,
    )  # fmt: skip


def _several(label: str, table: Mapping[str, str], key: str) -> list[str]:
    return st.multiselect(
        label, list(table), key=key, format_func=lambda name: truncate(table.get(name, name)),
        width=FIELD, placeholder="all", persist_state="session",
        help="Only runs with one of these; empty: all.",
    )  # fmt: skip


def group_filter(library: RunLibrary, ids: Sequence[str], key: str, width: int) -> str:
    """The chosen race, sweep or other group; "": any."""
    if not ids:
        return ""
    return st.selectbox(
        "Group", ["", *ids], key=key, width=width, persist_state="session",
        format_func=lambda id: truncate(library.group_title(id)) if id else "any",
        help="Only the runs of one race, sweep or view of the Overfitting page.",
    )  # fmt: skip


# ---- the table ---------------------------------------------------------------------------

COLUMNS: dict[str, Any] = {
    "Name": st.column_config.TextColumn(width=330),
    "Epochs": st.column_config.TextColumn(help="Finished / planned."),
    "Best": st.column_config.TextColumn(
        help="The best validation score: accuracy, or the mean error of a regression."
    ),
    "Last": st.column_config.TextColumn(help="The validation score after the last epoch."),
    "Group": st.column_config.TextColumn(help="A race, a sweep, or a view of Overfitting."),
}


def _page(library: RunLibrary, query: RunQuery) -> None:
    library.refresh()
    found = library.count(query)
    pages = max(1, -(-found // PAGE))
    page = 1
    if pages > 1:
        page = st.number_input(
            f"Page, of {pages:,}", 1, pages, key="runs_page", width=140,
            help=f"{PAGE} runs on each; filters and order are those of all {found:,}.",
        )  # fmt: skip
    rows = library.runs(query, PAGE, (page - 1) * PAGE)
    st.caption(_count(found, library.facets.total, len(library.chosen)))
    if not rows:
        st.info("No run matches these filters.")
        return
    choice, ids = library.choice, [run.id for run in rows]
    before = [i for i, id in enumerate(ids) if id in choice.chosen]
    mark = blake2b(" ".join(ids).encode(), digest_size=8).hexdigest()
    when = st.column_config.DatetimeColumn(
        format="YYYY-MM-DD HH:mm", timezone=st.context.timezone, help="Start of the run."
    )
    state = st.dataframe(
        _frame(library, rows),
        hide_index=True,
        key=f"runs_table_{mark}_{choice.drawn}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": before}},
        column_config={**COLUMNS, "When": when},
        height=min(38 + 35 * len(rows), 530),
        alt="Saved runs",
    )
    selected = [ids[row] for row in state.selection.rows if 0 <= row < len(ids)]
    if set(selected) != {ids[row] for row in before}:
        others = [id for id in choice.chosen if id not in ids or id in selected]
        choice.chosen = list(dict.fromkeys([*others, *selected]))
        st.rerun()


def _count(found: int, total: int, chosen: int) -> str:
    text = f"{found:,} of your {total:,} runs" if found != total else f"Your {total:,} runs"
    text = "Your one run" if found == total == 1 else text
    return f"{text}; {chosen} chosen." if chosen else f"{text}. Tick the boxes to choose some."


def _frame(library: RunLibrary, runs: Sequence[RunRow]) -> pd.DataFrame:
    """One line per run; user text is shown as plain text."""
    return pd.DataFrame(
        {
            "Name": run.name,
            "Best": score_text(run, run.best_metric),
            "Last": score_text(run, run.val_metric),
            "Epochs": f"{run.epoch:,} / {run.epochs:,}",
            "State": STATES.get(run.state, run.state),
            "When": run.created,
            "Tags": ", ".join(run.tags),
            "Note": truncate(" ".join(run.note.split()), LONGEST_NOTE) if run.note else "",
            "Data": data_label(run.dataset, run.link),
            "Network": _network(run),
            "Optimizer": _optimizer(run),
            "Group": " · ".join(filter(None, (library.group_title(run.group), run.label))),
        }
        for run in runs
    )


def _network(run: RunRow) -> str:
    experiment = experiment_of(run.link)
    if experiment is None:
        return "–"
    layers = format_value("hidden", experiment.network.hidden)
    if not experiment.network.hidden:
        return layers
    activation = active_hyperparameters(experiment)["activation"]
    return f"{layers} {format_value('activation', activation)}"


def _optimizer(run: RunRow) -> str:
    experiment = experiment_of(run.link)
    if experiment is None:
        return "–"
    training = experiment.training
    return f"{format_value('optimizer', training.optimizer)} {training.learning_rate:g}"


# ---- actions -----------------------------------------------------------------------------


def _actions(library: RunLibrary) -> None:
    """Compare, delete or tag the selected runs."""
    chosen = library.chosen
    many = f"{len(chosen):,} runs" if len(chosen) > 1 else "this run"
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_together"):
        if 2 <= len(chosen) <= MOST_COMPARED:
            st.button(
                f"Compare these {many}", key="compare_runs", type="primary",
                icon=":material/compare_arrows:", on_click=stored.set_widget,
                args=("runs_view", "Compare"),
                help="Shows their curves in one chart, and their differences.",
            )  # fmt: skip
        st.button(
            f"Delete {many}", key="delete_runs", icon=":material/delete:",
            on_click=_delete, args=(library,), help="It can be undone.",
        )  # fmt: skip
        st.button(
            "Clear selection", key="choose_none", on_click=library.choice.set, args=((),),
            help="Nothing is deleted.",
        )  # fmt: skip
        if len(chosen) > 1:
            tag = st.text_input(
                "Tag", key="tag_runs", width=200, max_chars=MAX_TAG, placeholder="homework",
                help="A word to find these runs by.",
            )  # fmt: skip
            if st.button(
                "Add tag", key="add_tag", disabled=not split_tags(tag),
                help="Adds the tag to all selected runs.",
            ):  # fmt: skip
                _tag(library, tag)
    if len(chosen) > MOST_COMPARED:
        st.caption(
            f"Choose 2 to {MOST_COMPARED} runs to compare their curves; *Many runs* shows hundreds."
        )


def _tag(library: RunLibrary, tag: str) -> None:
    try:
        for run in library.chosen:
            library.store.set_tags(run.id, library.owner, [*run.tags, *split_tags(tag)])
    except (ValueError, LookupError) as error:
        refuse(str(error))
    else:
        st.rerun()


def _delete(library: RunLibrary) -> None:
    choice = library.choice
    ids = tuple(run.id for run in library.chosen)
    try:
        library.store.delete(ids, library.owner)
    except (StoreError, LookupError) as error:
        choice.problem = str(error)
    else:
        choice.deleted, choice.problem = ids, ""
        choice.set(())


def _undo(library: RunLibrary) -> None:
    """Restore the runs that were just deleted."""
    choice = library.choice
    if choice.problem:
        refuse(choice.problem)
        choice.problem = ""
    if not choice.deleted:
        return
    count = len(choice.deleted)
    with st.container(horizontal=True, vertical_alignment="center", key="runs_deleted"):
        st.caption(f"{count:,} runs are deleted." if count > 1 else "One run is deleted.")
        if st.button(
            "Undo", key="undo_delete", icon=":material/undo:",
            help="Restores them; after a day they are gone for good.",
        ):  # fmt: skip
            try:
                library.store.restore(choice.deleted, library.owner)
                choice.set(choice.deleted)
            except LookupError:
                refuse("Runs deleted more than a day ago cannot be restored.")
            choice.deleted = ()
            st.rerun()
