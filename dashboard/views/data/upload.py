"""A small table to try at one click: invented animals, with text and with gaps.

Your own data: a file, a table from the clipboard, or points painted on a plane.
"""

import hashlib
from collections.abc import Callable

import streamlit as st

from dashboard.state import session
from dashboard.views.data.paint import painting
from dashboard.views.data.upload_columns import preparing
from dashboard.widgets.messages import literal
from playground.datasets import Dataset
from playground.experiment.model import Experiment

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
        session.set_table_draft(session.TableDraft(name, file.getvalue()), upload=file.file_id)
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
        session.set_table_draft(session.TableDraft(PASTED, content), upload=mark)
    with st.container(horizontal=True):
        st.button(
            "Read the table", key="own_read", on_click=session.accept_upload_again,
            help="So does a click beside the box.",
        )  # fmt: skip
        _example()
    preparing(experiment)


def _example() -> None:
    st.button(
        "Try an example", key="own_example", icon=":material/pets:",
        on_click=session.set_table_draft, args=(session.TableDraft("Animals", EXAMPLE.encode()),),
        help="Measurements of 40 cats, dogs and rabbits, with a text column and a few gaps.",
    )  # fmt: skip
    st.caption(PRIVACY)


WAYS: dict[str, Callable[[Experiment], None]] = {
    "Upload a file": _upload,
    "Paste a table": _paste,
    "Paint points": painting,
}
