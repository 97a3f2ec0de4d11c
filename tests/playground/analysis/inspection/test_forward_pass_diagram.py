"""Which weights and units a drawing shows."""

import itertools

import numpy as np
import pytest

from playground.analysis.inspection.forward_pass import (
    ALL_EDGES,
    MOST_EDGES,
    MOST_UNITS,
    diagram,
    strongest,
)
from playground.nn.network import Layer, Snapshot


def network(*sizes: int) -> Snapshot:
    rng = np.random.default_rng(3)
    return Snapshot(
        0,
        tuple(
            Layer(rng.normal(size=(a, b)).astype("f4"), np.zeros(b, "f4"), "relu")
            for a, b in itertools.pairwise(sizes)
        ),
    )


def test_the_strongest_weights_are_the_strongest() -> None:
    kernel = network(40, 30).layers[0].kernel
    found = strongest(kernel, 50)
    np.testing.assert_array_equal(kernel[found.source, found.target], found.weight)
    np.testing.assert_array_equal(np.abs(found.weight), np.sort(np.abs(kernel), axis=None)[:-51:-1])


@pytest.mark.parametrize("sizes", [(2, 8, 8, 1), (4, 16, 16, 3), (1, 1), (2, 24, 1)])
def test_a_small_network_is_drawn_whole(sizes: tuple[int, ...]) -> None:
    snapshot = network(*sizes)
    found = diagram(snapshot)
    assert tuple(map(len, found.units)) == sizes
    assert [len(e.weight) for e in found.edges] == [k.kernel.size for k in snapshot.layers]


@pytest.mark.parametrize("picture", [True, False])
def test_a_large_network_shows_its_strongest_weights(picture: bool) -> None:
    snapshot = network(784, 300, 100, 10)
    found = diagram(snapshot, picture)
    first = 784 if picture else MOST_UNITS
    assert [len(units) for units in found.units] == [first, MOST_UNITS, MOST_UNITS, 10]
    for i, (layer, edges) in enumerate(zip(snapshot.layers, found.edges, strict=True)):
        assert len(edges.weight) == MOST_EDGES < ALL_EDGES
        np.testing.assert_array_equal(layer.kernel[edges.source, edges.target], edges.weight)
        # the strongest of all is among them, and no stronger one between shown units is left out
        assert np.abs(edges.weight[0]) == np.abs(layer.kernel).max()
        between = np.abs(layer.kernel[np.ix_(found.units[i], found.units[i + 1])])
        assert (between > np.abs(edges.weight[-1])).sum() == MOST_EDGES - 1


def test_a_unit_that_was_asked_for_is_shown() -> None:
    snapshot = network(784, 300, 100, 10)
    usual = diagram(snapshot, picture=True)
    absent = sorted(set(range(300)) - set(usual.units[1].tolist()))[0]
    assert absent in diagram(snapshot, picture=True, wanted={1: [absent]}).units[1]


def test_weights_of_zero_are_no_trouble() -> None:
    layer = Layer(np.zeros((784, 300), "f4"), np.zeros(300, "f4"), "relu")
    found = diagram(Snapshot(0, (layer,)), picture=True)
    assert len(found.edges[0].weight) == MOST_EDGES
