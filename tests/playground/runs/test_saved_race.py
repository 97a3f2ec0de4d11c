"""A race as it is kept: who took part, what was finished, and nobody else's."""

from pathlib import Path

import pytest

from playground.experiment.model import Experiment
from playground.history.events import Epoch, Event, Finished, LayerStatistics, Score
from playground.runs import race
from playground.runs.race import Competitor, GroupPlan
from playground.runs.race_presets import preset, vary
from playground.storage.store import Store

BASE = Experiment().replace(dataset="iris", hidden=(4,), epochs=2)
LAYER = LayerStatistics(0.1, 0.1, 0.001, None)
TWO = vary(BASE, "learning_rate", (0.1, 0.01), seeds=2)


def epoch(number: int, score: float) -> Epoch:
    both = Score(1.0, score)
    return Epoch(number, number * 4, both, both, 0.1, 1.0, (LAYER, LAYER))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def written(
    store: Store, group: str, competitor: Competitor, seed: int, events: list[Event], state: str
) -> None:
    experiment = competitor.experiments[seed]
    id = store.create_run("me", experiment, race.KIND, group, competitor.label, "tab")
    store.log_events(id, experiment, events, state, len(events))


@pytest.mark.parametrize("name", ["optimizers", "width", "schedules"])
def test_a_plan_is_read_as_it_was_written(name: str) -> None:
    competitors = preset(name, Experiment(), seeds=3)
    assert GroupPlan.from_text(GroupPlan.of(competitors).to_text()).competitors() == competitors


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "[1]", '[["a"]]', '[["a", []]]', '[[1, ["v=1"]]]', '[["a", ["epochs=0"]]]',
     '[["a", "v=1"]]', '[["a", [5]]]'],
)  # fmt: skip
def test_anything_else_is_no_plan(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be|must have|is not"):
        GroupPlan.from_text(text).competitors()


def test_what_was_finished_is_found_again(store: Store) -> None:
    group = race.create_group(store, "me", "tab", TWO)
    assert race.latest(store, "me", "tab") is None  # nothing has been finished
    fast, slow = TWO
    ended = Finished(2, False, None, False)
    for seed in (0, 1):
        written(store, group, fast, seed, [epoch(1, 0.5), epoch(2, 0.75), ended], "finished")
    written(store, group, slow, 1, [epoch(1, 0.25)], "paused")
    found = race.latest(store, "me", "tab")
    assert found is not None
    assert found.competitors == TWO
    assert [[len(h) for h in own] for own in found.histories] == [[2, 2], [0, 1]]
    assert found.histories[1][1].metric.tolist() == [0.25]
    assert found.states == ("finished", "interrupted")
    assert (found.epoch, found.over) == (2, False)


def test_after_a_reset_the_newest_attempt_counts(store: Store) -> None:
    group = race.create_group(store, "me", "tab", TWO)
    for score in (0.1, 0.9):
        written(store, group, TWO[0], 0, [epoch(1, score)], "paused")
    found = race.latest(store, "me", "tab")
    assert found is not None
    assert found.histories[0][0].metric.tolist() == pytest.approx([0.9])


def test_nobody_sees_the_race_of_another(store: Store) -> None:
    group = race.create_group(store, "me", "tab", TWO)
    written(store, group, TWO[0], 0, [epoch(1, 0.5)], "paused")
    assert race.latest(store, "you", "tab") is None
    assert race.latest(store, "me", "other tab") is None
    assert race.saved_race(store, "you", group, TWO) is None
