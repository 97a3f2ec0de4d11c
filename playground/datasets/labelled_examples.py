"""Examples that a person adds: augmentation, validation, and the effect of fine-tuning on them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.datasets.registry import DatasetInfo
from playground.nn.network import Snapshot, classes

Array = NDArray[Any]

MAX_UNDO = 20  # fine-tunings that can be undone
UNDO_BYTES = 50_000_000  # of all weights stored for it, a whole network each


def undo_limit(nbytes: int) -> int:
    """Number of fine-tunings that can be undone if the weights take `nbytes`: at least one."""
    return max(1, min(MAX_UNDO, UNDO_BYTES // max(nbytes, 1)))


def with_shifts(image: Array) -> Array:
    """The image (height, width) and its shifts by one pixel in 8 directions: (9, height, width).

    The image itself comes first; shifts are filled with 0.
    """
    height, width = image.shape
    padded = np.pad(image, 1)
    shifts = [(0, 0)] + [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
    return np.stack([padded[1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in shifts])


def validated_examples(source: DatasetInfo, x: Any, y: Any) -> tuple[Array, Array]:
    """Examples with the types of a `Split`; ValueError if they do not fit the data set."""
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


def without_image(part: Split, image: Array) -> Split:
    """The split without this image: an example that was trained on is no validation example."""
    differs = (part.x != image).reshape(len(part), -1).any(axis=1)
    return part if differs.all() else Split(part.x[differs], part.y[differs])


@dataclass(frozen=True)
class ScoreChange:
    """Predictions on the same examples before and after fine-tuning.

    The rows in `learned` were wrong and became right, those in `forgotten` the reverse; sorted by
    the change of the probability of the true class, the largest first.
    """

    before: Array  # (n,) predicted class
    after: Array
    learned: Array
    forgotten: Array
    recall_before: Array  # (n_classes,); NaN for a class without examples
    recall_after: Array
    counts: Array  # (n_classes,) examples of each class

    @property
    def accuracy(self) -> tuple[float, float]:
        """Accuracy before and after."""
        recalls = (self.recall_before, self.recall_after)
        before, after = (float(np.nansum(r * self.counts) / self.counts.sum()) for r in recalls)
        return before, after


def compare_networks(
    before: Snapshot, after: Snapshot, dataset: Dataset, part: Split
) -> ScoreChange:
    """Compare two networks on some examples of a classification."""
    x, y, n_classes = dataset.transform(part.x), part.y, len(dataset.source.classes)
    outputs = [snapshot.predict(x) for snapshot in (before, after)]
    predicted = [classes(output) for output in outputs]
    was_right, is_right = (labels == y for labels in predicted)
    counts = np.bincount(y, minlength=n_classes)
    with np.errstate(invalid="ignore"):
        recalls = [np.bincount(y, right, n_classes) / counts for right in (was_right, is_right)]
    change = _of_class(outputs[1], y) - _of_class(outputs[0], y)
    order = np.argsort(-np.abs(change), kind="stable")
    learned, forgotten = (
        order[(~was_right & is_right)[order]],
        order[(was_right & ~is_right)[order]],
    )
    return ScoreChange(
        predicted[0], predicted[1], learned, forgotten, recalls[0], recalls[1], counts
    )


def _of_class(output: Array, y: Array) -> Array:
    """Probability (n,) of the classes y (n,) in outputs (n, n_outputs)."""
    if output.shape[1] == 1:
        return np.asarray(np.where(y == 1, output[:, 0], 1 - output[:, 0]))
    return np.asarray(output[np.arange(len(y)), y])
