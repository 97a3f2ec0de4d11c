"""Keras' own answer beside ours, got in the background, so that no page waits for it."""

import hashlib
import threading
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground import cluster
from playground.cluster import WorkerLost
from playground.experiment import Experiment
from playground.snapshot import Snapshot
from playground.worker import TrainerError, keras_outputs


class Comparison:
    """The largest difference of any layer's output between NumPy and a real Keras model.

    `difference` is None as long as nothing has come back; `error` says why nothing ever will.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._lock = threading.Lock()
        self._begun = False
        self._done = threading.Event()
        self.difference: float | None = None
        self.error: str | None = None

    def ask(self, snapshot: Snapshot, x: NDArray[np.float32]) -> None:
        """Ask a worker, unless it has been asked already."""
        with self._lock:
            begun, self._begun = self._begun, True
        if not begun:
            threading.Thread(
                target=self._work, args=(snapshot, x), name="ask Keras", daemon=True
            ).start()

    def _work(self, snapshot: Snapshot, x: NDArray[np.float32]) -> None:
        try:
            theirs = cluster.compute(keras_outputs, self._experiment, snapshot, x[None])
            self.difference = largest_difference(snapshot, x, theirs)
        except (WorkerLost, TrainerError) as error:
            self.error = str(error)
        finally:
            self._done.set()

    def wait(self, seconds: float) -> bool:
        """Whether it is done, within some seconds."""
        return self._done.wait(seconds)


def largest_difference(snapshot: Snapshot, x: NDArray[np.float32], theirs: list[Any]) -> float:
    """The largest |ours − theirs| over the outputs of all layers for the scaled example `x` (n,).

    Where both are infinite or not a number they agree.
    """
    ours = [a[0] for _, a in snapshot.forward(x[None])]
    pairs = zip(ours, theirs, strict=True)
    with np.errstate(invalid="ignore"):
        apart = [np.where(a == b[0], 0, np.abs(a - b[0])) for a, b in pairs]
    return float(max(np.nanmax(np.where(np.isnan(d), 0, d)) for d in apart))


@lru_cache(maxsize=256)
def _held(experiment: Experiment, digest: bytes) -> Comparison:
    return Comparison(experiment)


def comparison(
    experiment: Experiment, snapshot: Snapshot, x: NDArray[np.float32]
) -> Comparison:
    """The comparison for these very weights and this example, begun by the first who asks."""
    content = hashlib.blake2b(np.ascontiguousarray(x).tobytes(), digest_size=16)
    for layer in snapshot.layers:
        content.update(np.ascontiguousarray(layer.kernel))
        content.update(np.ascontiguousarray(layer.bias))
    held = _held(experiment, content.digest())
    held.ask(snapshot, x)
    return held
