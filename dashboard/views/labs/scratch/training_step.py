"""One training step of a small network with every number, by hand, GradientTape and Keras."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.chart import chart
from dashboard.figures.labs import (
    batches_figure,
    batches_sentence,
    steps_figure,
    steps_sentence,
)
from dashboard.views.shared.loading import worker_result
from dashboard.widgets.latex import BLUE, colored, formula_row, lines, matrix, wrapped
from playground.labs import numpy_network
from playground.labs.numpy_network import (
    Array,
    Index,
    KerasStep,
    NumpyStep,
    numerical_gradient,
    weight_indices,
    weight_name,
    wrong_update,
)
from playground.labs.scratch import ALL, all_batches, published_batches

RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SPECIES = ("setosa", "versicolor", "virginica")
WORKER_KEY = "lab_scratch_keras"


def training_step(stage: str) -> None:
    """Step and weight to choose, the numbers of the stage, and the loss of every step."""
    st.subheader("The numbers of one step", anchor=False)
    st.markdown(
        "A network small enough to show whole: 4 measurements of an iris → 3 ReLU units → 3 "
        "species, trained for one epoch by SGD with batches of 5 flowers."
    )
    left, middle, right = st.columns(3, gap="medium")
    number = left.slider(
        "Step", 1, numpy_network.STEPS, 1, key="lab_scratch_step", persist_state="session",
        help="One of the 24 batches. Go one step on and see what the update has changed.",
    )  # fmt: skip
    rate = middle.select_slider(
        "Learning rate η", RATES, 0.1, key="lab_scratch_eta", persist_state="session",
        help="Try 1: the loss jumps.",
    )  # fmt: skip
    array, index = _weight(right)
    steps = numpy_network.epoch_steps(rate)
    step = steps[number - 1]
    theirs = _keras_steps(rate, None)
    STAGES[stage](step, array, index, rate, theirs[number - 1] if theirs else None)
    losses = [each.loss for each in steps]
    chart(
        steps_figure(losses, [each.keras_loss for each in theirs or ()], number - 1),
        steps_sentence(losses, number - 1),
        key="lab_scratch_steps",
        about="The mean loss of each batch before its update. Try another learning rate: Keras' "
        "crosses stay on the line.",
    )
    if theirs is None:
        _keras_steps(rate, "Computing the same steps with TensorFlow and Keras …")
    else:
        st.caption(_agreement(steps, theirs))


def _weight(column: DeltaGenerator) -> tuple[int, Index]:
    indices = weight_indices()
    which: int = column.select_slider(
        "Weight", range(len(indices)), key="lab_scratch_weight", persist_state="session",
        format_func=lambda i: weight_name(*indices[i]),
        help="One of the 27 weights, blue below: follow it through the stages.",
    )  # fmt: skip
    return indices[which]


def _keras_steps(rate: float, waiting: str | None) -> list[KerasStep] | None:
    """All steps by GradientTape and Keras; None while a worker computes them."""
    x, y = numpy_network.examples()
    steps: list[KerasStep] | None = worker_result(
        WORKER_KEY, rate, "playground.labs.keras.scratch_run:steps",
        numpy_network.initial_weights(), x, y, numpy_network.BATCH_SIZE, rate, waiting=waiting,
    )  # fmt: skip
    return steps


def _agreement(steps: tuple[NumpyStep, ...], theirs: list[KerasStep]) -> str:
    tape = _largest([(a.gradients, b.gradients) for a, b in zip(steps, theirs, strict=True)])
    keras = _largest([(a.after, b.keras_after) for a, b in zip(steps, theirs, strict=True)])
    return (
        f"✓ Over all {len(steps)} steps and 27 weights, the gradients by hand differ from "
        f"GradientTape's by at most {tape:.0e}, and the weights from those of Keras' fit by "
        f"{keras:.0e}."
    )


def _largest(pairs: list[tuple[list[Array], list[Array]]]) -> float:
    return max(
        float(np.abs(a - b).max()) for us, them in pairs for a, b in zip(us, them, strict=True)
    )


# ---- the stages ----------------------------------------------------------------------------------


def _batches(
    step: NumpyStep, array: int, index: Index, rate: float, theirs: KerasStep | None
) -> None:
    formula_row(f"X = {_matrix(step.x)}", f"y = {_matrix(step.y[:, None], '{:d}')}")
    st.caption(
        f"Shapes: X {step.x.shape}, a row for each flower, standardized; y {step.y.shape}, "
        "0 setosa, 1 versicolor, 2 virginica."
    )
    st.markdown(
        "**A bug in the published code.** Its `fit` takes a `batch_size` but does not pass it on "
        "to its generator of batches, which always yields 128. And it makes only as many steps as "
        "there are full batches: of 60,000 images, 60,000 − 468 · 128 = 96 are never trained on. "
        "With `batch_size=128` the first bug is invisible."
    )
    batch_size = st.slider(
        "Batch size", 16, 512, 128, 16, key="lab_scratch_asked", persist_state="session",
        help="The argument of fit. Try 64, then 256.",
    )  # fmt: skip
    published, ours = published_batches(ALL, batch_size), all_batches(ALL, batch_size)
    chart(
        batches_figure({"published": published, "ours, Keras": ours}),
        batches_sentence(batch_size, published, ours),
        key="lab_scratch_seen",
        about="Which of MNIST's 60,000 training images one epoch uses. At 256: half of them.",
    )


def _forward(
    step: NumpyStep, array: int, index: Index, rate: float, theirs: KerasStep | None
) -> None:
    passed, n = step.forward, len(step.y)
    w_1, b_1, w_2, b_2 = (
        _matrix(
            np.atleast_2d(w), chosen=(index if w.ndim > 1 else (0, *index)) if i == array else None
        )
        for i, w in enumerate(step.weights)
    )
    formula_row(
        rf"\underbrace{{{_matrix(step.x)}}}_{{X}}", rf"\underbrace{{{w_1}}}_{{W_1}} +",
        rf"\underbrace{{{b_1}}}_{{b_1}}", rf"= \underbrace{{{_matrix(passed.z_1)}}}_{{Z_1}}",
    )  # fmt: skip
    formula_row(
        rf"\underbrace{{{_matrix(passed.a_1)}}}_{{A_1 = \max(0, Z_1)}}",
        rf"\underbrace{{{w_2}}}_{{W_2}} +", rf"\underbrace{{{b_2}}}_{{b_2}}",
        rf"= \underbrace{{{_matrix(passed.z_2)}}}_{{Z_2}}",
    )  # fmt: skip
    formula_row(
        rf"P = \mathrm{{softmax}}(Z_2) = {_matrix(passed.p)}",
        f"y = {_matrix(step.y[:, None], '{:d}')}",
    )
    st.caption(
        f"Shapes: X ({n}, 4) · W₁ (4, 3) + b₁ (3,) = Z₁ ({n}, 3); A₁ ({n}, 3) · W₂ (3, 3) + b₂ "
        f"(3,) = Z₂ ({n}, 3). A column of W belongs to a unit, a row to an input; each row of P "
        f"sums to 1. {weight_name(array, index)} is {step.weights[array][index]:.6f}."
    )


def _loss(step: NumpyStep, array: int, index: Index, rate: float, theirs: KerasStep | None) -> None:
    rows = [
        rf"{i} & \text{{{SPECIES[y]}}} & {step.forward.p[i, y]:.4f} & {loss:.4f}"
        for i, (y, loss) in enumerate(zip(step.y.tolist(), step.losses.tolist(), strict=True))
    ]
    st.latex(
        r"\begin{array}{clcc} \text{flower} & \text{species} & p_y & -\ln p_y \\ \hline "
        + r" \\ ".join(rows)
        + r"\end{array}"
    )
    total = wrapped([f"{loss:.4f}" for loss in step.losses], 3)
    st.latex(lines(rf"L &= \tfrac1{{{len(step.y)}}} ({total})", f"&= {step.loss:.6f}"))
    text = (
        "The predicted probability of each flower's own species, and its loss; training minimizes "
        "the mean. Predicting 1/3 for every class has the loss ln 3 = 1.0986."
    )
    if theirs:
        text += f" By GradientTape: {theirs.loss:.6f}; by Keras: {theirs.keras_loss:.6f}."
    st.caption(text)


def _gradient(
    step: NumpyStep, array: int, index: Index, rate: float, theirs: KerasStep | None
) -> None:
    n, one_hot = len(step.y), np.eye(3)[step.y]
    d_2 = (step.forward.p - one_hot) / n
    d_1 = (d_2 @ step.weights[2].T) * (step.forward.z_1 > 0)
    st.latex(rf"D_2 = \frac{{P - Y}}{{{n}}} = {_matrix(d_2)}")
    formula_row(r"D_1 = (D_2 W_2^\top) \odot [Z_1 > 0]", f"= {_matrix(d_1)}")
    layer, d, name, inputs = (
        (1, d_1, "X", step.x) if array < 2 else (2, d_2, "A_1", step.forward.a_1)
    )
    column = d[:, index[-1]] + 0.0  # −0 becomes 0
    if len(index) == 2:
        rule = rf"\sum_n {name}[n,{index[0]}]\, D_{layer}[n,{index[1]}]"
        terms = [f"({a:.3f})({b:.4f})" for a, b in zip(inputs[:, index[0]], column, strict=True)]
    else:
        rule, terms = rf"\sum_n D_{layer}[n,{index[0]}]", [f"({b:.4f})" for b in column]
    gradient = f"{step.gradients[array][index]:.8f}"
    st.latex(lines(
        rf"\frac{{\partial L}}{{\partial {_symbol(array, index)}}} &= {rule}",
        f"&= {wrapped(terms, 1)}",
        f"&= {colored(gradient, BLUE, bold=False)}",
    ))  # fmt: skip
    tape = "…" if theirs is None else f"{theirs.gradients[array][index]:.8f}"
    st.markdown(
        f"| by hand | GradientTape | central difference, ±0.00001 |\n|---|---|---|\n"
        f"| {gradient} | {tape} | {numerical_gradient(step, array, index):.8f} |"
    )
    st.caption(
        "D is the gradient with respect to z. For softmax with cross-entropy it is p − y, divided "
        "by the batch size; the layer before gets it through W₂, where its ReLU is active. A "
        "positive gradient: a smaller weight lowers the loss."
    )


def _update(
    step: NumpyStep, array: int, index: Index, rate: float, theirs: KerasStep | None
) -> None:
    w, g, after = (each[array][index] for each in (step.weights, step.gradients, step.after))
    st.latex(lines(
        rf"{_symbol(array, index)} &\leftarrow w - \eta g",
        rf"&= {w:.6f} - {rate:g}\cdot({g:.6f})",
        f"&= {colored(f'{after:.6f}', BLUE, bold=False)}",
    ))  # fmt: skip
    tape = keras = "…"
    if theirs is not None:
        tape, keras = (f"{each[array][index]:.6f}" for each in (theirs.after, theirs.keras_after))
    wrong = wrong_update(step.weights, rate)[array][index]
    st.markdown(
        "| by hand | GradientTape, `sgd` | Keras `fit` | the bug, w − η w |\n"
        "|---|---|---|---|\n"
        f"| {after:.6f} | {tape} | {keras} | {wrong:.6f} |"
    )
    st.caption(
        "**A bug in the published code**: the update in its comment subtracts η times the weight, "
        "not η times the gradient (and takes the weights of the other model). Every weight decays "
        "to 0, whatever the images are: the loss does fall, to ln 3 here and ln 10 = 2.303 on "
        "MNIST, and nothing is learned. Choose it as the optimizer below to see it."
    )


STAGES = {
    "Batches": _batches, "Forward": _forward, "Loss": _loss, "Gradient": _gradient,
    "Update": _update,
}  # fmt: skip


def _symbol(array: int, index: Index) -> str:
    return f"{'Wb'[array % 2]}_{1 + array // 2}[{','.join(map(str, index))}]"


def _matrix(values: NDArray[Any], number: str = "{:.2f}", chosen: Index | None = None) -> str:
    """A matrix in LaTeX; the entry at `chosen` is blue."""

    def entry(i: int, j: int) -> str:
        text = number.format(values[i, j]).replace("-0.00", "0.00")
        return colored(text, BLUE) if (i, j) == chosen else text

    return matrix(values, entry=entry)
