"""The lab From scratch: the same network trained by our own few lines and by Keras."""

from dataclasses import dataclass

import streamlit as st

from dashboard.views.labs.scratch.training_run import run
from dashboard.views.labs.scratch.training_step import numbers
from playground.labs.scratch.source import code

TAPE, NUMPY = "TensorFlow", "NumPy"
FILES = {TAPE: "labs/keras/scratch.py", NUMPY: "labs/scratch/numpy_network.py"}
KERAS = "labs/keras/scratch_keras.py"


@dataclass(frozen=True)
class ScratchStage:
    """One stage of a training step: the functions that do it, and what there is to notice."""

    tape: tuple[str, ...]
    numpy: tuple[str, ...]
    keras: tuple[str, ...]
    notice: str


STAGES: dict[str, ScratchStage] = {
    "Batches": ScratchStage(
        ("batches",), ("batches",), ("fit",),
        "The examples are cut into batches. In Keras: the argument `batch_size` of `fit`; "
        "`shuffle=False` keeps their order, so that both sides get the same ones.",
    ),
    "Forward": ScratchStage(
        ("NaiveDense", "NaiveSequential", "network"), ("forward",), ("network",),
        "Each layer multiplies by its weights, adds its bias and bends the sum. In Keras: a "
        "`Sequential` of `Dense` layers. Ours ends with the scores z; softmax makes them "
        "probabilities.",
    ),
    "Loss": ScratchStage(
        ("losses",), ("losses",), ("compiled",),
        "How wrong each answer is: −ln of the probability given to the right class. In Keras: the "
        "word `loss=` of `compile`. Like ours, it looks behind the softmax: where p is rounded to "
        "0, ln p would be infinite.",
    ),
    "Gradient": ScratchStage(
        ("slopes",), ("slopes",), ("fit",),
        "How fast the average loss grows with each weight. GradientTape notes every operation and "
        "goes back through them; by hand it is two lines of chain rule. In Keras there is nothing "
        "to write: `fit` has such a tape inside.",
    ),
    "Update": ScratchStage(
        ("descend", "step", "fit"), ("descend",), ("compiled", "optimizer"),
        "Each weight takes a small step against its slope, then the next batch comes. In Keras: "
        "the word `optimizer=` of `compile`; the loop over batches is in `fit`.",
    ),
}  # fmt: skip


def scratch() -> None:
    """One stage in code on both sides, its numbers, and the whole run on both sides."""
    st.markdown(
        "Training is five stages, again and again. Choose one: **first** come the lines that do it "
        "from scratch, **beside them** what one writes with Keras for the same. Below are "
        "its numbers, and at the end both sides train on MNIST and arrive at the same losses."
    )
    name: str = st.segmented_control(
        "Stage", list(STAGES), default="Forward", required=True, key="lab_scratch_stage",
        format_func=lambda name: f"{list(STAGES).index(name) + 1} {name}", persist_state="session",
        help="The five stages of one training step, in their order. Try Gradient.",
    ) or "Forward"  # fmt: skip
    _code(STAGES[name])
    numbers(name)
    run()


def _code(stage: ScratchStage) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        how: str = st.segmented_control(
            "From scratch, with", [TAPE, NUMPY], default=TAPE, required=True,
            key="lab_scratch_how", persist_state="session",
            help="TensorFlow finds the gradient by itself; with NumPy it is derived by hand.",
        ) or TAPE  # fmt: skip
        st.code(code(FILES[how], *(stage.tape if how == TAPE else stage.numpy)), wrap_lines=True)
    with right:
        st.markdown("With Keras")
        st.code(code(KERAS, *stage.keras), wrap_lines=True)
        st.markdown(stage.notice)
    st.caption("This is the very code that runs below, read from its files.")
