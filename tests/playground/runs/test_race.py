"""Races: lockstep, equal histories inside and outside, stop, pause, step, lost workers."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

from playground.experiment.model import Experiment
from playground.history.history import History, history
from playground.runs.logger import RunLogger
from playground.runs.race import RACES, Competitor, Race
from playground.runs.race_presets import vary
from playground.runs.run import Run
from playground.storage.store import Store

IRIS = Experiment().replace(dataset="iris", hidden=(8,), epochs=150, batch_size=16)
WIDE = Experiment().replace(  # epochs that are not short: the engine trains them one by one
    dataset="digits", hidden=(300,), epochs=6, train_size=600, validation_size=100, batch_size=64
)

Start = Callable[..., Race]


@pytest.fixture
def start(dask: Client) -> Iterator[Start]:
    """Makes races that are closed after the test."""
    made: list[Race] = []

    def race(competitors: Sequence[Competitor], **given: Any) -> Race:
        made.append(Race(competitors, **given))
        return made[-1]

    yield race
    for each in made:
        each.close()


def same(one: History, other: History) -> bool:
    """Whether two histories are equal to the last bit, apart from the seconds they took."""
    columns = ("epoch", "loss", "metric", "val_loss", "val_metric", "learning_rate")
    return all(np.array_equal(getattr(one, c), getattr(other, c)) for c in columns)


def alone(experiment: Experiment) -> History:
    """The history of a run outside any race."""
    run = Run(experiment)
    run.play()
    assert run.wait(60) == "finished"
    run.close()
    return history(run.events)


def test_equal_experiments_have_equal_histories_inside_and_outside_a_race(start: Start) -> None:
    race = start(vary(IRIS.replace(dropout=0.2), "optimizer", ["adam", "sgd"], seeds=2))
    for press in (lambda: race.play(1), lambda: race.play(3), race.play):
        press()
        race.wait(0.3)
        race.pause()
    race.play()
    assert race.wait(60) == "finished"
    assert race.states == ("finished", "finished")
    for competitor, histories in zip(race.competitors, race.histories(), strict=True):
        for experiment, inside in zip(competitor.experiments, histories, strict=True):
            assert len(inside) == 150
            assert same(inside, alone(experiment))


def steps(race: Race) -> list[list[int]]:
    """Epochs of every run after every change."""
    seen: list[list[int]] = []
    synchronize = race.settings.on_change

    def on_change() -> None:
        seen.append([run.epoch for runs in race.runs for run in runs])
        synchronize()

    race.settings.on_change = on_change
    return seen


def test_nobody_begins_an_epoch_before_all_have_finished_the_one_before(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playground.runs.race.BLOCK", 0.0)
    race = start(vary(WIDE, "learning_rate", [0.1, 0.01, 0.001]))
    seen = steps(race)
    race.play()
    assert race.wait(120) == "finished"
    # Who has finished epoch k + 1 had begun it, so all had finished k.
    assert max(max(epochs) - min(epochs) for epochs in seen) == 1
    assert [len(h) for (h,) in race.histories()] == [6, 6, 6]
    assert len({run.worker for (run,) in race.runs}) == 2
    assert all(run.latest is not None and run.latest.epoch == 6 for (run,) in race.runs)


def test_a_step_brings_all_to_the_same_epoch(start: Start) -> None:
    race = start(vary(IRIS, "hidden", [(8,), (16, 16)], seeds=2))
    assert (race.state, race.states, race.epoch) == ("ready", ("ready", "ready"), 0)
    race.play(1)
    assert race.wait(60) == "paused"
    race.play()
    race.pause()
    race.play(1)
    assert race.wait(60) in ("paused", "finished")
    assert len({run.epoch for runs in race.runs for run in runs}) == 1
    with pytest.raises(ValueError, match="at least 1, got 0"):
        race.play(0)
    race.reset()
    assert (race.state, race.epoch) == ("ready", 0)


def test_speed_is_that_of_all(start: Start) -> None:
    race = start(vary(IRIS, "learning_rate", [0.1, 0.01]))
    race.play(1)
    race.wait(60)
    race.speed = 40
    began = time.perf_counter()
    race.play(20)
    race.wait(60)
    assert time.perf_counter() - began >= 19 / 40
    assert race.epoch == 21
    with pytest.raises(ValueError, match="above 0 epochs per second, or None, got 0"):
        race.speed = 0


def test_who_is_stopped_or_diverged_holds_up_nobody(start: Start) -> None:
    plane = Experiment().replace(dataset="plane", hidden=(8,), epochs=100_00, batch_size=10)
    race = start(vary(plane, "learning_rate", [10.0, 0.01, 0.001]))
    race.play(200)
    assert race.wait(120) == "paused"
    assert race.states == ("diverged", "paused", "paused")
    race.stop(1)
    assert race.states == ("diverged", "stopped", "paused")
    race.play(64)
    assert race.wait(120) == "paused"
    assert [run.epoch for (run,) in race.runs][1:] == [200, 264]
    race.play()
    race.stop()
    assert race.wait(60) == "finished"
    assert race.states == ("diverged", "stopped", "stopped")
    race.play()
    assert race.state == "finished"


def test_the_runs_of_a_lost_worker_continue_in_lockstep_with_the_others(
    start: Start, dask: Client
) -> None:
    race = start(
        vary(IRIS.replace(batch_size=1, epochs=10_000), "learning_rate", [0.1, 0.03, 0.01, 0.003])
    )
    race.play(3)
    assert race.wait(60) == "paused"
    lost = race.runs[0][0].worker
    there = [run.worker == lost for (run,) in race.runs]
    assert sum(there) == 2  # spread evenly over both
    race.speed = 200
    race.play(200)
    os.kill(dask.run(os.getpid)[lost], signal.SIGKILL)
    assert race.wait(120) == "paused"
    assert race.states == ("paused",) * 4
    assert [run.epoch for (run,) in race.runs] == [203] * 4


def test_a_race_that_nobody_watches_pauses_itself(start: Start) -> None:
    race = start(
        vary(IRIS.replace(batch_size=1, epochs=10_000), "learning_rate", [0.1, 0.01]), lease=0.4
    )
    race.speed = 50
    race.play()
    assert race.wait(60) == "paused"
    assert race.epoch < 10_000


def test_a_registry_closes_races(start: Start, actors: Callable[[], int]) -> None:
    race = start(vary(IRIS, "learning_rate", [0.1, 0.01]))
    race.play(1)
    race.wait(60)
    RACES.put("here", race)
    assert RACES.get("here") is race
    RACES.remove("here")
    while actors():  # every trainer is freed
        pass
    assert race.state == "finished"
    assert [len(h) for (h,) in race.histories()] == [1, 1]


def test_a_race_is_written_down(start: Start, tmp_path: Path) -> None:
    kept = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    race = start(
        vary(IRIS, "learning_rate", [0.1, 0.01], seeds=2),
        loggers=lambda i, seed: RunLogger(kept, "me", "", "race", "", f"{i} {seed}"),
    )
    race.play(30)
    assert race.wait(60) == "paused"
    saved = {listed.label: kept.get(listed.id, "me") for listed in kept.list_runs("me")}
    for i, histories in enumerate(race.histories()):
        for seed, past in enumerate(histories):
            assert same(history(saved[f"{i} {seed}"].events), past)
