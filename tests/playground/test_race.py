"""Races: lockstep, equal histories inside and outside, stop, pause, step, lost workers."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from distributed import Client

from playground.experiment import Experiment
from playground.history import History, history
from playground.plan import vary
from playground.race import Competitor, Race
from playground.run import Run

IRIS = Experiment().change(dataset="iris", hidden=(8,), epochs=150, batch_size=16)
WIDE = Experiment().change(  # epochs that are not short: the engine trains them one by one
    dataset="digits", hidden=(300,), epochs=6, train_size=600, validation_size=100, batch_size=64
)

Start = Callable[..., Race]


@pytest.fixture
def start(dask: Client) -> Iterator[Start]:
    """Makes races that are closed after the test."""
    made: list[Race] = []

    def race(competitors: Sequence[Competitor], **terms: Any) -> Race:
        made.append(Race(competitors, **terms))
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
    race = start(vary(IRIS.change(dropout=0.2), "optimizer", ["adam", "sgd"], seeds=2))
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
