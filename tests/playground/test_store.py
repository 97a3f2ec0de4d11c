"""Saved runs: what was written is read again, by its owner only, whatever happens meanwhile."""

import math
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.events import (
    Changed,
    Diverged,
    Epoch,
    Event,
    Finished,
    LayerStatistics,
    Score,
    Taught,
)  # fmt: skip
from playground.experiment import Experiment
from playground.link import encode
from playground.snapshot import Snapshot, assemble
from playground.store import Store

ME, YOU = "0" * 32, "1" * 32
IRIS = Experiment().change(dataset="iris", hidden=(8,), epochs=20)


def epoch(number: int, accuracy: float = 0.5, loss: float | None = None) -> Epoch:
    layers = tuple(LayerStatistics(0.1 / number, 1.0, 1e-3, dead) for dead in (0.25, None))
    score = Score(1 / number if loss is None else loss, accuracy, 0.125)
    return Epoch(
        number, 4 * number, Score(0.9 / number, accuracy, 0.25), score, 0.01, 0.002, layers
    )


def weights(experiment: Experiment = IRIS, at: int = 0, seed: int = 0) -> Snapshot:
    random = np.random.default_rng(seed + at)
    sizes = experiment.layer_sizes
    arrays: list[Any] = []
    for n_in, n_out in pairwise(sizes):
        arrays += [random.normal(size=(n_in, n_out)), random.normal(size=n_out)]
    return assemble(experiment, at, [array.astype(np.float32) for array in arrays])


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'folder' / 'runs.sqlite'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    yield made
    made.database.close()


def begun(store: Store, owner: str = ME, n: int = 3, **how: Any) -> str:
    id = store.begin(owner, IRIS, **how)
    store.write(id, IRIS, [epoch(i) for i in range(1, n + 1)], "paused", n)
    return id


def test_a_run_is_read_as_it_was_written(store: Store) -> None:
    id = store.begin(ME, IRIS, label="Adam")
    log: list[Event] = [
        epoch(1), epoch(2), Changed(2, "learning_rate", 0.01, 0.02), epoch(3), Taught(3, 9),
        Diverged(4, 17, "Try less."), Finished(4, True, 2, True),
    ]  # fmt: skip
    changed = IRIS.change(learning_rate=0.02)
    store.write(id, IRIS, log[:2], "playing", 2)
    store.write(id, changed, log[2:], "finished", 3)
    saved = store.get(id, ME)
    assert list(saved.events) == log
    assert saved.experiment == changed
    assert saved.versions.keys() >= {"python", "numpy", "keras", "tensorflow"}
    line = saved.listed
    assert (line.id, line.label, line.state, line.epoch) == (id, "Adam", "finished", 3)
    assert line.link == encode(changed)
    assert line.name == "iris · 8 relu · sgd 0.02 · seed 0"
    assert (line.loss, line.val_loss) == (pytest.approx(0.3), pytest.approx(1 / 3))
    assert line.seconds == pytest.approx(0.006)
    assert line.parameters == 4 * 8 + 8 + 8 * 3 + 3
    assert store.list(ME) == [line]


def test_the_log_can_be_cut_and_goes_on_from_there(store: Store) -> None:
    id = store.begin(ME, IRIS)
    store.write(id, IRIS, [epoch(1, 0.9), epoch(2, 0.95), epoch(3, 0.1)], "paused", 3)
    assert store.get(id, ME).listed.best_metric == 0.95
    store.write(id, IRIS, [Taught(1, 5), epoch(2, 0.4)], "paused", 2, at=1)
    saved = store.get(id, ME)
    assert list(saved.events) == [epoch(1, 0.9), Taught(1, 5), epoch(2, 0.4)]
    assert (saved.listed.best_metric, saved.listed.metric) == (0.9, 0.4)
    assert saved.listed.seconds == pytest.approx(0.004)
    store.write(id, IRIS, [], "paused", 0, at=0)
    assert len(store.get(id, ME).events) == 0


def test_scores_that_are_no_numbers_come_back_as_such(store: Store) -> None:
    id = store.begin(ME, IRIS)
    store.write(id, IRIS, [epoch(1, loss=math.inf), epoch(2, math.nan)], "playing", 2)
    first, second = store.get(id, ME).events
    assert isinstance(first, Epoch)
    assert isinstance(second, Epoch)
    assert first.validation is not None
    assert math.isnan(first.validation.loss)
    assert math.isnan(second.train.metric)
    assert store.list(ME)[0].best_metric == 0.5


def test_weights_are_kept_to_the_last_bit(store: Store) -> None:
    id = begun(store)
    kept = [weights(at=at) for at in (0, 2, 3)]
    store.keep(id, kept[:2])
    store.keep(id, kept[2:], only=[0])
    assert store.get(id, ME).kept == (0, 3)
    for asked, snapshot in ((0, kept[0]), (2, kept[0]), (3, kept[2]), (99, kept[2])):
        found = store.snapshot(id, ME, asked)
        assert found.epoch == snapshot.epoch
        assert [layer.activation for layer in found.layers] == ["relu", "softmax"]
        for one, other in zip(found.weights, snapshot.weights, strict=True):
            assert np.array_equal(one, other)


def test_nobody_sees_the_runs_of_another(store: Store) -> None:
    mine = begun(store)
    store.keep(mine, [weights()])
    group = store.begin_group(ME, "race", "A race", "{}")
    assert store.list(YOU) == []
    assert store.groups(YOU) == []
    for owner, id in ((YOU, mine), (ME, "f" * 32), (ME, ""), ("", mine)):
        for ask in (
            lambda o, i: store.get(i, o),
            lambda o, i: store.snapshot(i, o, 0),
            lambda o, i: store.rename(i, o, "x"),
            lambda o, i: store.note(i, o, "x"),
            lambda o, i: store.tag(i, o, ["x"]),
            lambda o, i: store.delete([i], o),
            lambda o, i: store.restore([i], o),
            lambda o, i: store.share(i, o),
            lambda o, i: store.shared(i),
        ):
            with pytest.raises(LookupError):
                ask(owner, id)
    with pytest.raises(LookupError):
        store.group(group, YOU)
    assert store.list(ME)[0].name == "iris · 8 relu · sgd 0.01 · seed 0"
