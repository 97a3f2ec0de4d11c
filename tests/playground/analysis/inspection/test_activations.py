"""Flat zones, dead and saturated units, and the histogram of pre-activations."""

import numpy as np
import pytest

from playground.analysis.inspection.activations import (
    FLAT,
    WIDEST,
    bounded,
    curve,
    histogram,
    is_flat,
    states,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.network import Layer, Snapshot

RNG = np.random.default_rng(0)


def layer(name: str) -> Layer:
    parameters = {"negative_slope": 0.2} if name == "leaky_relu" else {}
    return Layer(np.eye(3, dtype=np.float32), np.zeros(3, np.float32), name, parameters)


def test_the_flat_zones_in_closed_form() -> None:
    z = np.array([-4.0, -2.0, 0.5, 2.0, 4.0])
    assert is_flat(layer("relu"), z).tolist() == [True, True, False, False, False]
    assert is_flat(layer("linear"), z).tolist() == [False] * 5
    # sigmoid: σ(1 − σ) = 0.05 at |z| = 2.887; tanh: 1 − tanh² = 0.05 at |z| = 2.179
    for name, edge in (("sigmoid", 2.88727), ("tanh", 2.17827)):
        assert is_flat(layer(name), np.array([edge + 0.001, -edge - 0.001])).all()
        assert not is_flat(layer(name), np.array([edge - 0.001, 0.001 - edge])).any()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_histogram_counts_every_value_once(name: str) -> None:
    z = RNG.normal(0.5, 2, (400, 30)).astype(np.float32)
    found = histogram(layer(name), z)
    assert found.flat.sum() + found.steep.sum() == pytest.approx(1)
    assert found.flat.sum() == pytest.approx(is_flat(layer(name), z).mean())
    inside = (z >= found.edges[0]) & (z <= found.edges[-1])
    reference, _ = np.histogram(z[inside], found.edges)
    ours = (found.flat + found.steep) * z.size
    np.testing.assert_allclose(ours[1:-1], reference[1:-1], atol=2)  # float32 at an edge
    assert found.beyond == pytest.approx(1 - inside.mean())
    assert found.edges[0] <= -WIDEST < WIDEST <= found.edges[-1]


def test_dead_and_saturated_units() -> None:
    z = np.stack([np.linspace(-9, -1, 100), np.linspace(-1, 1, 100), np.full(100, 3.0)], axis=1)
    relu = states(layer("relu"), z, np.maximum(z, 0))
    assert relu.dead.tolist() == [True, False, True]
    assert relu.saturated.tolist() == [False, False, False]
    z = np.stack([np.linspace(2.3, 5, 100), np.linspace(-1, 1, 100)], axis=1)
    tanh = states(layer("tanh"), z, np.tanh(z))
    assert tanh.saturated.tolist() == [True, False]
    assert not tanh.dead.any()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_drawn_derivative_is_the_slope_of_the_drawn_curve(name: str) -> None:
    z, f, slope = curve(layer(name), -4, 4, 2001)
    smooth = np.abs(np.diff(slope)) < 10 * (z[1] - z[0])
    numeric = np.diff(f) / np.diff(z)
    middle = (slope[1:] + slope[:-1]) / 2
    np.testing.assert_allclose(numeric[smooth], middle[smooth], atol=FLAT / 10)


@pytest.mark.parametrize(("factor", "expected"), [(1, True), (1e6, True), (1e19, False)])
def test_numbers_too_large_to_be_squared_are_out_of_bounds(factor: float, expected: bool) -> None:
    layer = Layer(np.full((2, 2), factor, np.float32), np.zeros(2, np.float32), "relu")
    assert bounded(Snapshot(1, (layer,)), np.ones((3, 2), np.float32)) is expected
    layer.kernel[0, 0] = np.nan
    assert not bounded(Snapshot(1, (layer,)), np.ones((3, 2), np.float32))
