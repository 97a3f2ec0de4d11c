"""Keras' own answer beside ours, got in the background, so that no page waits for it."""

from collections.abc import Hashable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.state.network_view import NetworkView
from playground.nn.network import Snapshot
from playground.runs.jobs import Job, Jobs, fingerprint

KERAS_OUTPUTS = "playground.training.keras_model:keras_outputs"


def largest_difference(snapshot: Snapshot, x: NDArray[np.float32], theirs: list[Any]) -> float:
    """The largest |ours − theirs| over the outputs of all layers for the scaled example `x` (n,).

    theirs: (1, n_units) of each layer. Two infinite outputs of the same sign agree.
    """
    ours = [a[0] for _, a in snapshot.forward(x[None])]
    with np.errstate(invalid="ignore"):
        apart = [
            np.where(a == b[0], 0, np.abs(a - b[0])) for a, b in zip(ours, theirs, strict=True)
        ]
    return float(max(each.max() for each in apart))


@cache
def _jobs() -> Jobs:
    return Jobs()


def asked(now: NetworkView, x: NDArray[np.float32]) -> Job | None:
    """The question to Keras about these very weights and the scaled example `x` (n,).

    A network has one question under way at a time: None until it is this one's turn.
    """
    question = _question(now, x)
    _jobs().submit(now.uirevision, question, KERAS_OUTPUTS, now.experiment, now.snapshot, x[None])
    return _jobs().get(question)


def ask_again(now: NetworkView, x: NDArray[np.float32], failed: Job) -> None:
    """Forget that a question could not be answered."""
    _jobs().remove(_question(now, x), failed)


def _question(now: NetworkView, x: NDArray[np.float32]) -> Hashable:
    return now.experiment, fingerprint(now.snapshot), x.tobytes()
