"""Teaching by hand: the examples one drawing gives, and what a network has learnt and forgotten."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.datasets.registry import DatasetInfo
from playground.nn.network import Snapshot, classes

Array = NDArray[Any]

MOST_LESSONS = 20  # that can be undone
LESSON_BYTES = 50_000_000  # of the weights before them: each lesson keeps a whole network


def undoable(nbytes: int) -> int:
    """How many lessons can be undone, of a network whose weights take `nbytes`: at least one."""
    return max(1, min(MOST_LESSONS, LESSON_BYTES // max(nbytes, 1)))


def with_shifts(image: Array) -> Array:
    """The image (height, width) and its shifts by one pixel to all 8 sides: (9, height, width).

    What leaves the frame is lost; what enters it is 0. The image itself comes first.
    """
    height, width = image.shape
    wide = np.pad(image, 1)
    sides = [(0, 0)] + [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
    return np.stack([wide[1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in sides])


def checked(source: DatasetInfo, x: Any, y: Any) -> tuple[Array, Array]:
    """Examples of a data set, typed as `Part` has them; ValueError in words where they are not."""
    x, y = np.asarray(x), np.asarray(y)
    example = source.shape or (source.n_features,)
    if x.shape[1:] != example or y.shape != x.shape[:1] or not len(y):
        raise ValueError(
            f"examples must be some of shape {example} with a label each, got {x.shape}, {y.shape}"
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("examples must be finite numbers, got NaN or infinity")
    if source.shape and not 0 <= x.min() <= x.max() <= source.maximum:
        received = f"{x.min():g} to {x.max():g}"
        raise ValueError(f"pixels must be between 0 and {source.maximum:g}, got {received}")
    if not source.classes:
        return x.astype(np.float32), y.astype(np.float32)
    if not (0 <= y.min() <= y.max() < len(source.classes) and (y == y.astype(np.int32)).all()):
        received = f"{y.min():g} to {y.max():g}"
        raise ValueError(
            f"labels must be whole numbers from 0 to {len(source.classes) - 1}, got {received}"
        )
    return x.astype(np.uint8 if source.shape else np.float32), y.astype(np.int32)


def without(part: Split, image: Array) -> Split:
    """The examples of a part that are not this very image: what was taught is no test any more."""
    other = (part.x != image).reshape(len(part), -1).any(axis=1)
    return part if other.all() else Split(part.x[other], part.y[other])


@dataclass(frozen=True)
class ScoreChange:
    """What a network says of some examples before and after it was taught.

    rows of `learnt` were wrong and are right now; rows of `forgotten` the other way round. The
    first ones of each are those whose probability of the right class changed most.
    """

    before: Array  # (n,) predicted class
    after: Array
    learnt: Array
    forgotten: Array
    share_before: Array  # (n_classes,) right of each class; NaN for a class without examples
    share_after: Array
    counts: Array  # (n_classes,) examples of each class

    @property
    def accuracy(self) -> tuple[float, float]:
        """Share of right answers before and after."""
        shares = (self.share_before, self.share_after)
        before, after = (float(np.nansum(s * self.counts) / self.counts.sum()) for s in shares)
        return before, after


def difference(before: Snapshot, after: Snapshot, dataset: Dataset, part: Split) -> ScoreChange:
    """Compare two networks on some examples of a classification."""
    x, y, n_classes = dataset.transform(part.x), part.y, len(dataset.source.classes)
    outputs = [snapshot.predict(x) for snapshot in (before, after)]
    guesses = [classes(output) for output in outputs]
    was, now = (guess == y for guess in guesses)
    counts = np.bincount(y, minlength=n_classes)
    with np.errstate(invalid="ignore"):
        shares = [np.bincount(y, right, n_classes) / counts for right in (was, now)]
    rise = _of_class(outputs[1], y) - _of_class(outputs[0], y)
    order = np.argsort(-np.abs(rise), kind="stable")
    learnt, forgotten = order[(~was & now)[order]], order[(was & ~now)[order]]
    return ScoreChange(guesses[0], guesses[1], learnt, forgotten, shares[0], shares[1], counts)


def _of_class(output: Array, y: Array) -> Array:
    """The probability (n,) that outputs (n, n_outputs) give to the classes y (n,)."""
    if output.shape[1] == 1:
        return np.asarray(np.where(y == 1, output[:, 0], 1 - output[:, 0]))
    return np.asarray(output[np.arange(len(y)), y])
