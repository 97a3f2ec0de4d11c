"""What a page shows while a data set is loading, or after that has failed."""

import streamlit as st

from dashboard.components.chart import POLL_SECONDS
from dashboard.state import session
from dashboard.state.background import DatasetLoad, dataset_load
from playground.datasets import Dataset
from playground.datasets.images import BUNDLED, IMAGES
from playground.experiment.model import Data

WAIT_SECONDS = 1.0  # enough for what is on this machine
VALIDATION = 1_000  # of the images in the package


def loaded_dataset(data: Data) -> Dataset | None:
    """The data set, or None after showing the progress of its download or why that failed."""
    loading = dataset_load(data)
    dataset = loading.dataset(WAIT_SECONDS)
    if dataset is not None:
        return dataset
    if loading.done:
        st.error(f"{data.source.label} could not be downloaded.")
        with st.expander("What was tried"):
            st.text(loading.error)
    else:
        st.fragment(_progress, run_every=POLL_SECONDS)(loading)
    if data.dataset in IMAGES:
        st.button(
            f"Use the {BUNDLED:,} images in the package "
            f"({BUNDLED - VALIDATION:,} to train, {VALIDATION:,} to validate)",
            key="use_bundled",
            type="primary",
            on_click=_use_bundled,
            help="They come with the program and need no download.",
        )
    if loading.done:
        st.button(
            "Try again",
            key="fetch_again",
            on_click=loading.start,
            help="Downloads the data again; try it when the connection is back.",
        )
    return None


def _progress(loading: DatasetLoad) -> None:
    done, total = loading.bytes_done / 1e6, (loading.bytes_total or 0) / 1e6
    if loading.data.dataset in IMAGES:
        size = f"{done:.1f} of {total:.1f} MB" if total else f"{done:.1f} MB"
        text = f"Downloading {loading.data.source.label}, once for this computer: {size}"
    else:
        text = f"Loading {loading.data.source.label} …"
    st.progress(min(1.0, done / total) if total else 0.0, text=text)
    if loading.done:
        st.rerun()


def _use_bundled() -> None:
    sizes = {"train_size": BUNDLED - VALIDATION, "validation_size": VALIDATION}
    session.set_experiment(session.experiment().replace(**sizes))
