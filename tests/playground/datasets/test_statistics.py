"""Counting a data set: against NumPy's own words and against closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from playground.datasets import DATASETS, Split, load
from playground.datasets.statistics import (
    class_counts,
    histogram,
    mean_images,
    moments,
    pixel_counts,
    rows_of,
    standardized,
)
from playground.experiment.model import Data

NUMBERS = arrays(np.float32, st.integers(1, 50), elements=st.floats(-1e3, 1e3, width=32))
IMAGES = [name for name, source in DATASETS.items() if source.shape]


@pytest.mark.parametrize("name", [n for n, source in DATASETS.items() if source.classes])
def test_classes_are_counted_and_found(name):
    data = load(Data(dataset=name))
    n = len(data.source.classes)
    counts = class_counts(data.train, n)
    assert counts.sum() == len(data.train)
    for c in range(n):
        rows = rows_of(data.train, (c,))
        assert len(rows) == counts[c]
        assert (data.train.y[rows] == c).all()
    assert np.array_equal(rows_of(data.train, tuple(range(n))), rows_of(data.train, ()))


@pytest.mark.parametrize("name", IMAGES)
def test_mean_images_are_the_means(name):
    data = load(Data(dataset=name))
    means = mean_images(data.train, 10)
    for c in range(10):
        expected = data.train.x[data.train.y == c].mean(axis=0)
        assert np.allclose(means[c], expected, atol=1e-3)


def test_a_class_without_images_has_a_black_mean():
    part = Split(np.full((2, 3, 3), 9, np.uint8), np.zeros(2, np.int32))
    means = mean_images(part, 2)
    assert (means[0] == 9).all()
    assert (means[1] == 0).all()


@pytest.mark.parametrize("name", IMAGES)
def test_every_pixel_is_counted_once(name):
    data = load(Data(dataset=name))
    counts = pixel_counts(data.train, data.source.maximum)
    assert len(counts) == data.source.maximum + 1
    assert counts.sum() == data.train.x.size
    assert counts[0] == (data.train.x == 0).sum()


@given(NUMBERS)
def test_standardized_numbers_have_mean_0_and_deviation_1(values):
    m = moments(standardized(values))
    assert m.mean == pytest.approx(0, abs=1e-3)
    if values.max() - values.min() > 1e-3:
        assert m.std == pytest.approx(1, abs=1e-3)
    if values.max() == values.min():
        assert m.std == 0


@given(NUMBERS)
def test_a_histogram_holds_every_number_once(values):
    bars = histogram(values)
    assert bars.counts.sum() == len(values)
    assert len(bars.edges) == len(bars.counts) + 1
    assert (np.diff(bars.edges) > 0).all()
    assert len(bars.counts) <= 30
