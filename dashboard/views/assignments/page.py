"""The Assignments page: a teacher locks settings, sets targets, and gets a link for the class."""

from typing import Any

import streamlit as st

from dashboard.state import session, stored
from dashboard.state.url import page_address
from dashboard.widgets.messages import literal, refuse, show_link
from playground.experiment.model import FIELDS, SECTION_OF, Experiment, label
from playground.experiment.model_summary import summary, title
from playground.experiment.url import HOME, encode
from playground.lessons import assignment
from playground.lessons.assignment import (
    MAX_TARGETS,
    MAX_TEXT,
    MAX_TITLE,
    Assignment,
    AssignmentError,
)
from playground.lessons.metrics import METRICS
from playground.lessons.targets import OPERATOR_LABELS, OPERATORS, TARGET_METRICS, is_available
from playground.storage import signing

DATA, ALL_BUT, ONLY, NOTHING = "data", "all_but", "only", "nothing"
LOCKS = {DATA: "The data", ALL_BUT: "All but …", ONLY: "Only …", NOTHING: "Nothing"}

EXAMPLE = "Small but good"
LEFT_OPEN = ["learning_rate", "batch_size", "hidden", "activation", "optimizer"]
COMMAND = "python -m playground results FOLDER --out class.csv"


def assignments() -> None:
    """The form, the link made from it, and how to collect the results."""
    st.subheader(
        "Set an assignment", anchor=False,
        help="You choose the initial experiment, the locked settings and the targets. The server "
        "checks them on each student's run and signs the result; the results become a table.",
    )  # fmt: skip
    left, right = st.columns([3, 2], gap="large")
    with left:
        made = _form(session.experiment())
    with right:
        _show_link(made)
        _collect()


def _form(start: Experiment) -> Assignment | str:
    """The assignment of the form, or a sentence for each rule it breaks."""
    st.markdown("**1 · Initial experiment**")
    st.caption(
        f"{literal(title(start))}, {summary(start).parameters:,} parameters. This is your current "
        "experiment: change it in the settings above."
    )
    st.markdown("**2 · Title and instructions**")
    heading = st.text_input(
        "Title", EXAMPLE, key="assign_title", max_chars=MAX_TITLE, persist_state="session",
        help="Shown above every page to students, and in the class table.",
    )  # fmt: skip
    text = st.text_area(
        "Instructions (optional)", key="assign_text", max_chars=MAX_TEXT,
        persist_state="session", height=90,
        help="Plain text. Say what to try, or what to explain when handing in.",
    )  # fmt: skip
    st.markdown("**3 · Locked settings**")
    locked = _locked()
    st.markdown("**4 · Targets**")
    targets = _targets(start)
    try:
        return assignment.make(
            title=heading, text=text, start=start, locked=locked, targets=targets
        )
    except AssignmentError as error:
        refuse(str(error))
        return str(error)


def _locked() -> tuple[str, ...]:
    kind = st.segmented_control(
        "Lock", list(LOCKS), default=DATA, key="assign_lock", format_func=LOCKS.__getitem__,
        required=True, persist_state="session", label_visibility="collapsed",
        help="Lock the data at least, so that all students solve the same task. “All but …” leaves "
        "open only what they should explore.",
    ) or DATA  # fmt: skip
    data = tuple(name for name in FIELDS if SECTION_OF[name] == "data")
    if kind == DATA:
        st.caption("Data set, split, preprocessing and data leakage are locked.")
        return data
    if kind == NOTHING:
        st.caption("Students may change everything, also to easier data.")
        return ()
    chosen = st.multiselect(
        "Left open" if kind == ALL_BUT else "Locked",
        list(FIELDS),
        default=LEFT_OPEN if kind == ALL_BUT else list(data),
        key=f"assign_{kind}",
        format_func=label,
        persist_state="session",
        help="Settings by their labels. Type to search.",
    )
    if kind == ONLY:
        return tuple(chosen)
    return tuple(name for name in FIELDS if name not in chosen)


def _targets(start: Experiment) -> list[dict[str, Any]]:
    """One row for each target, not validated yet."""
    names = [name for name in TARGET_METRICS if is_available(name, start)]
    count = st.number_input(
        "Number of targets", 1, MAX_TARGETS, 3, key="assign_count", persist_state="session",
        width=160, help="All must be met together, after the same epoch of one run.",
    )  # fmt: skip
    return [_target(i, names) for i in range(count)]


def _target(i: int, names: list[str]) -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"assign_row_{i}"):
        key = f"assign_measure_{i}"
        stored.restrict(key, names)
        metric = st.selectbox(
            f"Target {i + 1}", names, 0 if stored.has_widget(key) else i % len(names),
            key=key, width=265, persist_state="session",
            format_func=lambda name: METRICS[name].label,
            help="Measured by the server after every epoch of the student's run.",
        )  # fmt: skip
        entry = TARGET_METRICS[metric]
        operator = st.selectbox(
            "Direction", list(OPERATORS), list(OPERATORS).index(entry.operator),
            key=f"assign_operator_{i}_{metric}", width=120, persist_state="session",
            format_func=lambda name: f"{OPERATOR_LABELS[name]} {OPERATORS[name]}",
            label_visibility="collapsed", help="At least, or at most, the threshold.",
        )  # fmt: skip
        kind = int if entry.is_count else float
        threshold = st.number_input(
            "Threshold", kind(entry.low), kind(entry.high), kind(entry.default), kind(entry.step),
            key=f"assign_number_{i}_{metric}", width=160, persist_state="session",
            format="%d" if entry.is_count else "%g", label_visibility="collapsed",
            help="An accuracy is a number from 0 to 1: 0.88 is 88%.",
        )  # fmt: skip
    return {"metric": metric, "operator": operator, "threshold": threshold}


def _show_link(made: Assignment | str) -> None:
    st.markdown("**5 · Link for the class**")
    if isinstance(made, str):
        st.caption("The link appears once the form is valid.")
        return
    try:
        text = assignment.write(made, signing.key())
    except (AssignmentError, signing.SecretError) as error:
        refuse(str(error))
        return
    link = f"{page_address(HOME)}?{encode(made.start)}&assignment={text}"
    st.caption("Signed by this server: nobody can unlock a setting or lower a target in it.")
    show_link(link, "assignment_link", height=150)
    st.link_button(
        "Preview as a student", link, icon=":material/school:", key="assign_try",
        help="Opens the assignment in a new tab.",
    )  # fmt: skip
    st.caption(f"Assignment {made.digest}: this id is part of every result.")


def _collect() -> None:
    st.markdown(
        "**6 · Collect the results**",
        help="Submissions that were forged, altered, duplicated or signed by another server are "
        "rejected, each with its reason. On another machine the command needs the server's key: "
        "set PLAYGROUND_SECRET (at least 16 characters) to the same value on both. The server "
        "measures the metrics; only the name is typed by the student. Epochs count while the "
        "locked settings keep their values and no example has been added, also those before a "
        "restart of the server. The best epoch by the first score is reported.",
    )
    st.markdown(
        "Students who meet all targets get one signed line. Put their files (`.txt`) into a folder "
        "and run on this server:"
    )
    st.code(COMMAND, language="bash", wrap_lines=True)
