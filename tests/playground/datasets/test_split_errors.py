"""Mistakes made on purpose: the scaler's, the sorted split, copies; and the examples to spare."""

import numpy as np
import pytest

from playground.datasets import DATASETS, load
from playground.experiment.model import Data


def rows_of(part):
    return {(x.tobytes(), float(y)) for x, y in zip(part.x, part.y, strict=True)}


def small(name, **changes):
    return Data(dataset=name, **{"train_size": 60, "validation_size": 20} | changes)


@pytest.mark.parametrize("name", DATASETS)
def test_spare_examples_are_in_no_other_part(name):
    data = load(small(name))
    assert 0 < len(data.holdout) <= 1_000
    for part in (data.train, data.validation, data.test):
        if name != "iris":  # two of its 150 flowers are equal
            assert not rows_of(data.holdout) & rows_of(part)
    assert data.holdout.x.dtype == data.train.x.dtype
    assert not data.holdout.x.flags.writeable


@pytest.mark.parametrize(
    ("name", "sizes"), [("iris", (90, 30)), ("coffee", (150, 50)), ("digits", (1_137, 300))]
)
def test_nothing_is_to_spare_where_all_examples_are_used(name, sizes):
    assert len(load(Data(dataset=name, train_size=sizes[0], validation_size=sizes[1])).holdout) == 0


@pytest.mark.parametrize("name", DATASETS)
def test_a_sorted_split_has_the_same_examples_and_cuts_them_by_target(name):
    honest, flawed = load(small(name)), load(small(name, split_without_shuffle=True))
    both = rows_of(honest.train) | rows_of(honest.validation)
    assert rows_of(flawed.train) | rows_of(flawed.validation) == both
    assert len(flawed.train) == 60
    assert (np.diff(flawed.train.y) >= 0).all()
    assert flawed.train.y.max() <= flawed.validation.y.min()
    assert np.array_equal(honest.test.x, flawed.test.x)
    assert np.array_equal(honest.holdout.x, flawed.holdout.x)


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_copies_of_validation_examples_stand_in_the_place_of_others(name, share):
    honest, flawed = load(small(name)), load(small(name, leaked_fraction=share))
    same = [
        np.array_equal(a, b) and c == d
        for a, b, c, d in zip(
            honest.train.x, flawed.train.x, honest.train.y, flawed.train.y, strict=True
        )
    ]
    count = round(20 * share)
    assert 60 - count <= sum(same) <= 60 - count + 1  # an equal one may take its own place
    changed = [i for i, kept in enumerate(same) if not kept]
    validation = rows_of(honest.validation)
    assert all((flawed.train.x[i].tobytes(), float(flawed.train.y[i])) in validation
               for i in changed)  # fmt: skip
    assert np.array_equal(honest.validation.x, flawed.validation.x)


def test_no_more_copies_than_training_examples():
    data = load(Data(dataset="iris", train_size=5, validation_size=100, leaked_fraction=1.0))
    assert len(data.train) == 5
    assert rows_of(data.train) <= rows_of(data.validation)


def test_a_scaler_of_everything_has_the_moments_of_all_parts():
    data = load(small("iris", scaler="everything", standardize=True))
    x = np.concatenate([data.train.x, data.validation.x, data.test.x])
    assert data.shift == pytest.approx(x.mean(axis=0), rel=1e-5)
    assert data.scale == pytest.approx(x.std(axis=0), rel=1e-5)
    images = load(small("digits", scaler="everything", standardize=True))
    x = np.concatenate([p.x for p in (images.train, images.validation, images.test)]).astype(float)
    assert images.shift == pytest.approx([x.mean()])
    assert images.scale == pytest.approx([x.std()])


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("standardize", [True, False])
def test_without_a_scaler_inputs_stay_as_they_are(name, standardize):
    data = load(small(name, scaler="nothing", standardize=standardize))
    assert np.array_equal(data.transform(data.train.x), data.train.x.reshape(60, -1))


def test_flawed_tells_leakage_and_split_errors():
    assert not Data().flawed
    for change in (
        {"scaler": "everything", "standardize": True},
        {"split_without_shuffle": True},
        {"leaked_fraction": 0.1},
    ):
        assert Data(**change).flawed
    assert not Data(scaler="everything").flawed  # nothing is fitted
