"""The Assignments page: a teacher locks settings, sets targets, and gets a link for the class."""

import streamlit as st
from pydantic import ValidationError

from dashboard.state import session
from dashboard.views.assignments.targets import targets
from dashboard.views.shared.links import address
from dashboard.widgets.fields import label
from dashboard.widgets.messages import literal, refuse
from playground.experiment.model import FIELDS, SECTION_OF, Experiment
from playground.experiment.model_summary import summary, title
from playground.experiment.url import encode
from playground.lessons import assignment
from playground.lessons.assignment import LONGEST_TEXT, LONGEST_TITLE, Assignment, AssignmentError
from playground.storage import signing

DATA, ALL_BUT, ONLY, NOTHING = "data", "all_but", "only", "nothing"
LOCKS = {DATA: "The data", ALL_BUT: "All but …", ONLY: "Only …", NOTHING: "Nothing"}

EXAMPLE = "Small but good"
LEFT_OPEN = ["learning_rate", "batch_size", "hidden", "activation", "optimizer"]
COMMAND = "python -m playground results FOLDER --out class.csv"


def assignments() -> None:
    """The form, the link it makes, and how the results come back."""
    st.subheader("Set an assignment", anchor=False)
    st.caption(
        "You choose where students start, what they cannot change, and what they must reach. The "
        "app checks it on their own run and gives each a signed line; the lines become a class "
        "table."
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        made = _form(session.experiment())
    with right:
        _link(made)
        _collect()


def _form(start: Experiment) -> Assignment | str:
    """What the teacher has set; a sentence where it breaks a rule."""
    st.markdown("**1 · Where students start**")
    st.caption(
        f"{literal(title(start))}, {summary(start).parameters:,} weights and biases. This is your "
        "current experiment: change it on the left."
    )
    st.markdown("**2 · What it is about**")
    named = st.text_input(
        "Title", EXAMPLE, key="assign_title", max_chars=LONGEST_TITLE, persist_state="session",
        help="Stands above every page while a student works on it, and in the class table.",
    )  # fmt: skip
    text = st.text_area(
        "What students should know (optional)", key="assign_text", max_chars=LONGEST_TEXT,
        persist_state="session", height=90,
        help="Plain text. Say what to try, or what to explain when handing in.",
    )  # fmt: skip
    st.markdown("**3 · What stays locked**")
    locked = _locked()
    st.markdown("**4 · What must be reached**")
    wanted = targets(start)
    try:
        return assignment.make(title=named, text=text, start=start, locked=locked, targets=wanted)
    except AssignmentError as error:
        refuse(str(error))
        return str(error)
    except ValidationError as error:  # what no rule of ours foresees
        refuse(str(error))
        return str(error)


def _locked() -> tuple[str, ...]:
    kind = st.segmented_control(
        "Lock", list(LOCKS), default=DATA, key="assign_lock", format_func=LOCKS.__getitem__,
        required=True, persist_state="session", label_visibility="collapsed",
        help="Start with the data, so that all solve the same task; “All but …” leaves open only "
        "what you want to be explored.",
    ) or DATA  # fmt: skip
    data = tuple(name for name in FIELDS if SECTION_OF[name] == "data")
    if kind == DATA:
        st.caption(
            "Data set, sizes, preparation and mistakes on purpose: nobody makes the task easier."
        )
        return data
    if kind == NOTHING:
        st.caption("Students may change everything, the data too: easier data count as well.")
        return ()
    chosen = st.multiselect(
        "Left open" if kind == ALL_BUT else "Locked",
        list(FIELDS),
        default=LEFT_OPEN if kind == ALL_BUT else list(data),
        key=f"assign_{kind}",
        format_func=label,
        persist_state="session",
        help="Settings by their names in the sidebar. Type to find one.",
    )
    if kind == ONLY:
        return tuple(chosen)
    return tuple(name for name in FIELDS if name not in chosen)


def _link(made: Assignment | str) -> None:
    """The link to give to students."""
    st.markdown("**5 · The link for your class**")
    if isinstance(made, str):
        st.caption("It is made as soon as what the form says above can be fulfilled.")
        return
    try:
        text = assignment.write(made, signing.key())
    except (AssignmentError, signing.SecretError) as error:
        refuse(str(error))
        return
    link = f"{address('')}?{encode(made.start)}&assignment={text}"
    st.caption("Signed by this server: nobody can unlock a setting or lower a target in it.")
    st.code(link, language=None, wrap_lines=True, height=150)
    st.link_button(
        "Try it as a student", link, icon=":material/school:", key="assign_try",
        help="Opens the assignment in a new tab, as your students will see it.",
    )  # fmt: skip
    st.caption(f"Assignment {made.digest}: this number stands in every result.")


def _collect() -> None:
    """How the results come back."""
    st.markdown("**6 · Collect the results**")
    st.markdown(
        "Students who meet all targets get one signed line. Put their files (`.txt`) into a "
        "folder, also in folders inside it, and run on this server:"
    )
    st.code(COMMAND, language="bash", wrap_lines=True)
    st.caption(
        "Lines that were forged, altered, handed in twice or signed elsewhere are refused, each "
        "with its reason. Anywhere else than on this server the command needs its key: set "
        "PLAYGROUND_SECRET (16 characters or more) to the same value in both places."
    )
    st.caption(
        "The figures are the server's own. A run counts from its first epoch with the settings "
        "locked as you locked them, until something locked is changed or an example is taught by "
        "hand; what this server wrote down of it before a restart counts as well. Of all epochs "
        "that meet the targets the best is told, by the first target that is a score. The name is "
        "what the student typed."
    )
