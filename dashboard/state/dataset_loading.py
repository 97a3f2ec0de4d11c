"""Data sets on their way: got in the background, so that no page waits for a download."""

from concurrent.futures import wait
from functools import lru_cache

from playground.datasets import Dataset, load
from playground.datasets.download import FetchError
from playground.experiment.model import Data
from playground.runs import jobs


class DatasetLoad:
    """One data set being loaded, and fetched first where that is needed.

    `bytes_done` and `bytes_total` (None: not known) tell how far a download is; `error` says why
    there is none.
    """

    def __init__(self, data: Data) -> None:
        self.data = data
        self.start()

    def start(self) -> None:
        """Begin, or begin again after an error."""
        self.bytes_done = 0
        self.bytes_total: int | None = None
        self._future = jobs.start(load, self.data, self._progress)

    def _progress(self, done: int, total: int | None) -> None:
        self.bytes_done, self.bytes_total = done, total

    @property
    def done(self) -> bool:
        """Whether it is loaded, or failed."""
        return self._future.done()

    @property
    def error(self) -> str | None:
        """Why it could not be fetched; None: no error so far."""
        error = self._future.exception() if self.done else None
        return str(error) if isinstance(error, FetchError) else None

    def dataset(self, seconds: float) -> Dataset | None:
        """The data set, if it is loaded within some seconds."""
        wait([self._future], seconds)
        return load(self.data) if self.done and self.error is None else None


@lru_cache(maxsize=64)
def deliver(data: Data) -> DatasetLoad:
    """The delivery of these data, begun by the first who asks."""
    return DatasetLoad(data)
