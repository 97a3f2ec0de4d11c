"""The table of runs: filters over all of them, a page of lines, boxes to choose by.

The list of runs: choose some, and name, open, share, compare or delete them.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.state import stored
from dashboard.state.pages import open_page
from dashboard.views.runs.details import details
from dashboard.views.shared.saved_runs import RunLibrary, data_label, experiment_of
from dashboard.widgets.messages import refuse
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import format_value
from playground.nn.format import format_score, truncate
from playground.nn.losses import CLASSIFICATION
from playground.storage.query import (
    KINDS,
    ORDERS,
    STATES,
    RunQuery,
    split_tags,
)
from playground.storage.records import RunRow, StoreError
from playground.storage.store import MAX_TAG

PAGE = 100  # lines sent to a browser at a time
LOOK_SECONDS = 3.0  # between two looks at runs that play
LONGEST_NOTE = 80  # characters in the table
FIELD = 165  # pixels of a filter: two of them fit on a phone


def filters(library: RunLibrary) -> RunQuery:
    """Which runs to show, and in which order."""
    labels = {name: data_label(name, link) for name, link in library.facets.datasets.items()}
    tags = {tag: tag for tag in library.facets.tags}
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_filters"):
        text = st.text_input(
            "Search", key="runs_text", placeholder="name, note or tag", width=FIELD, max_chars=200,
            persist_state="session",
            help="Words that name, note, tag or settings must contain; try the name "
            "of a data set or an optimizer.",
        )  # fmt: skip
        datasets = _several("Data", labels, "runs_data")
        kinds = _several("Kind", KINDS, "runs_kind")
        states = _several("State", STATES, "runs_state")
        own = _several("Tag", tags, "runs_tag") if tags else []
        group = _group(library)
        by = st.selectbox(
            "Sort by", list(ORDERS), key="runs_by", width=FIELD, persist_state="session",
            format_func=lambda name: ORDERS[name].label,
            help="What decides the order; try the best score.",
        )  # fmt: skip
        turned = st.toggle(
            "The other way round",
            key="runs_turned",
            persist_state="session",
            help="Turns the order round: smallest first, or oldest first.",
        )
    return RunQuery(
        text, datasets, kinds, states, own, group, order=by,
        descending=ORDERS[by].descending != turned,
    )  # fmt: skip


def _several(label: str, table: Mapping[str, str], key: str) -> list[str]:
    return st.multiselect(
        label, list(table), key=key, format_func=lambda name: truncate(table.get(name, name)),
        width=FIELD, placeholder="all", persist_state="session",
        help="Only runs with one of these are listed; leave it empty for all.",
    )  # fmt: skip


def _group(library: RunLibrary) -> str:
    """The race, twin or sweep whose runs are asked for; "": any."""
    if not library.groups:
        return ""
    return st.selectbox(
        "Belongs to", ["", *library.groups], key="runs_group", width=FIELD, persist_state="session",
        format_func=lambda id: truncate(library.group_title(id)) if id else "anything",
        help="Only the runs of one race, sweep or twin; try your last race.",
    )  # fmt: skip


def table(library: RunLibrary, query: RunQuery) -> None:
    """The page of lines, drawn anew now and then while one of its runs plays."""
    every = LOOK_SECONDS if library.facets.playing else None
    st.fragment(_page, run_every=every, key="runs_lines")(library, query)


def _page(library: RunLibrary, query: RunQuery) -> None:
    library.refresh()
    total = library.facets.total
    found = library.count(query)
    pages = max(1, -(-found // PAGE))
    page = 1
    if pages > 1:
        page = st.number_input(
            f"Page, of {pages:,}", 1, pages, key="runs_page", width=140,
            help=f"{PAGE} runs on each; filters and order are those of all {found:,}.",
        )  # fmt: skip
    lines = library.runs(query, PAGE, (page - 1) * PAGE)
    st.caption(_count(found, total, len(library.chosen)))
    if not lines:
        st.info("No run is like that: take away some of the filters.")
        return
    choice, ids = library.choice, [run.id for run in lines]
    rows = [i for i, id in enumerate(ids) if id in choice.chosen]
    state = st.dataframe(
        frame(library, lines),
        hide_index=True,
        key=f"runs_table_{_mark(ids)}_{choice.drawn}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": rows}},
        column_config={**_COLUMNS, "When": _when()},
        height=min(38 + 35 * len(lines), 530),
        alt="Saved runs",
    )  # fmt: skip
    told = [ids[row] for row in state.selection.rows if 0 <= row < len(ids)]
    if set(told) != {ids[row] for row in rows}:
        kept = [id for id in choice.chosen if id not in ids or id in told]
        choice.chosen = list(dict.fromkeys([*kept, *told]))
        st.rerun()


def _count(found: int, total: int, chosen: int) -> str:
    truncate = f"{found:,} of your {total:,} runs" if found != total else f"Your {total:,} runs"
    truncate = "Your one run" if found == total == 1 else truncate
    return (
        f"{truncate}; {chosen} chosen." if chosen else f"{truncate}. Tick the boxes to choose some."
    )


def _mark(ids: Sequence[str]) -> str:
    return blake2b(" ".join(ids).encode(), digest_size=8).hexdigest()


def _when() -> Any:
    return st.column_config.DatetimeColumn(
        format="YYYY-MM-DD HH:mm", timezone=st.context.timezone, help="When it began."
    )


_COLUMNS: dict[str, Any] = {
    "Name": st.column_config.TextColumn(width=330),
    "Epochs": st.column_config.TextColumn(help="Finished, of those to be trained."),
    "Best": st.column_config.TextColumn(
        help="The best validation score: accuracy, or the mean error of a regression."
    ),
    "Last": st.column_config.TextColumn(help="The validation score after the last epoch."),
    "Belongs to": st.column_config.TextColumn(help="A race, a twin or a sweep."),
}


def frame(library: RunLibrary, runs: Sequence[RunRow]) -> pd.DataFrame:
    """One line a run; what people have typed stands in it as plain text."""
    return pd.DataFrame(
        {
            "Name": run.name,
            "Best": format_score(run.best_metric, run.task == CLASSIFICATION),
            "Last": format_score(run.val_metric, run.task == CLASSIFICATION),
            "Epochs": f"{run.epoch:,} / {run.epochs:,}",
            "State": STATES.get(run.state, run.state),
            "When": run.created,
            "Tags": ", ".join(run.tags),
            "Note": _start(run.note),
            "Data": data_label(run.dataset, run.link),
            "Network": _network(run),
            "Optimizer": _optimizer(run),
            "Belongs to": " · ".join(filter(None, (library.group_title(run.group), run.label))),
        }
        for run in runs
    )


def _network(run: RunRow) -> str:
    experiment = experiment_of(run.link)
    if experiment is None:
        return "–"
    fields = active_hyperparameters(experiment)
    layers = format_value("hidden", experiment.network.hidden)
    return (
        f"{layers} {format_value('activation', fields['activation'])}"
        if layers != "none"
        else layers
    )


def _optimizer(run: RunRow) -> str:
    experiment = experiment_of(run.link)
    if experiment is None:
        return "–"
    training = experiment.training
    return f"{format_value('optimizer', training.optimizer)} {training.learning_rate:g}"


def _start(note: str) -> str:
    line = " ".join(note.split())
    return line if len(line) <= LONGEST_NOTE else line[: LONGEST_NOTE - 1] + "…"


MOST_COMPARED = 8


def listing(library: RunLibrary) -> None:
    """All runs, and whatever can be done with those that are chosen."""
    _undo(library)
    if not library.facets.total:
        nothing_yet()
        return
    table(library, filters(library))
    chosen = library.chosen
    if len(chosen) > 0:
        _together(library)
    if len(chosen) == 1:
        details(library, chosen[0])


def nothing_yet() -> None:
    """What somebody new can do."""
    st.info(
        "Nothing is here yet. Every network you train is kept by itself, epoch by epoch, for you "
        "alone: train one, change a setting, train again, and come back to compare the two."
    )
    if st.button(
        "Train a first network",
        key="go_train",
        type="primary",
        help="Opens the Train page with the current experiment; press Train there.",
    ):
        open_page("train")


def _together(library: RunLibrary) -> None:
    """What can be done with all chosen runs at once."""
    chosen = library.chosen
    many = f"{len(chosen):,} runs" if len(chosen) > 1 else "this run"
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_together"):
        if 2 <= len(chosen) <= MOST_COMPARED:
            st.button(
                f"Compare these {many}", key="compare_runs", type="primary",
                icon=":material/compare_arrows:", on_click=stored.set_widget,
                args=("runs_view", "Compare"),
                help="Puts the ticked runs over each other and says where they differ; "
                "try two that differ in one thing.",
            )  # fmt: skip
        st.button(
            f"Delete {many}", key="delete_runs", icon=":material/delete:",
            on_click=_delete, args=(library,), help="It can be undone.",
        )  # fmt: skip
        st.button(
            "Choose none",
            key="choose_none",
            on_click=library.choice.set,
            args=((),),
            help="Takes all ticks away; nothing is deleted.",
        )
        if len(chosen) > 1:
            tag = st.text_input(
                "Tag them all", key="tag_runs", width=200, max_chars=MAX_TAG,
                placeholder="homework",
                help="A word for all ticked runs, to find them by; try the name of your "
                "class.",
            )  # fmt: skip
            if st.button(
                "Add the tag",
                key="add_tag",
                disabled=not split_tags(tag),
                help="Gives all ticked runs this tag; search for it in the list.",
            ):
                _tag(library, tag)
    if len(chosen) > MOST_COMPARED:
        st.caption(
            f"Choose 2 to {MOST_COMPARED} runs to overlay their curves; *Many runs* shows "
            "hundreds at once."
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
    """Say what was deleted, and bring it back if that was a mistake."""
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
            "Undo",
            key="undo_delete",
            icon=":material/undo:",
            help="Brings back what was just deleted; it is gone for good after a day.",
        ):
            try:
                library.store.restore(choice.deleted, library.owner)
                choice.set(choice.deleted)
            except LookupError:
                refuse("What was deleted more than a day ago cannot be brought back.")
            choice.deleted = ()
            st.rerun()
