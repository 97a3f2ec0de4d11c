"""Principal components against scikit-learn; alignment keeps distances; t-SNE keeps neighbors."""

from itertools import pairwise

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from playground.analysis.inspection.embedding import (
    Embedding,
    activations,
    aligned,
    pca,
    principal,
    target,
    tsne,
)
from playground.nn.network import Layer, Snapshot


def cloud(n: int, d: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) * np.geomspace(5, 0.01, d) + 3).astype(np.float32)


@pytest.mark.parametrize(("n", "d"), [(300, 784), (1000, 100), (300, 3), (5, 4), (80, 784)])
def test_principal_components_are_those_of_scikit_learn(n: int, d: int) -> None:
    x = cloud(n, d)
    found, theirs = pca(x), PCA(2, svd_solver="full").fit(x.astype(float))
    assert found.explained == pytest.approx(theirs.explained_variance_ratio_, abs=1e-4)
    expected = theirs.transform(x)
    np.testing.assert_allclose(np.abs(found.points), np.abs(expected), atol=0.02)


def test_fifty_components_for_tsne() -> None:
    x = cloud(400, 300)
    shares = PCA(50, svd_solver="full").fit(x.astype(float)).explained_variance_ratio_
    np.testing.assert_allclose(principal(x, 50)[1], shares, atol=1e-4)


@pytest.mark.parametrize("x", [np.ones((6, 3)), np.zeros((1, 5)), np.ones((40, 200))])
def test_points_that_do_not_vary_lie_in_the_middle(x: np.ndarray) -> None:
    found = pca(x.astype(np.float32))
    assert np.abs(found.points).max() < 1e-5
    assert found.explained == (0, 0)


def test_one_number_an_example_is_a_line() -> None:
    found = pca(cloud(20, 1))
    assert found.explained == pytest.approx((1, 0))
    assert not found.points[:, 1].any()


def test_alignment_undoes_turns_and_mirrors() -> None:
    found = pca(cloud(200, 10))
    angle = 2.0
    turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]])
    back = aligned(Embedding((found.points @ turn).astype(np.float32), None), found.points)
    np.testing.assert_allclose(back.points, found.points, atol=1e-4)


def test_aligned_principal_components_stay_principal_components() -> None:
    x = cloud(200, 10)
    found, theirs = aligned(pca(x), target(np.arange(200) % 3, 3)), PCA(2).fit(x.astype(float))
    np.testing.assert_allclose(np.abs(found.points), np.abs(theirs.transform(x)), atol=0.01)
    assert found.explained == pytest.approx(theirs.explained_variance_ratio_, abs=1e-4)
    mirrored = aligned(pca(x), pca(x).points * np.float32([-1, 1]))
    np.testing.assert_allclose(mirrored.points, pca(x).points * [-1, 1], atol=1e-4)


def test_alignment_keeps_distances() -> None:
    found = Embedding(pca(cloud(200, 10)).points)
    turned = aligned(found, target(np.arange(200) % 3, 3))
    before, after = (
        np.linalg.norm(e.points[:50, None] - e.points[None, :50], axis=-1) for e in (found, turned)
    )
    np.testing.assert_allclose(after, before, atol=1e-4)


def test_the_map_moves_smoothly_when_the_data_do() -> None:
    x, drift = cloud(200, 10), cloud(200, 10, seed=1)
    x[:, 1] = x[:, 0] * 0.1 + drift[:, 0]  # two directions of nearly equal size: axes change places
    reference = pca(x)
    for step in range(1, 20):
        moved = aligned(Embedding(pca(x + 0.02 * step * drift).points), reference.points)
        assert np.abs(moved.points - reference.points).max() < 1.5
        reference = moved


def test_activations_of_a_layer_are_those_of_the_forward_pass() -> None:
    rng = np.random.default_rng(0)
    sizes = (4, 6, 3)
    layers = tuple(
        Layer(rng.standard_normal((a, b)), rng.standard_normal(b), "relu")
        for a, b in pairwise(sizes)
    )
    net, x = Snapshot(0, layers), rng.standard_normal((5, 4))
    passes = net.forward(x)
    np.testing.assert_array_equal(activations(net, x, 0), x)
    for i in (1, 2):
        np.testing.assert_array_equal(activations(net, x, i), passes[i - 1][1])


def test_tsne_keeps_neighbours_and_is_repeatable() -> None:
    centers = np.random.default_rng(2).standard_normal((3, 8)) * 10
    x = (centers[np.arange(90) % 3] + cloud(90, 8) * 0.05).astype(np.float32)
    start = pca(x).points
    found = tsne(x, start)
    assert found.shape == (90, 2)
    assert trustworthiness(x, found, n_neighbors=5) > 0.9
    np.testing.assert_array_equal(found, tsne(x, start))
    with pytest.raises(ValueError, match="at least 5 examples, got 4"):
        tsne(x[:4], start[:4])
