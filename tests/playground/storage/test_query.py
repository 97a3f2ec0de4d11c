"""The list of runs: filters join, order is by what is better, and what has no score comes last."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from playground.experiment.model import Experiment
from playground.history.events import Epoch, Score
from playground.storage.query import ORDERS, RunQuery, split_tags
from playground.storage.schema import RUNS
from playground.storage.store import Store

ME = "0" * 32


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    made = Store("sqlite://")
    for label, dataset, name, metric, how in (
        ("a", "fashion_mnist", "Fashion · ädam", 0.87, {"epochs": 10}),
        ("b", "digits", "digits · sgd 100%", 0.95, {}),
        ("c", "sine", "Fashion · adam_x", 0.2, {"kind": "sweep", "group": "g"}),
        ("d", "sine", "Fashion · adam", 0.1, {"state": "diverged"}),
        ("e", "fashion_mnist", "fashion ÄDAM", None, {"state": "playing"}),
    ):
        _add(made, label, dataset, name, metric, **how)
    first = made.list_runs(ME)[-1].id
    made.set_note(first, ME, "too long a run")
    made.set_tags(first, ME, ["homework", "Woche Übung", 'say "x"'])
    yield made
    made.database.close()


def _add(
    store: Store, label: str, dataset: str, name: str, metric: float | None, kind: str = "train",
    group: str = "", state: str = "finished", epochs: int = 5,
) -> None:  # fmt: skip
    experiment = Experiment().replace(dataset=dataset, epochs=epochs)
    id = store.create_run(ME, experiment, kind, group, label)
    score = None if metric is None else Score(0.4, metric)
    store.log_events(id, experiment, [Epoch(1, 1, Score(0.3, 0.9), score, 0.1, 1, ())], state, 1)
    store.rename(id, ME, name)


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        (RunQuery(), "edcba"),
        (RunQuery(text="ADAM fash"), "dc"),
        (RunQuery(text="äDAM"), "ea"),
        (RunQuery(text="übung"), "a"),
        (RunQuery(text='say "X"'), "a"),
        (RunQuery(text="long"), "a"),
        (RunQuery(text="100%"), "b"),
        (RunQuery(text="adam_"), "c"),
        (RunQuery(text="nothing like it"), ""),
        (RunQuery(datasets=("digits", "sine")), "dcb"),
        (RunQuery(kinds=("sweep",)), "c"),
        (RunQuery(states=("diverged",), datasets=("sine",)), "d"),
        (RunQuery(states=("playing", "diverged")), "ed"),
        (RunQuery(states=("interrupted", "unreadable")), ""),
        (RunQuery(tags=("homework", "other")), "a"),
        (RunQuery(tags=("Homework", "home")), ""),
        (RunQuery(group="g"), "c"),
        (RunQuery(scored=True), "dcba"),
        (RunQuery(order="best"), "badce"),
        (RunQuery(order="best", descending=False), "cdabe"),
        (RunQuery(order="name", descending=False), "bdcae"),
    ],
)
def test_runs_that_match_in_their_order(store: Store, query: RunQuery, labels: str) -> None:
    assert "".join(run.label for run in store.list_runs(ME, query)) == labels
    assert store.count(ME, query) == len(labels)
    assert store.list_runs(ME, query, limit=2, offset=1) == store.list_runs(ME, query)[1:3]


def test_every_order_sorts(store: Store) -> None:
    for order in ORDERS:
        assert len(store.list_runs(ME, RunQuery(order=order))) == 5


def test_some_runs_by_their_ids(store: Store) -> None:
    ids = [run.id for run in store.list_runs(ME)[1:3]]
    assert [run.id for run in store.list_runs(ME, RunQuery(ids=ids))] == ids
    assert store.list_runs(ME, RunQuery(ids=())) == []


def test_a_process_that_has_ended_plays_no_more(store: Store) -> None:
    (playing,) = store.list_runs(ME, RunQuery(states=["playing"]))
    assert store.facets(ME).playing

    def write(**values: Any) -> None:
        with store.database.writing() as connection:
            connection.execute(update(RUNS).where(RUNS.c.id == playing.id).values(**values))

    with store.database.reading() as connection:
        where = RUNS.c.id == playing.id
        row = connection.execute(RUNS.select().where(where)).one()
    for values in ({"written": 1.0}, {"process": "x" + row.process.replace(" ", " 9", 1)}):
        write(**values)
        states = [run.state for run in store.list_runs(ME, RunQuery(states=["interrupted"]))]
        gone = "written" in values
        assert states == (["interrupted"] if gone else [])
        assert store.facets(ME).playing != gone
        write(written=row.written, process=row.process)


def test_facets_are_what_there_is(store: Store) -> None:
    facets = store.facets(ME)
    assert facets.total == 5
    assert set(facets.datasets) == {"fashion_mnist", "digits", "sine"}
    assert "dataset=digits" in facets.datasets["digits"]
    assert facets.tags == ("homework", 'say "x"', "Woche Übung")
    assert store.facets("1" * 32).total == 0


def test_tags_as_text() -> None:
    assert split_tags(" a ,, b  c,") == ["a", "b c"]
