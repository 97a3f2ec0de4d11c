"""The Data page: the data of the current experiment, one view at a time."""

import pandas as pd
import streamlit as st

from dashboard.state import session
from dashboard.views.data.leakage import leakage
from dashboard.views.data.samples import every_class, samples
from dashboard.views.data.statistics import counts, table
from dashboard.views.data.upload import upload
from dashboard.views.shared.loading import loaded_dataset
from dashboard.views.shared.test_set import VALIDATED_ON_TEST
from dashboard.views.shared.view import View, choose
from dashboard.widgets.messages import literal
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.experiment.model_summary import title


def overview(experiment: Experiment, dataset: Dataset) -> None:
    """The splits with their shapes, types and ranges."""
    source = dataset.source
    end = "" if source.description.endswith("?") else "."
    st.markdown(f"**{literal(source.label)}.** {literal(source.description)}{end}")
    splits = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    rows = pd.DataFrame(
        {
            "split": name,
            "examples": f"{len(part):,}",
            "x shape": str(part.x.shape),
            "y shape": str(part.y.shape),
            "x type": str(part.x.dtype),
            "y type": str(part.y.dtype),
            "smallest": f"{part.x.min():g}" if len(part) else "–",
            "largest": f"{part.x.max():g}" if len(part) else "–",
        }
        for name, part in splits.items()
    )
    st.table(rows, hide_index=True)
    st.caption(
        f"{source.n_features:,} numbers per example.",
        help="The network is trained on the training split and evaluated on the validation split "
        "after each epoch. The test split is for the final evaluation.",
    )
    if experiment.data.validate_on_test and not len(dataset.test):
        st.info(VALIDATED_ON_TEST)
    elif not len(dataset.validation) and not len(dataset.test):
        st.info("No rows are left to validate or to test on: all are for training.")
    if source.kind == "image":
        every_class(dataset)


VIEWS: dict[str, View] = {
    "Overview": View(":material/table:", "How many examples, of which shape?", overview),
    "Samples": View(
        ":material/grid_view:",
        "What do the images look like, and which pixel values have they?",
        samples,
    ),
    "Counts": View(
        ":material/bar_chart:", "How balanced are the classes, and what is the baseline?", counts
    ),
    "Table": View(
        ":material/table_rows:",
        "How are the features distributed, and what does scaling do?",
        table,
    ),
    "Data leakage and split errors": View(
        ":material/cleaning_services:",
        "How do they change the validation score?",
        leakage,
    ),
    "Your own data": View(
        ":material/upload_file:", "Can it learn from my own table, or from painted points?", upload
    ),
}


def data() -> None:
    """One view of the data of the current experiment."""
    experiment = session.experiment()
    st.subheader(title(experiment), anchor=False)
    dataset = loaded_dataset(experiment.data)
    if dataset is not None:
        choose(VIEWS, "data_view").show(experiment, dataset)
