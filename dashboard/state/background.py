"""Work in the background of the pages: loading data sets, computing with Keras."""

import threading
from collections.abc import Hashable
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.state.network_view import NetworkView
from playground.datasets import Dataset, load
from playground.datasets.download import FetchError
from playground.experiment.model import Data, Experiment
from playground.nn.network import Snapshot
from playground.runs.jobs import Job, Jobs, fingerprint
from playground.runs.lr_finder import RAMP, RAMP_RATES


class DatasetLoad:
    """A data set being loaded, and downloaded first where necessary.

    `bytes_done` and `bytes_total` (None: unknown) are the progress of a download; `error` is why
    it failed.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self.start()

    def start(self) -> None:
        """Begin, or begin again after an error."""
        self.bytes_done = 0
        self.bytes_total: int | None = None
        self.error: str | None = None
        self._done = threading.Event()
        threading.Thread(target=self._work, name=f"load {self.data.dataset}", daemon=True).start()

    def _work(self) -> None:
        try:
            load(self.data, self._progress)
        except FetchError as error:
            self.error = str(error)
        finally:
            self._done.set()

    def _progress(self, done: int, total: int | None) -> None:
        self.bytes_done, self.bytes_total = done, total

    @property
    def done(self) -> bool:
        """Whether it has succeeded or failed."""
        return self._done.is_set()

    def dataset(self, seconds: float) -> Dataset | None:
        """The data set, waiting for it at most `seconds`."""
        self._done.wait(seconds)
        return load(self.data) if self.done and self.error is None else None


@lru_cache(maxsize=64)
def dataset_load(data: Data) -> DatasetLoad:
    """The one load of these data, started by the first call."""
    return DatasetLoad(data)


KERAS_OUTPUTS = "playground.training.keras_model:keras_outputs"


def largest_difference(snapshot: Snapshot, x: NDArray[np.float32], keras: list[Any]) -> float:
    """The largest |NumPy − Keras| over the outputs of all layers for the scaled example x (n,).

    keras: (1, n_units) of each layer. Two infinite outputs of the same sign agree.
    """
    outputs = [a[0] for _, a in snapshot.forward(x[None])]
    with np.errstate(invalid="ignore"):
        differences = [
            np.where(a == b[0], 0, np.abs(a - b[0])) for a, b in zip(outputs, keras, strict=True)
        ]
    return float(max(each.max() for each in differences))


@cache
def _jobs() -> Jobs:
    return Jobs()


def keras_job(now: NetworkView, x: NDArray[np.float32]) -> Job | None:
    """The job that computes Keras' outputs for these weights and the scaled example x (n,).

    A network has one job at a time: None until it is this one's turn.
    """
    key = _key(now, x)
    _jobs().submit(now.uirevision, key, KERAS_OUTPUTS, now.experiment, now.snapshot, x[None])
    return _jobs().get(key)


def retry_keras(now: NetworkView, x: NDArray[np.float32], failed: Job) -> None:
    """Remove a failed job, so that the next call starts another one."""
    _jobs().remove(_key(now, x), failed)


def rate_ramp_job(experiment: Experiment) -> Job:
    """The job that measures the loss over the learning rate for an experiment.

    Its own rate and schedule have no part in it.
    """
    alike = experiment.replace(learning_rate=0.01, schedule="constant", warmup_epochs=0)
    return _jobs().submit(("ramp", alike), ("ramp", alike), RAMP, alike, RAMP_RATES)


def _key(now: NetworkView, x: NDArray[np.float32]) -> Hashable:
    return now.experiment, fingerprint(now.snapshot), x.tobytes()
