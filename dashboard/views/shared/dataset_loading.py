"""What a page shows while its data are on their way, or when they cannot be had."""

import streamlit as st

from dashboard.components.chart import POLL_SECONDS
from dashboard.state import session
from dashboard.state.dataset_loading import DatasetLoad, deliver
from playground.datasets import Dataset
from playground.datasets.images import BUNDLED
from playground.experiment.model import Data

GLANCE_SECONDS = 1.0  # what is on this machine is there before
VALIDATION = 1_000  # of the images in the package


def delivered(data: Data) -> Dataset | None:
    """The data set, or None after saying how far it is or why it cannot be had."""
    delivery = deliver(data)
    dataset = delivery.dataset(GLANCE_SECONDS)
    if dataset is not None:
        return dataset
    if delivery.done:
        st.error(f"All images of {data.source.label} are needed, and they could not be got.")
        with st.expander("What was tried"):
            st.text(delivery.error)
    else:
        st.fragment(_progress, run_every=POLL_SECONDS)(delivery)
    small = BUNDLED - VALIDATION
    use = f"Use the {BUNDLED:,} images that are here already"
    st.button(
        f"{use} ({small:,} to train, {VALIDATION:,} to validate)",
        key="use_bundled",
        type="primary",
        on_click=_use_bundle,
        help="Takes the examples that come with this program; try them first, "
        "they train in seconds.",
    )
    if delivery.done:
        st.button(
            "Try again",
            key="fetch_again",
            on_click=delivery.start,
            help="Asks for the data once more; try it when the connection is back.",
        )
    return None


def _progress(delivery: DatasetLoad) -> None:
    done, total = delivery.bytes_done / 1e6, (delivery.bytes_total or 0) / 1e6
    size = f"{done:.1f} of {total:.1f} MB" if total else f"{done:.1f} MB"
    text = f"Getting all images of {delivery.data.source.label}, once for this computer: {size}"
    st.progress(min(1.0, done / total) if total else 0.0, text=text)
    if delivery.done:
        st.rerun()


def _use_bundle() -> None:
    experiment = session.experiment()
    sizes = {"train_size": BUNDLED - VALIDATION, "validation_size": VALIDATION}
    session.set_experiment(experiment.replace(**sizes))
