"""Outputs of Keras computed in the background, for comparison with the NumPy forward pass."""

from collections.abc import Hashable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.state.network_view import NetworkView
from playground.nn.network import Snapshot
from playground.runs.jobs import Job, Jobs, fingerprint

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


def _key(now: NetworkView, x: NDArray[np.float32]) -> Hashable:
    return now.experiment, fingerprint(now.snapshot), x.tobytes()
