"""The draft of a table: what was found in it, what is to be learnt, and what becomes of it."""

import hashlib
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.state import session
from dashboard.widgets.messages import literal, refuse
from playground.datasets.custom import storage
from playground.datasets.custom.columns import (
    ColumnChoice,
    Missing,
    PreparedTable,
    detected_task,
    needs_scaling,
    prepare,
    use,
    usual,
)
from playground.datasets.custom.csv_reader import ColumnValues, Sheet, read
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


def preparing(experiment: Experiment) -> None:
    """Show the draft, ask for what is not certain, and offer to train on it."""
    draft = session.table_draft()
    if draft is None:
        return
    st.subheader(literal(f"{draft.name}: what was found"), anchor=False)
    try:
        sheet = read(draft.content)
    except TableError as error:
        refuse(str(error))
        return
    key = hashlib.sha256(draft.content).hexdigest()[:12]
    choice = _choice(sheet, key)
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
    """What somebody wants to learn from the sheet."""
    names = [column.name for column in sheet.columns]
    first = usual(sheet)
    left, right = st.columns(2)
    with left:
        target = st.selectbox(
            "Target: the column to predict", names, index=names.index(first.target),
            key=f"own_target_{key}",
            help="What the network learns to tell; try another column and see "
            "whether it can be told as well.",
        )  # fmt: skip
    guess = usual(sheet, target)
    of = f"{key}_{names.index(target)}"
    with right:
        task = st.segmented_control(
            "Task", list(TASKS), default=guess.task,
            key=f"own_task_{of}", required=True, format_func=TASKS.__getitem__,
            help="Classification predicts one of some classes, regression a number. Detected from "
            "the target; change it if that is wrong.",
        )  # fmt: skip
    others = [name for name in names if name != target]
    features = st.multiselect(
        "Features: the columns to predict it from", others, default=list(guess.features),
        key=f"own_features_{of}",
        help="What the network is given; leave a column out and see how much it "
        "was worth.",
    )  # fmt: skip
    missing: Missing = "fill"
    if any(sheet.column(name).missing.any() for name in features):
        missing = st.segmented_control(
            "Gaps", list(GAPS), default="fill", key=f"own_gaps_{key}", required=True,
            format_func=GAPS.__getitem__,
            help="What happens with rows that lack a value: fill in the usual one, "
            "or leave the row out; compare both.",
        )  # fmt: skip
    scale = False
    if task == REGRESSION and sheet.column(target).numbers is not None:
        scale = st.checkbox(
            "Scale the target to mean 0 and standard deviation 1",
            value=needs_scaling(sheet.column(target)), key=f"own_scale_{of}",
            help="Errors of large numbers are huge, and training on them often diverges.",
        )  # fmt: skip
    return ColumnChoice(target, tuple(features), task, missing, scale)


def _columns(sheet: Sheet, choice: ColumnChoice) -> pd.DataFrame:
    return pd.DataFrame(
        {"column": column.name, "holds": use(column).holds, "becomes": _becomes(column, choice)}
        for column in sheet.columns
    )


def _becomes(column: ColumnValues, choice: ColumnChoice) -> str:
    if column.name == choice.target:
        how = "detected" if detected_task(column) == choice.task else "chosen"
        return f"the target ({choice.task}, {how})"
    if column.name in choice.features:
        return "a feature" if column.numbers is not None else "a feature for each text (one-hot)"
    objection = use(column).objection
    return f"left out: {objection}" if objection else "left out"


def _rows(sheet: Sheet) -> pd.DataFrame:
    """The first rows as they were understood; an empty cell is a gap."""
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
    """How texts became numbers, row by row."""
    if not prepared.mapping:
        return
    with st.expander("How the texts became numbers (one-hot)"):
        table = pd.DataFrame(prepared.mapping, columns=["column", "text", "the feature that is 1"])
        st.dataframe(table, hide_index=True, width="stretch")
        st.caption("All other features of the same column are 0 then.")


def take(table: Table, experiment: Experiment) -> None:
    """Say what will be trained on, and offer to do so."""
    source = table.source
    classes = f" in {len(source.classes)} classes" if source.classes else ""
    rows = f"{len(table.y):,} rows{classes}, {source.n_features:,} features"
    parts = f"{source.train_size:,} to train, {source.validation_size:,} to validate"
    st.markdown(f"{rows}: {parts}, {table.n_test:,} sealed for the test.")
    if experiment.data.dataset == table.name:
        _in_use(table)
        return
    suited = False
    if not _is_suitable(experiment):
        suited = st.checkbox(
            "With a network that suits a small table",
            value=not experiment.data.dataset.startswith("own-"), key="own_suited",
            persist_state="session",
            help="Hidden layers of 16 and 8 units, Adam with learning rate 0.01, 200 epochs. "
            "Unticked, the network and its training stay as they are in the settings.",
        )  # fmt: skip
    st.button(
        "Train on these data", key="own_train", type="primary", icon=":material/model_training:",
        on_click=_take, args=(table, suited),
        help="They become the data of the current experiment; a run under way is not lost before "
        "training begins.",
    )  # fmt: skip


def _in_use(table: Table) -> None:
    """What to do next with the table that is trained on, and the way back."""
    st.success(
        "These are the data in use now. Open the page Train and press Train; the other views of "
        "this page show them.",
        icon=":material/check:",
    )
    st.button(
        "Remove them from the server", key="own_remove", on_click=_remove, args=(table.name,),
        help="Deletes the kept table and goes back to the usual data set.",
    )  # fmt: skip


def _remove(name: str) -> None:
    session.set_experiment(session.experiment().replace(dataset=Experiment().data.dataset))
    session.remove_table(name)
    storage.remove(name)


def _is_suitable(experiment: Experiment) -> bool:
    chosen = experiment.to_dict()
    return all(chosen[name] == value for name, value in SUITABLE.items())


def _take(table: Table, suited: bool) -> None:
    try:
        kept = storage.put(table)
    except TableError as error:
        refuse(str(error))
        return
    changes = SUITABLE if suited else {}
    session.set_experiment(session.experiment().replace(dataset=kept.name, **changes))
