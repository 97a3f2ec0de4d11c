"""The Six steps lab: the current experiment as code one would write oneself, step by step."""

import difflib
from dataclasses import dataclass

import streamlit as st

from dashboard.state import session, stored
from dashboard.views.labs.keras_answer import answer
from dashboard.widgets.messages import literal
from playground.experiment.model import Experiment, format_value, label
from playground.experiment.model_summary import summary, title
from playground.export.script import Script
from playground.export.script.data import needs_file
from playground.labs.code import EXAMPLES, FORMS, NAME, CodeStep, code, files, steps


@dataclass
class Seen:
    """The experiment whose code is shown, and the one before."""

    now: Experiment | None = None
    before: Experiment | None = None


def six_steps() -> None:
    """Examples, the six steps in one of two forms, and what Keras makes of them."""
    experiment = session.experiment()
    _examples(experiment)
    form = st.segmented_control(
        "Form", list(FORMS), default="sequential", key="lab_six_steps_form", required=True,
        format_func=FORMS.__getitem__, persist_state="session",
        help="The same network twice: as a list of layers, or as a class with a `call` of its own. "
        "Switch and see that only step 3 differs.",
    ) or "sequential"  # fmt: skip
    st.markdown(f"The current experiment: **{literal(title(experiment))}**")
    _take(experiment, form)
    st.caption(
        "The same choices as in the sidebar, with random numbers of its own: other first weights, "
        "another order. The script on the Runs page repeats a run to the digit instead."
    )
    before = _before(experiment)
    old = steps(before, form) if before is not None else None
    for i, step in enumerate(steps(experiment, form)):
        _step(experiment, i + 1, step, None if old is None else old[i])
    _summaries(experiment, form)


def _examples(experiment: Experiment) -> None:
    st.markdown(
        "Six steps make a network: import, data, model, compile, fit, summary. The code below is "
        "that of the experiment in the sidebar. Change anything there, or begin with one of these:"
    )
    with st.container(horizontal=True):
        for name, (text, example) in EXAMPLES.items():
            chosen = st.button(
                text, key=f"lab_six_steps_{name}", disabled=experiment == example,
                help="Makes this the current experiment on every page; a run under way goes on "
                "until you press Train.",
            )  # fmt: skip
            if chosen:
                session.set_experiment(example)
                st.rerun()
    st.caption(
        "The course validates MNIST on its 10,000 test images; here 5,000 of the training images "
        "are set aside instead, so that the test stays unseen."
    )


def _before(experiment: Experiment) -> Experiment | None:
    """The experiment whose code was shown before this one's."""
    seen: Seen = stored.get("lab_six_steps_seen", make=Seen)
    if experiment != seen.now:
        seen.now, seen.before = experiment, seen.now
    return seen.before


def _take(experiment: Experiment, form: str) -> None:
    """The whole script, to download or to copy."""
    with st.container(horizontal=True, vertical_alignment="center"):
        alone = not needs_file(experiment.data)
        st.download_button(
            f"Download {NAME}" if alone else "Download script and data (.zip)",
            lambda: _content(experiment, form),
            NAME if alone else "six_steps.zip", key="lab_six_steps_take", on_click="ignore",
            icon=":material/download:",
            help="Needs Keras, TensorFlow and NumPy (for iris and digits scikit-learn as well). "
            "Run it with: python six_steps.py",
        )  # fmt: skip
    whole = st.expander("The whole script, to copy", key="lab_six_steps_whole", on_change="rerun")
    if whole.open:
        whole.code(code(experiment, form), language="python")


def _content(experiment: Experiment, form: str) -> bytes:
    made = files(experiment, form)
    return made[NAME] if len(made) == 1 else Script(made, ()).packed


def _step(experiment: Experiment, number: int, step: CodeStep, old: CodeStep | None) -> None:
    changed = old is not None and old.code != step.code
    st.markdown(f"#### {number}. {step.title}" + " :orange-badge[changed]" * changed)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.code(step.code, language="python")
        if changed and old is not None:
            st.caption("What the last change in the sidebar did here:")
            st.code(difference(old.code, step.code), language="diff")
    with right:
        st.markdown(step.says)
        if step.fields:
            st.caption("Set in the sidebar by " + _settings(experiment, step.fields) + ".")


def _settings(experiment: Experiment, fields: tuple[str, ...]) -> str:
    """The widgets that decide a step, with what they hold."""
    values = experiment.to_dict()
    return ", ".join(
        f"{literal(label(name))} **{literal(format_value(name, values[name]))}**" for name in fields
    )


def difference(old: str, new: str) -> str:
    """The lines that went and came, marked − and +."""
    lines = difflib.ndiff(old.splitlines(), new.splitlines())
    return "\n".join(line for line in lines if line[:2] in ("- ", "+ "))


def _summaries(experiment: Experiment, form: str) -> None:
    st.markdown("**What `model.summary()` prints after `fit`, and the same sums by hand**")
    left, right = st.columns([3, 2], gap="medium")
    with right:
        _sums(experiment)
    with left:
        answer(
            "lab_six_steps_summary", lambda told: _summary(told, form), experiment,
            "playground.labs.keras.code:summaries", experiment, waiting="Asking Keras for its summary …",
        )  # fmt: skip


def _summary(told: dict[str, str], form: str) -> None:
    st.code(told[form], language=None)
    st.caption(
        "Trainable params are the weights and biases. The total also counts what the optimizer "
        "keeps: the number of updates, the learning rate, and with momentum or Adam one or two "
        "numbers for each weight. The first number of a shape is the batch that built the model: "
        "any other size will do as well."
    )


def _sums(experiment: Experiment) -> None:
    found = summary(experiment)
    for row in found.rows[1:]:
        st.latex(rf"\text{{{row.layer}:}}\quad {_formula(row.formula)}")
    st.markdown(f"Together **{found.parameters:,}** parameters: inputs times units, and a bias "
                "for each unit.")  # fmt: skip


def _formula(text: str) -> str:
    return text.replace(",", "{,}").replace("·", r"\cdot ")
