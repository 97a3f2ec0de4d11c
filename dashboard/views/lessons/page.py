"""The Lessons page, and the lesson progress of this tab."""

import streamlit as st

from dashboard.state import identity, session, stored, url
from dashboard.widgets.messages import warn
from playground.lessons.lesson import Lesson, all_lessons
from playground.lessons.progress import TAB_PROGRESS, LessonProgress, TabProgress
from playground.nn.format import truncate

COLUMNS = 3
NAME = "lessons"  # of the progress in its registry
TARGET_PAGE = "page of the lesson"


def lessons() -> None:
    """A card for each lesson; the open one stands above, as on every page."""
    st.subheader(
        "Lessons", anchor=False,
        help="Each step tells you what to do, asks for your prediction, and is passed when the "
        "numbers of your own run meet its checks. The lesson stays above every page meanwhile.",
    )  # fmt: skip
    library = all_lessons()
    warn(library.problems, "The other lessons are not affected.")
    requested = url.parameter("lesson")
    if requested and requested not in library.lessons and progress(requested) is None:
        names = ", ".join(library.lessons)
        warn([f"lesson must be one of {names}, got {truncate(requested)}"])
    items = list(library.lessons.items())
    for start in range(0, len(items), COLUMNS):
        columns = st.columns(COLUMNS, gap="medium")
        for column, (slug, lesson) in zip(columns, items[start : start + COLUMNS], strict=False):
            with column:
                _card(slug, lesson)


def _card(slug: str, lesson: Lesson) -> None:
    current = progress(slug)
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{lesson.title}**")
        st.markdown(lesson.goal)
        st.caption(f"{lesson.minutes} minutes · {_steps_done(lesson, current)}")
        if slug == url.parameter("lesson"):
            st.caption(":material/arrow_upward: Open above.")
        elif current is None:
            _start_button(slug, lesson)
        elif st.button(
            "Open" if current.done else "Continue", key=f"lesson_open_{slug}",
            help="Opens the step you left. The experiment stays as it is.",
        ):  # fmt: skip
            open_lesson(slug)
            st.rerun()


def _start_button(slug: str, lesson: Lesson) -> None:
    if st.button(
        "Start", key=f"lesson_open_{slug}", icon=":material/play_arrow:",
        disabled=identity.current() is None,
        help="Replaces your experiment by the lesson's; leaving the lesson restores it.",
    ):  # fmt: skip
        start_lesson(slug, lesson)
        st.rerun()


def _steps_done(lesson: Lesson, current: LessonProgress | None) -> str:
    steps = len(lesson.steps)
    if current is None:
        return f"{steps} steps"
    if current.done:
        return f":green[:material/check_circle:] all {steps} steps done"
    return f"{len(current.passed)} of {steps} steps done"


def tab_progress() -> TabProgress | None:
    """The progress of this tab, which outlives a reload; None until the tab is identified."""
    tab = identity.registered(TAB_PROGRESS, NAME)
    if tab is None and identity.current() is not None:
        tab = TabProgress()
        identity.register(TAB_PROGRESS, NAME, tab)
    if tab is not None:
        tab.heartbeat()
    return tab


def progress(slug: str) -> LessonProgress | None:
    """The progress in a lesson; None if it has not been started."""
    tab = tab_progress()
    return None if tab is None else tab.lessons.get(slug)


def lesson_in_url() -> tuple[str, Lesson] | None:
    """Slug and lesson of the page's address; None without a lesson or for an unknown one."""
    slug = url.parameter("lesson")
    current = progress(slug)
    lesson = current.lesson if current else all_lessons().lessons.get(slug) if slug else None
    return None if lesson is None else (slug, lesson)


def start_lesson(slug: str, lesson: Lesson) -> None:
    """Start or restart a lesson: its experiment becomes the current one."""
    tab = tab_progress()
    if tab is not None:
        tab.start(slug, lesson, session.experiment())
        session.set_experiment(lesson.experiment)
        open_lesson(slug)


def open_lesson(slug: str) -> None:
    """Open a lesson at the step that was left, on the page of that step."""
    url.set_parameter("lesson", slug)
    current = progress(slug)
    if current is not None:
        stored.set(TARGET_PAGE, current.step.page)


def target_page() -> str:
    """The page to open, once; "" for none."""
    page: str = stored.get(TARGET_PAGE) or ""
    stored.set(TARGET_PAGE, "")
    return page


def close_lesson() -> None:
    """Close the panel; the progress stays."""
    url.set_parameter("lesson", "")


def leave_lesson(slug: str) -> None:
    """Discard the progress in a lesson and restore the experiment that it replaced."""
    tab = tab_progress()
    before = None if tab is None else tab.leave(slug)
    if before is not None:
        session.set_experiment(before)
    close_lesson()
