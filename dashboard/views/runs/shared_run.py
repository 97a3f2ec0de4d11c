"""A run that somebody else shares: to be looked at, and trained anew; nothing can be changed."""

import pandas as pd
import streamlit as st

from dashboard.state import session, url
from dashboard.state.pages import open_page
from dashboard.views.runs.details import about, course
from dashboard.widgets.messages import literal
from playground.analysis.comparison.runs import Compared, settings
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import Experiment, format_value, label
from playground.history.history import history
from playground.storage.records import SavedRun, StoreError
from playground.storage.store import store


def shared(token: str) -> None:
    """The run that `token` shows, and the way back to one's own."""
    try:
        saved = store().shared(token)
    except (LookupError, StoreError) as error:
        text = "This link shows no run: it was typed wrong, or is no longer shared."
        st.error(literal(str(error)) if isinstance(error, StoreError) else text)
    else:
        _show(saved)
    st.button(
        "To my own runs",
        key="own_runs",
        on_click=url.clear_shared_token,
        help="Leaves the run somebody showed you and opens your own list.",
    )


def _show(saved: SavedRun) -> None:
    run = saved.row
    st.subheader(literal(run.name), anchor=False)
    st.caption("Somebody shares this run with you: look at everything, change nothing.")
    st.caption(literal(about(run)))
    course(saved, run.id)
    if run.note:
        st.markdown("**Note**")
        st.text(run.note)
    _settings(saved.experiment)
    for change in _on_the_way(saved):
        st.caption(literal(change))
    if st.button(
        "Use its settings", key="use_shared", icon=":material/tune:",
        help="They become your current experiment: train it to the same numbers.",
    ):  # fmt: skip
        session.set_experiment(saved.experiment)
        url.clear_shared_token()
        open_page("train")


def _settings(experiment: Experiment) -> None:
    st.markdown("**Settings**")
    rows = [
        {"Setting": label(name), "Value": format_value(name, value)}
        for name, value in active_hyperparameters(experiment).items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="shared_settings", alt="Settings")


def _on_the_way(saved: SavedRun) -> list[str]:
    """What was changed or taught while it ran."""
    plain = Compared(saved.experiment, history(()))
    now = Compared(saved.experiment, history(saved.events))
    return [
        f"{one.name.capitalize()}: {one.values[0]}."
        for one in settings([now, plain])
        if isinstance(one.values[0], str) and one.values[1] == "nothing"
    ]
