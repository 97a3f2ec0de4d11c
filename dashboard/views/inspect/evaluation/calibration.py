"""Whether the network knows how sure it may be, and what it gains by staying silent."""

import numpy as np
import streamlit as st

from dashboard.components import chart
from dashboard.figures import evaluation as figures
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.evaluation import predictions
from playground.analysis.metrics.calibration import reliability, temperature_scaling
from playground.analysis.metrics.classification import selective_accuracy

BINS = (2, 30, 10)  # fewest, most, usual
THRESHOLDS = np.linspace(0, 1, 101)


def calibration(now: NetworkView) -> None:
    """Reliability bars, the expected calibration error, and a temperature that would help."""
    of = predictions.chosen(now)
    found = predictions.judgement(now, of)
    fewest, most, usual = BINS
    n_bins = st.slider(
        "Number of bins", fewest, most, usual, key="bins", persist_state="session", width=320,
        help="Few bins hide differences; many have few examples each, and scatter.",
    )  # fmt: skip
    bins = reliability(found.confidence, found.right, n_bins)
    figure = figures.reliability_bars(
        bins.edges, bins.count, bins.confidence, bins.accuracy, f"{now.uirevision} {n_bins}"
    )
    sure = float(found.confidence.mean())
    sentence = figures.reliability_sentence(bins.expected_calibration_error, sure, found.accuracy)
    chart.chart(
        figure,
        sentence,
        key="reliability",
        about="How often the network is right among answers of the same "
        "confidence; on the diagonal 80% sure means 80% right. Try it after"
        " more epochs.",
    )
    of.say()
    st.latex(
        r"\text{ECE}=\sum_{b=1}^{B}\frac{n_b}{n}\,"
        r"\bigl|\text{accuracy}_b-\text{confidence}_b\bigr|"
    )
    st.markdown(
        f"Expected calibration error: **ECE = {bins.expected_calibration_error:.1%}** with B = {n_bins} bins and "
        f"n = {len(found):,} answers."
    )
    st.caption(
        "Answers are put into B bins by how sure the network is of them; in a bin of n_b answers "
        "(the number in its bar) the share that is right should equal the mean confidence."
    )
    better = temperature_scaling(found, n_bins)
    if better is not None:
        st.markdown(
            f"**One number could correct it.** Dividing the last z by a temperature of "
            f"T = {better.temperature:.2f} before softmax changes no answer, only how sure it is. "
            f"Fitted on every second of these examples, it takes the error on the others from "
            f"{better.before:.1%} to {better.after:.1%}."
        )


def threshold(now: NetworkView) -> None:
    """Accuracy and coverage if it may say "I don't know"."""
    of = predictions.chosen(now)
    found = predictions.judgement(now, of)
    percent = st.slider(
        'Say "I don\'t know" below a confidence of', 0, 100, 50, format="%d %%",
        key="threshold", persist_state="session", width=420,
        help="Answers less sure than this become \"I don't know\"; raise it and "
        "see accuracy rise and coverage fall.",
    )  # fmt: skip
    curves = selective_accuracy(found, THRESHOLDS)
    share = percent / 100
    figure = figures.reject_option_curves(
        curves.threshold, curves.coverage, curves.accuracy, share, now.uirevision
    )
    coverage, accuracy = float(curves.coverage[percent]), float(curves.accuracy[percent])
    sentence = figures.reject_option_sentence(share, coverage, accuracy, found.accuracy)
    chart.chart(
        figure,
        sentence,
        key="doubt",
        about="How accurate the answers are if the doubtful ones are left out; "
        "move the threshold and see what it costs in unanswered examples.",
    )
    of.say()
    answered = round(coverage * len(found))
    silent = found.confidence < np.float32(share)
    saved = int(np.count_nonzero(~found.right & silent))
    lost = int(np.count_nonzero(found.right & silent))
    st.caption(
        f"Of {len(found):,} {of.name} examples it answers {answered:,}. Silence avoids {saved:,} "
        f"mistakes and gives away {lost:,} right answers."
    )
