"""The Six steps lab: the current experiment as short Keras code, step by step."""

import difflib
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.state import session, stored
from dashboard.views.shared.loading import worker_result
from dashboard.views.shared.test_set import VALIDATED_ON_TEST
from dashboard.widgets.messages import literal
from playground.datasets import DATASETS
from playground.experiment.model import Experiment, format_value, label
from playground.experiment.model_summary import summary, title
from playground.export.script import Script
from playground.labs.by_hand import KerasSession
from playground.labs.code import (
    EXAMPLES,
    FORMS,
    NAME,
    CodeStep,
    code,
    files,
    needs_file,
    shuffled_iris,
    steps,
)

SHUFFLED_ROWS = 5


@dataclass
class ShownCode:
    """The experiment whose code is shown, and the one before."""

    experiment: Experiment | None = None
    previous: Experiment | None = None


def six_steps() -> None:
    """Examples, the six steps in one of three forms, and Keras' summary of the model."""
    experiment = session.experiment()
    _examples(experiment)
    form = st.segmented_control(
        "Form", list(FORMS), default="sequential", key="lab_six_steps_form", required=True,
        format_func=FORMS.__getitem__, persist_state="session",
        help="The network as a list of layers, layer by layer, or as a class with its own `call`. "
        "Only step 3 differs.",
    ) or "sequential"  # fmt: skip
    st.markdown(f"The current experiment: **{literal(title(experiment))}**")
    _take(experiment, form)
    st.caption(
        "The settings above, with other random numbers: other initial weights, another order. The "
        "script exported on the Runs page reproduces a run to the digit."
    )
    previous = _previous(experiment)
    old = steps(previous, form) if previous is not None else None
    for i, step in enumerate(steps(experiment, form)):
        _step(experiment, i + 1, step, None if old is None else old[i])
    every = experiment.training.validation_freq
    if every > 1 and experiment.data.validation_size:
        epochs = experiment.training.epochs
        st.caption(
            f"Of {epochs:,} epochs {epochs // every:,} have a validation score: `val_loss` in "
            "`history.history` has as many numbers. It saves time where the validation set is "
            "large, and early stopping sees less."
        )
    _shuffling()
    _summaries(experiment, form)
    _ask(experiment)


def _examples(experiment: Experiment) -> None:
    st.markdown(
        "Six steps: import, data, model, compile, fit, summary. The code is that of the current "
        "experiment: change any setting, or begin with one of these:"
    )
    with st.container(horizontal=True):
        for name, (text, example) in EXAMPLES.items():
            chosen = st.button(
                text, key=f"lab_six_steps_{name}", disabled=experiment == example,
                help="Makes this the current experiment on every page. A run in progress continues "
                "until you press Train.",
            )  # fmt: skip
            if chosen:
                session.set_experiment(example)
                st.rerun()
    st.caption(
        "The last two validate on training images set aside, the first two on the test set, as "
        "many short texts do. " + VALIDATED_ON_TEST
    )


def _shuffling() -> None:
    """x and y shuffled with the same seed, and with two."""
    box = st.expander("Shuffling x and y with the same seed", key="lab_six_steps_shuffle",
                      on_change="rerun")  # fmt: skip
    if not box.open:
        return
    with box:
        columns = st.columns(2)
        seed_x, seed_y = (
            int(column.number_input(
                f"np.random.seed before shuffling {name}", 0, 10_000, 116,
                key=f"lab_six_steps_seed_{name}", persist_state="session",
                help="The course takes 116 for both. Change one of them: it forgets the other.",
            ))
            for name, column in zip("xy", columns, strict=True)
        )  # fmt: skip
        st.code(
            f"np.random.seed({seed_x})\nnp.random.shuffle(x_train)\n"
            f"np.random.seed({seed_y})\nnp.random.shuffle(y_train)",
            language="python",
        )
        x, y, truth = shuffled_iris(seed_x, seed_y)
        table = pd.DataFrame(x[:SHUFFLED_ROWS], columns=list(DATASETS["iris"].features), dtype=str)
        table["y"], table["its own class"] = y[:SHUFFLED_ROWS], truth[:SHUFFLED_ROWS]
        st.table(table, hide_index=True)
        share = float((y == truth).mean())
        st.markdown(
            f"**{share:.1%}** of the 150 flowers have their own class. "
            + ("Both were moved in the same way." if share == 1 else
               "Nothing fails: Keras trains without a word, and no network can do better than "
               "guessing a third. Data → Data leakage and split errors trains one that way.")
        )  # fmt: skip


def _previous(experiment: Experiment) -> Experiment | None:
    """The experiment whose code was shown before this one's."""
    shown: ShownCode = stored.get("lab_six_steps_seen", make=ShownCode)
    if experiment != shown.experiment:
        shown.experiment, shown.previous = experiment, shown.experiment
    return shown.previous


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
    contents = files(experiment, form)
    return contents[NAME] if len(contents) == 1 else Script(contents, ()).packed


def _step(experiment: Experiment, number: int, step: CodeStep, old: CodeStep | None) -> None:
    changed = old is not None and old.code != step.code
    st.markdown(f"#### {number}. {step.title}" + " :orange-badge[changed]" * changed)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.code(step.code, language="python")
        if changed and old is not None:
            st.caption("Changed by the last change of a setting:")
            st.code(difference(old.code, step.code), language="diff")
    with right:
        st.markdown(step.says)
        if step.fields:
            st.caption("Settings: " + _settings(experiment, step.fields) + ".")


def _settings(experiment: Experiment, fields: tuple[str, ...]) -> str:
    """The fields that a step depends on, with their values."""
    values = experiment.to_dict()
    return ", ".join(
        f"{literal(label(name))} **{literal(format_value(name, values[name]))}**" for name in fields
    )


def difference(old: str, new: str) -> str:
    """The removed and added lines, marked − and +."""
    lines = difflib.ndiff(old.splitlines(), new.splitlines())
    return "\n".join(line for line in lines if line[:2] in ("- ", "+ "))


def _summaries(experiment: Experiment, form: str) -> None:
    st.markdown("**`model.summary()` after `fit`, and the same counts by hand**")
    left, right = st.columns([3, 2], gap="medium")
    with right:
        _counts(experiment)
    with left:
        texts: dict[str, str] | None = worker_result(
            "lab_six_steps_summary", experiment, "playground.labs.keras.code:summaries", experiment,
            waiting="Waiting for Keras' summary …",
        )  # fmt: skip
        if texts is None:
            return
        st.code(texts[form], language=None)
        st.caption(
            "Trainable params: weights and biases. The total also counts the optimizer's state: "
            "the number of updates, the learning rate, and with momentum or Adam one or two "
            "numbers for each weight. The first number of a shape is the batch size of the first "
            "call; any other one works as well."
        )


def _ask(experiment: Experiment) -> None:
    """The layers of the current network by index and by name, and their weights."""
    run = session.run()
    snapshot = run.latest if run is not None and run.experiment == experiment else None
    epoch = snapshot.epoch if snapshot else 0
    st.markdown(
        f"**Ask the model**: its layers by index and by name, and the weights of epoch {epoch:,}"
        f"{' (initial: nothing has been trained)' * (not epoch)}."
    )
    weights = None if snapshot is None else tuple(snapshot.weights)
    asked: KerasSession | None = worker_result(
        "lab_six_steps_asked", (experiment, run.network if run and epoch else "", epoch),
        "playground.labs.keras.code:asked", experiment, weights,
        waiting="Waiting for Keras' answers …",
    )  # fmt: skip
    if asked is not None:
        st.code(asked.text, language="python")


def _counts(experiment: Experiment) -> None:
    table = summary(experiment)
    for row in table.rows[1:]:
        formula = row.formula.replace(",", "{,}").replace("·", r"\cdot ")
        st.latex(rf"\text{{{row.layer}:}}\quad {formula}")
    st.markdown(
        f"Total **{table.parameters:,}** parameters: inputs times units, and a bias for each unit."
    )
