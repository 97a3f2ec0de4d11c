"""The Evaluation view: one question about the scores at a time, also on distorted examples."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.components import chart
from dashboard.components.gallery import Sample, gallery
from dashboard.figures import evaluation as figures
from dashboard.figures import images
from dashboard.figures.style import escape_html
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.classification import (
    calibration,
    reject_option,
    show_confusion,
    show_errors,
    show_scores,
)
from dashboard.views.inspect.example import EvaluatedExamples, evaluated_examples, value_predictions
from dashboard.views.shared.curves import baseline_sentence
from dashboard.views.shared.test_set import evaluate_on_test_set
from dashboard.views.shared.view import View, choose
from dashboard.widgets.messages import literal
from dashboard.widgets.tables import frame
from playground.analysis.inspection.decision_boundary import shown_part
from playground.analysis.metrics.classification import sample
from playground.analysis.metrics.robustness import (
    DISTORTIONS,
    Distortion,
    Robustness,
    distort,
    robust_rows,
    robustness,
)
from playground.datasets.dataset import Split
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import classes
from playground.runs.jobs import LRUCache, fingerprint

SAMPLES = 12

_CURVES: LRUCache[Robustness] = LRUCache(60)
_DISTORTED: LRUCache[NDArray[Any]] = LRUCache(3)  # up to 10 MB each for images, 26 MB for tables


def show_robustness(now: NetworkView) -> None:
    """The score against one distortion, and some examples at a chosen strength."""
    source = now.dataset.source
    kinds = [k for k, entry in DISTORTIONS.items() if source.shape or entry.for_tables]
    kind = kinds[0]
    if len(kinds) > 1:
        kind = st.segmented_control(
            "Distortion", kinds, default=kinds[0], key="distortion", required=True,
            format_func=lambda k: DISTORTIONS[k].label, persist_state="session",
            help="How the examples are changed; see which distortion costs most.",
        )  # fmt: skip
    entry = DISTORTIONS[kind]
    name, part = shown_part(now.dataset)
    strengths = entry.strengths(source)
    step = st.select_slider(
        "Strength", range(len(strengths)), value=min(9, len(strengths) - 1), key=f"strength_{kind}",
        format_func=lambda i: f"{strengths[i]:.3g}{entry.unit}", persist_state="session", width=420,
        help="Raise it until you could not recognize the examples yourself.",
    )  # fmt: skip
    rows = robust_rows(now.snapshot, len(part))
    examples = EvaluatedExamples(name, sample(part, rows), len(part))
    curve = _curve(now, examples, kind)
    is_accuracy = now.task == CLASSIFICATION
    what = f"{entry.label.lower()} {{:.3g}}{entry.unit}"
    axis = entry.axis if source.shape else "noise (σ, as a share of each feature's σ)"
    figure = figures.robustness_curve(
        curve.strength,
        curve.score,
        axis,
        is_accuracy,
        float(strengths[step]),
        f"{now.uirevision} {kind}",
    )
    if source.unit:
        figure["layout"]["yaxis"]["title"]["text"] += f" ({escape_html(source.unit)})"
    sentence = figures.robustness_sentence(curve.strength, curve.score, is_accuracy, what)
    chart.chart(
        figure,
        sentence,
        key="robustness",
        about="The score as the examples are distorted more and more; try another distortion, and "
        "a network trained with dropout.",
    )
    examples.show_note()
    if source.shape:
        _samples(now, part, entry, float(strengths[step]))
    else:
        st.caption(
            "Normal noise on every feature."
            if source.kind != "plane"
            else "Normal noise on both coordinates of every point."
        )


def _curve(now: NetworkView, examples: EvaluatedExamples, kind: str) -> Robustness:
    """Distorted examples are cached for all epochs, scores for equal weights."""
    data_key = (now.experiment.data, examples.name, examples.rows, kind)
    distorted = _DISTORTED.get_or_compute(
        data_key, distort, examples.part, now.dataset.source, kind
    )
    key = (fingerprint(now.snapshot), *data_key)
    return _CURVES.get_or_compute(
        key, robustness, now.snapshot, now.dataset, distorted, examples.part.y, kind
    )


def _samples(now: NetworkView, part: Split, entry: Distortion, strength: float) -> None:
    """The first examples as distorted, with their predictions."""
    part, source = sample(part, SAMPLES), now.dataset.source
    distorted = entry.prepare(part.x, source)(strength)
    output = now.snapshot.predict(now.dataset.transform(distorted))
    predicted, names = classes(output), source.classes
    confidence = output.max(axis=1)
    if output.shape[1] == 1:
        confidence = np.maximum(output[:, 0], 1 - output[:, 0])
    tiles = [
        Sample(names[part.y[i]], names[predicted[i]], float(confidence[i])).tile
        for i in range(len(part))
    ]
    height, width = source.shape
    sprite = images.data_url(images.mosaic(distorted, source.maximum))
    gallery(sprite, (height, width), tiles, key="distorted", size=84)


BINS = 30
WORST = 10
RESIDUAL_COLUMNS = ("true", "predicted", "residual")  # beside the features


def show_residuals(now: NetworkView) -> None:
    """Scores of a regression, its residuals, and the examples with the largest ones."""
    examples = evaluated_examples(now)
    predictions = value_predictions(now, examples)
    r2, error = predictions.r2, now.dataset.source.format_metric
    with st.container(horizontal=True):
        st.metric(
            "MAE", literal(error(predictions.mean_absolute_error, 4)),
            help="Mean of |predicted − true|.",
        )  # fmt: skip
        st.metric(
            "RMSE", literal(error(predictions.root_mean_squared_error, 4)),
            help="Root of the mean of (predicted − true)²: large residuals count more.",
        )  # fmt: skip
        st.metric(
            "R²", "undefined" if np.isnan(r2) else f"{r2:.4f}",
            help="1: perfect. 0: no better than predicting the mean. Below 0: worse.",
        )  # fmt: skip
    loss = now.experiment.training.loss
    st.caption(literal(baseline_sentence(now.dataset, loss, examples.part)))
    examples.show_note()
    left, right = st.columns(2, gap="medium")
    with left:
        chart.chart(
            figures.predicted_against_true(
                predictions.truth, predictions.predicted, now.uirevision
            ),
            figures.truth_sentence(r2),
            key="predicted",
            about="Predicted against true values; a perfect network would put every point on the "
            "diagonal.",
        )
    with right:
        counts, edges = np.histogram(predictions.residual, BINS)
        chart.chart(
            figures.residual_histogram(edges, counts, now.uirevision),
            figures.residual_sentence(predictions.residual),
            key="residuals",
            about="The distribution of the residuals; if one side is heavier, the predictions are "
            "biased.",
        )
    worst = np.argsort(-np.abs(predictions.residual), kind="stable")[:WORST]
    table = frame(examples.part.x[worst], now.dataset.source.features, RESIDUAL_COLUMNS)
    table["true"], table["predicted"] = predictions.truth[worst], predictions.predicted[worst]
    table["residual"] = predictions.residual[worst]
    st.markdown(f"**The {len(worst)} largest residuals**")
    st.dataframe(table.round(3), hide_index=True, width="stretch", height="content")


def _test_set(now: NetworkView) -> None:
    if now.run is None:
        st.info("A pretrained network: the test set can be evaluated for a run of yours.")
        return
    if now.epoch != now.run.epoch:
        st.caption(f"The test set is evaluated on the newest network, epoch {now.run.epoch:,}.")
    evaluate_on_test_set(now.run, now.dataset)


_ROBUSTNESS = View(
    ":material/blur_on:",
    "How does the score fall when the examples are distorted?",
    show_robustness,
)
_TEST_SET = View(":material/lock:", "How good is it on examples that no choice used?", _test_set)

CLASSIFIER: dict[str, View] = {
    "Confusion": View(":material/grid_on:", "Which classes are confused?", show_confusion),
    "Scores": View(":material/rule:", "What are precision and recall of each class?", show_scores),
    "Errors": View(":material/close:", "Which errors are the most confident?", show_errors),
    "Calibration": View(
        ":material/speed:", "Does a confidence of 97 % mean an accuracy of 97 %?", calibration
    ),
    "Threshold": View(
        ":material/help:", "What if uncertain predictions are rejected?", reject_option
    ),
    "Robustness": _ROBUSTNESS,
    "Test set": _TEST_SET,
}
REGRESSION: dict[str, View] = {
    "Residuals": View(
        ":material/scatter_plot:", "How far off are the predictions?", show_residuals
    ),
    "Robustness": _ROBUSTNESS,
    "Test set": _TEST_SET,
}


def evaluation(now: NetworkView) -> None:
    """Draw one of the views, by the task."""
    if now.task == CLASSIFICATION:
        choose(CLASSIFIER, "evaluation_view", "Result").show(now)
    else:
        choose(REGRESSION, "evaluation_regression").show(now)
