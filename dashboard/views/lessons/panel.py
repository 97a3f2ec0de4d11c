"""The open lesson, above every page: instructions, prediction and checks of its current step."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st
from pydantic import ValidationError

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
from dashboard.views.shared.run_controls import is_updating
from dashboard.widgets.messages import literal, refuse
from playground.experiment.model import explain, format_value, label
from playground.experiment.model_summary import title
from playground.experiment.url import PAGES
from playground.lessons.lesson import Lesson
from playground.lessons.metrics import OVER, CheckContext
from playground.lessons.progress import LessonProgress
from playground.lessons.question import Question
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


MAX_RADIO = 4  # options shown at once; more are in a select box


def show_instructions(current: LessonProgress, here: str) -> None:
    """The text of the step, and buttons that apply its settings and open its page."""
    step = current.step
    st.markdown(f"**{step.title}**")
    st.markdown(step.text)
    if not current.index and not current.passed:
        st.caption(
            f"This lesson set the experiment. Yours, {literal(title(current.before))}, is kept: "
            "*More* restores it."
        )
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_do"):
        waits = current.awaits_prediction
        if step.set and st.button(
            "Apply settings", key="lesson_set", icon=":material/tune:", disabled=waits,
            help="Predict first." if waits else f"Sets {_settings(step.set)}.",
        ):  # fmt: skip
            _apply(current)
        if step.page and step.page != here:
            _page_button(step.page, step.lab)


def _settings(settings: Mapping[str, object]) -> str:
    """ "Optimizer to adam, Epochs to 20"."""
    return literal(
        ", ".join(f"{label(name)} to {format_value(name, v)}" for name, v in settings.items())
    )


def _apply(current: LessonProgress) -> None:
    try:
        session.set_experiment(session.experiment().replace(**current.step.set))
    except ValidationError as error:  # they clash with other settings chosen meanwhile
        for sentence in explain(error, labels=True):
            refuse(sentence)
    else:
        st.rerun()


def _page_button(page: str, lab: str) -> None:
    text = f"Go to {PAGES[page].title}"
    if not lab:
        page_link(page, text)
    elif st.button(
        text, key="lesson_lab", icon=":material/arrow_forward:", help="Opens the lab of this step."
    ):
        open_page("labs", lab=lab)


def show_prediction(current: LessonProgress, context: CheckContext) -> None:
    """The question to be answered before the step is passed."""
    question, index = current.step.predict, current.index
    if question is None or index in current.passed:
        return
    options = question.options_for(context)
    chosen = _choose(
        f"**Predict:** {question.question}", options, _key(current, "guess"),
        current.predictions.get(index), "Resolved when the step is passed.",
    )  # fmt: skip
    if chosen in options and chosen != current.predictions.get(index):
        current.predict(chosen)
        st.rerun()


def show_checks(current: LessonProgress, context: CheckContext) -> None:
    """The checks with their current values; then the step's own question."""
    passed = current.passed.get(current.index)
    if passed is not None:
        _list((True, sentence) for sentence in passed.sentences)
        return
    if current.awaits_prediction:
        st.caption("Predict first: the checks start once you have chosen an option.")
        return
    _list((check.passes(context), check.sentence(context, label)) for check in current.step.check)
    if context.experiment != session.experiment():
        st.caption("These are the values of the last run. **Train** applies the current settings.")
    if current.step.answer is not None and current.checks_pass(context):
        _ask(current, current.step.answer, context)


def _list(lines: Iterable[tuple[bool, str]]) -> None:
    texts = [
        f"{':green[**✓**]' if passes else '○'} {literal(sentence[:1].upper() + sentence[1:])}"
        for passes, sentence in lines
    ]
    if texts:
        st.markdown("**Check:**  \n" + "  \n".join(texts))


def _ask(current: LessonProgress, question: Question, context: CheckContext) -> None:
    options = question.options_for(context)
    if not options:
        st.caption("No options yet.")
        return
    chosen = _choose(
        f"**Answer:** {question.question}", options, _key(current, "answer"), None,
        "You can answer again after a wrong answer.",
    )  # fmt: skip
    st.button(
        "Submit answer", key="lesson_answer", disabled=chosen is None,
        on_click=current.answer, args=(str(chosen),), help="Compared with your own run.",
    )  # fmt: skip
    last = current.answers.get(current.index)
    if last is not None:
        st.warning(f"{literal(last)} is not correct: look again.", icon=":material/close:")


def _choose(
    text: str, options: Sequence[str], key: str, initial: str | None, help: str
) -> str | None:
    if initial is not None and not stored.has_widget(key):
        stored.set_widget(key, initial)
    if len(options) <= MAX_RADIO:
        return st.radio(text, options, index=None, key=key, help=help, persist_state="session")
    return st.selectbox(
        text, options, index=None, key=key, help=help, format_func=str, persist_state="session",
        placeholder="Choose one",
    )  # fmt: skip


def _key(current: LessonProgress, widget: str) -> str:
    return f"lesson_{current.id}_{current.index}_{widget}"


def show_result(current: LessonProgress) -> None:
    """Prediction against outcome, explanations and conclusion, once the step is passed."""
    step, passed = current.step, current.passed.get(current.index)
    if passed is None:
        return
    texts = ["**Step passed.**"]
    if step.predict is not None:
        texts.append(_comparison(current.predictions.get(current.index, ""), passed.outcome))
        texts.append(step.predict.because)
    if step.answer is not None:
        texts.append(f"**{literal(current.answers.get(current.index, ''))}** is correct.")
        texts.append(step.answer.because)
    if step.after is not None:
        texts.append(step.after)
    if current.done:
        texts.append("**Lesson completed.** " + current.lesson.goal)
    st.success("\n\n".join(texts), icon=":material/check_circle:")


def _comparison(prediction: str, outcome: str | None) -> str:
    predicted = f"You predicted “{literal(prediction)}”"
    if outcome is None:
        return f"{predicted}."
    if prediction in outcome.split(" / "):
        return f"{predicted}: correct. ✓"
    return f"{predicted}; the outcome is “{literal(outcome)}”. ✗"
