"""The debiased average: its formula, and that it never moves what is already there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.history.aggregate import smoothed

numbers = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=80)
betas = st.floats(0, 0.99)


def by_the_formula(x: np.ndarray, beta: float) -> list[float]:
    found = []
    for t in range(1, len(x) + 1):
        weights = beta ** (t - np.arange(1, t + 1)) * (1 - beta)
        found.append(float((weights * x[:t]).sum() / (1 - beta**t)))
    return found


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
    found = smoothed([1.0, np.nan, 3.0, np.inf, 3.0], 0.5)
    assert np.isnan(found).tolist() == [False, True, False, True, False]
    assert found[2] == pytest.approx((0.25 * 1 + 3) / 1.25)
    assert np.isnan(smoothed([np.nan, np.nan], 0.5)).all()
    assert smoothed([], 0.5).shape == (0,)


@pytest.mark.parametrize("beta", [-0.1, 1.0, float("nan")])
def test_any_other_strength_is_refused(beta: float) -> None:
    with pytest.raises(ValueError, match=r"smoothing must be between 0 and 0\.99, got"):
        smoothed([1.0], beta)
