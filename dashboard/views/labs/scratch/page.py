"""The From scratch lab: the same network trained by a few lines of our own and by Keras."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard.components import chart
from dashboard.figures.labs import parts_figure
from dashboard.state import stored
from dashboard.views.labs.scratch.training_run import training_run
from dashboard.views.labs.scratch.training_step import training_step
from playground.labs.scratch import listing

TENSORFLOW, NUMPY = "TensorFlow", "NumPy"
FILES = {TENSORFLOW: "labs/keras/scratch.py", NUMPY: "labs/numpy_network.py"}
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

STAGE = "lab_scratch_stage"


@dataclass(frozen=True)
class Part:
    """A part of the drawing: where it stands, the stage that shows it, and what it does."""

    at: tuple[float, float]
    stage: str
    does: str


PARTS: dict[str, Part] = {
    "Input X": Part((0, 2), "Batches", "the examples of a batch, a row each"),
    "Layer 1": Part((1, 2), "Forward", "transforms its input: relu(X·W₁ + b₁)"),
    "Layer 2": Part((2, 2), "Forward", "transforms that again: softmax(A₁·W₂ + b₂)"),
    "Predictions Y′": Part((3, 2), "Forward", "a probability for each class"),
    "Weights 1": Part((1, 1), "Update", "what layer 1 has learned; random before training"),
    "Weights 2": Part((2, 1), "Update", "what layer 2 has learned"),
    "Loss function": Part((3, 1), "Loss", "compares predictions and targets"),
    "Targets Y": Part((4, 1), "Batches", "the true classes"),
    "Optimizer": Part((1.5, 0), "Update", "changes the weights against their gradients"),
    "Loss score": Part((3, 0), "Gradient", "one number to make small; its gradient says how"),
}
ARROWS = (
    ("Input X", "Layer 1"), ("Layer 1", "Layer 2"), ("Layer 2", "Predictions Y′"),
    ("Weights 1", "Layer 1"), ("Weights 2", "Layer 2"), ("Predictions Y′", "Loss function"),
    ("Targets Y", "Loss function"), ("Loss function", "Loss score"), ("Loss score", "Optimizer"),
    ("Optimizer", "Weights 1"), ("Optimizer", "Weights 2"),
)  # fmt: skip


def scratch() -> None:
    """One stage in code, its numbers, and a whole run on both sides."""
    st.markdown(
        "How network, layers, loss and optimizer fit together. A training step has five stages: "
        "click a part, or choose a stage, for its code from scratch, beside the same in Keras, "
        "then its numbers. At the end both sides train on MNIST to the same losses."
    )
    _drawing()
    name: str = st.segmented_control(
        "Stage", list(STAGES), required=True, key=STAGE,
        format_func=lambda name: f"{list(STAGES).index(name) + 1} {name}", persist_state="session",
        help="The five stages of a training step, in their order. Try Gradient.",
    ) or "Forward"  # fmt: skip
    _code(STAGES[name])
    training_step(name)
    training_run()


def _drawing() -> None:
    """The parts and their arrows; a click on one chooses the stage that shows it."""
    if not stored.has_widget(STAGE):
        stored.set_widget(STAGE, "Forward")
    stage = stored.widget(STAGE)
    of_stage = [name for name, part in PARTS.items() if part.stage == stage]
    click = chart.chart(
        parts_figure({name: part.at for name, part in PARTS.items()}, ARROWS, of_stage),
        f"{stage}: " + "; ".join(f"{name}, {PARTS[name].does}" for name in of_stage) + ".",
        key="lab_scratch_parts", clickable=True,
        about="Data flow from the input to the loss score; the optimizer closes the circle. "
        "Filled: what the chosen stage is about.",
    )  # fmt: skip
    seen = stored.get("lab_scratch_part")
    if click is not None and click != seen:
        stored.set("lab_scratch_part", click)
        by_point: Mapping[object, Part] = dict(enumerate(PARTS.values()))
        clicked = by_point.get(click.point)
        if clicked is not None and clicked.stage != stage:
            stored.set_widget(STAGE, clicked.stage)
            st.rerun()


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
