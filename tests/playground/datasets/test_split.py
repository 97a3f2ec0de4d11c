"""A stratified split: disjoint parts of the chosen sizes that resemble the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.datasets import load
from playground.datasets.preprocessing import stratified
from playground.experiment.model import Data

labels = st.lists(st.integers(0, 4), max_size=120).map(np.array)


@st.composite
def splits(draw: st.DrawFn) -> tuple[np.ndarray, list[int], int]:
    y = draw(labels)
    first = draw(st.integers(0, len(y)))
    return y, [first, draw(st.integers(0, len(y) - first))], draw(st.integers(0, 1000))


@given(splits())
def test_parts_are_disjoint_and_have_their_sizes(split):
    y, sizes, seed = split
    parts = stratified(y, sizes, np.random.default_rng(seed))
    rows = np.concatenate(parts)
    assert [len(part) for part in parts] == sizes
    assert len(set(rows.tolist())) == len(rows)
    assert all(0 <= row < len(y) for row in rows)


@given(splits())
def test_first_part_has_the_share_of_every_class_rounded_up_or_down(split):
    y, sizes, seed = split
    first, second = stratified(y, sizes, np.random.default_rng(seed))
    for label in np.unique(y):
        share = np.count_nonzero(y == label) / len(y)
        assert abs(np.count_nonzero(y[first] == label) - share * sizes[0]) < 1 + 1e-9
        assert abs(np.count_nonzero(y[second] == label) - share * sizes[1]) < 2 + 1e-9


@given(splits())
def test_equal_generators_give_equal_parts(split):
    y, sizes, seed = split
    one = stratified(y, sizes, np.random.default_rng(seed))
    other = stratified(y, sizes, np.random.default_rng(seed))
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_every_row_is_chosen_equally_often():
    y = np.repeat([0, 1], [7, 13])
    times = np.zeros(len(y))
    for seed in range(2000):
        times[stratified(y, [5], np.random.default_rng(seed))[0]] += 1
    assert times / 2000 == pytest.approx(np.full(20, 0.25), abs=0.05)


def test_part_of_a_regression_set_covers_all_values():
    y = np.random.default_rng(0).uniform(0, 10, 500)
    (rows,) = stratified(y, [50], np.random.default_rng(1))
    assert np.bincount(y[rows].astype(int), minlength=10) == pytest.approx(np.full(10, 5), abs=2)


def test_rows_are_not_in_the_order_of_classes():
    (rows,) = stratified(np.repeat([0, 1], 50), [60], np.random.default_rng(0))
    assert rows.tolist() != sorted(rows.tolist())


@pytest.mark.parametrize("sizes", [[3], [2, 1], [-1, 1]])
def test_sizes_that_do_not_fit_are_refused(sizes):
    with pytest.raises(ValueError, match=r"sizes must be at least 0 and together at most 2, got"):
        stratified(np.zeros(2), sizes, np.random.default_rng(0))


def test_validated_on_the_test_set_no_test_example_is_left() -> None:
    sizes: dict[str, tuple[int, int]] = {"iris": (120, 30), "mnist": (500, 100), "moons": (50, 40)}
    for name, (train, validation) in sizes.items():
        given = {"dataset": name, "train_size": train, "validation_size": validation}
        data, usual = load(Data(**given, validate_on_test=True)), load(Data(**given | SMALL))
        assert (len(data.train), len(data.validation), len(data.test)) == (train, validation, 0)
        assert (data.validation.x == usual.test.x[:validation]).all()
    with pytest.raises(ValueError, match="at most 30, the test examples of Iris"):
        Data(dataset="iris", train_size=120, validation_size=31, validate_on_test=True)


SMALL = {"train_size": 40, "validation_size": 10}
