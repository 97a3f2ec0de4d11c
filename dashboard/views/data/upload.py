"""Own data: an uploaded CSV file, a pasted table, or points painted on a plane."""

import hashlib
from collections.abc import Callable

import streamlit as st

from dashboard.components.point_painter import has_points, painted_points, point_painter
from dashboard.state import session
from dashboard.views.data.upload_columns import prepare_draft, take
from dashboard.widgets.messages import literal, refuse
from playground.datasets import Dataset
from playground.datasets.custom import table as custom
from playground.datasets.custom.table import TableError
from playground.experiment.model import Experiment

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
