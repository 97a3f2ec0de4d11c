"""One step of a lesson: its text, the prediction, the checks, and what came out."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st
from playground.lessons.measures import CheckContext
from pydantic import ValidationError

from dashboard.state import session
from dashboard.state.pages import open_page, page_link
from dashboard.widgets.fields import label
from dashboard.widgets.messages import literal, refuse
from playground.experiment.model import explain
from playground.experiment.model_summary import title
from playground.experiment.pages import PAGES
from playground.lessons.progress import StepProgress
from playground.lessons.question import Question

FEW = 4  # answers that are all shown at once
PREDICT_FIRST = "Predict first: the check begins as soon as you have chosen an answer."


def do(held: StepProgress, here: str) -> None:
    """What the step says, and the buttons that help to do it."""
    step = held.step
    st.markdown(f"**{step.title}**")
    st.markdown(step.text)
    if not held.number and not held.passed:
        st.caption(
            f"This lesson set the experiment. Yours, {literal(title(held.before))}, is kept: "
            "*More* puts it back."
        )
    with st.container(horizontal=True, vertical_alignment="center", key="lesson_do"):
        if step.set and st.button(
            "Set it for me", key="lesson_set", icon=":material/tune:", disabled=held.waits,
            help="Predict first." if held.waits else f"Sets {_listed(step.set)}.",
        ):  # fmt: skip
            _set(held)
        if step.page and step.page != here:
            _link(step.page, step.lab)


def _listed(settings: Mapping[str, object]) -> str:
    """ "Optimizer to adam, Epochs to 20"."""
    told = (f"{label(name)} to {_written(value)}" for name, value in settings.items())
    return literal(", ".join(told))


def _written(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return ("on" if value else "off") if isinstance(value, bool) else str(value)


def _set(held: StepProgress) -> None:
    try:
        session.set_experiment(session.experiment().replace(**held.step.set))
    except ValidationError as error:  # with what else has been chosen meanwhile
        for sentence in explain(error):
            refuse(sentence)
    else:
        st.rerun()


def _link(page: str, lab: str) -> None:
    text = f"Go to {PAGES[page].title}"
    if not lab:
        page_link(page, text)
    elif st.button(
        text, key="lesson_lab", icon=":material/arrow_forward:", help="Opens the lab of this step."
    ):
        open_page("labs", lab=lab)


def ask(held: StepProgress, evidence: CheckContext) -> None:
    """The prediction, for as long as the step is not passed."""
    question = held.step.predict
    if question is None or held.number in held.passed:
        return
    choices = question.choices(evidence)
    chosen = _choose(
        f"**Predict:** {question.question}", choices, _key(held, "guess"),
        held.guesses.get(held.number), "What do you expect? It is told when the step is passed.",
    )  # fmt: skip
    if chosen in choices and chosen != held.guesses.get(held.number):
        held.guess(chosen)
        st.rerun()


def check(held: StepProgress, evidence: CheckContext) -> None:
    """What must be so and what is; then the step's own question."""
    passed = held.passed.get(held.number)
    if passed is not None:
        _list((True, sentence) for sentence in passed.sentences)
        return
    if held.waits:
        st.caption(PREDICT_FIRST)
        return
    _list((each.holds(evidence), each.sentence(evidence, label)) for each in held.step.check)
    if evidence.experiment != session.experiment():
        st.caption("This is the last run. **Train** starts one with the settings of now.")
    if held.step.answer is not None and held.held(evidence):
        _answer(held, held.step.answer, evidence)


def _list(lines: Iterable[tuple[bool, str]]) -> None:
    marks = {True: ":green[**✓**]", False: "○"}
    texts = [
        f"{marks[holds]} {literal(sentence[:1].upper() + sentence[1:])}"
        for holds, sentence in lines
    ]
    if texts:
        st.markdown("**Check:**  \n" + "  \n".join(texts))


def _answer(held: StepProgress, question: Question, evidence: CheckContext) -> None:
    choices = question.choices(evidence)
    if not choices:
        st.caption("There is nothing to choose from yet.")
        return
    chosen = _choose(
        f"**Answer:** {question.question}", choices, _key(held, "answer"), None,
        "Read it off what you see; a wrong answer may be followed by another.",
    )  # fmt: skip
    last = held.answers.get(held.number)
    st.button(
        "This is my answer", key="lesson_answer", disabled=chosen is None,
        on_click=held.answer, args=(str(chosen),), help="Compared with what your own run says.",
    )  # fmt: skip
    if last is not None:
        st.warning(f"{literal(last)} is not it: look again.", icon=":material/close:")


def _choose(
    text: str, choices: Sequence[str], key: str, before: str | None, help: str
) -> str | None:
    if before is not None and not session.holds(key):
        session.put(key, before)
    if len(choices) <= FEW:
        return st.radio(
            text, choices, index=None, key=key, help=help, persist_state="session"
        )  # fmt: skip
    return st.selectbox(
        text, choices, index=None, key=key, help=help, format_func=str, persist_state="session",
        placeholder="Choose one",
    )  # fmt: skip


def _key(held: StepProgress, what: str) -> str:
    return f"lesson_{held.name}_{held.number}_{what}"


def reveal(held: StepProgress) -> None:
    """What came out of the prediction, why, and what to remember; once the step is passed."""
    step, passed = held.step, held.passed.get(held.number)
    if passed is None:
        return
    texts = ["**Step passed.**"]
    if step.predict is not None:
        guess = held.guesses.get(held.number, "")
        texts.append(_compared(guess, passed.outcome))
        texts.append(step.predict.because)
    if step.answer is not None:
        texts.append(f"**{literal(held.answers.get(held.number, ''))}** is right.")
        texts.append(step.answer.because)
    if step.after is not None:
        texts.append(step.after)
    if held.done:
        texts.append("**The lesson is done.** " + held.lesson.goal)
    st.success("\n\n".join(texts), icon=":material/check_circle:")


def _compared(guess: str, outcome: str | None) -> str:
    if outcome is None:
        return f"You predicted “{literal(guess)}”."
    if guess in outcome.split(" / "):
        return f"You predicted “{literal(guess)}”, and so it was. ✓"
    return f"You predicted “{literal(guess)}”; it was “{literal(outcome)}”. ✗"
