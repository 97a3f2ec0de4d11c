"""The open lesson, above every page: what to do, what to predict, and what the run says to it."""

import streamlit as st
from playground.lessons.measures import OVER, CheckContext

from dashboard.components.chart import POLL_SECONDS
from dashboard.state import session
from dashboard.state.lesson_evidence import gathered
from dashboard.state.pages import open_page, page_link
from dashboard.views.lessons.progress import (
    attendance,
    begin,
    course,
    leave,
    opened,
    put_away,
    wanted,
)
from dashboard.views.lessons.step import ask, check, do, reveal
from dashboard.views.shared.run_controls import moves
from dashboard.widgets.fields import label
from dashboard.widgets.messages import literal
from playground.experiment.model_summary import title
from playground.experiment.pages import PAGES
from playground.lessons.lesson import Lesson
from playground.lessons.progress import StepProgress

DRAWN_SECONDS = 1.0  # between two looks at what is being drawn


def panel(here: str) -> None:
    """The lesson that is open, if one is; `here`: the page below it."""
    page = wanted()
    if page in PAGES and page != here:
        open_page(page)
    with st.container(key="lesson"):  # there or not, what comes below keeps its place and zoom
        found = opened()
        if found is None:
            return
        slug, lesson = found
        held = attendance(slug)
        if held is None:
            _offer(slug, lesson)
        else:
            every = _every(held)
            st.fragment(_watch, run_every=every, key="lesson_watch")(slug, held, here, every)


def _every(held: StepProgress) -> float | None:
    """Seconds between two looks, while something goes on that the step is about."""
    run, race = session.run(), session.race(session.RACE)
    if (run is not None and moves(run)) or (race is not None and race.state == "playing"):
        return POLL_SECONDS
    draws = any(condition.measure.startswith("drawing") for condition in held.step.check)
    return DRAWN_SECONDS if draws else None


def _offer(slug: str, lesson: Lesson) -> None:
    """A lesson that somebody has come to by its address, before it begins."""
    with st.container(border=True):
        st.markdown(f":material/school: **{lesson.title}** · {lesson.minutes} minutes")
        st.markdown(lesson.goal)
        before = title(session.experiment())
        st.caption(
            f"It sets the experiment to {literal(title(lesson.experiment))}. Yours now is "
            f"{literal(before)}: the lesson keeps it, and one button puts it back."
        )
        with st.container(horizontal=True):
            known = session.identity() is not None
            if st.button(
                "Start the lesson", key="lesson_start", type="primary", disabled=not known,
                icon=":material/play_arrow:", help="Set its experiment and show the first step.",
            ):  # fmt: skip
                begin(slug, lesson)
                st.rerun()
            if st.button("Not now", key="lesson_not", help="Close this; nothing has changed."):
                put_away()
                st.rerun()


def _watch(slug: str, held: StepProgress, here: str, every: float | None) -> None:
    """The step with its checks; looked at anew while the run plays."""
    evidence = _evidence()
    held.look(evidence, label)
    steps, done = len(held.lesson.steps), "" if not held.done else " · done"
    heading = f"**{held.lesson.title}** · step {held.number + 1} of {steps}{done}"
    with st.expander(heading, expanded=True, icon=":material/school:", key="lesson_panel"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            do(held, here)
        with right:
            ask(held, evidence)
            check(held, evidence)
        reveal(held)
        _moving_on(slug, held, here)
    if every == POLL_SECONDS and _every(held) != every:
        st.rerun()  # last, or the browser would take away what was not drawn yet


def _evidence() -> CheckContext:
    found, run = course(), session.run()
    if found is None:
        return gathered()
    if run is not None and run.state in OVER:
        found.finished.add(run.network)
    return gathered(len(found.finished))


def _moving_on(slug: str, held: StepProgress, here: str) -> None:
    """Back, on, and what else can be done with the lesson."""
    number, last = held.number, len(held.lesson.steps) - 1
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_buttons"):
        if st.button(
            "Back", key="lesson_back", icon=":material/arrow_back:", disabled=not number,
            help="Read the step before again; what is passed stays passed.",
        ):  # fmt: skip
            held.go_back()
            st.rerun()
        if number < last:
            if st.button(
                "Next step", key="lesson_next", icon=":material/arrow_forward:",
                disabled=number not in held.passed,
                type="primary" if number in held.passed else "secondary",
                help="It opens as soon as the check of this step holds.",
            ):  # fmt: skip
                held.go_on()
                st.rerun()
        elif held.done and here != "lessons":
            page_link("lessons", "Choose another lesson", ":material/school:")
        with st.popover(
            "More", icon=":material/more_horiz:", help="Begin again, close, or leave the lesson.",
            key="lesson_more",
        ):  # fmt: skip
            _more(slug, held)


def _more(slug: str, held: StepProgress) -> None:
    before = literal(title(held.before))
    st.caption(f"The lesson took the place of your experiment, {before}.")
    if st.button(
        "Leave, and put my experiment back", key="lesson_leave", icon=":material/undo:",
        help="The lesson is forgotten and your former experiment is current again.",
    ):  # fmt: skip
        leave(slug)
        st.rerun()
    if st.button(
        "Begin the lesson again", key="lesson_again", icon=":material/replay:",
        help="From its first step and its first experiment; guesses and checks are forgotten.",
    ):  # fmt: skip
        begin(slug, held.lesson)
        st.rerun()
    if st.button(
        "Close, and go on later", key="lesson_close", icon=":material/close:",
        help="The page Lessons opens it again where you are now.",
    ):  # fmt: skip
        put_away()
        st.rerun()
