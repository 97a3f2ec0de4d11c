"""Ranks, targets and costs by closed forms, on histories made by hand."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.analysis.comparison.leaderboard import (
    ORDERS,
    Leaderboard,
    SeedSummary,
    epoch_multiply_adds,
    leaderboard,
    pareto_front,
    ranked,
    ranks,
)
from playground.analysis.metrics.run_summary import target_score
from playground.experiment.model import Experiment
from playground.history.events import Epoch, Score
from playground.history.history import History, Log

BASE = Experiment()  # 5,000 images, batches of 32: 157 updates an epoch
SINE = Experiment().replace(dataset="sine")


@dataclass(frozen=True)
class Entrant:
    label: str
    experiments: tuple[Experiment, ...]


def told(scores: list[float], seconds: float = 2.0, validated: bool = True) -> History:
    """Epochs with these scores of the validation (or else the training) examples."""
    return Log(
        Epoch(
            epoch=i + 1, step=i + 1, train=Score(1.0, score),
            validation=Score(1.0, score) if validated else None,
            learning_rate=0.1, seconds=seconds, layers=(),
        )
        for i, score in enumerate(scores)
    ).history()  # fmt: skip


def raced(*scores: list[list[float]], base: Experiment = BASE, share: float = 0.95) -> Leaderboard:
    entrants = [Entrant("abcdefgh"[i], (base,) * len(own)) for i, own in enumerate(scores)]
    return leaderboard(entrants, [[told(column) for column in own] for own in scores], share)


def test_epochs_updates_and_seconds_to_the_target() -> None:
    found = raced([[0.5, 0.7, 0.9]], [[0.8, 1.0, 0.9]])
    assert found.target == pytest.approx(0.95)
    slow, fast = found.rows
    assert slow.epochs is slow.updates is slow.seconds is None
    assert fast.epochs == SeedSummary(2, 2, 2, 1, 1)
    assert fast.updates is not None
    assert fast.updates.mean == 2 * 157
    assert fast.seconds is not None
    assert fast.seconds.mean == pytest.approx(4)
    assert fast.best is not None
    assert fast.final is not None
    assert (fast.best.mean, fast.final.mean) == pytest.approx((1.0, 0.9))
    assert fast.examples_per_second is not None
    assert fast.examples_per_second.mean == pytest.approx(5_000 / 2)


def test_compilation_counts_for_nobody_and_stands_apart() -> None:
    """Equal work, but the first competitor compiles for both."""
    score = Score(1.0, 0.9)
    compiling, ready = (
        Log(Epoch(i, i, score, score, 0.1, 2.0, (), c if i == 1 else 0.0) for i in (1, 2, 3))
        for c in (6.0, 0.0)
    )
    entrants = [Entrant(label, (BASE,)) for label in "ab"]
    first, second = leaderboard(entrants, [[compiling.history()], [ready.history()]]).rows
    assert first.seconds == second.seconds == SeedSummary(2, 2, 2, 1, 1)
    assert first.examples_per_second == second.examples_per_second
    assert first.compile_seconds == SeedSummary(6, 6, 6, 1, 1)
    assert second.compile_seconds == SeedSummary(0, 0, 0, 1, 1)


def test_a_band_spans_the_seeds_and_counts_those_that_arrived() -> None:
    (only,) = raced([[0.4, 1.0], [0.96, 0.9], [0.1, 0.2]]).rows
    assert only.epochs == SeedSummary(1.5, 1, 2, 2, 3)
    assert only.best is not None
    assert (only.best.low, only.best.high) == pytest.approx((0.2, 1.0))


def test_an_error_is_better_when_it_is_smaller() -> None:
    found = raced([[0.5, 0.2]], [[0.6, 0.21]], [[0.3, 0.3]], base=SINE)
    assert found.metric == "mean_absolute_error"
    assert found.target == pytest.approx(0.21)
    assert [s.epochs and s.epochs.mean for s in found.rows] == [2, 2, None]
    assert [s.label for s in ranked(found.rows, "best", False)] == ["a", "b", "c"]


@given(st.floats(0.01, 1), st.floats(0.5, 1))
def test_the_target_is_never_better_than_the_best(best: float, share: float) -> None:
    assert target_score(best, share, True) <= best
    assert target_score(best, share, False) >= best


def test_before_the_first_epoch_nothing_is_known() -> None:
    found = raced([[]], [[]])
    assert found.target is None
    assert ranks(found.rows, "best", True) == [None, None]
    assert [s.parameters for s in found.rows] == [266_610] * 2


def test_without_validation_examples_training_counts() -> None:
    bare = BASE.replace(validation_size=0)
    found = leaderboard([Entrant("a", (bare,))], [[told([0.5], validated=False)]])
    assert found.part == "training"
    assert found.rows[0].best is not None


def test_what_is_not_finite_never_wins() -> None:
    found = raced([[0.5, float("nan")]], [[0.4, 0.4]])
    assert [s.label for s in ranked(found.rows, "best", True)] == ["a", "b"]
    assert found.rows[0].final is None


def test_equals_share_a_place() -> None:
    rows = raced([[0.5]], [[0.9]], [[0.9]], [[0.1]]).rows
    for order, expected in {"best": [1, 1, 3, 4], "parameters": [1] * 4}.items():
        assert ranks(ranked(rows, order, True), order, True) == expected


def test_a_target_reached_by_all_seeds_comes_before_one_reached_by_some() -> None:
    rows = raced([[1.0, 1.0], [0.1, 0.1]], [[0.1, 1.0], [0.1, 1.0]]).rows
    assert [s.label for s in ranked(rows, "epochs", True)] == ["b", "a"]


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_ranks_everybody(order: str) -> None:
    rows = raced([[0.5, 0.6]], [[]], [[0.9]]).rows
    assert len(ranked(rows, order, True)) == 3


def test_multiply_adds_are_counted_layer_by_layer() -> None:
    forward = 784 * 300 + 300 * 100 + 100 * 10
    weights = forward
    inputs = 300 * 100 + 100 * 10  # nobody asks for the gradient of the pixels
    assert epoch_multiply_adds(BASE) == 5_000 * (forward + weights + inputs)
    bare = BASE.replace(hidden=(), train_size=1)
    assert epoch_multiply_adds(bare) == 2 * 7_840


def test_the_pareto_front_has_what_is_cheaper_or_better() -> None:
    slow = [[0.1, 0.1, 0.95]]  # 6 s
    rows = raced([[0.9]], slow, [[0.1, 0.8]]).rows
    assert [s.label for s in pareto_front(rows, "best_seconds", True)] == ["a", "b"]


def test_bands_that_touch_are_not_beyond_each_other() -> None:
    low, high, far = (
        SeedSummary(1, 0, 2, 3, 3),
        SeedSummary(3, 2, 4, 3, 3),
        SeedSummary(6, 5, 7, 3, 3),
    )
    assert not low.beyond(high)
    assert far.beyond(low)
    assert low.beyond(far)
