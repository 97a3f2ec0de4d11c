"""Preparing an uploaded table: target, task, features and encoding, and what comes of them."""

import hashlib
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.state import identity, session
from dashboard.widgets.messages import literal, refuse
from playground.datasets.custom import storage
from playground.datasets.custom.cells import ColumnValues
from playground.datasets.custom.columns import PreparedTable, prepare
from playground.datasets.custom.csv_reader import Sheet, read
from playground.datasets.custom.roles import (
    ColumnChoice,
    Missing,
    are_few_whole_numbers,
    default_choice,
    detected_task,
    holds,
    left_out,
    needs_scaling,
)
from playground.datasets.custom.table import Table, TableError
from playground.experiment.model import Experiment
from playground.nn.losses import CLASSIFICATION, REGRESSION

FIRST_ROWS = 5
TASKS = {CLASSIFICATION: "Classification", REGRESSION: "Regression"}
GAPS: dict[Missing, str] = {"fill": "Fill with the median", "drop": "Leave the row out"}

# A network that learns most small tables within seconds.
SUITABLE = {
    "hidden": (16, 8), "activation": "relu", "activations": (), "optimizer": "adam",
    "learning_rate": 0.01, "batch_size": 32, "epochs": 200,
}  # fmt: skip


def prepare_draft(experiment: Experiment) -> None:
    """Show the draft, ask for what is ambiguous, and offer to train on it."""
    draft = session.table_draft()
    if draft is None:
        return
    st.subheader(literal(draft.name), anchor=False)
    try:
        sheet = read(draft.content)
    except TableError as error:
        refuse(str(error))
        return
    choice = _choice(sheet, hashlib.sha256(draft.content).hexdigest()[:12])
    st.dataframe(_columns(sheet, choice), hide_index=True, width="stretch")
    with st.expander(f"The first {min(FIRST_ROWS, len(sheet.lines))} of {len(sheet.lines):,} rows"):
        st.dataframe(_rows(sheet), hide_index=True, width="stretch")
    try:
        prepared = prepare(sheet, choice, draft.name)
    except TableError as error:
        _notes(sheet.notes)
        refuse(str(error))
        return
    _notes((*sheet.notes, *prepared.notes))
    _mapping(prepared)
    take(prepared.table, experiment)


def _choice(sheet: Sheet, key: str) -> ColumnChoice:
    """The choice of target, task, features and encoding, by widgets of this sheet."""
    names = [column.name for column in sheet.columns]
    guess = default_choice(sheet)
    left, right = st.columns(2)
    with left:
        target = st.selectbox(
            "Target: the column to predict", names, index=names.index(guess.target),
            key=f"own_target_{key}",
            help=f"“{literal(guess.target)}” is suggested because {guess.reason}.",
        )  # fmt: skip
    if target != guess.target:
        guess = default_choice(sheet, target)
    of = f"{key}_{names.index(target)}"
    with right:
        task = st.segmented_control(
            "Task", list(TASKS), default=guess.task,
            key=f"own_task_{of}", required=True, format_func=TASKS.__getitem__,
            help="Classification predicts one of some classes, regression a number. Detected from "
            "the target: whole numbers may be either.",
        )  # fmt: skip
    features = st.multiselect(
        "Features: the columns to predict it from", [name for name in names if name != target],
        default=list(guess.features), key=f"own_features_{of}",
        help="The inputs of the network. Columns that are left out by default are listed below "
        "with the reason.",
    )  # fmt: skip
    columns = [sheet.column(name) for name in features]
    missing: Missing = "fill"
    if any(column.gaps.any() for column in columns):
        missing = st.segmented_control(
            "Gaps", list(GAPS), default="fill", key=f"own_gaps_{key}", required=True,
            format_func=GAPS.__getitem__,
            help="Missing numbers: the median of the training rows, or without these rows.",
        )  # fmt: skip
    categories: list[str] = []
    if whole := [column.name for column in columns if are_few_whole_numbers(column)]:
        categories = st.multiselect(
            "Numbers that are categories", whole, key=f"own_categories_{of}",
            help="Whole numbers that name categories, such as a postal code, become a feature each "
            "(one-hot); others are quantities.",
        )  # fmt: skip
    scale = False
    if task == REGRESSION and sheet.column(target).numbers is not None:
        scale = st.checkbox(
            "Scale the target to mean 0 and standard deviation 1",
            value=needs_scaling(sheet.column(target)), key=f"own_scale_{of}",
            help="Errors of large numbers are huge, and training on them often diverges.",
        )  # fmt: skip
    return ColumnChoice(
        target, tuple(features), task, missing, scale, tuple(categories), guess.reason
    )


def _columns(sheet: Sheet, choice: ColumnChoice) -> pd.DataFrame:
    out = left_out(sheet, sheet.column(choice.target))
    return pd.DataFrame(
        {
            "column": column.name,
            "content": holds(column),
            "use": _use(column, choice, out.get(column.name, "")),
        }
        for column in sheet.columns
    )


def _use(column: ColumnValues, choice: ColumnChoice, reason: str) -> str:
    if column.name == choice.target:
        how = "detected" if detected_task(column) == choice.task else "chosen"
        return f"target ({choice.task}, {how})"
    if column.name in choice.features:
        numeric = column.numbers is not None and column.name not in choice.categories
        return "feature" if numeric else "a feature for each value (one-hot)"
    return f"left out: {reason}" if reason else "left out"


def _rows(sheet: Sheet) -> pd.DataFrame:
    """The first rows as they were read; an empty cell is a gap."""
    return pd.DataFrame({column.name: _cells(column) for column in sheet.columns})


def _cells(column: ColumnValues) -> list[str]:
    codes = column.codes[:FIRST_ROWS]
    if column.numbers is not None:
        return ["" if v != v else f"{v:.10g}" for v in column.numbers[:FIRST_ROWS]]
    return [column.texts[code] if 0 <= code < len(column.texts) else "" for code in codes]


def _notes(notes: Sequence[str]) -> None:
    if notes:
        st.info("\n".join(f"- {literal(note)}" for note in notes))


def _mapping(prepared: PreparedTable) -> None:
    """The one-hot encoding of each text."""
    if not prepared.mapping:
        return
    with st.expander("One-hot encoding of the text columns"):
        table = pd.DataFrame(prepared.mapping, columns=["column", "text", "feature that is 1"])
        st.dataframe(table, hide_index=True, width="stretch")
        st.caption("The other features of the same column are 0.")


def take(table: Table, experiment: Experiment) -> None:
    """The splits of a table, and a button to train on it."""
    source = table.source
    classes = f" in {len(source.classes)} classes" if source.classes else ""
    rows = f"{len(table.y):,} rows{classes}, {source.n_features:,} features"
    splits = f"{source.train_size:,} for training, {source.validation_size:,} for validation"
    st.markdown(f"{rows}: {splits}, {table.n_test:,} for the test.")
    if experiment.data.dataset == table.name:
        _in_use(table)
        return
    suited = False
    if not _is_suitable(experiment):
        suited = st.checkbox(
            "With a network for small tables",
            value=not experiment.data.dataset.startswith("own-"), key="own_suited",
            persist_state="session",
            help="Hidden layers of 16 and 8 units, Adam with learning rate 0.01, 200 epochs. "
            "Unticked, the network and its training stay as they are in the settings.",
        )  # fmt: skip
    st.button(
        "Train on these data", key="own_train", type="primary", icon=":material/model_training:",
        on_click=_take, args=(table, suited),
        help="They become the data of the current experiment; its run stays until a new one is "
        "started.",
    )  # fmt: skip


def _in_use(table: Table) -> None:
    """The next step with the table in use, and the way back."""
    st.success(
        "These are the data in use now. Open the page Train and press Train; the other views of "
        "this page show them.",
        icon=":material/check:",
    )
    st.button(
        "Remove them from the server", key="own_remove", on_click=_remove, args=(table.name,),
        help="Deletes the stored table, unless someone else has uploaded the same one, and goes "
        "back to the default data set.",
    )  # fmt: skip


def _owner() -> str:
    known = identity.current()
    return known[0] if known else ""


def _remove(name: str) -> None:
    session.set_experiment(session.experiment().replace(dataset=Experiment().data.dataset))
    session.remove_table(name)
    storage.remove(name, _owner())


def _is_suitable(experiment: Experiment) -> bool:
    chosen = experiment.to_dict()
    return all(chosen[name] == value for name, value in SUITABLE.items())


def _take(table: Table, suited: bool) -> None:
    try:
        stored = storage.put(table, _owner())
    except TableError as error:
        refuse(str(error))
        return
    changes = SUITABLE if suited else {}
    session.set_experiment(session.experiment().replace(dataset=stored.name, **changes))
