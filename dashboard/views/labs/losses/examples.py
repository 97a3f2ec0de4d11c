"""Losses of examples: an outlier, two predictions of one target, and labels in two forms."""

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from dashboard.components import chart
from dashboard.figures import losses as figures
from dashboard.figures.evaluation import grouped_bars
from dashboard.state import stored
from dashboard.views.shared.loading import worker_result
from dashboard.widgets.latex import lines, number, wrapped
from dashboard.widgets.messages import refuse
from playground.labs.losses import (
    EXTENT,
    KERAS_METRICS,
    MAX_LOSS,
    OUTLIER,
    POINTS_X,
    POINTS_Y,
    PREDICTED_CLASSES,
    PREDICTIONS,
    REGRESSION_LOSSES,
    KerasAnswer,
    cross_entropy,
    error_loss,
    fit,
    one_hot,
    verdict,
)
from playground.nn.losses import LOSSES

Array = NDArray[np.floating]

CONSTANT, LINE = "A constant", "A line"
KEY = "lab_losses_outlier"
MIDDLE = 4.0  # x at which constants are compared
CONSTANTS = np.linspace(0, 8, 201)

ABOUT_FIT = (
    "Grey: the other points. Drag the ringed one (or focus it and use the arrow keys). Each line "
    "is the fit with the lowest mean loss."
)
ABOUT_CONSTANTS = (
    "The mean loss of every constant prediction; the star is the minimum. Drag the ringed point "
    "above and watch the minima move."
)
ABOUT_PREDICTIONS = (
    "Grey, hatched: the target; blue and orange: two predictions. Cross-entropy depends on the "
    "probability of the true class only."
)

MIN_CLASSES, MAX_CLASSES = 2, 5
PUBLISHED = ((0.6, 0.4), (0.8, 0.2))  # two predictions of the target (1, 0)
INITIAL = ((0.6, 0.4, 0.3, 0.2, 0.1), (0.8, 0.2, 0.1, 0.1, 0.1))


def outlier() -> None:
    """The best constant or line of each loss, with one movable point."""
    left, right = st.columns(2)
    kind = left.segmented_control(
        "Fit", [CONSTANT, LINE], default=CONSTANT, required=True, key="lab_losses_answer",
        persist_state="session",
        help="One number for all points, or a straight line. Begin with the constant: mean against "
        "median.",
    )  # fmt: skip
    delta = right.slider(
        "δ of Huber", 0.1, 5.0, 1.0, 0.1, key="lab_losses_outlier_delta", persist_state="session",
        help="Errors up to δ count as squared, larger ones as absolute. At 5 Huber is the mean, at "
        "0.1 the median.",
    )  # fmt: skip
    moved_x, moved_y = chart.handle_position(KEY, OUTLIER, *EXTENT)
    x, y = np.append(POINTS_X, moved_x), np.append(POINTS_Y, moved_y)
    line = kind == LINE
    fits = {name: fit(name, x, y, line, delta) for name in REGRESSION_LOSSES}
    at = moved_x if line else MIDDLE
    shifts = {}
    for name, (slope, intercept) in fits.items():
        old_slope, old_intercept = fit(name, POINTS_X, POINTS_Y, line, delta)
        shifts[name] = (slope - old_slope) * at + intercept - old_intercept
    title = "The best line for each loss" if line else "The best constant for each loss"
    chart.chart_with_handle(
        figures.fits(POINTS_X, POINTS_Y, fits, EXTENT, title, KEY),
        figures.fits_sentence(shifts, f"at x = {at:.1f}" if line else "for all points"),
        KEY, start=OUTLIER, about=ABOUT_FIT, step=0.1, name="Outlier",
    )  # fmt: skip
    if line:
        for name, (a, b) in fits.items():
            label = rf"\text{{{LOSSES[name].label}: }}"
            st.markdown(
                f"${label} \\hat y = {number(a)}\\,x {'+' if b >= 0 else '-'} {number(abs(b))}$"
            )
    else:
        _constants(y, {name: intercept for name, (_, intercept) in fits.items()}, delta)


def _constants(y: Array, best: dict[str, float], delta: float) -> None:
    """Mean, median and Huber's minimum as formulas, and the mean loss over the constant."""
    summed, ordered = " + ".join(f"{v:.1f}" for v in y), ", ".join(f"{v:.1f}" for v in np.sort(y))
    st.markdown(
        rf"$\text{{Squared error: the mean}}\; \frac1{{{len(y)}}}\sum_n y_n = "
        rf"\textbf{{{best['mean_squared_error']:.3f}}}$, of {summed.replace('+ -', '− ')}  "
        "\n"
        rf"$\text{{Absolute error: the median}} = \textbf{{{best['mean_absolute_error']:.3f}}}$,"
        f" the middle of {ordered}  \n"
        rf"$\text{{Huber, }}\delta = {delta:g}\text{{: }}"
        rf"\textbf{{{best['huber']:.3f}}}$, where the slopes $\max(-\delta, \min(e, \delta))$ "
        "sum to 0: no point counts for more than δ"
    )
    curves, minima = {}, {}
    for name, constant in best.items():
        curves[name] = np.array([error_loss(name, c - y, delta).mean() for c in CONSTANTS])
        minima[name] = float(error_loss(name, constant - y, delta).mean())
    relative = {name: curve / max(minima[name], 1e-9) for name, curve in curves.items()}
    chart.chart(
        figures.constants(CONSTANTS, relative, best, "constants"), figures.constants_sentence(best),
        key="lab_losses_valleys", about=ABOUT_CONSTANTS,
    )  # fmt: skip


def two_predictions() -> None:
    """Sliders for two predictions, their cross-entropies as formulas, and the other losses."""
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    k = left.slider(
        "Classes", MIN_CLASSES, MAX_CLASSES, 2, key="lab_losses_classes", persist_state="session",
        help="The number of classes.",
    )  # fmt: skip
    right.button(
        "(0.6, 0.4) against (0.8, 0.2)", key="lab_losses_example", on_click=_published,
        help="The published example: the target is (1, 0). Which prediction is better?",
    )  # fmt: skip
    names = [f"Class {i + 1}" for i in range(k)]
    key = f"lab_losses_truth_{k}"
    target = st.segmented_control(
        "Target", range(k), default=None if stored.has_widget(key) else 0, required=True, key=key,
        format_func=lambda i: names[i], persist_state="session",
        help="The true class: its y is 1, the others' 0. Choose another one: the loss changes.",
    )  # fmt: skip
    weights = [_sliders(column, i, k) for i, column in enumerate(st.columns(2))]
    if any(each.sum() == 0 for each in weights):
        refuse("at least one probability of each prediction must be above 0, got only 0")
        return
    y, p = np.eye(k)[target or 0], np.array([each / each.sum() for each in weights])
    both = np.tile(y, (2, 1))
    h = cross_entropy(both, p)
    st.latex(lines(*(_formula(i + 1, y, p[i], float(h[i])) for i in range(2))))
    groups = {"target y": y, "prediction 1": p[0], "prediction 2": p[1]}
    chart.chart(
        grouped_bars("Target and predictions", names, groups, f"predictions {k}"), sentence(h),
        key="lab_losses_bars", about=ABOUT_PREDICTIONS,
    )  # fmt: skip
    table = {loss.label: [f"{v:.4f}" for v in loss.f(both, p)] for loss in LOSSES.values()}
    st.table(pd.DataFrame(table, index=["prediction 1", "prediction 2"]).T)
    st.caption(
        "Each prediction is divided by its sum, as Keras does. No cross-entropy exceeds "
        f"{MAX_LOSS:.3f}: probabilities are clipped at 10⁻⁷."
    )


def _sliders(column: DeltaGenerator, i: int, k: int) -> Array:
    column.markdown(f"**Prediction {i + 1}**")
    return np.array([
        column.slider(
            f"Class {c + 1} ({i + 1})", 0.0, 1.0,
            None if stored.has_widget(f"lab_losses_p{i}_{c}") else INITIAL[i][c], 0.01,
            key=f"lab_losses_p{i}_{c}", persist_state="session",
            help="The probability of this class, before division by the sum. Try 0 for the true "
            "class.",
        )
        for c in range(k)
    ])  # fmt: skip


def _published() -> None:
    stored.set_widget("lab_losses_classes", 2)
    stored.set_widget("lab_losses_truth_2", 0)
    for i, prediction in enumerate(PUBLISHED):
        for c, p in enumerate(prediction):
            stored.set_widget(f"lab_losses_p{i}_{c}", p)


def _formula(i: int, y: Array, p: Array, h: float) -> str:
    terms = [
        rf"{target:.0f}\cdot\ln {number(each, 2) if each else '10^{-7}'}"
        for target, each in zip(y, p, strict=True)
    ]
    return rf"H_{i} &= -\sum_k y_k \ln p_k \\ &= -({wrapped(terms)}) \\ &= \mathbf{{{h:.3f}}}"


def sentence(h: Array) -> str:
    """Which of the two predictions has the lower cross-entropy."""
    first, second = (f"{each:.3f}" for each in h)
    if first == second:
        return f"H₁ = {first} = H₂: both predictions are equally close to the target."
    sign, better = (">", 2) if h[0] > h[1] else ("<", 1)
    return f"H₁ = {first} {sign} H₂ = {second}: prediction {better} is closer to the target."


# ---- labels, losses and metrics ------------------------------------------------------------------

PROBABILITIES, LOGIT_OUTPUTS = "Probabilities (softmax)", "Logits (no softmax)"
MARKS = {"right": "✓", "wrong": "≠", "error": "✗"}
ROLES = {
    "sparse_categorical_crossentropy": "−ln p of the class that the index names",
    "categorical_crossentropy": "−Σ y ln p over a one-hot row",
    "binary_crossentropy": "each output by itself, as yes or no",
    "accuracy": "`compile` chooses one of the others by the shapes",
    "sparse_categorical_accuracy": "argmax of p equals the index",
    "categorical_accuracy": "argmax of p equals argmax of the row",
    "binary_accuracy": "each output by itself: p > 0.5 equals y",
}


def labels() -> None:
    """Two label forms, three losses and four metrics on the same three examples, by Keras."""
    left, right = st.columns([1, 2])
    output = left.segmented_control(
        "Output of the network", [PROBABILITIES, LOGIT_OUTPUTS], default=PROBABILITIES,
        required=True, key="lab_losses_outputs", persist_state="session",
        help="With softmax as the last activation, or without: then the loss needs "
        "from_logits=True.",
    )  # fmt: skip
    chosen = [
        column.segmented_control(
            f"Class of example {i + 1}", range(3), default=start, required=True,
            key=f"lab_losses_label_{i}", persist_state="session",
            help="Choose another class and see which numbers follow.",
        )
        for i, (column, start) in enumerate(zip(right.columns(3), PREDICTED_CLASSES, strict=True))
    ]  # fmt: skip
    classes = np.array([0 if each is None else each for each in chosen])
    p = np.array(PREDICTIONS, np.float32)
    outputs = p if output == PROBABILITIES else np.log(p)
    y = one_hot(classes, 3)
    st.table(
        pd.DataFrame(
            {
                "label as an index": [str(c) for c in classes],
                "the same, one-hot": [str(row.astype(int).tolist()) for row in y],
                "output": [np.array2string(row, precision=3) for row in outputs],
                "argmax": [str(c) for c in outputs.argmax(axis=1)],
                "match": [MARKS["right" if c == a else "error"]
                          for c, a in zip(classes, outputs.argmax(axis=1), strict=True)],
            },
            index=[f"example {i + 1}" for i in range(len(p))],
        )
    )  # fmt: skip
    loss = float(cross_entropy(y, p.astype(np.float64)).mean())
    share = float((outputs.argmax(axis=1) == classes).mean())
    st.markdown(
        f"By hand: the mean of −ln p of the true class is **{loss:.4f}**, and "
        f"{share * len(p):.0f} of {len(p)} argmax match: **{share:.4f}**. What Keras answers:"
    )
    answers = worker_result(
        "lab_losses_labels", (output, tuple(classes.tolist())),
        "playground.labs.keras.code:label_answers", outputs, classes,
    )  # fmt: skip
    if answers is not None:
        _answers(answers, loss, share)
    st.markdown(
        "**Sparse** says that y is an index: no table of zeros is needed, and a class is one "
        "number. `to_categorical` makes the one-hot form. As strings or as objects:"
    )
    st.code(
        "model.compile(optimizer='sgd', loss='sparse_categorical_crossentropy', "
        "metrics=['accuracy'])\n"
        "model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.1),\n"
        "              loss=keras.losses.SparseCategoricalCrossentropy(from_logits=False),\n"
        "              metrics=['sparse_categorical_accuracy'])",
        language="python",
    )


def _answers(
    answers: dict[tuple[str, str], dict[str, KerasAnswer]], loss: float, share: float
) -> None:
    rows, errors, verdicts = [], {}, []
    for (name, argument), by_form in answers.items():
        row = {"": f"{name} {argument}".strip(), "compares": ROLES[name].replace("`", "")}
        for form, answer in by_form.items():
            kind = verdict(answer, share if name in KERAS_METRICS else loss)
            verdicts.append(kind)
            if isinstance(answer, str):
                errors[f"{name}, {form}"] = answer
            text = "error" if isinstance(answer, str) else f"{answer:.4f}"
            row[f"{form} labels"] = f"{MARKS[kind]} {text}"
        rows.append(row)
    st.table(pd.DataFrame(rows), hide_index=True)
    st.caption(
        f"✓ {verdicts.count('right')} right, ✗ {verdicts.count('error')} refused with an error, "
        f"≠ {verdicts.count('wrong')} wrong **without a word**: another number than by hand. Those "
        "are the dangerous ones."
    )
    with st.expander("The errors of Keras, word by word"):
        st.code("\n\n".join(f"{where}\n{text}" for where, text in errors.items()), language=None,
                wrap_lines=True)  # fmt: skip
