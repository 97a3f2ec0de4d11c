"""One training step of a small network with all its numbers, stage by stage."""

from functools import cache
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.chart import POLL_SECONDS, chart
from dashboard.figures import labs as figures
from dashboard.widgets.messages import literal
from playground.labs.scratch import batches, numpy_network
from playground.labs.scratch.config import ALL
from playground.labs.scratch.numpy_network import Array, BatchResult, NumpyStep, nudged, shrink
from playground.runs.jobs import Job, Jobs

RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SPECIES = ("setosa", "versicolor", "virginica")
BLUE = "#0877bd"

Place = tuple[int, ...]


@cache
def _jobs() -> Jobs:
    return Jobs(most=2 * len(RATES))


def numbers(stage: str) -> None:
    """Choose a step and a weight; the numbers of the stage, and the loss of every step."""
    st.subheader("The numbers of one step", anchor=False)
    st.markdown(
        "A network small enough to see whole: 4 measures of an iris → 3 ReLU units → 3 species, "
        "trained by SGD with batches of 5 flowers for one epoch. NumPy computes it here; "
        "TensorFlow and Keras compute it too, in another process."
    )
    left, middle, right = st.columns(3, gap="medium")
    number = left.slider(
        "Step", 1, numpy_network.STEPS, 1, key="lab_scratch_step", persist_state="session",
        help="Which of the 24 batches. Go one step on and see what the update has changed.",
    )  # fmt: skip
    rate = middle.select_slider(
        "Learning rate η", RATES, 0.1, key="lab_scratch_eta", persist_state="session",
        help="How far each update goes. Try 1: the loss jumps.",
    )  # fmt: skip
    part, place = _weight(right)
    steps = numpy_network.steps(rate)
    step = steps[number - 1]
    answers = _answers(rate)
    answer = answers[number - 1] if answers else None
    SHOWN[stage](step, part, place, rate, answer)
    losses = [each.loss for each in steps]
    chart(
        figures.steps_figure(losses, [each.keras_loss for each in answers or ()], number - 1),
        figures.steps_sentence(losses, number - 1),
        key="lab_scratch_steps",
        about="The average loss of each batch before its update. Try another learning rate: the "
        "crosses of Keras stay on the line.",
    )
    _agreement(steps, answers, rate)


def _weight(column: DeltaGenerator) -> tuple[int, Place]:
    """One of the weights: which of the four arrays, and where in it."""
    places = numpy_network.places()
    which: int = column.select_slider(
        "Weight", range(len(places)), key="lab_scratch_weight", persist_state="session",
        format_func=lambda i: numpy_network.name(*places[i]),
        help="One of the 27 weights, blue below: follow it through the stages.",
    )  # fmt: skip
    return places[which]


# ---- what TensorFlow says of it --------------------------------------------------------------


def _job(rate: float) -> Job:
    jobs = _jobs()
    question = ("steps", rate)
    x, y = numpy_network.examples()
    jobs.submit(
        question,
        question,
        "playground.labs.keras.scratch_run:steps",
        numpy_network.weights(),
        x,
        y,
        numpy_network.BATCH_SIZE,
        rate,
    )
    found = jobs.get(question)
    assert found is not None  # noqa: S101
    return found


def _answers(rate: float) -> list[BatchResult] | None:
    """What GradientTape and Keras have for every step, once they have said it."""
    job = _job(rate)
    answers: list[BatchResult] | None = job.result if job.state == "done" else None
    return answers


def _agreement(
    steps: tuple[NumpyStep, ...], answers: list[BatchResult] | None, rate: float
) -> None:
    job = _job(rate)
    if job.state == "working":
        st.fragment(_wait, run_every=POLL_SECONDS, key="lab_scratch_wait")(job)
    elif answers is None:
        st.warning(literal(f"TensorFlow has not answered: {job.reason}"))
        if st.button("Ask again", key="lab_scratch_again", help="Ask TensorFlow once more."):
            _jobs().remove(job.key, job)
            st.rerun(scope="fragment")
    else:
        tape = _largest([(s.slopes, a.slopes) for s, a in zip(steps, answers, strict=True)])
        keras = _largest([(s.after, a.keras_after) for s, a in zip(steps, answers, strict=True)])
        st.caption(
            f"✓ Over all {len(steps)} steps and 27 weights, the slopes by hand are within "
            f"{tape:.0e} of GradientTape's, and the weights within {keras:.0e} of those that "
            "Keras' fit arrives at."
        )


def _wait(job: Job) -> None:
    st.caption(f"TensorFlow and Keras compute the same steps: {job.seconds:.0f} s so far.")
    if job.state != "working":
        st.rerun()


def _largest(pairs: list[tuple[list[Array], list[Array]]]) -> float:
    return max(
        float(np.abs(a - b).max()) for us, them in pairs for a, b in zip(us, them, strict=True)
    )


# ---- the stages ------------------------------------------------------------------------------


def _batches(
    step: NumpyStep, part: int, place: Place, rate: float, answer: BatchResult | None
) -> None:
    st.latex(f"X = {_matrix(step.x)}\\quad y = {_matrix(step.y[:, None], '{:d}')}")
    st.caption(
        f"Shapes: X {step.x.shape}, a row for each flower, standardised; y {step.y.shape}, "
        "0 setosa, 1 versicolor, 2 virginica."
    )
    _mistake_of_the_generator()


def _mistake_of_the_generator() -> None:
    st.markdown(
        "**A slip in the published code.** Its `fit` takes a `batch_size`, and does not hand it on "
        "to its generator of batches, which always gives 128. And it makes only as many steps as "
        "there are full batches: of 60,000 images, 60,000 − 468 · 128 = 96 are never trained on. "
        "With 128 asked for, the first slip cannot be seen."
    )
    asked = st.slider(
        "Batch size asked for", 16, 512, 128, 16, key="lab_scratch_asked", persist_state="session",
        help="The batch size given to fit. Try 64, then 256.",
    )  # fmt: skip
    theirs, ours = batches.published(ALL, asked), batches.whole(ALL, asked)
    chart(
        figures.seen_figure({"published": theirs, "ours, Keras": ours}),
        figures.seen_sentence(asked, theirs, ours),
        key="lab_scratch_seen",
        about="Which of MNIST's 60,000 training images one epoch uses. Try 256: half of them.",
    )


def _forward(
    step: NumpyStep, part: int, place: Place, rate: float, answer: BatchResult | None
) -> None:
    now, w = step.now, step.weights
    chosen = [place if part == i else None for i in range(4)]
    st.latex(
        rf"\underbrace{{{_matrix(step.x)}}}_{{X}}\ "
        rf"\underbrace{{{_matrix(w[0], chosen=chosen[0])}}}_{{W_1}} + "
        rf"\underbrace{{{_matrix(w[1][None], chosen=_row(chosen[1]))}}}_{{b_1}} = "
        rf"\underbrace{{{_matrix(now.z_1)}}}_{{Z_1}}"
    )
    st.latex(
        rf"\underbrace{{{_matrix(now.a_1)}}}_{{A_1 = \max(0, Z_1)}}\ "
        rf"\underbrace{{{_matrix(w[2], chosen=chosen[2])}}}_{{W_2}} + "
        rf"\underbrace{{{_matrix(w[3][None], chosen=_row(chosen[3]))}}}_{{b_2}} = "
        rf"\underbrace{{{_matrix(now.z_2)}}}_{{Z_2}}"
    )
    st.latex(
        rf"P = \mathrm{{softmax}}(Z_2) = {_matrix(now.p)}\quad \text{{right: }} "
        rf"y = {_matrix(step.y[:, None], '{:d}')}"
    )
    n = len(step.y)
    st.caption(
        f"Shapes: X ({n}, 4) · W₁ (4, 3) + b₁ (3,) = Z₁ ({n}, 3); A₁ ({n}, 3) · W₂ (3, 3) + b₂ "
        f"(3,) = Z₂ ({n}, 3). A column of W belongs to a unit, a row to an input; each row of P "
        f"adds up to 1. {numpy_network.name(part, place)} is {step.weights[part][place]:.6f}."
    )


def _loss(
    step: NumpyStep, part: int, place: Place, rate: float, answer: BatchResult | None
) -> None:
    rows = [
        rf"{i} & \text{{{SPECIES[y]}}} & {step.now.p[i, y]:.4f} & {loss:.4f}"
        for i, (y, loss) in enumerate(zip(step.y.tolist(), step.losses.tolist(), strict=True))
    ]
    st.latex(
        r"\begin{array}{clcc} \text{flower} & \text{is} & p_y & -\ln p_y \\ \hline "
        + r" \\ ".join(rows)
        + r"\end{array}"
    )
    total = " + ".join(f"{loss:.4f}" for loss in step.losses)
    st.latex(rf"L = \frac{{{total}}}{{{len(step.y)}}} = {step.loss:.6f}")
    told = (
        f" GradientTape's own: {answer.loss:.6f}; Keras': {answer.keras_loss:.6f}."
        if answer
        else ""
    )
    st.caption(
        "The probability that each flower's own species was given, and its loss; the average is "
        f"what training makes smaller. Whoever answers 1/3 for all has ln 3 = 1.0986.{told}"
    )


def _gradient(
    step: NumpyStep, part: int, place: Place, rate: float, answer: BatchResult | None
) -> None:
    n, one_hot = len(step.y), np.eye(3)[step.y]
    d_2 = (step.now.p - one_hot) / n
    d_1 = (d_2 @ step.weights[2].T) * (step.now.z_1 > 0)
    st.latex(rf"D_2 = \frac{{P - Y}}{{{n}}} = {_matrix(d_2)}")
    st.latex(rf"D_1 = (D_2 W_2^\top) \odot [Z_1 > 0] = {_matrix(d_1)}")
    layer, d = (1, d_1) if part < 2 else (2, d_2)
    inputs = step.x if part < 2 else step.now.a_1
    column = d[:, place[-1]]
    if len(place) == 2:
        rule = rf"\sum_n {'X' if part < 2 else 'A_1'}[n,{place[0]}]\, D_{layer}[n,{place[1]}]"
        terms = [f"({a:.3f})({b:.4f})" for a, b in zip(inputs[:, place[0]], column, strict=True)]
    else:
        rule, terms = rf"\sum_n D_{layer}[n,{place[0]}]", [f"({b:.4f})" for b in column]
    st.latex(
        rf"\begin{{aligned}} \frac{{\partial L}}{{\partial {_symbol(part, place)}}} &= {rule} \\ "
        rf"&= {' + '.join(terms)} \\ &= \textcolor{{{BLUE}}}{{{step.slopes[part][place]:.8f}}} "
        r"\end{aligned}"
    )
    tape = "…" if answer is None else f"{answer.slopes[part][place]:.8f}"
    tried = nudged(step, part, place)
    st.markdown(
        f"| by hand | GradientTape | by trying: move it by ±0.00001 |\n|---|---|---|\n"
        f"| {step.slopes[part][place]:.8f} | {tape} | {tried:.8f} |"
    )
    st.caption(
        "D is the slope of the loss for each sum z. For softmax and cross-entropy together it is "
        "no more than p − y, divided by the size of the batch; the layer before gets it back "
        "through W₂, where its ReLU was open. A slope above 0: less of this weight, less loss."
    )


def _update(
    step: NumpyStep, part: int, place: Place, rate: float, answer: BatchResult | None
) -> None:
    w, g, after = (each[part][place] for each in (step.weights, step.slopes, step.after))
    symbol = _symbol(part, place)
    st.latex(
        rf"{symbol} \leftarrow w - \eta g = {w:.6f} - {rate:g}\cdot({g:.6f}) = "
        rf"\textcolor{{{BLUE}}}{{{after:.6f}}}"
    )
    told = ["…", "…"]
    if answer is not None:
        told = [f"{values[part][place]:.6f}" for values in (answer.after, answer.keras_after)]
    wrong = shrink(step.weights, rate)[part][place]
    st.markdown(
        "| by hand | GradientTape, `descend` | Keras `fit` | the slip, w − η w |\n"
        "|---|---|---|---|\n"
        f"| {after:.6f} | {told[0]} | {told[1]} | {wrong:.6f} |"
    )
    st.caption(
        "**A slip in the published code**: the update written out in its comment subtracts η times "
        "the weight, not η times the slope (and takes the weights of the other model). Every "
        "weight then shrinks to 0, whatever the images are: the loss does fall, to ln 3 here and "
        "ln 10 = 2.303 on MNIST, and nothing is learnt. Choose it as the rule below to see it."
    )


SHOWN = {
    "Batches": _batches, "Forward": _forward, "Loss": _loss, "Gradient": _gradient,
    "Update": _update,
}  # fmt: skip


# ---- as mathematics --------------------------------------------------------------------------


def _row(place: Place | None) -> Place | None:
    return None if place is None else (0, *place)


def _symbol(part: int, place: Place) -> str:
    return f"{'Wb'[part % 2]}_{1 + part // 2}[{','.join(map(str, place))}]"


def _matrix(values: NDArray[Any], number: str = "{:.2f}", chosen: Place | None = None) -> str:
    """A matrix (rows, columns) in LaTeX; the entry at `chosen` is blue."""

    def entry(i: int, j: int) -> str:
        text = number.format(values[i, j])
        return rf"\textcolor{{{BLUE}}}{{\mathbf{{{text}}}}}" if (i, j) == chosen else text

    rows, columns = values.shape
    lines = [" & ".join(entry(i, j) for j in range(columns)) for i in range(rows)]
    return r"\begin{bmatrix}" + r" \\ ".join(lines) + r"\end{bmatrix}"
