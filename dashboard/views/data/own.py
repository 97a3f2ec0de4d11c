"""Your own data: a file, a table from the clipboard, or points painted on a plane."""

import hashlib
from collections.abc import Callable

import streamlit as st

from dashboard import session
from dashboard.notices import literal
from dashboard.views.data.example import EXAMPLE
from dashboard.views.data.painting import painting
from dashboard.views.data.preparing import preparing
from playground.datasets import Dataset
from playground.experiment import Experiment

PASTED = "Pasted table"
LIMITS = "At most 5 MB and 50,000 rows."
PRIVACY = (
    "The table is kept on the server this page comes from, so that it outlives a reload; whoever "
    "has the address of the experiment can see it."
)


def own(experiment: Experiment, dataset: Dataset) -> None:
    """Bring along a table of one's own, see what becomes of it, and train on it."""
    way = st.segmented_control(
        "How do you bring them?", list(WAYS), default=next(iter(WAYS)), key="own_way",
        required=True, persist_state="session",
        help="A file or pasted text, as it suits you; try pasting a few rows "
        "from a spreadsheet.",
    )  # fmt: skip
    _others(experiment)
    WAYS[way](experiment)


def _others(experiment: Experiment) -> None:
    """Where a table of one's own is in use that is no longer the draft: say so."""
    table = experiment.data.table
    if table is not None:
        name = f"{table.label}, {len(table.y):,} rows of your own"
        st.caption(literal(f"In use now: {name}. What you bring here takes their place."))


def _upload(experiment: Experiment) -> None:
    st.caption(
        f"A CSV file: a line with the names of the columns, then a line for each example. {LIMITS} "
        "Commas, semicolons or tabs between the columns are understood."
    )
    st.html(
        '<style>.st-key-own_file [data-testid="stFileUploaderDropzoneInstructions"] '
        "{ display: none }</style>"
    )  # it names a limit of the server's that is not the one above
    file = st.file_uploader(
        "CSV file",
        key="own_file",
        help="A table with one example a row and named columns, as a spreadsheet"
        " saves it; try one of your own.",
    )
    if file is not None:
        name = file.name.rpartition(".")[0] or file.name
        session.bring(session.Draft(name, file.getvalue()), mark=file.file_id)
    _example()
    preparing(experiment)


def _paste(experiment: Experiment) -> None:
    st.caption(
        "Select the cells in your spreadsheet, with the names of the columns above them, copy them "
        f"and paste them here. {LIMITS} Decimal commas are understood."
    )
    text = st.text_area(
        "Table", key="own_text", height=180,
        placeholder="height\tweight\tkind\n1,71\t63,5\tcat\n…",
        help="One example a row, columns separated by commas, semicolons or "
        "tabs, names in the first row; paste cells of a spreadsheet.",
    )  # fmt: skip
    content = text.encode("utf-8", "replace")
    if text.strip():
        mark = hashlib.sha256(content).hexdigest()
        session.bring(session.Draft(PASTED, content), mark=mark)
    with st.container(horizontal=True):
        st.button(
            "Read the table", key="own_read", on_click=session.bring_again,
            help="So does a click beside the box.",
        )  # fmt: skip
        _example()
    preparing(experiment)


def _example() -> None:
    st.button(
        "Try an example", key="own_example", icon=":material/pets:",
        on_click=session.bring, args=(session.Draft("Animals", EXAMPLE.encode()),),
        help="Measurements of 40 cats, dogs and rabbits, with a text column and a few gaps.",
    )  # fmt: skip
    st.caption(PRIVACY)


WAYS: dict[str, Callable[[Experiment], None]] = {
    "Upload a file": _upload,
    "Paste a table": _paste,
    "Paint points": painting,
}
