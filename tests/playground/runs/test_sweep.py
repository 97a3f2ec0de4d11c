"""Sweeps: what is tried, how it goes, and what a failure ends; learning rates before a race."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from distributed import Client
from hypothesis import given, settings, strategies

from playground.experiment.model import Data, Experiment
from playground.history.history import history
from playground.runs.logger import RunLogger
from playground.runs.lr_finder import LearningRateFinder, rates, short
from playground.runs.race_presets import vary
from playground.runs.run import Run
from playground.runs.search_space import Span, grid_search, random_search
from playground.runs.sweep import Sweep
from playground.storage.store import Store

IRIS = Experiment().replace(dataset="iris", hidden=(8,), epochs=20, batch_size=16)

Start = Callable[..., Sweep]


@pytest.fixture
def start(dask: Client) -> Iterator[Start]:
    """Makes sweeps that are closed after the test."""
    made: list[Sweep] = []

    def sweep(experiments: Sequence[Experiment], **given: Any) -> Sweep:
        made.append(Sweep(experiments, **given))
        return made[-1]

    yield sweep
    for each in made:
        each.close()


# ---- how it goes -------------------------------------------------------------------------


def test_every_run_is_trained_and_a_failing_one_ends_no_other(
    start: Start, actors: Callable[[], int]
) -> None:
    nowhere = Data.model_construct(**{**IRIS.data.model_dump(), "dataset": "nowhere"})
    rising = IRIS.replace(dataset="plane", hidden=(8, 8), activation="relu", learning_rate=10.0)
    each = [
        *(IRIS.replace(seed=seed, validation_freq=3 if seed == 2 else 1) for seed in range(4)),
        rising.replace(batch_size=10),
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
    assert np.array_equal(past.val_loss, own.val_loss, equal_nan=True)
    validated = own.validated
    assert validated.epoch.tolist() == [3, 6, 9, 12, 15, 18]
    assert rows[2].validation is not None
    assert rows[2].validation.loss == validated.val_loss[-1]
    assert rows[2].best is not None
    assert rows[2].best.loss == validated.val_loss.min()
    while actors():  # every trainer is freed
        pass


def test_a_sweep_is_stopped_paused_and_goes_on(start: Start) -> None:
    sweep = start(
        [IRIS.replace(batch_size=1, epochs=10_000, seed=seed) for seed in range(6)], at_once=3
    )
    sweep.play()
    while sum(row.epoch > 0 for row in sweep.rows) < 3:
        sweep.wait(0.1)
    assert sum(row.state == "waiting" for row in sweep.rows) == 3
    sweep.pause()
    assert sweep.state == "paused"
    before = [row.epoch for row in sweep.rows]
    sweep.play()
    assert sweep.state == "playing"
    while sweep.rows[0].epoch == before[0]:
        sweep.wait(0.1)
    sweep.stop()
    assert sweep.wait(60) == "finished"
    assert {row.state for row in sweep.rows} <= {"stopped", "finished"}
    past = sweep.history(0)
    assert past is not None
    assert len(past) == sweep.rows[0].epoch > before[0]
    assert sweep.rows[5].epoch == 0
    sweep.play()
    assert sweep.state == "finished"


def test_a_sweep_that_nobody_watches_pauses_itself(start: Start) -> None:
    sweep = start(
        [IRIS.replace(batch_size=1, epochs=10_000, seed=seed) for seed in range(3)],
        lease=0.3,
        at_once=1,
    )
    sweep.play()
    assert sweep.wait(60) == "paused"
    assert [row.epoch for row in sweep.rows[1:]] == [0, 0]


def test_between_two_runs_a_sweep_plays() -> None:
    sweep = Sweep([IRIS, IRIS.replace(seed=1)])
    over = SimpleNamespace(state="finished", over=True)
    sweep._begun, sweep._playing, sweep._runs = True, True, {0: over}  # type: ignore[dict-item]
    assert sweep.state == "playing"
    sweep._playing = False
    assert sweep.state == "paused"


def test_what_is_no_sweep_is_refused(start: Start) -> None:
    with pytest.raises(ValueError, match="between 1 and 200, got 0"):
        Sweep([])
    with pytest.raises(ValueError, match="between 1 and 200, got 201"):
        Sweep([IRIS] * 201)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Sweep([IRIS], at_once=0)


def test_a_sweep_is_written_down(start: Start, tmp_path: Path) -> None:
    kept = Store(f"sqlite:///{tmp_path / 'runs.db'}")
    sweep = start(
        [IRIS.replace(seed=seed) for seed in range(3)],
        loggers=lambda i: RunLogger(kept, "me", "", "sweep", "", str(i)),
    )
    sweep.play()
    assert sweep.wait(60) == "finished"
    while not sweep.idle:  # an end is written down a moment after it
        pass
    listed = {each.label: each for each in kept.list_runs("me")}
    assert sorted(listed) == ["0", "1", "2"]
    assert {each.state for each in listed.values()} == {"finished"}
    assert listed["1"].id == sweep.rows[1].saved
    assert kept.snapshot(listed["1"].id, "me", 20).epoch == 20


# ---- what is tried -----------------------------------------------------------------------


def test_a_grid_has_every_combination_and_says_what_cannot_be() -> None:
    found = grid_search(IRIS, {"learning_rate": [0.1, 0.01], "batch_size": [8, 16, 0]})
    tried = [(e.training.learning_rate, e.training.batch_size) for e in found.experiments]
    assert tried == [(0.1, 8), (0.1, 16), (0.01, 8), (0.01, 16)]
    assert found.problems == ("batch_size must be between 1 and 4,096, got 0",)
    with pytest.raises(ValueError, match="between 1 and 200, got 201"):
        grid_search(IRIS, {"seed": range(201)})
    with pytest.raises(ValueError, match="rate is not a field"):
        grid_search(IRIS, {"rate": [1]})


def test_random_values_come_evenly_from_the_whole_range() -> None:
    ranges = {
        "learning_rate": Span(1e-4, 1.0),  # evenly in its logarithm
        "dropout": Span(0.1, 0.5),
        "batch_size": Span(1, 64),
        "optimizer": ["sgd", "adam"],
        "hidden": [(8,), (8, 8)],
    }
    tried = random_search(IRIS, ranges, 200, seed=1).experiments
    assert len(tried) == 200
    exponents = np.log10([e.training.learning_rate for e in tried])
    assert np.histogram(exponents, 4, (-4, 0))[0].min() > 30
    dropout = np.array([e.network.dropout for e in tried])
    assert (dropout.min(), dropout.max()) == pytest.approx((0.1, 0.5), abs=0.02)
    assert np.histogram(dropout, 4, (0.1, 0.5))[0].min() > 30
    assert {e.training.optimizer for e in tried} == {"sgd", "adam"}
    assert {e.network.hidden for e in tried} == {(8,), (8, 8)}
    sizes = {e.training.batch_size for e in tried}
    assert min(sizes) >= 1
    assert max(sizes) <= 64
    assert tried[:10] == random_search(IRIS, ranges, 10, seed=1).experiments
    assert tried[:10] != random_search(IRIS, ranges, 10, seed=2).experiments


def test_a_random_search_ends_where_there_is_no_more() -> None:
    few = random_search(IRIS, {"batch_size": Span(8, 9), "optimizer": ["sgd", "adam"]}, 50, seed=0)
    assert len(few.experiments) == 4
    with pytest.raises(ValueError, match="from low to high, got 2 to 1"):
        random_search(IRIS, {"dropout": Span(2, 1)}, 3, seed=0)
    with pytest.raises(ValueError, match="optimizer must be given as single values"):
        random_search(IRIS, {"optimizer": Span(0, 1)}, 3, seed=0)
    with pytest.raises(ValueError, match="dropout must have at least one value"):
        random_search(IRIS, {"dropout": []}, 3, seed=0)


# ---- learning rates before a race --------------------------------------------------------


@given(base=strategies.from_type(Experiment))
@settings(max_examples=20)
def test_short_runs_are_short_and_like_the_long_one(base: Experiment) -> None:
    tried = rates(base)
    assert base.training.learning_rate in tried
    assert list(tried) == sorted(set(tried))
    for rate in tried:
        one = short(base, rate)
        assert one.training.learning_rate == rate
        assert one.training.epochs <= base.training.epochs
        most = max(5_000, base.training.batch_size)
        assert one.data.train_size <= min(base.data.train_size, most)
        assert one.network == base.network


def test_a_long_epoch_is_cut_to_the_same_shape() -> None:
    assert short(Experiment(), 0.1).data.train_size == 5_000  # one compiled program for both
    large = Experiment().replace(train_size=55_000, validation_size=5_000)
    assert (short(large, 0.1).data.train_size, short(large, 0.1).training.epochs) == (128 * 32, 1)


def test_each_competitor_runs_at_the_best_of_its_rates(dask: Client) -> None:
    base = IRIS.replace(learning_rate=0.001, epochs=100)
    who = vary(base, "optimizer", ["sgd", "adam"], seeds=2)
    sweep = LearningRateFinder(who)
    assert (sweep.state, sweep.done) == ("ready", (0, 10))
    sweep.play()
    assert sweep.wait(120) == "finished"
    sweep.close()
    assert sweep.done == (10, 10)
    for tried, competitor, before in zip(sweep.tried, sweep.best(), who, strict=True):
        assert tried is not None
        assert tried.rates == rates(before.experiments[0])
        assert tried.chosen == tried.rates[int(np.argmin(tried.losses))]
        assert all(math.isfinite(loss) for loss in tried.losses)
        assert [e.training.learning_rate for e in competitor.experiments] == [tried.chosen] * 2
        seeds = [e.network.seed for e in competitor.experiments]
        assert (competitor.label, seeds) == (before.label, [0, 1])


def test_who_varies_the_rate_keeps_it() -> None:
    sweep = LearningRateFinder(vary(IRIS, "learning_rate", [0.1, 0.01]))
    assert (sweep.state, sweep.done, sweep.tried) == ("finished", (0, 0), (None, None))
    assert sweep.best() == sweep.competitors
    sweep.play()
    sweep.stop()
    sweep.close()
