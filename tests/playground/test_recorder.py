"""Runs write themselves down as they go, and are found again."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

from playground.experiment import Experiment
from playground.recorder import Recorder
from playground.run import Run
from playground.saved import Saved
from playground.store import Store

ME = "0" * 32
IRIS = Experiment().change(dataset="iris", hidden=(8,), epochs=200)

Start = Callable[..., Run]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    yield made
    made.database.close()


@pytest.fixture
def start(dask: Client, store: Store) -> Iterator[Start]:
    """Makes runs that write themselves down, and are closed after the test."""
    made: list[Run] = []

    def run(experiment: Experiment = IRIS, **where: Any) -> Run:
        made.append(Run(experiment, recorder=Recorder(where.pop("store", store), ME, **where)))
        return made[-1]

    yield run
    for each in made:
        each.close()


def read(run: Run, store: Store) -> Saved:
    assert run.saved is not None
    return store.get(run.saved, ME)


def until(fact: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_run_without_an_epoch_is_not_saved(start: Start, store: Store) -> None:
    run = start()
    run.snapshot(0)
    assert run.saved is None
    assert store.list(ME) == []


def test_a_run_is_saved_while_it_goes_on(start: Start, store: Store) -> None:
    run = start(tab="t", label="one")
    run.play()
    assert run.wait(60) == "finished"
    saved = read(run, store)
    assert list(saved.events) == list(run.events)
    assert saved.listed.state == "finished"
    until(lambda: len(read(run, store).kept) > 3)
    kept = read(run, store).kept
    assert {0, 100, 200} <= set(kept)
    for epoch in kept:
        for one, other in zip(
            store.snapshot(saved.id, ME, epoch).weights, run.snapshot(epoch).weights, strict=True
        ):
            assert np.array_equal(one, other)
    assert store.list(ME)[0].id == run.saved
    assert run.unsaved == ""
