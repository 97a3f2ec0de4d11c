"""The line a student hands in: made from what the server has measured, and signed by it."""

import re
from dataclasses import dataclass
from hashlib import sha256

import streamlit as st

from dashboard.state import session
from dashboard.widgets.messages import refuse
from playground.experiment.url import encode
from playground.lessons import submission
from playground.lessons.assignment import Assignment
from playground.lessons.submission import Submission
from playground.lessons.target_status import TargetStatus
from playground.runs.run import Run
from playground.storage import signing

LINE = "assignment line"


@dataclass(frozen=True)
class SignedSubmission:
    """A signed line, or why there is none."""

    line: str = ""
    problem: str = ""
    file: str = "result.txt"
    epoch: int = 0


def hand_in(assignment: Assignment, found: TargetStatus, run: Run) -> None:
    """A name and a button, once all targets are met; and the line that was made last."""
    of = assignment.digest
    if found.passed:
        with st.form("assignment_hand_in", border=False):
            name = st.text_input(
                "Your name", key="assignment_name", max_chars=submission.LONGEST_NAME,
                persist_state="session", help="As your teacher knows you: it stands in the line.",
            )  # fmt: skip
            if st.form_submit_button(
                "Make my result line", key="assignment_make", type="primary",
                icon=":material/draw:",
                help="One signed line with the server's own figures. Make another one after a "
                "better run: the best counts.",
            ):  # fmt: skip
                session.remember(LINE, of, _made(assignment, found, run, name))
    made: SignedSubmission | None = session.remembered(LINE, of)
    if made is not None:
        _show(made)


def _made(assignment: Assignment, found: TargetStatus, run: Run, name: str) -> SignedSubmission:
    try:
        result = submission.hand_in(
            assignment, name, found.figures, found.epoch or 0, _digest(run), encode(run.experiment)
        )
        return SignedSubmission(
            submission.write(result, signing.key()), file=_file(result), epoch=result.epoch
        )
    except (ValueError, signing.SecretError) as error:
        return SignedSubmission(problem=str(error))


def _digest(run: Run) -> str:
    """16 hexadecimal digits that tell this run from others, also after it was saved."""
    return sha256((run.saved or run.network).encode()).hexdigest()[:16]


def _file(result: Submission) -> str:
    """What the file is called: letters, digits and dashes only."""
    words = re.sub(r"\W+", "-", f"{result.name} {result.title}").strip("-_")
    return f"{words[:60] or 'result'}.txt"


def _show(made: SignedSubmission) -> None:
    if made.problem:
        refuse(made.problem)
        return
    st.caption(
        f"Your result, measured after epoch {made.epoch:,}: hand in this line, or the file with "
        "it. Changing any character makes it worthless."
    )
    st.code(made.line, language=None, wrap_lines=True, height=110)
    st.download_button(
        "Download the line", made.line + "\n", made.file, "text/plain", key="assignment_download",
        on_click="ignore", icon=":material/download:",
        help="Saves the line as a text file on your own machine.",
    )  # fmt: skip
