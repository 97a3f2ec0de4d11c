"""Embedding of examples in a plane: principal components (PCA) and t-SNE."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.nn.network import Snapshot

Array = NDArray[Any]
Points = NDArray[np.float32]

LARGE = 100  # rows of a matrix for which few eigenvectors are found faster than all
PERPLEXITY = 30.0  # neighbors that t-SNE tries to keep near each point
FEWEST = 5  # points needed for t-SNE
WIDEST = 50  # features for t-SNE, as its authors advise: more are reduced by PCA


@dataclass(frozen=True)
class Embedding:
    """One point per example; `explained`: the explained variance ratio of each axis (PCA only)."""

    points: Points  # (n, 2)
    explained: tuple[float, float] | None = None


def activations(snapshot: Snapshot, x: Array, layer: int) -> Array:
    """The output of layer `layer` (0: the input, then hidden ones, last the output) for `x`."""
    for each in snapshot.layers[:layer]:
        x = each.activate(each.pre_activation(x))
    return x


def pca(x: Array) -> Embedding:
    """The first two principal components of `x` (n, d).

    The largest loading of each axis is positive. A single feature gives y = 0.
    """
    points, ratios = principal(x, 2)
    return Embedding(points, (float(ratios[0]), float(ratios[1])))


def principal(x: Array, count: int) -> tuple[Points, Array]:
    """The first principal components (n, count), and their explained variance ratios (count,)."""
    centered = (x - x.mean(axis=0, dtype=np.float64)).astype(np.float32)
    n, d = centered.shape
    transposed = n < d  # the smaller of the two matrices that have the same eigenvalues
    product = centered @ centered.T if transposed else centered.T @ centered
    total = float(product.trace())
    points, ratios = np.zeros((n, count), np.float32), np.zeros(count)
    if not total > 0:
        return points, ratios
    values, vectors = _largest(product, count)
    axes = centered.T @ vectors if transposed else vectors
    length = np.linalg.norm(axes, axis=0)
    axes = axes / np.where(length > 0, length, 1)
    sign = np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0))
    points[:, : axes.shape[1]] = centered @ (axes * np.where(sign == 0, 1, sign))
    ratios[: len(values)] = values / total
    return points, ratios


def _largest(matrix: Array, count: int) -> tuple[Array, Array]:
    """The largest eigenvalues, falling, and their vectors, of a symmetric positive matrix."""
    size = len(matrix)
    if size > max(LARGE, 2 * count):
        from scipy.sparse.linalg import eigsh

        start = np.random.default_rng(0).standard_normal(size)
        values, vectors = eigsh(matrix.astype(np.float64), count, v0=start)
        order = values.argsort()[::-1]
    else:
        values, vectors = np.linalg.eigh(matrix)
        order = np.arange(size)[::-1][:count]
    return values[order].clip(0), vectors[:, order]


def target(classes: Array, n_classes: int) -> Points:
    """Places of the examples of each class (n,) around a circle (n, 2)."""
    angle = 2 * np.pi * classes / max(n_classes, 1)
    return np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)


def aligned(embedding: Embedding, reference: Points) -> Embedding:
    """The same map, as near as it can lie to `reference`; distances stay.

    PCA is only mirrored, so that its axes stay principal components. Other maps are rotated as
    well, by orthogonal Procrustes: R = U·Vᵀ of pointsᵀ·reference = U·Σ·Vᵀ.
    """
    points = embedding.points - embedding.points.mean(axis=0)
    product = points.T @ (reference - reference.mean(axis=0))
    if embedding.explained is not None:
        turn = np.diag(np.where(np.diag(product) < 0, -1.0, 1.0))
    else:
        u, _, v = np.linalg.svd(product)
        turn = u @ v
    return Embedding((points @ turn).astype(np.float32), embedding.explained)


def nearest(points: Points) -> NDArray[np.int64]:
    """For each of n ≥ 2 points (n, 2) the row (n,) of its nearest neighbor."""
    square = np.square(points).sum(axis=1)
    distance = square[:, None] + square[None] - 2 * points @ points.T
    np.fill_diagonal(distance, np.inf)
    return np.asarray(distance.argmin(axis=1))


def tsne(x: Array, start: Points) -> Points:
    """The t-SNE map (n, 2) of `x` (n, d), from the map `start` (n, 2); equal for equal inputs.

    For a worker: it takes seconds, and scikit-learn. Raises ValueError below FEWEST examples.
    """
    if len(x) < FEWEST:
        raise ValueError(f"t-SNE needs at least {FEWEST} examples, got {len(x)}")
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    if x.shape[1] > WIDEST:
        x = principal(x, WIDEST)[0]
    scale = float(start[:, 0].std()) or 1.0
    model = TSNE(
        perplexity=min(PERPLEXITY, (len(x) - 1) / 3),
        init=(start / scale * 1e-4).astype(np.float32),
        max_iter=600,  # later iterations move points by less than the eye can see
        random_state=0,
        n_jobs=1,
    )
    with threadpool_limits(1):  # several threads busy-wait for each other, ten times as long
        points = model.fit_transform(x)
    return np.asarray(points, np.float32)
