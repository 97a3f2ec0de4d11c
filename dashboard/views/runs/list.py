"""The list of runs: choose some, and name, open, share, compare or delete them."""

import streamlit as st

from dashboard import session
from dashboard.notices import refuse
from dashboard.views.runs.details import details
from dashboard.views.runs.library import Library
from dashboard.views.runs.opening import go_to_train
from dashboard.views.runs.table import filters, table
from playground.listing import split_tags
from playground.saved import StoreError
from playground.store import LONGEST_TAG

MOST_COMPARED = 8


def listing(library: Library) -> None:
    """All runs, and whatever can be done with those that are chosen."""
    _undo(library)
    if not library.runs:
        nothing_yet()
        return
    wanted, by, falling = filters(library)
    table(library, wanted, by, falling)
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
        go_to_train()


def _together(library: Library) -> None:
    """What can be done with all chosen runs at once."""
    chosen = library.chosen
    many = f"{len(chosen):,} runs" if len(chosen) > 1 else "this run"
    with st.container(horizontal=True, vertical_alignment="bottom", key="runs_together"):
        if 2 <= len(chosen) <= MOST_COMPARED:
            st.button(
                f"Compare these {many}", key="compare_runs", type="primary",
                icon=":material/compare_arrows:", on_click=session.put,
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
                "Tag them all", key="tag_runs", width=200, max_chars=LONGEST_TAG,
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


def _tag(library: Library, tag: str) -> None:
    try:
        for run in library.chosen:
            library.store.tag(run.id, library.owner, [*run.tags, *split_tags(tag)])
    except (ValueError, LookupError) as error:
        refuse(str(error))
    else:
        st.rerun()


def _delete(library: Library) -> None:
    choice = library.choice
    ids = tuple(run.id for run in library.chosen)
    try:
        library.store.delete(ids, library.owner)
    except (StoreError, LookupError) as error:
        choice.problem = str(error)
    else:
        choice.deleted, choice.problem = ids, ""
        choice.set(())


def _undo(library: Library) -> None:
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
