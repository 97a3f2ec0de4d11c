"""The Lessons page: which lessons there are, and how far one is in each."""

import streamlit as st

from dashboard.state import session
from dashboard.views.lessons.progress import attendance, begin, go_on
from dashboard.widgets.messages import warn
from playground.experiment.fields import shown
from playground.lessons.lesson import Lesson, own_lessons
from playground.lessons.progress import StepProgress

ACROSS = 3  # cards beside each other, where there is room


def lessons() -> None:
    """A card for each lesson; the open one stands above, as on every page."""
    st.subheader("Lessons", anchor=False)
    st.caption(
        "Five to ten minutes each. Every step says what to do, asks what you expect, and then "
        "looks at your own run: it is passed when the numbers say so. The lesson stays above "
        "every page while you work."
    )
    library = own_lessons()
    warn(library.problems, "The other lessons are not affected.")
    asked = session.place("lesson")
    if asked and asked not in library.lessons and attendance(asked) is None:
        names = ", ".join(library.lessons)
        warn([f"lesson must be one of {names}, got {shown(asked)}"])
    everything = list(library.lessons.items())
    for start in range(0, len(everything), ACROSS):
        columns = st.columns(ACROSS, gap="medium")
        for column, (slug, lesson) in zip(
            columns, everything[start : start + ACROSS], strict=False
        ):
            with column:
                _card(slug, lesson)


def _card(slug: str, lesson: Lesson) -> None:
    held = attendance(slug)
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{lesson.title}**")
        st.markdown(lesson.goal)
        st.caption(f"{lesson.minutes} minutes · {_far(lesson, held)}")
        if slug == session.place("lesson"):
            st.caption(":material/arrow_upward: It is open above.")
        elif held is None:
            _start(slug, lesson)
        elif st.button(
            "Open" if held.done else "Go on", key=f"lesson_open_{slug}",
            help="Open it where you left it. The experiment stays as it is now.",
        ):  # fmt: skip
            go_on(slug)
            st.rerun()


def _start(slug: str, lesson: Lesson) -> None:
    if st.button(
        "Start", key=f"lesson_open_{slug}", icon=":material/play_arrow:",
        disabled=session.identity() is None,
        help="Sets the lesson's experiment in place of yours, which one button puts back.",
    ):  # fmt: skip
        begin(slug, lesson)
        st.rerun()


def _far(lesson: Lesson, held: StepProgress | None) -> str:
    steps = len(lesson.steps)
    if held is None:
        return f"{steps} steps"
    if held.done:
        return f":green[:material/check_circle:] done, all {steps} steps"
    return f"{len(held.passed)} of {steps} steps done"
