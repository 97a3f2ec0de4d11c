"""Own data: a CSV file, a pasted table or painted points, and how its columns are used."""

import hashlib
from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard.components.point_painter import has_points, painted_points, point_painter
from dashboard.state import identity, session
from dashboard.widgets.messages import literal, refuse
from playground.datasets import Dataset
from playground.datasets.custom import storage
from playground.datasets.custom import table as custom
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

# Invented animals, with a text column and with gaps.
EXAMPLE = """\
weight (kg),length (cm),ears (cm),color,kind
2.8,41,11.4,black,rabbit
3.0,38,11.2,gray,rabbit
5.3,50,5.9,brown,cat
3.4,,11.1,white,rabbit
1.0,37,12.6,gray,rabbit
18.5,91,15.4,black,dog
4.3,45,7.7,gray,cat
2.6,38,10.9,white,rabbit
5.1,38,6.3,white,cat
4.0,48,6.4,white,cat
11.8,94,9.3,white,dog
24.9,89,,black,dog
17.3,56,6.7,gray,dog
4.6,40,6.6,black,cat
2.4,43,11.3,white,rabbit
20.2,80,11.1,black,dog
3.0,46,6.0,black,cat
5.8,47,6.8,gray,cat
2.7,40,9.6,gray,rabbit
16.4,80,12.0,gray,dog
2.6,38,10.7,,rabbit
4.3,49,7.0,black,cat
9.8,99,9.8,brown,dog
3.9,44,6.0,gray,cat
15.5,76,11.4,brown,dog
33.4,78,8.1,gray,dog
3.3,55,5.4,white,cat
4.0,45,7.5,gray,cat
16.7,95,8.8,white,dog
20.1,82,12.8,gray,dog
10.6,80,9.1,brown,dog
8.6,59,8.9,black,dog
2.6,42,13.0,brown,rabbit
1.4,45,10.8,white,rabbit
2.4,34,11.5,black,rabbit
3.3,50,6.6,white,cat
4.2,42,6.1,gray,cat
3.2,46,6.1,brown,cat
2.7,36,11.6,black,rabbit
27.5,69,8.0,brown,dog
"""

PASTED = "Pasted table"
PAINTING = "painting"  # key of the plane
LIMITS = "At most 5 MB and 50,000 rows."
PRIVACY = (
    "The table is stored on the server of this page; anyone with the link of the experiment can "
    "see it."
)
FORMATS = (
    "Commas, semicolons, tabs or spaces between columns, decimal points or commas, units, "
    "currencies, percent and dates are recognized; titles and comments above the header are "
    "left out."
)


def upload(experiment: Experiment, dataset: Dataset) -> None:
    """Upload, paste or paint examples, choose their encoding, and train on them."""
    source = st.segmented_control(
        "Source", list(SOURCES), default=next(iter(SOURCES)), key="own_way", required=True,
        persist_state="session", help="Where the examples come from.",
    )  # fmt: skip
    table = experiment.data.table
    if table is not None:
        st.caption(literal(f"In use now: {table.label}, {len(table.y):,} rows."))
    SOURCES[source](experiment)


def _upload(experiment: Experiment) -> None:
    st.caption(
        f"A CSV file: a header line with the column names, then a line per example. {LIMITS}",
        help=FORMATS,
    )
    st.html(
        '<style>.st-key-own_file [data-testid="stFileUploaderDropzoneInstructions"] '
        "{ display: none }</style>"
    )  # these name the server's limit, not LIMITS
    file = st.file_uploader("CSV file", key="own_file", help="One example per line.")
    if file is not None:
        name = file.name.rpartition(".")[0] or file.name
        session.set_table_draft(session.TableDraft(name, file.getvalue()), upload=file.file_id)
    _example()
    prepare_draft(experiment)


def _paste(experiment: Experiment) -> None:
    st.caption(
        f"Copy cells of a spreadsheet with their column names, and paste them. {LIMITS}",
        help=FORMATS,
    )
    text = st.text_area(
        "Table", key="own_text", height=180,
        placeholder="height\tweight\tkind\n1,71\t63,5\tcat\n…",
        help="A header line with the column names, then a line per example.",
    )  # fmt: skip
    content = text.encode("utf-8", "replace")
    if text.strip():
        digest = hashlib.sha256(content).hexdigest()
        session.set_table_draft(session.TableDraft(PASTED, content), upload=digest)
    with st.container(horizontal=True):
        st.button(
            "Read the table", key="own_read", on_click=session.accept_upload_again,
            help="A click outside the box reads it too.",
        )  # fmt: skip
        _example()
    prepare_draft(experiment)


def _example() -> None:
    st.button(
        "Try an example", key="own_example", icon=":material/pets:",
        on_click=session.set_table_draft, args=(session.TableDraft("Animals", EXAMPLE.encode()),),
        help="Measurements of 40 cats, dogs and rabbits, with a text column and a few gaps.",
    )  # fmt: skip
    st.caption(PRIVACY)


def _paint(experiment: Experiment) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        point_painter(PAINTING, _points_in_use(experiment))
    with right:
        st.caption(
            "Paint points of two classes: the network learns to separate them, and its decision "
            "boundary is drawn over the plane.",
            help="With the keyboard: arrow keys move the cursor, space puts a point.",
        )
        try:
            take(custom.painted(painted_points(PAINTING)), experiment)
        except TableError as error:
            st.info(str(error))
        except ValueError as error:
            refuse(f"{error}: clear the plane and paint again.")


def _points_in_use(experiment: Experiment) -> tuple[str, list[list[float]]] | None:
    """The points in use, where nothing has been painted since the page was loaded."""
    table = experiment.data.table
    if table is None or has_points(PAINTING):
        return None
    points = custom.painted_points(table)
    return (table.name, points) if points else None


SOURCES: dict[str, Callable[[Experiment], None]] = {
    "Upload a file": _upload,
    "Paste a table": _paste,
    "Paint points": _paint,
}


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
