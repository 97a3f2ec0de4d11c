"""Half-planes lie where z = 0, the bent grid is the network's own, and regions compare exactly."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.analysis.inspection.decision_boundary import (
    LINES,
    STEPS,
    HalfPlane,
    agreement,
    extent,
    grid,
    half_planes,
    look,
    rule_outline,
    suits,
    truth,
    warp,
)
from playground.datasets import load
from playground.datasets.dataset import Dataset
from playground.datasets.tabular import good_roast
from playground.experiment.model import Experiment
from playground.nn.network import Layer, Snapshot


def dataset(name: str) -> Dataset:
    return load(Experiment().replace(dataset=name).data)


def network(*sizes: int, activation: str = "tanh", seed: int = 0) -> Snapshot:
    rng = np.random.default_rng(seed)
    pairs = list(itertools.pairwise(sizes))
    return Snapshot(
        1,
        tuple(
            Layer(
                rng.normal(size=(a, b)).astype(np.float32),
                rng.normal(size=b).astype(np.float32),
                "sigmoid" if i == len(pairs) - 1 else activation,
            )
            for i, (a, b) in enumerate(pairs)
        ),
    )


def test_only_points_of_a_plane_suit() -> None:
    assert suits(dataset("coffee"))
    assert suits(dataset("multi_gauss"))
    assert not any(suits(dataset(name)) for name in ("iris", "sine", "digits"))


@pytest.mark.parametrize("name", ["coffee", "spiral"])
@pytest.mark.parametrize("seed", range(5))
def test_lines_of_half_planes_satisfy_z_is_0(name: str, seed: int) -> None:
    data, snapshot = dataset(name), network(2, 6, 1, seed=seed)
    area = extent(data)
    for unit, half in enumerate(half_planes(snapshot.layers[0], data)):
        line = half.line(area)
        x = data.train.x[:20]
        z = snapshot.layers[0].pre_activation(data.transform(x))[:, unit]
        np.testing.assert_allclose(half.z(x), z, atol=1e-4)
        if line is None:
            corners = half.z(grid(area, 2))
            assert (corners > 0).all() or (corners <= 0).all()
        else:
            z = snapshot.layers[0].pre_activation(data.transform(line.astype(np.float32)))[:, unit]
            np.testing.assert_allclose(z, 0, atol=1e-4)
            assert (line >= np.array(area)[[0, 2]] - 1e-9).all()
            assert (line <= np.array(area)[[1, 3]] + 1e-9).all()


@given(*[st.floats(-3, 3)] * 3)
def test_any_half_plane_has_a_line_exactly_where_it_divides_the_plane(
    a: float, b: float, c: float
) -> None:
    half, area = HalfPlane((a, b), c), (-1.0, 1.0, -1.0, 1.0)
    corners = half.z(grid(area, 2)) > 0
    line = half.line(area)
    assert (line is not None) == (0 < corners.sum() < 4)
    if line is not None:
        assert np.abs(half.z(line)).max() < 1e-9


def test_the_plane_is_seen_as_the_network_answers() -> None:
    data, snapshot = dataset("moons"), network(2, 4, 3, 1)
    plane = look(snapshot, data)
    side = len(plane.output)
    points = grid(plane.extent, side)
    left, right, bottom, top = plane.extent
    assert points[0].tolist() == pytest.approx([left, top])
    assert points[-1].tolist() == pytest.approx([right, bottom])
    np.testing.assert_allclose(
        plane.output.reshape(-1, 1), snapshot.predict(data.transform(points)), rtol=1e-5
    )
    assert [a.shape[-1] for a in plane.a] == [4, 3, 1]


def test_a_huge_network_is_looked_at_at_fewer_points() -> None:
    plane = look(network(2, 1024, 1024, 1), dataset("moons"))
    assert 24 <= len(plane.output) < 100


def test_the_bent_grid_is_the_units_answer_along_its_lines() -> None:
    data, snapshot = dataset("coffee"), network(2, 5, 4, 1)
    x = data.train.x[:7]
    bent = warp(snapshot, data, 1, (3, 0), x)
    assert bent.along_x.shape == bent.along_y.shape == (LINES, STEPS, 2)
    np.testing.assert_allclose(
        bent.points, snapshot.forward(data.transform(x))[1][1][:, [3, 0]], rtol=1e-5
    )
    left, right, bottom, _ = extent(data)
    corner = snapshot.forward(data.transform(np.array([[left, bottom]])))[1][1][0, [3, 0]]
    np.testing.assert_allclose(bent.along_x[0, 0], corner, rtol=1e-5)
    np.testing.assert_allclose(bent.along_y[0, 0], corner, rtol=1e-5)
    corner = snapshot.forward(data.transform(np.array([[right, bottom]])))[1][1][0, [3, 0]]
    np.testing.assert_allclose(bent.along_x[0, -1], corner, rtol=1e-5)


def test_without_bending_the_grid_stays_straight() -> None:
    data = dataset("spiral")
    same = Layer(np.eye(2, dtype=np.float32), np.zeros(2, np.float32), "linear")
    last = Layer(np.ones((2, 1), np.float32), np.zeros(1, np.float32), "sigmoid")
    bent = warp(Snapshot(0, (same, last)), data, 0, (0, 1), data.train.x)
    np.testing.assert_allclose(bent.points, data.train.x)
    assert np.ptp(bent.along_x[:, :, 1], axis=1).max() == 0
    assert np.ptp(bent.along_y[:, :, 0], axis=1).max() == 0


def test_regions_compare_by_counting() -> None:
    learned = np.array([[1, 1, 0, 0]], bool)
    found = agreement(learned, np.array([[1, 0, 1, 0]], bool))
    assert (found.agree, found.overlap, found.never) == (0.5, 1 / 3, 0.5)
    found = agreement(~learned & learned, learned)
    assert (found.agree, found.overlap) == (0.5, 0)
    assert agreement(learned, learned).overlap == 1
    assert agreement(~learned & learned, ~learned & learned).overlap == 1


def test_a_network_made_by_hand_that_knows_the_rule_agrees() -> None:
    """One steep unit for each of the three inequalities that matter, and an AND of all three."""
    data = dataset("coffee")
    steep = 200.0
    slopes = np.array([[1, 0], [0, 1], [-3 / 85, -1]]).T  # t > 175, d > 12, d ≤ 21 − 3t/85
    offsets = np.array([-175, -12, 21])
    kernel = slopes * data.scale[:, None]
    bias = offsets + data.shift @ slopes
    first = Layer(np.float32(steep * kernel), np.float32(steep * bias), "sigmoid")
    last = Layer(np.full((3, 1), 20, np.float32), np.array([-50], np.float32), "sigmoid")
    plane = look(Snapshot(0, (first, last)), data)
    rule = truth(data, plane)
    assert rule is not None
    found = agreement(plane.output[..., 0] > 0.5, rule)
    assert found.agree > 0.995
    assert found.overlap > 0.98
    assert found.never == pytest.approx(0.79, abs=0.01)


def test_no_rule_is_known_of_other_data() -> None:
    data = dataset("circle")
    assert truth(data, look(network(2, 1), data)) is None


def test_the_outline_of_the_rule_is_its_triangle() -> None:
    corners = rule_outline(extent(dataset("coffee")))
    expected = [(175, 12), (255, 12), (175, 21 - 3 * 175 / 85)]
    np.testing.assert_allclose(sorted(corners.tolist()), sorted(map(list, expected)))
    middle = corners.mean(axis=0)
    inside, outside = middle + 0.99 * (corners - middle), middle + 1.01 * (corners - middle)
    assert good_roast(*inside.T).all()
    assert not good_roast(*outside.T).any()
