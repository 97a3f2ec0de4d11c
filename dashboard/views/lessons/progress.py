"""Which lesson is open in this tab, and how far it is: begin, begin again, put away, leave."""

from dashboard.state import session
from playground.lessons.lesson import Lesson, own_lessons
from playground.lessons.progress import COURSES, LessonProgress, StepProgress

NAME = "lessons"
WANTED = "page of the lesson"


def course() -> LessonProgress | None:
    """That of this tab, which outlives a reload; None until the browser has told who it is."""
    found = session.held(COURSES, NAME)
    if found is None and session.identity() is not None:
        found = LessonProgress()
        session.hold(COURSES, found, NAME)
    if found is not None:
        found.touch()
    return found


def opened() -> tuple[str, Lesson] | None:
    """The address and the lesson that the address names; None if it names none that is there."""
    slug, found = session.place("lesson"), course()
    under_way = None if found is None else found.lessons.get(slug)
    lesson = under_way.lesson if under_way else own_lessons().lessons.get(slug) if slug else None
    return None if lesson is None else (slug, lesson)


def attendance(slug: str) -> StepProgress | None:
    """How far the lesson is; None if it has not begun."""
    found = course()
    return None if found is None else found.lessons.get(slug)


def begin(slug: str, lesson: Lesson) -> None:
    """Begin a lesson, or begin it again: its experiment becomes the current one."""
    found = course()
    if found is not None:
        found.begin(slug, lesson, session.experiment())
        session.set_experiment(lesson.experiment)
        go_on(slug)


def go_on(slug: str) -> None:
    """Open a lesson where one left it, on the page where its step is done."""
    session.go("lesson", slug)
    held = attendance(slug)
    if held is not None:
        session.remember(WANTED, "", held.step.page)


def wanted() -> str:
    """The page to go to, once; "" for none."""
    page: str = session.remembered(WANTED, "") or ""
    session.remember(WANTED, "", "")
    return page


def put_away() -> None:
    """Close the panel; how far the lesson is stays."""
    session.go("lesson", "")


def leave(slug: str) -> None:
    """Give up a lesson, and go back to the experiment that it took the place of."""
    found = course()
    before = None if found is None else found.leave(slug)
    if before is not None:
        session.set_experiment(before)
    session.go("lesson", "")
