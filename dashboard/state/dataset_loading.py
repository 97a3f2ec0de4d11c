"""Data sets loaded in the background, so that no page waits for a download."""

import threading
from functools import lru_cache

from playground.datasets import Dataset, load
from playground.datasets.download import FetchError
from playground.experiment.model import Data


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
