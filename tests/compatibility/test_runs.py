"""What commit 9669291 saved opens as it did: runs of every kind, a trained network, settings."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from playground.datasets import load
from playground.experiment.model import Experiment
from playground.experiment.url import decode
from playground.export.pretrained import read
from playground.history.events import (
    Diverged,
    Epoch,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    WorkerLost,
)
from playground.history.history import history
from playground.runs.race import GroupPlan, latest
from playground.storage.query import RunQuery
from playground.storage.schema import SCHEMA, SCHEMAS
from playground.storage.store import Store

HERE = Path(__file__).parent
WRITTEN = json.loads((HERE / "runs.json").read_text())
OWNER, TAB = "0123456789abcdef" * 2, "fedcba9876543210" * 2


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("saved") / "runs.sqlite"
    path.write_bytes(gzip.decompress((HERE / "runs.sqlite.gz").read_bytes()))
    made = Store(f"sqlite:///{path}")
    yield made
    made.database.close()


def test_every_run_is_listed_and_can_be_found(store: Store) -> None:
    rows = store.list_runs(OWNER)
    assert {row.kind for row in rows} == {"train", "race", "overfitting", "sweep"}
    assert len(rows) == 12
    assert all(row.state in ("finished", "diverged", "lost") for row in rows)
    assert all(not decode(row.link).problems for row in rows)
    assert store.facets(OWNER).tags == ("tag one", "two")
    (found,) = store.list_runs(OWNER, RunQuery(text="trained two", tags=["two"]))
    assert found.id == WRITTEN["trained"]["id"]
    assert (found.name, found.note) == ("trained, =1+1", "a note\nof two lines")
    assert found.compile_seconds is None
    with store.database.reading() as connection:
        assert connection.execute(select(SCHEMAS.c.version)).scalars().all() == [SCHEMA]


def test_a_trained_run_has_its_log_curves_and_weights(store: Store) -> None:
    saved = store.get(WRITTEN["trained"]["id"], OWNER)
    log = history(saved.events)
    assert saved.experiment == Experiment.model_validate_json(WRITTEN["settings"])
    assert [(c.name, c.before, c.after) for c in log.changes] == [("learning_rate", 0.3, 0.1)]
    assert isinstance(saved.events[-1], Finished)
    assert len(log) == WRITTEN["trained"]["epoch"] == log.epoch[-1]
    assert log.val_loss is not None
    assert log.best_epoch == 1 + int(np.argmin(log.val_loss))
    assert (np.diff(log.training_seconds()) > 0).all()
    assert store.snapshot(saved.id, OWNER, saved.checkpoints[-1]).epoch == saved.row.epoch
    assert list(store.shared(WRITTEN["token"]).events) == list(saved.events)


def test_a_fine_tuned_run_has_its_added_examples_and_predicts_the_same(store: Store) -> None:
    saved = store.get(WRITTEN["taught"]["id"], OWNER)
    assert [e for e in saved.events if isinstance(e, ExamplesAdded)] == [ExamplesAdded(3, 3)]
    dataset = load(saved.experiment.data)
    snapshot = store.snapshot(saved.id, OWNER, 99)
    output = snapshot.predict(dataset.transform(dataset.test.x[:2]))
    np.testing.assert_allclose(output, WRITTEN["taught"]["output"], rtol=1e-6)


@pytest.mark.parametrize("kind", [Diverged, WorkerLost])
def test_a_run_that_broke_off_says_why(store: Store, kind: type) -> None:
    name = "Lost" if kind is WorkerLost else kind.__name__
    event, end = store.get(WRITTEN[name], OWNER).events
    assert isinstance(event, Epoch)
    assert isinstance(end, kind)


def test_changed_hyperparameters_keep_their_place(store: Store) -> None:
    events = store.get(WRITTEN["trained"]["id"], OWNER).events
    (at,) = [i for i, e in enumerate(events) if isinstance(e, HyperparametersChanged)]
    assert [e.epoch for e in events[:at] if isinstance(e, Epoch)] == [1, 2, 3, 4, 5, 6]


def test_groups_hold_their_runs(store: Store) -> None:
    groups = {group.id: group for group in store.groups(OWNER)}
    counts = {"race": 4, "twin": 2, "sweep": 2}
    for name, count in counts.items():
        group = groups[WRITTEN[name]["group"]]
        assert store.count(OWNER, RunQuery(group=group.id)) == count
    race = latest(store, OWNER, TAB)
    assert race is not None
    losses = [[h.val_loss[-1] for h in own if h.val_loss is not None] for own in race.histories]
    np.testing.assert_allclose(losses, WRITTEN["race"]["loss"])
    sweep = groups[WRITTEN["sweep"]["group"]]
    plan = GroupPlan.from_text(sweep.plan)
    assert plan.n_runs == 2
    assert plan.unfinished(store.list_runs(OWNER, RunQuery(group=sweep.id))) == ()


def test_a_deleted_run_stays_deleted(store: Store) -> None:
    assert "iris" not in {row.dataset for row in store.list_runs(OWNER)}


def test_a_pretrained_file_opens(store: Store) -> None:
    network = read((HERE / "network.npz").read_bytes())
    saved = store.get(WRITTEN["taught"]["id"], OWNER)
    assert network.experiment == saved.experiment
    for ours, theirs in zip(
        network.snapshot.weights, store.snapshot(saved.id, OWNER, 99).weights, strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)  # kept as float16
    assert 0 <= network.scores["test"].metric <= 1
