"""The From scratch lab: the same network trained by a few lines of our own and by Keras."""

from dataclasses import dataclass

import streamlit as st

from dashboard.views.labs.scratch.training_run import training_run
from dashboard.views.labs.scratch.training_step import training_step
from playground.labs.scratch.config import listing

TENSORFLOW, NUMPY = "TensorFlow", "NumPy"
FILES = {TENSORFLOW: "labs/keras/scratch.py", NUMPY: "labs/scratch/numpy_network.py"}
KERAS = "labs/keras/scratch_keras.py"


@dataclass(frozen=True)
class ScratchStage:
    """One stage of a training step: the functions that implement it, and a comment."""

    tensorflow: tuple[str, ...]
    numpy: tuple[str, ...]
    keras: tuple[str, ...]
    comment: str


STAGES: dict[str, ScratchStage] = {
    "Batches": ScratchStage(
        ("batches",), ("batches",), ("fit",),
        "The examples are split into batches. In Keras: the argument `batch_size` of `fit`; with "
        "`shuffle=False` both sides get the same ones.",
    ),
    "Forward": ScratchStage(
        ("NaiveDense", "NaiveSequential", "network"), ("forward",), ("network",),
        "Each layer multiplies by its weights, adds its bias and applies its activation. In Keras: "
        "a `Sequential` of `Dense` layers. Ours ends with the logits z; softmax makes them "
        "probabilities.",
    ),
    "Loss": ScratchStage(
        ("losses",), ("losses",), ("compiled",),
        "−ln of the true class's probability, for each example. In Keras: the argument `loss` of "
        "`compile`. Like ours, Keras computes it from the logits: where p is rounded to 0, ln p "
        "would be infinite.",
    ),
    "Gradient": ScratchStage(
        ("gradients",), ("gradients",), ("fit",),
        "The derivative of the mean loss by each weight. GradientTape records every operation and "
        "differentiates them backwards; by hand it is two lines of chain rule. In Keras `fit` uses "
        "such a tape.",
    ),
    "Update": ScratchStage(
        ("sgd", "step", "fit"), ("sgd",), ("compiled", "optimizer"),
        "Each weight takes a small step against its gradient, then the next batch follows. In "
        "Keras: the argument `optimizer` of `compile`; the loop over batches is in `fit`.",
    ),
}  # fmt: skip


def scratch() -> None:
    """One stage in code, its numbers, and a whole run on both sides."""
    st.markdown(
        "A training step has five stages. Choose one: its code from scratch, beside the same in "
        "Keras, then its numbers. At the end both sides train on MNIST to the same losses."
    )
    name: str = st.segmented_control(
        "Stage", list(STAGES), default="Forward", required=True, key="lab_scratch_stage",
        format_func=lambda name: f"{list(STAGES).index(name) + 1} {name}", persist_state="session",
        help="The five stages of a training step, in their order. Try Gradient.",
    ) or "Forward"  # fmt: skip
    _code(STAGES[name])
    training_step(name)
    training_run()


def _code(stage: ScratchStage) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        library: str = st.segmented_control(
            "From scratch, with", [TENSORFLOW, NUMPY], default=TENSORFLOW, required=True,
            key="lab_scratch_how", persist_state="session",
            help="TensorFlow differentiates automatically; with NumPy the gradient is by hand.",
        ) or TENSORFLOW  # fmt: skip
        names = stage.tensorflow if library == TENSORFLOW else stage.numpy
        st.code(listing(FILES[library], *names), wrap_lines=True)
    with right:
        st.markdown("With Keras")
        st.code(listing(KERAS, *stage.keras), wrap_lines=True)
        st.markdown(stage.comment)
    st.caption("The code that runs below, read from its source files.")
