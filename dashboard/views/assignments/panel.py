"""The open assignment, above every page: its targets on the current run, and the submission."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import streamlit as st

from dashboard.components.chart import POLL_SECONDS
from dashboard.state import session, stored, url
from dashboard.views.shared.run_controls import is_updating
from dashboard.widgets.messages import literal, refuse, warn
from playground.experiment.model import TUNABLE_WHILE_TRAINING, format_value, label
from playground.experiment.url import encode
from playground.history.history import history
from playground.lessons import submission
from playground.lessons.assignment import Assignment
from playground.lessons.metrics import METRICS
from playground.lessons.submission import Submission
from playground.lessons.targets import Target, TargetStatus
from playground.runs.run import Run
from playground.storage import signing

LINE = "assignment line"
ALL_TOGETHER = "All must be met together, after the same epoch of one run"


def panel() -> None:
    """The assignment of the page's address, if there is one."""
    # The container is always there, so that what comes below keeps its place and zoom.
    with st.container(key="assignment"):
        problem, assignment = session.assignment_problem(), session.assignment()
        if problem:
            st.error(
                f"**This assignment link cannot be used:** {literal(problem)}. Nothing is locked, "
                "and no result can be submitted. Ask your teacher for the link again."
            )
            _leave_button()
        if assignment is None:
            return
        run = session.run()
        playing = run is not None and is_updating(run)
        every = POLL_SECONDS if playing else None
        title = f"**{literal(assignment.title)}**"
        with st.expander(title, expanded=True, icon=":material/assignment:", key="assigned"):
            _rejected_changes(assignment)
            left, right = st.columns([2, 3], gap="medium")
            with left:
                _instructions(assignment)
            with right:
                st.fragment(_watch, run_every=every, key="assignment_watch")(assignment, playing)


def _rejected_changes(assignment: Assignment) -> None:
    names = session.rejected_changes()
    if names:
        locked = assignment.locked_values
        unchanged = ", ".join(
            f"{label(name)} stays {format_value(name, locked[name])}" for name in names
        )
        warn([f"Locked by the assignment: {unchanged}."])


def _instructions(assignment: Assignment) -> None:
    if assignment.text:
        st.text(assignment.text)
    names = [label(name) for name in assignment.locked]
    if names:
        first = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        st.caption(f"Locked: {literal(first)}.")
    else:
        st.caption("No setting is locked.")
    _leave_button()


def _leave_button() -> None:
    st.button(
        "Leave the assignment", key="assignment_leave", icon=":material/logout:",
        on_click=url.set_parameter, args=("assignment", ""),
        help="Unlocks everything; the network stays. The link opens the assignment again.",
    )  # fmt: skip


def _watch(assignment: Assignment, playing: bool) -> None:
    """The targets, evaluated again while the run plays."""
    run = session.run()
    status = _status(assignment, run)
    for line in target_lines(assignment.targets, status):
        st.markdown(line)
    _summary(status, run)
    if run is not None:
        _submission(assignment, status, run)
    if playing and not (run is not None and is_updating(run)):
        st.rerun()  # last, or the browser would remove what was not drawn yet


def _status(assignment: Assignment, run: Run | None) -> TargetStatus:
    """The status of this tab's run; of a new one, if the settings have changed since."""
    if run is not None:
        status = assignment.status(run.experiment, history(run.events), run.start is not None)
        if status.passed or not _settings_changed(run):
            return status
    return assignment.status(session.experiment(), history(()))


def _settings_changed(run: Run) -> bool:
    """Whether settings differ from the run's that the run cannot adopt while it plays."""
    current, used = session.experiment().to_dict(), run.experiment.to_dict()
    tunable = set(TUNABLE_WHILE_TRAINING) if run.state in ("playing", "paused") else set()
    return any(current[name] != used[name] for name in current if name not in tunable)


def target_lines(targets: Sequence[Target], status: TargetStatus) -> list[str]:
    """One line a target: of the epoch that met all of them, or of the newest epoch."""
    if status.passed:
        when = f"after epoch {status.epoch:,}"
        return [_line(each, status.metrics[each.metric], True, when) for each in targets]
    each_now = zip(targets, status.values, status.met, strict=True)
    return [_line(target, value, met, "now") for target, value, met in each_now]


def _line(target: Target, value: float | None, met: bool, when: str) -> str:
    """ "✓ validation accuracy ≥ 88%: now 90.1%"."""
    text = literal(target.text)
    if value is None:
        return f":gray[○] {text}: :gray[not measured yet]"
    current = literal(METRICS[target.metric].format(value))
    mark = ":green[**✓**]" if met else ":red[**✗**]"
    return f"{mark} {text}: {when} **{current}**{'' if met else ', not met'}"


def _summary(status: TargetStatus, run: Run | None) -> None:
    if status.passed:
        st.success(
            f"All targets are met together after epoch {status.epoch:,}.",
            icon=":material/check_circle:",
        )
    elif status.reason:
        st.warning(literal(f"Later epochs do not count: {status.reason}."))
    elif run is None or not run.epoch or _settings_changed(run):
        st.caption(f"{ALL_TOGETHER}. Press Train.")
    elif run.state == "playing":
        st.caption(f"{ALL_TOGETHER}. Training …")
    else:
        st.caption(f"{ALL_TOGETHER}. Change something and train again.")


@dataclass(frozen=True)
class SignedSubmission:
    """A signed line, or the reason why there is none."""

    line: str = ""
    problem: str = ""
    file: str = "result.txt"
    epoch: int = 0


def _submission(assignment: Assignment, status: TargetStatus, run: Run) -> None:
    """A name and a button, once all targets are met; and the line that was made last."""
    digest = assignment.digest
    if status.passed:
        with st.form("assignment_hand_in", border=False):
            name = st.text_input(
                "Your name", key="assignment_name", max_chars=submission.MAX_NAME,
                persist_state="session", help="Part of the signed result.",
            )  # fmt: skip
            if st.form_submit_button(
                "Sign my result", key="assignment_make", type="primary", icon=":material/draw:",
                help="One signed line with the metrics measured by the server. You may submit "
                "another one after a better run: the best counts.",
            ):  # fmt: skip
                stored.set(LINE, _sign(assignment, status, run, name), digest)
    signed: SignedSubmission | None = stored.get(LINE, digest)
    if signed is not None:
        _show_line(signed)


def _sign(assignment: Assignment, status: TargetStatus, run: Run, name: str) -> SignedSubmission:
    try:
        result = submission.create(
            assignment, name, status.metrics, status.epoch or 0, _digest(run),
            encode(run.experiment),
        )  # fmt: skip
        line = submission.write(result, signing.key())
    except (ValueError, signing.SecretError) as error:
        return SignedSubmission(problem=str(error))
    return SignedSubmission(line, file=_file_name(result), epoch=result.epoch)


def _digest(run: Run) -> str:
    """16 hexadecimal digits that identify the run, also after it was saved."""
    return sha256((run.saved or run.network).encode()).hexdigest()[:16]


def _file_name(result: Submission) -> str:
    """Letters, digits and dashes only."""
    words = re.sub(r"\W+", "-", f"{result.name} {result.title}").strip("-_")
    return f"{words[:60] or 'result'}.txt"


def _show_line(signed: SignedSubmission) -> None:
    if signed.problem:
        refuse(signed.problem)
        return
    st.caption(
        f"Your result after epoch {signed.epoch:,}: submit this line, or the file. Changing any "
        "character invalidates it."
    )
    st.code(signed.line, language=None, wrap_lines=True, height=110)
    st.download_button(
        "Download the line", signed.line + "\n", signed.file, "text/plain",
        key="assignment_download", on_click="ignore", icon=":material/download:",
        help="Saves the line as a text file.",
    )  # fmt: skip
