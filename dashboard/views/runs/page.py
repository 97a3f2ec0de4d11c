"""The Runs page: the saved runs of this browser."""

import streamlit as st

from dashboard.state import identity, url
from dashboard.state.url import page_address
from dashboard.views.runs.compare import compare
from dashboard.views.runs.details import shared_run
from dashboard.views.runs.parallel_coordinates import many_runs
from dashboard.views.runs.sweep import sweep
from dashboard.views.runs.table import list_runs
from dashboard.views.shared.saved_runs import library
from dashboard.views.shared.view import View, choose
from dashboard.widgets.messages import refuse
from playground.storage.records import StoreError

VIEWS: dict[str, View] = {
    "List": View(":material/list:", "Which runs are saved, and how good are they?", list_runs),
    "Compare": View(
        ":material/compare_arrows:", "How do these runs differ, and what may be the cause?", compare
    ),
    "Many runs": View(
        ":material/stacked_line_chart:", "Which settings do the best of many runs share?", many_runs
    ),
    "Sweep": View(":material/grid_on:", "Which settings are best? Train many runs.", sweep),
}


def runs() -> None:
    """One view of the saved runs, or the one run that a link shares."""
    token = url.shared_token()
    if token:
        shared_run(token)
        return
    st.subheader("Your runs", anchor=False)
    if identity.is_forgotten():
        st.warning(
            "This browser keeps nothing for this page, as in a frame of another site: after a "
            f"reload the list begins empty. [Open it in a window of its own]({page_address('runs')}"
            "), where runs stay."
        )
    try:
        own = library()
        if own is not None:
            choose(VIEWS, "runs_view").show(own)
    except StoreError as error:
        refuse(str(error))
