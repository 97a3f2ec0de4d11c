"""The Data page: what the network learns from."""

from collections.abc import Callable

import streamlit as st

from dashboard import session
from dashboard.views.data.overview import overview
from dashboard.views.delivery import delivered
from dashboard.views.view import View, choose
from playground.datasets import Dataset
from playground.experiment import Experiment
from playground.summary import title

VIEWS: dict[str, View[Callable[[Experiment, Dataset], None]]] = {
    "Overview": View(":material/table:", "How many examples, of which shape?", overview),
}


def data() -> None:
    """One view of the data of the current experiment."""
    experiment = session.experiment()
    st.subheader(title(experiment), anchor=False)
    dataset = delivered(experiment.data)
    if dataset is not None:
        choose(VIEWS, "data_view").show(experiment, dataset)
