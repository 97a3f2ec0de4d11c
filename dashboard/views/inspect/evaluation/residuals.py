"""How far a regression is off: predicted against true, and the histogram of the residuals."""

import numpy as np
import streamlit as st

from dashboard.components import chart
from dashboard.figures import evaluation as figures
from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.evaluation import predictions
from dashboard.widgets.tables import frame

BINS = 30
WORST = 10
SAID = ("true", "predicted", "predicted − true")  # columns beside the features


def misses(now: NetworkView) -> None:
    """Scores, both charts, and the examples it misses most."""
    of = predictions.chosen(now)
    found = predictions.missed(now, of)
    r2 = found.r2
    with st.container(horizontal=True):
        st.metric("MAE", f"{found.mean_absolute_error:.4g}", help="Mean of |predicted − true|.")
        st.metric(
            "RMSE", f"{found.root_mean_squared_error:.4g}",
            help="Root of the mean of (predicted − true)²: large misses count more.",
        )  # fmt: skip
        st.metric(
            "R²", "undefined" if np.isnan(r2) else f"{r2:.4f}",
            help="1: perfect. 0: no better than always saying the mean. Below 0: worse.",
        )  # fmt: skip
    of.say()
    left, right = st.columns(2, gap="medium")
    with left:
        figure = figures.predicted_against_true(found.truth, found.predicted, now.uirevision)
        chart.chart(
            figure,
            figures.truth_sentence(r2),
            key="predicted",
            about="Predicted against true values; a perfect network would put every "
            "point on the diagonal.",
        )
    with right:
        counts, edges = np.histogram(found.residual, BINS)
        figure = figures.residual_histogram(edges, counts, now.uirevision)
        chart.chart(
            figure,
            figures.residual_sentence(found.residual),
            key="residuals",
            about="How often each error occurs; look for one lopsided side: the "
            "network is then too high or too low throughout.",
        )
    worst = np.argsort(-np.abs(found.residual), kind="stable")[:WORST]
    table = frame(of.part.x[worst], now.dataset.source.features, SAID)
    table["true"], table["predicted"] = found.truth[worst], found.predicted[worst]
    table["predicted − true"] = found.residual[worst]
    st.markdown(f"**The {len(worst)} it misses most**")
    st.dataframe(table.round(3), hide_index=True, width="stretch", height="content")
