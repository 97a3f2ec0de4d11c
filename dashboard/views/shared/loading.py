"""What a page shows while it waits: for a data set, or for a result computed in a worker."""

from collections.abc import Hashable
from typing import Any

import streamlit as st

from dashboard.components.chart import POLL_SECONDS
from dashboard.state import identity, session
from dashboard.state.background import DatasetLoad, dataset_load
from dashboard.widgets.messages import literal
from playground.datasets import Dataset
from playground.datasets.images import BUNDLED, IMAGES
from playground.experiment.model import Data
from playground.runs.jobs import Job, Jobs

DATASET_SECONDS = 1.0  # before a page is drawn without it: enough for what is on this machine
RESULT_SECONDS = 0.05  # before a lab is drawn without a worker's result
VALIDATION = 1_000  # of the images in the package


def loaded_dataset(data: Data) -> Dataset | None:
    """The data set, or None after showing the progress of its download or why that failed."""
    loading = dataset_load(data)
    dataset = loading.dataset(DATASET_SECONDS)
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


_JOBS = Jobs()


def worker_result(
    key: str, question: Hashable, path: str, *args: Any,
    waiting: str | None = "Computing with Keras …",
) -> Any:  # fmt: skip
    """What the function at `path`, "package.module:name", returns in a worker; None until then.

    Equal questions under a `key` are computed once; a tab computes one question of a key at a time.
    While there is no result, `waiting` or the error is shown; nothing where `waiting` is None.
    """
    owner = (identity.current(), key)

    def request() -> Job | None:
        _JOBS.submit(owner, (key, question), path, *args)
        return _JOBS.get((key, question))

    def poll() -> None:
        job = request()
        st.caption(waiting or "")
        if job is not None and job.state != "working":
            st.rerun()

    job = request()
    if job is not None and job.wait(RESULT_SECONDS) and job.state == "done":
        return job.result
    if waiting is None:
        return None
    if job is not None and job.state == "failed":
        st.caption(f"Keras did not answer: {literal(job.reason)}.")
        st.button(
            "Try again", key=f"{key}_again", help="Compute it once more in a worker.",
            on_click=_JOBS.remove, args=((key, question), job),
        )  # fmt: skip
    else:
        st.fragment(poll, run_every=POLL_SECONDS, key=f"{key}_poll")()
    return None
