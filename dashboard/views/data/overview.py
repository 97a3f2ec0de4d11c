"""What a data set consists of, as one prints the shapes of its arrays first of all."""

import pandas as pd
import streamlit as st

from dashboard.widgets.messages import literal
from playground.datasets import Dataset
from playground.experiment.model import Experiment


def overview(experiment: Experiment, dataset: Dataset) -> None:
    """The parts with their shapes, types and ranges, and how inputs are scaled."""
    source = dataset.source
    st.markdown(f"**{literal(source.label)}.** {literal(source.description)}.")
    parts = {"training": dataset.train, "validation": dataset.validation, "test": dataset.test}
    table = pd.DataFrame(
        {
            "part": name,
            "examples": f"{len(part):,}",
            "x shape": str(part.x.shape),
            "x type": str(part.x.dtype),
            "smallest": f"{part.x.min():g}" if len(part) else "–",
            "largest": f"{part.x.max():g}" if len(part) else "–",
        }
        for name, part in parts.items()
    )
    st.table(table, hide_index=True)
    st.caption(
        f"Each example has {source.n_features:,} numbers. The network learns from the training "
        "part; the validation part tells how it does on new examples; the test part is sealed."
    )
