"""The open assignment, above every page: its targets as they stand, and the line to hand in."""

import streamlit as st

from dashboard.components.chart import POLL_SECONDS
from dashboard.state import session
from dashboard.views.assignments.submission import hand_in
from dashboard.views.shared.run_controls import moves
from dashboard.widgets.fields import label
from dashboard.widgets.messages import literal, warn
from playground.experiment.describe import said
from playground.experiment.model import TUNABLE_WHILE_TRAINING
from playground.history.history import history
from playground.lessons.assignment import Assignment, Target
from playground.lessons.target_status import TargetStatus, standing
from playground.lessons.targets import TARGET_METRICS
from playground.runs.run import Run


def panel() -> None:
    """The assignment that the address names, if it names one."""
    with st.container(key="assignment"):  # there or not, what comes below keeps its place and zoom
        problem, assignment = session.assignment_problem(), session.assignment()
        if problem:
            st.error(
                f"**This assignment link cannot be used:** {literal(problem)}. Nothing is locked, "
                "and no result can be handed in. Ask your teacher for the link once more."
            )
            _leave()
        if assignment is None:
            return
        run = session.run()
        watching = run is not None and moves(run)
        every = POLL_SECONDS if watching else None
        title = f"**{literal(assignment.title)}**"
        with st.expander(title, expanded=True, icon=":material/assignment:", key="assigned"):
            _refused(assignment)
            left, right = st.columns([2, 3], gap="medium")
            with left:
                _told(assignment)
            with right:
                st.fragment(_watch, run_every=every, key="assignment_watch")(assignment, watching)


def _refused(assignment: Assignment) -> None:
    """What somebody has just tried to change, and why it stays."""
    names = session.stayed()
    if names:
        kept = ", ".join(
            f"{label(name)} stays {said(name, assignment.held[name])}" for name in names
        )
        warn([f"The assignment locks this: {kept}."])


def _told(assignment: Assignment) -> None:
    """What the teacher wants done, what is locked, and the way out."""
    if assignment.text:
        st.text(assignment.text)
    names = [label(name) for name in assignment.locked]
    if names:
        few = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        st.caption(f"Locked, and grey on the left: {literal(few)}. Everything else is yours.")
    else:
        st.caption("Nothing is locked: every setting is yours.")
    _leave()


def _leave() -> None:
    st.button(
        "Leave the assignment", key="assignment_leave", icon=":material/logout:",
        on_click=session.go, args=("assignment", ""),
        help="Unlocks everything; the network stays. The link opens the assignment again.",
    )  # fmt: skip


def _watch(assignment: Assignment, watching: bool) -> None:
    """The targets, looked at anew while the run plays."""
    run = session.run()
    found = _standing(assignment, run)
    for target, value, met in zip(assignment.targets, found.values, found.met, strict=True):
        st.markdown(_line(target, value, met))
    _where(assignment, found, run)
    if run is not None:
        hand_in(assignment, found, run)
    if watching and not (run is not None and moves(run)):
        st.rerun()  # last, or the browser would take away what was not drawn yet


def _standing(assignment: Assignment, run: Run | None) -> TargetStatus:
    """How this tab's run stands; how a new one would, where the settings are others now."""
    now = session.experiment()
    if run is not None:
        found = standing(assignment, run.experiment, history(run.events), run.start is not None)
        if found.passed or not _changed(run):
            return found
    return standing(assignment, now, history(()))


def _changed(run: Run) -> bool:
    """Whether the settings are no longer those of the run, beyond what it takes up as it plays."""
    now, own = session.experiment().to_dict(), run.experiment.to_dict()
    live = set(TUNABLE_WHILE_TRAINING) if run.state in ("playing", "paused") else set()
    return any(now[name] != own[name] for name in now if name not in live)


def _line(target: Target, value: float | None, met: bool) -> str:
    """ "✓ validation accuracy ≥ 88%: now 90.1%"."""
    text = literal(target.text)
    if value is None:
        return f":gray[○] {text}: :gray[not measured yet]"
    shown = literal(TARGET_METRICS[target.measure].measure.written(value))
    mark = ":green[**✓**]" if met else ":red[**✗**]"
    return f"{mark} {text}: now **{shown}**{'' if met else ', not met'}"


def _where(assignment: Assignment, found: TargetStatus, run: Run | None) -> None:
    """What all of it comes to, in a sentence."""
    if found.passed:
        st.success(
            f"All targets are met together after epoch {found.epoch:,}.",
            icon=":material/check_circle:",
        )
    elif found.reason:
        st.warning(literal(f"Only what follows the rules counts: {found.reason}."))
    elif run is None or not run.epoch or _changed(run):
        st.caption("All must be met together, after the same epoch of one run. Press Train.")
    else:
        st.caption(
            "All must be met together, after the same epoch of one run"
            + (": it goes on." if run.state == "playing" else ". Change something and train anew.")
        )
