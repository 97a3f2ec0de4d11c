"""The Runs page: everything that was trained, kept for whoever trained it."""

import streamlit as st

from dashboard.state import url
from dashboard.views.runs.compare import compare
from dashboard.views.runs.parallel_coordinates import many
from dashboard.views.runs.shared_run import shared
from dashboard.views.runs.sweep_setup import sweep
from dashboard.views.runs.table import listing
from dashboard.views.shared.saved_runs import library
from dashboard.views.shared.view import View, choose
from dashboard.widgets.messages import refuse
from playground.storage.records import StoreError

VIEWS: dict[str, View] = {
    "List": View(":material/list:", "What have I trained, and how well did it do?", listing),
    "Compare": View(
        ":material/compare_arrows:", "What tells these runs apart, and why may that be?", compare
    ),
    "Many runs": View(
        ":material/stacked_line_chart:", "Which settings do the best of many runs share?", many
    ),
    "Sweep": View(
        ":material/grid_on:", "Which settings are best? Many runs at once, by themselves.", sweep
    ),
}


def runs() -> None:
    """One view of the runs saved, or the one run that somebody shares."""
    token = url.shared_token()
    if token:
        shared(token)
        return
    st.subheader("Your runs", anchor=False)
    try:
        own = library()
        if own is not None:
            choose(VIEWS, "runs_view").show(own)
    except StoreError as error:
        refuse(str(error))
