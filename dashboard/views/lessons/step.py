"""One step of a lesson: instructions, prediction, checks and result."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st
from pydantic import ValidationError

from dashboard.state import session, stored
from dashboard.state.url import open_page, page_link
from dashboard.widgets.messages import literal, refuse
from playground.experiment.model import explain, format_value, label
from playground.experiment.model_summary import title
from playground.experiment.url import PAGES
from playground.lessons.metrics import CheckContext
from playground.lessons.progress import LessonProgress
from playground.lessons.question import Question

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
