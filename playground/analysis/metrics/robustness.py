"""Robustness: the score on examples that are distorted more and more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from playground.datasets.dataset import Dataset, Split
from playground.datasets.registry import DatasetInfo
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot, classes

Array = NDArray[Any]
Distort = Callable[[float], Array]  # strength → distorted examples, raw as the original ones

STRENGTHS = 13
MULTIPLICATIONS = 2e9  # for one curve: 0.15 s
FEWEST, MOST = 100, 1_000  # examples for one curve, where there are as many

# Right, down, left, up: image i is shifted in direction i mod 4.
DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))


@dataclass(frozen=True)
class Distortion:
    """A kind of distortion."""

    label: str
    axis: str  # name and unit of the strength
    strengths: Callable[[DatasetInfo], Array]  # (STRENGTHS,) rising, one of them 0: undistorted
    prepare: Callable[[Array, DatasetInfo], Distort]  # for raw examples of a part
    unit: str = ""
    for_tables: bool = False  # whether it makes sense for rows of features


def _noisy(x: Array, source: DatasetInfo) -> Distort:
    grain = np.random.default_rng(0).standard_normal(x.shape, np.float32)
    if not source.shape:
        deviation = x.std(axis=0)
        return lambda strength: x + np.float32(strength) * deviation * grain
    grain *= source.maximum
    return lambda strength: _pixels(x + np.float32(strength) * grain, source)


def _rotated(x: Array, source: DatasetInfo) -> Distort:
    columns = _columns(x)
    height, width = source.shape
    row, column = np.mgrid[:height, :width] - np.array([height - 1, width - 1])[:, None, None] / 2

    def distort(angle: float) -> Array:
        cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        # The place in the original that the (counterclockwise) rotation maps to each pixel.
        middle = (height - 1) / 2, (width - 1) / 2
        where = (cos * row + sin * column + middle[0], cos * column - sin * row + middle[1])
        return _pixels((_resampling(*where, source.shape) @ columns).T.reshape(x.shape), source)

    return distort


def _shifted(x: Array, source: DatasetInfo) -> Distort:
    groups = [_columns(x[i :: len(DIRECTIONS)]) for i in range(len(DIRECTIONS))]
    row, column = np.mgrid[: source.shape[0], : source.shape[1]]

    def distort(distance: float) -> Array:
        moved = np.empty_like(x)
        for i, (down, right) in enumerate(DIRECTIONS):
            where = row - distance * down, column - distance * right
            part = (_resampling(*where, source.shape) @ groups[i]).T
            moved[i :: len(DIRECTIONS)] = _pixels(
                part.reshape(part.shape[0], *source.shape), source
            )
        return moved

    return distort


def _columns(x: Array) -> Array:
    """Images (n, height, width) → float32 (height·width, n)."""
    return np.ascontiguousarray(x.reshape(len(x), x.shape[1] * x.shape[2]).T, dtype=np.float32)


def _resampling(row: Array, column: Array, shape: tuple[int, ...]) -> csr_matrix:
    """The matrix of bilinear interpolation at each pixel's source, and 0 outside.

    row, column: (height, width), the source of each new pixel.
    """
    height, width = shape
    top, left = np.floor(row + 1e-6).astype(int), np.floor(column + 1e-6).astype(int)
    below, beside = np.clip(row - top, 0, 1), np.clip(column - left, 0, 1)
    entries = []
    for r, share_r in ((top, 1 - below), (top + 1, below)):
        for c, share_c in ((left, 1 - beside), (left + 1, beside)):
            inside = (r >= 0) & (r < height) & (c >= 0) & (c < width) & (share_r * share_c > 1e-6)
            new = np.flatnonzero(inside)
            entries.append((new, (r * width + c)[inside], (share_r * share_c)[inside]))
    new, old, share = (np.concatenate(column) for column in zip(*entries, strict=True))
    return csr_matrix((share.astype(np.float32), (new, old)), shape=(row.size, row.size))


def _pixels(x: Array, source: DatasetInfo) -> NDArray[np.uint8]:
    return np.asarray(np.rint(np.clip(x, 0, source.maximum)), np.uint8)


DISTORTIONS: dict[str, Distortion] = {
    "noise": Distortion(
        "Noise",
        "noise (σ, as a share of the pixel range)",
        lambda source: np.linspace(0, 0.6 if source.shape else 1.2, STRENGTHS),
        _noisy,
        for_tables=True,
    ),
    "rotation": Distortion(
        "Rotation", "rotation (degrees, + counterclockwise)",
        lambda source: np.linspace(-90, 90, STRENGTHS), _rotated, "°",
    ),
    "shift": Distortion(
        "Shift", "shift (pixels; right, down, left and up in turn)",
        lambda source: np.linspace(0, source.shape[1] * 3 / 7, STRENGTHS), _shifted, " pixels",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Robustness:
    """The score at each strength (STRENGTHS,): accuracy, or mean absolute error for regression."""

    strength: Array
    score: Array
    rows: int  # examples it was measured on


def robust_rows(snapshot: Snapshot, available: int) -> int:
    """How many examples to measure a curve on, in no noticeable time."""
    affordable = int(MULTIPLICATIONS / STRENGTHS / max(snapshot.n_parameters, 1))
    return min(available, max(FEWEST, min(affordable, MOST)))


def distort(part: Split, source: DatasetInfo, kind: str) -> Array:
    """The examples of a part at each strength of a distortion: (STRENGTHS, n, …), raw."""
    entry = DISTORTIONS[kind]
    prepared = entry.prepare(part.x, source)
    return np.stack([prepared(float(strength)) for strength in entry.strengths(source)])


def robustness(
    snapshot: Snapshot, dataset: Dataset, hard: Array, y: Array, kind: str
) -> Robustness:
    """The scores on the distorted examples of a kind with targets `y` (n,)."""

    def score(x: Array) -> float:
        output = snapshot.predict(dataset.transform(x))
        if dataset.source.task == CLASSIFICATION:
            return float((classes(output) == y).mean())
        return float(np.abs(output[:, 0] - y).mean()) * dataset.target_std

    strengths = DISTORTIONS[kind].strengths(dataset.source)
    return Robustness(strengths, np.array([score(x) for x in hard]), len(y))
