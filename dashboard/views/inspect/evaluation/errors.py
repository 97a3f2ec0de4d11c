"""The wrong answers, the surest first."""

import numpy as np
import streamlit as st

from dashboard.state.network_view import NetworkView
from dashboard.views.inspect.evaluation import predictions
from dashboard.views.inspect.example import examples
from dashboard.widgets.messages import literal
from playground.analysis.metrics.classification import most_confident_errors

ALL = "All classes"


def ranked(now: NetworkView) -> None:
    """A gallery of mistakes; a click shows one large."""
    of = predictions.chosen(now)
    found = predictions.judgement(now, of)
    names = now.dataset.source.classes
    rows = most_confident_errors(found)
    if not len(rows):
        st.success(f"Not one mistake on {len(found):,} {of.name} examples.")
        of.say()
        return
    truth = st.selectbox(
        "True class",
        [ALL, *names],
        key="mistakes_of",
        persist_state="session",
        width=260,
        help="The class whose mistakes are shown; try the one with the darkest "
        "cells off the diagonal.",
    )
    if truth in names:
        rows = rows[found.truth[rows] == names.index(truth)]
    if not len(rows):
        st.success(f"No example of {literal(truth)} was missed.")
        return
    sure = int(np.count_nonzero(found.confidence[rows] > 0.9))
    first = int(rows[0])
    is_, said = (literal(names[column[first]]) for column in (found.truth, found.guess))
    st.caption(
        f"{len(rows):,} mistakes, {sure:,} of them made with more than 90 % confidence. The "
        f"surest: is {is_}, said {said} ({found.confidence[first]:.0%})."
    )
    of.say()
    examples(now, of, found, rows, "mistakes", f"{now.uirevision} {now.epoch} {truth}")
