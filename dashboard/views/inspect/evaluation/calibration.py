"""Calibration of the confidence, and what rejecting uncertain predictions gains."""

import numpy as np
import streamlit as st

from dashboard.components import chart
from dashboard.figures import evaluation as figures
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.evaluation.predictions import class_predictions, evaluated_examples
from playground.analysis.metrics.calibration import reliability, temperature_scaling
from playground.analysis.metrics.classification import selective_accuracy

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
