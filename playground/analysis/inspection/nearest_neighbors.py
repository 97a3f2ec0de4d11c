"""Nearest training images of an image, and how far it is out of their distribution."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets import Dataset

MOST = 10_000  # training images compared
REFERENCES = 300  # other images, whose nearest-neighbor distances are the reference

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Neighbors:
    """The training images nearest to an image, the nearest first.

    index: (k,) rows of the training part. distance: (k,) Euclidean, over pixels of 0 … 1.
    ood_score: 0 … 1, the share of other images that are closer to a training image than this one.
    """

    index: NDArray[np.int64]
    distance: Array
    ood_score: float


class NearestNeighborIndex:
    """The first MOST training images, prepared for comparison.

    Reference distances are those of the first validation images or, without any, of training
    images, each compared with the others.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._maximum = dataset.source.maximum
        self._images = self._flat(dataset.train.x[:MOST])
        self._squares = np.einsum("ij,ij->i", self._images, self._images)
        own = not len(dataset.validation)
        part = dataset.train if own else dataset.validation
        squares = self._squared(self._flat(part.x[:REFERENCES]))
        if own:
            np.fill_diagonal(squares, np.inf)
        self.reference_distances = np.sort(np.sqrt(squares.min(axis=1)))
        self.compared_with = "training" if own else "validation"

    def __len__(self) -> int:
        return len(self._images)

    def nearest(self, image: NDArray[Any], k: int) -> Neighbors:
        """The `k` training images nearest to `image`, (height, width) of 0 … maximum."""
        squares = self._squared(self._flat(image[None]))[0]
        k = min(k, len(squares))
        index = np.argpartition(squares, k - 1)[:k]
        index = index[np.argsort(squares[index], kind="stable")]
        distance = np.sqrt(squares[index])
        closer = np.searchsorted(self.reference_distances, distance[0])
        return Neighbors(index, distance, float(closer / len(self.reference_distances)))

    def _flat(self, images: NDArray[Any]) -> Array:
        flat: Array = images.reshape(len(images), -1).astype(np.float32)
        flat /= self._maximum
        return flat

    def _squared(self, images: Array) -> Array:
        """(n, len(self)) squared distances: |a − b|² = |a|² − 2 a·b + |b|²."""
        squares: Array = images @ self._images.T
        squares *= -2
        squares += self._squares
        squares += np.einsum("ij,ij->i", images, images)[:, None]
        return np.maximum(squares, 0, out=squares)  # rounding may give small negative numbers
