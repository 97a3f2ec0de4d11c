"""Many numbers an example → a point in the plane: principal components and t-SNE."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.nn.network import Snapshot

Array = NDArray[Any]
Points = NDArray[np.float32]

BLOCK, ROUNDS, PRECISION = 12, 100, 1e-5  # of the search for the largest eigenvalues
PERPLEXITY = 30.0  # neighbours that t-SNE tries to keep near each point
FEWEST = 5  # points of which t-SNE can make a map
WIDEST = 50  # numbers an example for t-SNE, as its authors advise: more are reduced by PCA


@dataclass(frozen=True)
class Embedding:
    """One point an example; `explained` is the share of the variance along each axis (PCA only)."""

    points: Points  # (n, 2)
    explained: tuple[float, float] | None = None


def activations(snapshot: Snapshot, x: Array, layer: int) -> Array:
    """What layer `layer` (0: the input, then hidden ones, last the output) makes of inputs `x`."""
    for each in snapshot.layers[:layer]:
        x = each.activate(each.pre_activation(x))
    return x


def pca(x: Array) -> Embedding:
    """Projection of `x` (n, d) on the two directions in which it varies most.

    The larger coordinate of each direction is positive. One number an example gives y = 0.
    """
    projected, shares = principal(x, 2)
    return Embedding(projected, (float(shares[0]), float(shares[1])))


def principal(x: Array, count: int) -> tuple[Points, Array]:
    """Coordinates (n, count) on the first principal axes, and their shares of the variance."""
    centred = (x - x.mean(axis=0, dtype=np.float64)).astype(np.float32)
    n, d = centred.shape
    turned = n < d  # the smaller of the two matrices that have the same eigenvalues
    product = centred @ centred.T if turned else centred.T @ centred
    total = float(product.trace())
    values, vectors = _largest(product, count)
    axes = centred.T @ vectors if turned else vectors
    length = np.linalg.norm(axes, axis=0)
    axes = axes / np.where(length > 0, length, 1)
    sign = np.sign(np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0))
    coordinates = np.zeros((n, count), np.float32)
    coordinates[:, : axes.shape[1]] = centred @ (axes * np.where(sign == 0, 1, sign))
    shares = np.zeros(count)
    shares[: len(values)] = values / total if total > 0 else 0
    return coordinates, shares


def _largest(matrix: Array, count: int) -> tuple[Array, Array]:
    """The largest eigenvalues, falling, and their vectors, of a symmetric positive matrix.

    For large ones by orthogonal iteration, which takes a tenth of the time.
    """
    size = len(matrix)
    if size > 4 * max(BLOCK, count):
        block = np.random.default_rng(0).standard_normal((size, max(BLOCK, count + 6)))
        block = np.linalg.qr(matrix @ block.astype(np.float32))[0]
        for _ in range(ROUNDS):
            image = matrix @ block
            values, turn = np.linalg.eigh(block.T @ image)
            values, turn = values[::-1][:count], turn[:, ::-1][:, :count]
            vectors = block @ turn
            residual = np.linalg.norm(image @ turn - vectors * values, axis=0).max()
            if residual <= PRECISION * max(float(values[0]), 1e-30):
                return values.clip(0), vectors
            block = np.linalg.qr(matrix @ image)[0]
    values, vectors = np.linalg.eigh(matrix)
    return values[::-1][:count].clip(0), vectors[:, ::-1][:, :count]


def target(classes: Array, n_classes: int) -> Points:
    """Where the examples of each class (n,) would lie if they were put round a circle (n, 2)."""
    angle = 2 * np.pi * classes / max(n_classes, 1)
    return np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)


def aligned(embedding: Embedding, reference: Points) -> Embedding:
    """The same map, turned and mirrored about its middle to lie as near as it can to `reference`.

    Orthogonal Procrustes: R = U·Vᵀ of pointsᵀ·reference = U·Σ·Vᵀ. Distances stay what they were;
    the shares of the variance become those along the turned axes, their sum stays.
    """
    points = embedding.points - embedding.points.mean(axis=0)
    u, _, v = np.linalg.svd(points.T @ (reference - reference.mean(axis=0)))
    turn = u @ v
    explained = embedding.explained
    if explained is not None:
        first, second = (turn.T**2 @ np.array(explained)).tolist()
        explained = first, second
    return Embedding((points @ turn).astype(np.float32), explained)


def nearest(points: Points) -> NDArray[np.int64]:
    """For each of n ≥ 2 points (n, 2) the number (n,) of the one nearest to it."""
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
    spread = float(start[:, 0].std()) or 1.0
    maker = TSNE(
        perplexity=min(PERPLEXITY, (len(x) - 1) / 3),
        init=(start / spread * 1e-4).astype(np.float32),
        max_iter=600,  # beyond that nothing moves that the eye would see
        random_state=0,
        n_jobs=1,
    )
    with threadpool_limits(
        1
    ):  # threads that wait for each other at full speed take ten times as long
        found = maker.fit_transform(x)
    return np.asarray(found, np.float32)
