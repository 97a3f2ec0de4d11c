"""Sweeps: what is tried, how it goes, and what a failure ends; learning rates before a race."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from distributed import Client

from playground.experiment import Data, Experiment
from playground.history import history
from playground.run import Run
from playground.sweep import Sweep

IRIS = Experiment().change(dataset="iris", hidden=(8,), epochs=20, batch_size=16)

Start = Callable[..., Sweep]


@pytest.fixture
def start(dask: Client) -> Iterator[Start]:
    """Makes sweeps that are closed after the test."""
    made: list[Sweep] = []

    def sweep(experiments: Sequence[Experiment], **terms: Any) -> Sweep:
        made.append(Sweep(experiments, **terms))
        return made[-1]

    yield sweep
    for each in made:
        each.close()


# ---- how it goes -------------------------------------------------------------------------


def test_every_run_is_trained_and_a_failing_one_ends_no_other(
    start: Start, actors: Callable[[], int]
) -> None:
    nowhere = Data.model_construct(**{**IRIS.data.model_dump(), "dataset": "nowhere"})
    rising = IRIS.change(dataset="plane", hidden=(8, 8), activation="relu", learning_rate=10.0)
    each = [
        *(IRIS.change(seed=seed) for seed in range(4)),
        rising.change(batch_size=10),
        IRIS.model_copy(update={"data": nowhere}),
    ]
    sweep = start(each)
    assert (sweep.state, {row.state for row in sweep.rows}) == ("ready", {"waiting"})
    sweep.play()
    assert sweep.wait(120) == "finished"
    rows = sweep.rows
    states = [row.state for row in rows]
    assert states == ["finished"] * 4 + ["diverged", "lost"]
    assert "learning rate" in rows[4].reason
    assert "nowhere" in rows[5].reason
    assert [row.epoch for row in rows[:4]] == [20] * 4

    alone = Run(each[2])
    alone.play()
    alone.wait(60)
    past, own = sweep.history(2), history(alone.events)
    alone.close()
    assert past is not None
    assert np.array_equal(past.val_loss, own.val_loss)
    assert rows[2].validation is not None
    assert rows[2].validation.loss == own.val_loss[-1]
    assert rows[2].best is not None
    assert rows[2].best.loss == own.val_loss.min()
    while actors():  # every trainer is freed
        pass
