"""The Data page: what the network learns from."""

from collections.abc import Callable

import streamlit as st

from dashboard.state import session
from dashboard.views.data.class_balance import counts
from dashboard.views.data.features import table
from dashboard.views.data.leakage import hygiene
from dashboard.views.data.overview import overview
from dashboard.views.data.samples import samples
from dashboard.views.data.upload import own
from dashboard.views.shared.dataset_loading import delivered
from dashboard.views.shared.view import View, choose
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title

VIEWS: dict[str, View[Callable[[Experiment, Dataset], None]]] = {
    "Overview": View(":material/table:", "How many examples, of which shape?", overview),
    "Samples": View(
        ":material/grid_view:", "What does an image look like, and which numbers is it?", samples
    ),
    "Counts": View(
        ":material/bar_chart:", "How many are there of each, and what must be beaten?", counts
    ),
    "Table": View(
        ":material/table_rows:", "Which numbers, how spread, and what does scaling do?", table
    ),
    "Data hygiene": View(
        ":material/cleaning_services:", "What do mistakes in preparing data do to a score?", hygiene
    ),
    "Your own data": View(
        ":material/upload_file:", "Can it learn from my own table, or from points I paint?", own
    ),
}


def data() -> None:
    """One view of the data of the current experiment."""
    experiment = session.experiment()
    st.subheader(title(experiment), anchor=False)
    dataset = delivered(experiment.data)
    if dataset is not None:
        choose(VIEWS, "data_view").show(experiment, dataset)
