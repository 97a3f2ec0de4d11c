"""What can be counted in a data set before any network learns from it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.datasets.preprocessing import brightness_counts

Array = NDArray[Any]

COUNTED = 10_000  # images whose pixels are counted
BINS = 30  # of a histogram of numbers


def class_counts(part: Split, n_classes: int) -> NDArray[np.int64]:
    """How many examples of each class there are, (n_classes,)."""
    return np.bincount(part.y, minlength=n_classes)


def rows_of(part: Split, classes: tuple[int, ...]) -> NDArray[np.int64]:
    """The rows of the examples of some classes, in their order; of all where none is named."""
    if not classes:
        return np.arange(len(part))
    return np.flatnonzero(np.isin(part.y, classes))


def mean_images(part: Split, n_classes: int) -> NDArray[np.float32]:
    """The mean of the images of each class, (n_classes, height, width); 0 where there are none."""
    flat = part.x.reshape(len(part), -1)
    sums = np.stack([flat[part.y == c].sum(axis=0, dtype=np.uint32) for c in range(n_classes)])
    counts = np.maximum(class_counts(part, n_classes), 1)
    return (sums / counts[:, None]).astype(np.float32).reshape(n_classes, *part.x.shape[1:])


def pixel_counts(part: Split, maximum: float) -> NDArray[np.int64]:
    """How many pixels have each brightness 0 … maximum, in the first COUNTED images."""
    return brightness_counts([part.x[:COUNTED]])[: round(maximum) + 1]


@dataclass(frozen=True)
class Moments:
    """Of some numbers: mean, (population) standard deviation, smallest and largest."""

    mean: float
    deviation: float
    smallest: float
    largest: float


def moments(values: Array) -> Moments:
    """The moments of at least one number."""
    wide = values.astype(np.float64)
    return Moments(*(float(v) for v in (wide.mean(), wide.std(), wide.min(), wide.max())))


def standardised(values: Array) -> NDArray[np.float32]:
    """(x − mean) / standard deviation of these numbers (n,); a constant becomes 0."""
    m = moments(values)
    scale = m.deviation if m.largest > m.smallest else 1.0
    return ((values.astype(np.float64) - m.mean) / scale).astype(np.float32)


@dataclass(frozen=True)
class FeatureHistogram:
    """counts[i] numbers lie from edges[i] to edges[i + 1]: (n_bins,) and (n_bins + 1,)."""

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]


def histogram(
    values: Array, bins: int = BINS, limits: tuple[float, float] | None = None
) -> FeatureHistogram:
    """At most `bins` bins of equal width between the limits, which are those of the values.

    There are fewer bins where there are few different values.
    """
    n_bins = int(min(bins, max(len(np.unique(values)), 1)))
    counts, edges = np.histogram(values.astype(np.float64), n_bins, limits)
    return FeatureHistogram(counts, edges)


def explained(values: Array, y: Array, n_classes: int) -> float:
    """How much a feature (n,) alone says of the target (n,): a share of the variance, 0 to 1.

    Classes: the share of its variance that lies between the class means (η²). Numbers
    (n_classes 0): the square of its correlation with the target.
    """
    wide, total = values.astype(np.float64), values.astype(np.float64).var()
    if total == 0 or len(y) < 2:
        return 0.0
    if not n_classes:
        return float(np.corrcoef(wide, y)[0, 1] ** 2) if np.ptp(y) > 0 else 0.0
    counts = np.bincount(y, minlength=n_classes)
    means = np.bincount(y, wide, n_classes) / np.maximum(counts, 1)
    return float((counts * (means - wide.mean()) ** 2).sum() / len(y) / total)


@dataclass(frozen=True)
class TrivialScore:
    """What a network must beat: the best answer that does not look at the input.

    answer: the commonest class among the training examples, or the median of their targets.
    score: its accuracy, or its mean absolute error, on `part`.
    """

    answer: float
    score: float


def baseline(dataset: Dataset, part: Split) -> TrivialScore:
    """The score on `part` (not empty) of always giving one answer, learnt from the training part.

    Of all constants the median has the smallest mean absolute error.
    """
    y = dataset.train.y
    if dataset.source.classes:
        commonest = int(class_counts(dataset.train, len(dataset.source.classes)).argmax())
        return TrivialScore(commonest, float((part.y == commonest).mean()))
    median = float(np.median(y))
    return TrivialScore(median, float(np.abs(part.y - median).mean()))
