"""Runs write themselves down as they go, and are found again."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from distributed import Client
from sqlalchemy import delete, insert

from playground.experiment.model import Experiment
from playground.history.events import Epoch, HyperparametersChanged, WorkerLost
from playground.history.history import history
from playground.runs.logger import RunLogger, chosen
from playground.runs.loop import SavedLog
from playground.runs.run import Run
from playground.storage.records import SavedRun, SavedState
from playground.storage.schema import RUNS, SCHEMA, SCHEMAS
from playground.storage.store import Store

ME = "0" * 32
IRIS = Experiment().replace(dataset="iris", hidden=(8,), epochs=200)

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

    def run(
        experiment: Experiment = IRIS, make: Callable[[], Run] | None = None, **where: Any
    ) -> Run:
        logger = RunLogger(where.pop("store", store), ME, **where)
        made.append(make() if make else Run(experiment, logger=logger))
        return made[-1]

    yield run
    for each in made:
        each.close()


def read(run: Run, store: Store) -> SavedRun:
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
    assert store.list_runs(ME) == []


def test_a_run_is_saved_while_it_goes_on(start: Start, store: Store) -> None:
    run = start(tab="t", label="one")
    run.play()
    assert run.wait(60) == "finished"
    saved = read(run, store)
    assert list(saved.events) == list(run.events)
    assert saved.row.state == "finished"
    until(lambda: len(read(run, store).checkpoints) > 3)
    kept = read(run, store).checkpoints
    assert {0, 100, 200} <= set(kept)
    for epoch in kept:
        for one, other in zip(
            store.snapshot(saved.id, ME, epoch).weights, run.snapshot(epoch).weights, strict=True
        ):
            assert np.array_equal(one, other)
    assert store.list_runs(ME)[0].id == run.saved
    assert run.unsaved == ""


def restored(start: Start, run: Run, store: Store, state: SavedState | None = None) -> Run:
    """What another server makes of a run."""
    saved = read(run, store)
    return start(
        make=lambda: Run(
            saved.experiment,
            logger=RunLogger(store, ME),
            saved=SavedLog(saved, lambda epoch: store.snapshot(saved.id, ME, epoch), state=state),
        )
    )


def losses(run: Run) -> list[float]:
    return history(run.events).loss.tolist()


def test_a_finished_run_is_restored_without_a_worker(
    start: Start, store: Store, actors: Callable[[], int]
) -> None:
    run = start()
    run.play()
    run.wait(60)
    until(lambda: len(read(run, store).checkpoints) > 3)
    again = restored(start, run, store)
    score = run.test()
    run.close()
    until(lambda: actors() == 0)
    assert (again.state, again.epoch, again.saved) == ("finished", 200, run.saved)
    assert list(again.events) == list(run.events)
    assert again.latest is not None
    assert run.latest is not None
    for one, other in zip(again.latest.weights, run.latest.weights, strict=True):
        assert np.array_equal(one, other)
    assert again.snapshot(150).epoch == 150
    assert again.snapshot(149).epoch == 100
    again.play()
    assert again.state == "finished"
    with pytest.raises(ValueError, match="restored from the database"):
        again.fit_more(np.zeros((1, 4)), [0])
    assert actors() == 0
    assert again.test() == score  # takes a worker for that
    until(lambda: actors() == 0)
    again.reset()
    again.play(3)
    assert again.wait(60) == "paused"
    assert losses(again) == losses(run)[:3]
    assert again.saved not in (None, run.saved)


def test_an_unfinished_run_is_lost_and_starts_over(start: Start, store: Store) -> None:
    run = start()
    run.play(7)
    run.wait(60)
    until(lambda: read(run, store).row.state == "paused")
    again = restored(start, run, store)
    assert (again.state, again.epoch) == ("lost", 7)
    assert again.events[-1] == WorkerLost(7, "the server was restarted")
    again.play(2)
    assert again.wait(60) == "paused"
    assert losses(again) == losses(run)[:2]
    assert list(read(run, store).events) == list(run.events)  # as it was
    assert len(store.list_runs(ME)) == 2


def test_with_its_state_an_unfinished_run_continues_to_the_same_numbers(
    start: Start, store: Store, actors: Callable[[], int]
) -> None:
    run = start(IRIS.replace(optimizer="adam", dropout=0.1))
    run.speed = 40
    run.play(30)
    run.wait(60)
    run.change(learning_rate=0.02)
    run.play(90)
    run.wait(60)
    id = run.saved
    assert id is not None
    until(lambda: read(run, store).row.state == "paused")
    until(lambda: store.state(id, ME) is not None)
    assert store.state(id, "1" * 32) is None
    again = restored(start, run, store, store.state(id, ME))
    assert (again.state, again.epoch) == ("paused", 120)
    assert list(again.events) == list(run.events)
    assert again.notice == "The server was restarted: training can continue from here."
    for each in (again, run):
        each.speed = None
        each.play()
        assert each.wait(60) == "finished"
    assert losses(again) == losses(run)
    assert again.test() == run.test()
    assert (again.saved, again.attempt, again.notice) == (id, 1, "")
    assert again.snapshot(60).epoch <= 60
    until(lambda: store.state(id, ME) is None)  # it is over
    for each in (again, run):
        each.close()
    until(lambda: actors() == 0)


def test_a_state_from_before_a_change_is_not_continued(start: Start, store: Store) -> None:
    run = start()
    run.play(10)
    run.wait(60)
    id = run.saved
    assert id is not None
    until(lambda: store.state(id, ME) is not None)
    before = store.state(id, ME)
    run.change(learning_rate=0.02)
    run.play(5)
    run.wait(60)
    until(lambda: len(read(run, store).events) == len(run.events))
    assert restored(start, run, store, before).state == "lost"


def test_a_damaged_state_is_told_when_its_run_is_to_continue(start: Start, store: Store) -> None:
    run = start()
    run.play(10)
    run.wait(60)
    until(lambda: store.state(str(run.saved), ME) is not None)
    state = store.state(str(run.saved), ME)
    assert state is not None
    again = restored(start, run, store, replace(state, content=state.content[:-30]))
    again.play()
    assert again.wait(60) == "lost"
    assert again.events[-1] == WorkerLost(
        10, "its checkpoint cannot be read: File is not a zip file"
    )
    again.play(1)  # from the beginning
    assert again.wait(60) == "paused"


def test_evaluations_on_the_test_set_are_saved(start: Start, store: Store) -> None:
    run = start(tab="t")
    run.play(2)
    run.wait(60)
    run.test()
    run.test()
    assert store.test_evaluations(ME, "t") == run.test_evaluations
    assert store.test_evaluations("1" * 32, "t") == store.test_evaluations(ME, "u") == ()


def test_changes_while_it_plays_are_saved(start: Start, store: Store) -> None:
    run = start()
    run.play(3)
    run.wait(60)
    run.change(learning_rate=0.125)
    until(lambda: read(run, store).experiment.training.learning_rate == 0.125)
    run.play(2)
    run.wait(60)
    saved = read(run, store)
    assert HyperparametersChanged(3, "learning_rate", 0.01, 0.125) in saved.events
    assert list(saved.events) == list(run.events)


def test_lessons_are_saved_and_undone(start: Start, store: Store) -> None:
    run = start()
    run.play(5)
    run.wait(60)
    before = list(run.events)
    run.fit_more(np.zeros((2, 4)), [0, 1], epochs=2)
    run.wait(60)
    assert list(read(run, store).events) == list(run.events) != before
    run.undo()
    until(lambda: list(read(run, store).events) == before)
    until(lambda: read(run, store).row.epoch == 5)
    assert max(read(run, store).checkpoints, default=0) <= 5
    run.fit_more(np.zeros((1, 4)), [2])
    run.wait(60)
    assert list(read(run, store).events) == list(run.events)


def test_every_attempt_is_a_run_of_its_own(start: Start, store: Store) -> None:
    run = start()
    run.play(2)
    run.wait(60)
    first = run.saved
    run.reset()
    assert run.saved is None
    run.play(1)
    run.wait(60)
    assert {line.id for line in store.list_runs(ME)} == {first, run.saved}
    playing = start(IRIS.replace(batch_size=1, epochs=10_000))
    playing.speed = 100
    playing.play()
    until(lambda: playing.epoch > 2)
    playing.close()
    until(lambda: read(playing, store).row.state == "stopped")


def test_a_database_that_fails_does_not_stop_training(
    start: Start, store: Store, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("playground.storage.schema.PATIENCE", 0.05)
    monkeypatch.setattr("playground.runs.logger.RETRY", 0.1)
    other = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = start(IRIS.replace(batch_size=1, epochs=10_000), store=other)
    run.speed = 100
    run.play()
    until(lambda: run.saved is not None)
    assert run.unsaved == ""
    with store.database.writing() as way:  # somebody else has it for a long time
        way.execute(insert(SCHEMAS).values(version=SCHEMA))
        until(lambda: run.unsaved != "")
        assert run.unsaved.startswith("The database of runs gave an error: database is locked.")
        then = run.epoch
        until(lambda: run.epoch > then + 20)
    until(lambda: run.unsaved == "")
    run.pause()
    assert list(read(run, store).events) == list(run.events)
    other.database.close()


def test_a_run_taken_from_the_database_is_written_anew(start: Start, store: Store) -> None:
    run = start()
    run.play(4)
    run.wait(60)
    gone = run.saved
    with store.database.writing() as way:
        way.execute(delete(RUNS))
    run.play(1)
    run.wait(60)
    run.play(1)
    run.wait(60)
    until(lambda: run.saved not in (None, gone))
    until(lambda: list(read(run, store).events) == list(run.events))


@pytest.mark.parametrize(
    ("epoch", "best", "most", "epochs"),
    [
        (200, 160, 6, (200, 160, 0, 100, 50, 150)),
        (200, None, 6, (200, 0, 100, 50, 150, 25)),
        (2, 2, 6, (2, 0, 1)),
        (0, None, 6, (0,)),
        (200, 160, 2, (200, 160)),
        (200, 160, 1, (200,)),
    ],
)
def test_the_newest_the_best_and_the_first_weights_are_worth_most(
    epoch: int, best: int | None, most: int, epochs: tuple[int, ...]
) -> None:
    assert chosen(epoch, best, most) == epochs


TRAIN = """
import os, sys
os.environ["PLAYGROUND_WORKERS"] = "1"
from playground.experiment.model import Experiment
from playground.history.history import history
from playground.runs.logger import RunLogger
from playground.runs.loop import SavedLog
from playground.runs.run import Run
from playground.storage.store import Store
run = Run(
    Experiment().replace(dataset="iris", hidden=(8,), batch_size=1, epochs=10_000),
    logger=RunLogger(Store(sys.argv[1]), "0" * 32),
)
run.speed = 200
run.play()
while True:
    run.heartbeat()
    run.wait(0.01)
    print(run.epoch, flush=True)
"""


def test_a_killed_server_has_saved_every_epoch_it_told_of(store: Store, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    command = [sys.executable, "-c", TRAIN, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        told = 0
        while told < 50:
            told = int(server.stdout.readline())
        started = psutil.Process(server.pid).children(recursive=True)
        server.kill()
        told = int((server.stdout.read().splitlines() or [str(told)])[-1])
    (line,) = store.list_runs(ME)
    assert line.state == "interrupted"
    assert line.epoch >= told >= 50
    epochs = [event.epoch for event in store.get(line.id, ME).events if isinstance(event, Epoch)]
    assert epochs == list(range(1, line.epoch + 1))
    _, left = psutil.wait_procs(started, timeout=30)
    assert left == []  # its workers have ended with it
