"""Scores of a classifier: confusion matrix, per class, most confident errors, calibration."""

import numpy as np
import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.components.confusion_matrix import confusion_matrix
from dashboard.figures import evaluation as figures
from dashboard.figures.evaluation import confusion_sentence
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.example import class_predictions, evaluated_examples, show_examples
from dashboard.widgets.messages import literal
from playground.analysis.metrics.classification import (
    class_scores,
    confusion,
    most_confident_errors,
    reliability,
    selective_accuracy,
    temperature_scaling,
)
from playground.analysis.metrics.score import baseline

ALL = "All classes"


def show_confusion(now: NetworkView) -> None:
    """The confusion matrix; a cell opens the examples it counts."""
    examples = evaluated_examples(now)
    predictions = class_predictions(now, examples)
    names = now.dataset.source.classes
    counts = confusion(predictions.truth, predictions.guess, len(names))
    sentence = confusion_sentence(counts, names, examples.name)
    cell = confusion_matrix(counts, names, sentence, key="confusion", of=now.uirevision)
    st.caption(
        "Rows: true class; columns: predicted class; the diagonal is correct.",
        help="Each cell has the number of examples and its share of the row; the deeper the color, "
        "the larger the share.",
    )
    examples.show_note()
    if cell is None:
        st.info("Press a number to see its examples.")
        return
    row, column = cell
    rows = np.flatnonzero((predictions.truth == row) & (predictions.guess == column))
    what = "recognized" if row == column else f"predicted as {literal(names[column])}"
    noun = "example" if len(rows) == 1 else "examples"
    st.markdown(f"**{literal(names[row])} {what}: {len(rows):,} {noun}**, most confident first")
    if len(rows):
        order = rows[np.argsort(-predictions.confidence[rows], kind="stable")]
        of = f"{now.uirevision} {now.epoch} {row} {column}"
        show_examples(now, examples, predictions, order, "cell", of)


def show_scores(now: NetworkView) -> None:
    """Precision, recall and F1 of each class, and their means."""
    examples = evaluated_examples(now)
    predictions = class_predictions(now, examples)
    names = now.dataset.source.classes
    scores = class_scores(confusion(predictions.truth, predictions.guess, len(names)))
    macro = scores.macro()
    constant = baseline(now.dataset, now.experiment.training.loss, examples.part)
    table = pd.DataFrame(
        {
            "class": [*map(literal, names), "**mean (macro)**"],
            "precision": [*map(_percent, scores.precision), _percent(macro[0])],
            "recall": [*map(_percent, scores.recall), _percent(macro[1])],
            "F1": [*map(_percent, scores.f1), _percent(macro[2])],
            "examples (support)": [*(f"{n:,}" for n in scores.support), f"{len(predictions):,}"],
        }
    )
    st.table(table, hide_index=True)
    weakest = int(scores.f1.argmin())
    st.caption(
        f"Accuracy {predictions.accuracy:.1%} and balanced accuracy (mean recall) "
        f"{_percent(scores.balanced_accuracy)} on {len(predictions):,} {examples.name} examples; "
        f"always predicting {literal(names[int(constant.answer)])} gives {constant.metric:.1%} "
        f"and {1 / (scores.support > 0).sum():.1%}. The lowest F1 is "
        f"{_percent(scores.f1[weakest])}, of {literal(names[weakest])}."
    )
    examples.show_note()
    with st.expander("Definitions"):
        st.markdown(
            "TP: examples of the class that are predicted as it. FP: others that are predicted as "
            "it. FN: examples of it that are predicted as others. 0 where the denominator is 0, "
            "and counted in the mean (scikit-learn's `zero_division=0`)."
        )
        st.latex(
            r"\text{precision}=\frac{TP}{TP+FP}\qquad \text{recall}=\frac{TP}{TP+FN}\qquad "
            r"F_1=\frac{2\,TP}{2\,TP+FP+FN}"
        )


def _percent(value: float) -> str:
    return f"{value:.1%}"


def show_errors(now: NetworkView) -> None:
    """Gallery of the errors, most confident first; a click enlarges one."""
    examples = evaluated_examples(now)
    predictions = class_predictions(now, examples)
    names = now.dataset.source.classes
    rows = most_confident_errors(predictions)
    if not len(rows):
        st.success(f"No error on {len(predictions):,} {examples.name} examples.")
        examples.show_note()
        return
    truth = st.selectbox(
        "True class", [ALL, *names], key="mistakes_of", persist_state="session", width=260,
        help="The class whose errors are shown; try the one with the darkest cells off the "
        "diagonal.",
    )  # fmt: skip
    if truth in names:
        rows = rows[predictions.truth[rows] == names.index(truth)]
    if not len(rows):
        st.success(f"No example of {literal(truth)} is misclassified.")
        return
    n_confident = int(np.count_nonzero(predictions.confidence[rows] > 0.9))
    first = int(rows[0])
    true_class, prediction = (
        literal(names[column[first]]) for column in (predictions.truth, predictions.guess)
    )
    st.caption(
        f"{len(rows):,} errors, {n_confident:,} of them with more than 90 % confidence. The most "
        f"confident: {true_class} predicted as {prediction} ({predictions.confidence[first]:.0%})."
    )
    examples.show_note()
    of = f"{now.uirevision} {now.epoch} {truth}"
    show_examples(now, examples, predictions, rows, "mistakes", of)


MIN_BINS, MAX_BINS, DEFAULT_BINS = 2, 30, 10
THRESHOLDS = np.linspace(0, 1, 101)


def calibration(now: NetworkView) -> None:
    """Reliability diagram, expected calibration error, and the effect of temperature scaling."""
    examples = evaluated_examples(now)
    predictions = class_predictions(now, examples)
    n_bins = st.slider(
        "Number of bins", MIN_BINS, MAX_BINS, DEFAULT_BINS, key="bins", persist_state="session",
        width=320, help="Few bins hide differences; many hold few examples each and are noisy.",
    )  # fmt: skip
    bins = reliability(predictions.confidence, predictions.right, n_bins)
    ece, confidence = bins.expected_calibration_error, float(predictions.confidence.mean())
    chart.chart(
        figures.reliability_bars(
            bins.edges, bins.count, bins.confidence, bins.accuracy, f"{now.uirevision} {n_bins}"
        ),
        figures.reliability_sentence(ece, confidence, predictions.accuracy),
        key="reliability",
        about="Accuracy of the predictions in each bin of confidence; on the diagonal, a "
        "confidence of 80% means an accuracy of 80%. Try it after more epochs.",
    )
    examples.show_note()
    st.latex(
        r"\text{ECE}=\sum_{b=1}^{B}\frac{n_b}{n}\,"
        r"\bigl|\text{accuracy}_b-\text{confidence}_b\bigr|"
    )
    st.markdown(
        f"Expected calibration error: **ECE = {ece:.1%}** with B = {n_bins} bins and "
        f"n = {len(predictions):,} predictions.",
        help="Predictions are sorted into B bins by confidence; n_b is the number in a bin's bar.",
    )
    scaled = temperature_scaling(predictions, n_bins)
    if scaled is not None:
        st.markdown(
            f"**Temperature scaling:** dividing the logits by T = {scaled.temperature:.2f} before "
            "softmax changes the confidence but no prediction. Fitted on every second of these "
            f"examples, it changes the ECE on the others from {scaled.before:.1%} to "
            f"{scaled.after:.1%}."
        )


def reject_option(now: NetworkView) -> None:
    """Accuracy and coverage if predictions below a confidence threshold are rejected."""
    examples = evaluated_examples(now)
    predictions = class_predictions(now, examples)
    percent = st.slider(
        "Confidence threshold", 0, 100, 50, format="%d %%", key="threshold",
        persist_state="session", width=420,
        help="Less confident predictions are rejected; raise it and see accuracy rise and coverage "
        "fall.",
    )  # fmt: skip
    curves = selective_accuracy(predictions, THRESHOLDS)
    threshold = percent / 100
    coverage, accuracy = float(curves.coverage[percent]), float(curves.accuracy[percent])
    chart.chart(
        figures.reject_option_curves(
            curves.threshold, curves.coverage, curves.accuracy, threshold, now.uirevision
        ),
        figures.reject_option_sentence(threshold, coverage, accuracy, predictions.accuracy),
        key="doubt",
        about="Accuracy of the remaining predictions if the uncertain ones are rejected; move the "
        "threshold and see what it costs in coverage.",
    )
    examples.show_note()
    rejected = predictions.confidence < np.float32(threshold)
    errors = int(np.count_nonzero(~predictions.right & rejected))
    correct = int(np.count_nonzero(predictions.right & rejected))
    st.caption(
        f"Predicted: {round(coverage * len(predictions)):,} of {len(predictions):,} "
        f"{examples.name} examples. Rejected: {errors:,} errors and {correct:,} correct "
        "predictions."
    )
