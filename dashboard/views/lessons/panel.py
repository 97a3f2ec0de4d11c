"""The open lesson, above every page: instructions, prediction and checks of its current step."""

import streamlit as st

from dashboard.components.chart import POLL_SECONDS
from dashboard.state import identity, session, stored
from dashboard.state.lesson_context import check_context
from dashboard.state.url import open_page, page_link
from dashboard.views.lessons.page import (
    close_lesson,
    leave_lesson,
    lesson_in_url,
    progress,
    start_lesson,
    tab_progress,
    target_page,
)
from dashboard.views.lessons.step import (
    show_checks,
    show_instructions,
    show_prediction,
    show_result,
)
from dashboard.views.shared.run_controls import is_updating
from dashboard.widgets.messages import literal
from playground.experiment.model import label
from playground.experiment.model_summary import title
from playground.experiment.url import PAGES
from playground.lessons.lesson import Lesson
from playground.lessons.metrics import OVER, CheckContext
from playground.lessons.progress import LessonProgress
from playground.runs.race import RACES

DRAWING_SECONDS = 1.0  # between evaluations of a step about the drawing pad
COMPLETED_ON = "page on which the lesson was completed"  # on another one it is closed


def panel(here: str) -> None:
    """The open lesson, if any; `here`: the page below it."""
    page = target_page()
    if page in PAGES and page != here:
        open_page(page)
    # The container is always there, so that what comes below keeps its place and zoom.
    with st.container(key="lesson"):
        opened = lesson_in_url()
        if opened is None:
            stored.set(COMPLETED_ON, "")
            return
        slug, lesson = opened
        current = progress(slug)
        if current is None:
            _offer(slug, lesson)
        elif current.done and _completed_on(slug, here) != here:
            close_lesson()  # the page Lessons opens it again
        else:
            every = _poll_seconds(current)
            st.fragment(_watch, run_every=every, key="lesson_watch")(slug, current, here, every)


def _completed_on(slug: str, here: str) -> str:
    """The page on which the lesson was completed, or opened again after that."""
    return stored.get(COMPLETED_ON, slug, make=lambda: here)


def _poll_seconds(current: LessonProgress) -> float | None:
    """Seconds between evaluations, while a run, a race or a drawing of the step changes."""
    run, race = session.run(), identity.registered(RACES, session.RACE)
    if (run is not None and is_updating(run)) or (race is not None and race.state == "playing"):
        return POLL_SECONDS
    draws = any(check.measure.startswith("drawing") for check in current.step.check)
    return DRAWING_SECONDS if draws else None


def _offer(slug: str, lesson: Lesson) -> None:
    """A lesson opened by its address, before it is started."""
    with st.container(border=True):
        st.markdown(f":material/school: **{lesson.title}** · {lesson.minutes} minutes")
        st.markdown(lesson.goal)
        st.caption(
            f"It sets the experiment to {literal(title(lesson.experiment))}. Yours, "
            f"{literal(title(session.experiment()))}, is kept and can be restored."
        )
        with st.container(horizontal=True):
            if st.button(
                "Start the lesson", key="lesson_start", type="primary",
                disabled=identity.current() is None, icon=":material/play_arrow:",
                help="Sets its experiment and shows the first step.",
            ):  # fmt: skip
                start_lesson(slug, lesson)
                st.rerun()
            if st.button("Dismiss", key="lesson_not", help="Closes this; nothing changes."):
                close_lesson()
                st.rerun()


def _watch(slug: str, current: LessonProgress, here: str, every: float | None) -> None:
    """The step, evaluated again while the run plays."""
    context = _context()
    current.evaluate(context, label)
    if current.done:
        _completed_on(slug, here)
    steps, done = len(current.lesson.steps), " · done" if current.done else ""
    heading = f"**{current.lesson.title}** · step {current.index + 1} of {steps}{done}"
    with st.expander(heading, expanded=True, icon=":material/school:", key="lesson_panel"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            show_instructions(current, here)
        with right:
            show_prediction(current, context)
            show_checks(current, context)
        show_result(current)
        _buttons(slug, current, here)
    if every == POLL_SECONDS and _poll_seconds(current) != every:
        st.rerun()  # last, or the browser would remove what was not drawn yet


def _context() -> CheckContext:
    tab, run = tab_progress(), session.run()
    if tab is None:
        return check_context()
    if run is not None and run.state in OVER:
        tab.finished.add(run.network)
    return check_context(len(tab.finished))


def _buttons(slug: str, current: LessonProgress, here: str) -> None:
    index, last = current.index, len(current.lesson.steps) - 1
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_buttons"):
        if st.button(
            "Back", key="lesson_back", icon=":material/arrow_back:", disabled=not index,
            help="Shows the previous step; passed steps stay passed.",
        ):  # fmt: skip
            current.previous_step()
            st.rerun()
        if index < last:
            if st.button(
                "Next step", key="lesson_next", icon=":material/arrow_forward:",
                disabled=index not in current.passed,
                type="primary" if index in current.passed else "secondary",
                help="Available as soon as this step is passed.",
            ):  # fmt: skip
                current.next_step()
                st.rerun()
        elif current.done and here != "lessons":
            page_link("lessons", "Choose another lesson", ":material/school:")
        with st.popover(
            "More", icon=":material/more_horiz:", help="Restart, close or leave the lesson.",
            key="lesson_more",
        ):  # fmt: skip
            _more(slug, current)


def _more(slug: str, current: LessonProgress) -> None:
    st.caption(f"The lesson replaced your experiment, {literal(title(current.before))}.")
    if st.button(
        "Leave, and restore my experiment", key="lesson_leave", icon=":material/undo:",
        help="Discards the progress in this lesson.",
    ):  # fmt: skip
        leave_lesson(slug)
        st.rerun()
    if st.button(
        "Restart the lesson", key="lesson_again", icon=":material/replay:",
        help="From its first step and its initial experiment; discards the progress.",
    ):  # fmt: skip
        start_lesson(slug, current.lesson)
        st.rerun()
    if st.button(
        "Close, and continue later", key="lesson_close", icon=":material/close:",
        help="The Lessons page opens it again at this step.",
    ):  # fmt: skip
        close_lesson()
        st.rerun()
