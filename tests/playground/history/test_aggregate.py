"""Smoothing by its formula; means and bands by hand, over seeds of different lengths."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.experiment.model import Experiment
from playground.history.aggregate import QUANTITIES, band, competitor_bands, smoothed
from playground.history.events import Epoch, Score
from playground.history.history import History, Log


def curves(scores: list[float], seconds: float = 2.0) -> History:
    """Epochs with these validation accuracies; in training they are half of that."""
    return Log(
        Epoch(
            epoch=i + 1, step=i + 1, train=Score(1 - score, score / 2),
            validation=Score(1 - score, score), learning_rate=0.1, seconds=seconds, layers=(),
        )
        for i, score in enumerate(scores)
    ).history()  # fmt: skip


def test_mean_least_and_most_of_the_seeds() -> None:
    curve = band([curves([0.2, 0.8]), curves([0.4, 0.4])], "accuracy", "validation", [True, True])
    assert curve.x.tolist() == [1, 2]
    assert curve.mean.tolist() == pytest.approx([0.3, 0.6])
    assert curve.low.tolist() == pytest.approx([0.2, 0.4])
    assert curve.high.tolist() == pytest.approx([0.4, 0.8])
    assert (curve.best, curve.seeds) == (1, 2)


def test_it_goes_to_the_epoch_that_all_living_seeds_have() -> None:
    three, one = curves([0.1, 0.2, 0.3]), curves([0.5])
    assert len(band([three, one], "accuracy", "validation", [True, True])) == 1
    # A seed that has ended counts as far as it came.
    curve = band([three, one], "accuracy", "validation", [True, False])
    assert curve.mean.tolist() == pytest.approx([0.3, 0.2, 0.3])
    assert len(band([three, one], "accuracy", "validation", [False, False])) == 3
    assert len(band([curves([])], "accuracy", "validation", [True])) == 0


def test_updates_and_seconds() -> None:
    histories = [curves([0.1, 0.2], 1.0), curves([0.1, 0.2], 3.0)]
    steps = band(histories, "loss", "training", [True, True], "updates", steps_per_epoch=157)
    assert steps.x.tolist() == [157, 314]
    seconds = band(histories, "loss", "training", [True, True], "seconds")
    assert seconds.x.tolist() == pytest.approx([2, 4])


def test_each_quantity_is_its_column() -> None:
    shown = {
        name: (
            band([curves([0.75])], name, "training", [True]).mean[0],
            band([curves([0.75])], name, "validation", [True]).mean[0],
        )
        for name in QUANTITIES
    }
    assert shown == {
        "accuracy": (0.375, 0.75), "error_rate": (0.625, 0.25),
        "mean_absolute_error": (0.375, 0.75), "loss": (0.25, 0.25),
    }  # fmt: skip


def test_the_best_is_the_smallest_error() -> None:
    curve = band([curves([0.3, 0.9, 0.5])], "error_rate", "validation", [True])
    assert curve.best == 1


def test_what_is_not_finite_is_left_out() -> None:
    broken = curves([0.5, float("nan"), float("inf")])
    alone = band([broken], "accuracy", "training", [True])
    assert np.isnan(alone.mean).tolist() == [False, True, True]
    assert alone.best == 0
    beside = band([broken, curves([0.1, 0.1, 0.1])], "accuracy", "validation", [True, True])
    assert beside.mean.tolist() == pytest.approx([0.3, 0.1, 0.1])


def test_of_the_validation_it_has_the_epochs_that_were_evaluated() -> None:
    nan = float("nan")
    seeds = [curves([nan, 0.2, nan, 0.6, nan]), curves([nan, 0.4, nan, 0.4, nan])]
    curve = band(seeds, "accuracy", "validation", [True, True], "updates", steps_per_epoch=10)
    assert curve.epoch.tolist() == [2, 4]
    assert curve.x.tolist() == [20, 40]
    assert curve.mean.tolist() == pytest.approx([0.3, 0.5])
    assert curve.best == 1
    assert len(band(seeds, "accuracy", "training", [True, True])) == 5


shares = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=30)


@given(shares, shares, shares, st.floats(0, 0.99))
def test_a_further_epoch_moves_nothing_that_is_drawn(
    one: list[float], other: list[float], more: list[float], beta: float
) -> None:
    n = min(len(one), len(other))
    short = [curves(one[:n]), curves(other[:n])]
    long = [curves(one[:n] + more), curves(other[:n] + more)]
    both = [band(h, "accuracy", "validation", [True, True], smoothing=beta) for h in (short, long)]
    for name in ("x", "mean", "low", "high", "raw"):
        before, after = (getattr(curve, name) for curve in both)
        assert np.array_equal(before, after[:n])


@given(shares, shares, st.floats(0, 0.99))
def test_the_mean_lies_in_its_band_and_is_the_smoothed_mean(
    one: list[float], other: list[float], beta: float
) -> None:
    n = min(len(one), len(other))
    histories = [curves(one[:n]), curves(other[:n])]
    curve = band(histories, "accuracy", "validation", [True, True], smoothing=beta)
    assert (curve.low <= curve.mean + 1e-12).all()
    assert (curve.mean <= curve.high + 1e-12).all()
    assert curve.mean == pytest.approx(smoothed(curve.raw, beta))


def test_without_validation_examples_there_is_no_such_band() -> None:
    bare = Experiment().replace(validation_size=0)
    parts = ("training", "validation")
    curve = competitor_bands([bare], [curves([0.5])], "loss", parts, [True])
    assert list(curve) == ["training"]


numbers = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=80)
betas = st.floats(0, 0.99)


def by_the_formula(x: np.ndarray, beta: float) -> list[float]:
    curve = []
    for t in range(1, len(x) + 1):
        weights = beta ** (t - np.arange(1, t + 1)) * (1 - beta)
        curve.append(float((weights * x[:t]).sum() / (1 - beta**t)))
    return curve


@given(numbers, betas)
def test_it_is_the_formula(values: list[float], beta: float) -> None:
    x = np.array(values)
    assert smoothed(x, beta) == pytest.approx(by_the_formula(x, beta), rel=1e-9, abs=1e-9)


@given(numbers, numbers, betas)
def test_new_points_leave_those_before_exactly_where_they_were(
    before: list[float], after: list[float], beta: float
) -> None:
    longer = smoothed(before + after, beta)
    assert np.array_equal(longer[: len(before)], smoothed(before, beta))


@given(st.floats(-1e3, 1e3), st.integers(1, 500), betas)
def test_a_constant_stays_a_constant(value: float, length: int, beta: float) -> None:
    assert smoothed(np.full(length, value), beta) == pytest.approx(value, abs=1e-9)


def test_without_smoothing_the_values_themselves() -> None:
    assert smoothed([3.0, 1.0, 2.0], 0).tolist() == [3, 1, 2]


def test_the_first_value_is_not_pulled_to_zero() -> None:
    assert smoothed([5.0, 6.0], 0.9).tolist() == pytest.approx([5, (0.9 * 5 + 6) / 1.9])


def test_every_row_is_smoothed_on_its_own() -> None:
    rows = np.random.default_rng(0).normal(size=(5, 40))
    together = smoothed(rows, 0.8)
    assert all(np.array_equal(together[i], smoothed(rows[i], 0.8)) for i in range(5))


def test_what_is_not_finite_is_a_gap_that_spoils_nothing() -> None:
    curve = smoothed([1.0, np.nan, 3.0, np.inf, 3.0], 0.5)
    assert np.isnan(curve).tolist() == [False, True, False, True, False]
    assert curve[2] == pytest.approx((0.25 * 1 + 3) / 1.25)
    assert np.isnan(smoothed([np.nan, np.nan], 0.5)).all()
    assert smoothed([], 0.5).shape == (0,)


@pytest.mark.parametrize("beta", [-0.1, 1.0, float("nan")])
def test_any_other_strength_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match=r"smoothing must be between 0 and 0\.99, got"):
        smoothed([1.0], beta)
