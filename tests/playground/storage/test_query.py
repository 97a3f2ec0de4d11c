"""The list of runs: filters join, order is by what is better, and what has no score comes last."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from playground.storage.query import ORDERS, Wanted, in_order, split_tags, wanted_runs
from playground.storage.records import RunRow

FIRST = RunRow(
    id="a", group="", kind="train", label="", name="Fashion · adam", note="too long a run",
    tags=("homework", "week 1"), link="v=1", dataset="fashion_mnist", task="classification",
    state="finished", epoch=10, epochs=10, loss=0.3, metric=0.9, val_loss=0.4, val_metric=0.86,
    best_metric=0.87, parameters=100, seconds=2.0, created=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


def listed(id: str, **changes: Any) -> RunRow:
    return replace(FIRST, id=id, **changes)


RUNS = [
    FIRST,
    listed("b", name="digits · sgd", dataset="digits", tags=(), best_metric=0.95, note=""),
    listed("c", dataset="sine", task="regression", best_metric=0.2, kind="sweep", group="g"),
    listed("d", dataset="sine", task="regression", best_metric=0.1, state="diverged"),
    listed("e", best_metric=None, created=FIRST.created + timedelta(days=1)),
]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(), "abcde"),
        (Wanted(text="ADAM fash"), "acde"),
        (Wanted(text="WEEK"), "acde"),
        (Wanted(text="long"), "acde"),
        (Wanted(text="sgd"), "b"),
        (Wanted(text="nothing like it"), ""),
        (Wanted(datasets=("digits", "sine")), "bcd"),
        (Wanted(kinds=("sweep",)), "c"),
        (Wanted(states=("diverged",), datasets=("sine",)), "d"),
        (Wanted(tags=("homework", "other")), "acde"),
        (Wanted(group="g"), "c"),
    ],
)
def test_only_what_is_wanted_is_there(wanted: Wanted, ids: str) -> None:
    assert "".join(run.id for run in wanted_runs(RUNS, wanted)) == ids


def test_the_best_come_first_and_those_without_a_score_last() -> None:
    assert "".join(run.id for run in in_order(RUNS, "best", True)) == "badce"
    assert "".join(run.id for run in in_order(RUNS, "best", False)) == "cdabe"


def test_every_order_sorts() -> None:
    for by in ORDERS:
        assert len(in_order(RUNS, by, True)) == len(RUNS)
    assert in_order(RUNS, "created", True)[0].id == "e"


def test_tags_as_text() -> None:
    assert split_tags(" a ,, b  c,") == ["a", "b c"]
