"""The search for learning rates before a race, and what it has found."""

from collections.abc import Sequence
from math import isinf, isnan

import pandas as pd
import streamlit as st

from dashboard.components import chart
from dashboard.views.race.start import start
from dashboard.widgets.messages import literal
from playground.nn.format import format_number
from playground.runs.lr_finder import LearningRateFinder, TriedRate


def searching(search: LearningRateFinder) -> None:
    """How far the search is; when it is over, the race begins."""
    if search.state == "finished":
        start(search.best())
        st.rerun()
    st.markdown(
        "Before the race each competitor trains for a moment at five learning rates around its "
        "own; it then races at the one with the smallest loss."
    )
    st.button(
        "Race now", key="race_now", icon=":material/flag:", on_click=search.stop,
        help="Try no more rates: what is known by now decides.",
    )  # fmt: skip
    st.fragment(_watch, run_every=chart.POLL_SECONDS, key="race_search")(search)


def _watch(search: LearningRateFinder) -> None:
    search.heartbeat()
    done, count = search.done
    st.progress(done / max(count, 1), text=f"Short run {done} of {count}")
    table(search.tried)
    if search.state == "finished":
        st.rerun()


def found(search: LearningRateFinder) -> None:
    """Which rates the competitors of a race run at, and why."""
    with st.expander("The learning rates found before the race", icon=":material/search:"):
        st.caption(
            "The loss of the validation examples after a short run at each rate. A rate at the "
            "end of its row may not be the best one there is: set a larger or smaller one as the "
            "base and race again."
        )
        table(search.tried)


def table(tried: Sequence[TriedRate | None]) -> None:
    """A row for each competitor: what was tried, and what was chosen."""
    rows = []
    for each in (each for each in tried if each is not None):
        row = {"competitor": literal(each.label), "its own η": format_number(each.own)}
        row |= {f"try {i}": "–" for i in range(1, 6)}
        for i, (rate, loss) in enumerate(zip(each.rates, each.losses, strict=True), 1):
            row[f"try {i}"] = f"{format_number(rate)}: {_told(loss)}"
        row["chosen η"] = format_number(each.chosen)
        rows.append(row)
    if rows:
        st.table(pd.DataFrame(rows), hide_index=True)
    else:
        st.caption("Nothing to look for: the competitors differ in the learning rate itself.")


def _told(loss: float) -> str:
    if isnan(loss):
        return "…"
    return "diverged" if isinf(loss) else f"{loss:.3g}"
