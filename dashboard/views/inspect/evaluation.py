"""The Evaluation view: one question about the scores at a time."""

import numpy as np
import streamlit as st

from dashboard.components import chart
from dashboard.figures import evaluation as figures
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.classification import (
    calibration,
    reject_option,
    show_confusion,
    show_errors,
    show_scores,
)
from dashboard.views.inspect.example import evaluated_examples, value_predictions
from dashboard.views.inspect.robustness import show_robustness
from dashboard.views.shared.curves import baseline_sentence
from dashboard.views.shared.test_set import evaluate_on_test_set
from dashboard.views.shared.view import View, choose
from dashboard.widgets.messages import literal
from dashboard.widgets.tables import frame
from playground.nn.losses import CLASSIFICATION

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
