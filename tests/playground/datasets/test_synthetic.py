"""Generated sets: where their points lie and what their classes and values are."""

import numpy as np
import pytest

from playground.datasets import DATASETS, load
from playground.datasets.synthetic import HILLS
from playground.experiment.model import Data

GENERATORS = {name: info.generator for name, info in DATASETS.items() if info.generator}
PLANES = [name for name in GENERATORS if DATASETS[name].kind == "plane"]
CLASSES = [name for name in GENERATORS if DATASETS[name].classes]


def draw(name, n=400, noise=0.0, seed=0):
    return GENERATORS[name](
        n, noise, np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    )


@pytest.mark.parametrize("name", PLANES)
def test_points_fill_the_plane_from_minus_6_to_6(name):
    x, _ = draw(name)
    assert x.shape == (400, 2)
    assert abs(x).max() <= 6
    assert abs(x).max() > 3.5


@pytest.mark.parametrize("name", GENERATORS)
@pytest.mark.parametrize("n", [1, 2, 3, 60_000])
def test_any_number_of_examples(name, n):
    x, y = draw(name, n, noise=0.3)
    assert x.shape == (n, DATASETS[name].n_features)
    assert y.shape == (n,)
    assert np.isfinite(x).all()


@pytest.mark.parametrize("name", ["circle", "gauss", "spiral", "moons"])
def test_half_the_points_are_of_each_class(name):
    assert draw(name)[1].sum() == 200


def test_circle_is_a_disc_in_a_ring():
    x, inside = draw("circle")
    radius = np.hypot(*x.T)
    assert radius[inside].max() < 2.5
    assert radius[~inside].min() >= 3.5
    assert radius.max() <= 5


def test_xor_is_the_sign_of_the_product_with_a_gap_at_the_axes():
    x, same_sign = draw("xor")
    assert np.array_equal(same_sign, x[:, 0] * x[:, 1] > 0)
    assert abs(x).min() >= 0.3
    assert abs(x).max() <= 5.3


@pytest.mark.parametrize(("noise", "variance"), [(0.0, 0.5), (0.25, 2.25), (0.5, 4.0)])
def test_gauss_has_the_variance_of_its_noise(noise, variance):
    x, positive = draw("gauss", 40_000, noise)
    assert x[positive].mean(axis=0) == pytest.approx([2, 2], abs=0.05)
    assert x[~positive].mean(axis=0) == pytest.approx([-2, -2], abs=0.05)
    assert x[positive].var(axis=0) == pytest.approx([variance, variance], rel=0.05)


def test_spiral_arms_wind_by_radius_and_are_half_a_turn_apart():
    x, positive = draw("spiral")
    radius = np.hypot(*x.T)
    angle = 1.75 * 2 * np.pi * radius / 5 + np.where(positive, 0, np.pi)
    assert x == pytest.approx(np.column_stack([np.sin(angle), np.cos(angle)]) * radius[:, None])
    assert np.sort(radius[positive]) == pytest.approx(np.linspace(0, 5, 200), abs=0.026)


def test_moons_are_half_circles_of_radius_10_thirds():
    x, lower = draw("moons")
    unit = x * 3 / 10 + [0.5, 0.25]
    assert np.hypot(*unit[~lower].T) == pytest.approx(1)
    assert np.hypot(*(unit[lower] - [1, 0.5]).T) == pytest.approx(1)
    assert unit[~lower, 1].min() >= 0 >= (unit[lower, 1] - 0.5).max()


def test_plane_is_a_tenth_of_the_sum():
    x, y = draw("plane")
    assert y == pytest.approx(x.sum(axis=1) / 10)


def test_hills_are_one_at_their_tops_and_fall_to_zero_at_distance_2():
    x, y = draw("multi_gauss", 4_000)
    for x1, x2, sign in HILLS:
        distance = np.hypot(*(x - [x1, x2]).T)
        near = distance < 2
        assert y[near] == pytest.approx(sign * (1 - distance[near] / 2))
    away = np.linalg.norm(x[:, None] - HILLS[:, :2], axis=2).min(axis=1) >= 2
    assert not y[away].any()
    assert away.any()


def test_wave_is_a_sine():
    x, y = draw("sine")
    assert y == pytest.approx(np.sin(x[:, 0]))
    assert abs(x).max() <= 6


@pytest.mark.parametrize("name", GENERATORS)
def test_noise_disturbs_what_its_name_says(name):
    (quiet, y), (noisy, y_noisy) = draw(name), draw(name, noise=0.5)
    assert np.array_equal(quiet, noisy) == (DATASETS[name].noise == "target_noise")
    assert np.array_equal(y, y_noisy) == (DATASETS[name].noise == "input_noise")


@pytest.mark.parametrize(("name", "reach"), [("spiral", 0.5), ("moons", 5 * 0.5 * 10 / 3)])
def test_noise_moves_a_point_within_its_reach(name, reach):
    (quiet, _), (noisy, _) = draw(name), draw(name, noise=0.5)
    assert 0 < abs(noisy - quiet).max() <= reach


def test_noise_of_the_wave_is_normal_with_its_sigma():
    x, y = draw("sine", 40_000, noise=0.3)
    assert (y - np.sin(x[:, 0])).std() == pytest.approx(0.3, rel=0.02)


@pytest.mark.parametrize("name", GENERATORS)
def test_another_seed_draws_other_points_everywhere(name):
    one, other = (load(Data(dataset=name, data_seed=seed)) for seed in (0, 1))
    for part in ("train", "validation", "test"):
        assert not np.isin(getattr(one, part).x[:, 0], getattr(other, part).x[:, 0]).any()


@pytest.mark.parametrize("name", GENERATORS)
def test_test_points_are_new_ones_and_do_not_depend_on_the_sizes(name):
    small, large = (load(Data(dataset=name, train_size=n, noise=0.1)) for n in (20, 5_000))
    assert len(small.test) == 1_000
    assert np.array_equal(small.test.x, large.test.x)
    assert np.array_equal(small.test.y, large.test.y)
    assert not np.isin(large.test.x[:, 0], large.train.x[:, 0]).any()


@pytest.mark.parametrize("name", CLASSES)
def test_training_and_validation_have_equal_shares_of_the_classes(name):
    data = load(Data(dataset=name, train_size=300, validation_size=100, noise=0.2))
    both = np.concatenate([data.train.y, data.validation.y]).mean()
    assert data.validation.y.sum() == pytest.approx(100 * both, abs=1)
