"""Statistics of a data set: class counts, mean images, histograms, moments of features."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Split
from playground.datasets.preprocessing import brightness_counts

Array = NDArray[Any]

COUNTED = 10_000  # images whose pixels are counted
BINS = 30  # of a histogram of numbers


def class_counts(part: Split, n_classes: int) -> NDArray[np.int64]:
    """Examples of each class, (n_classes,)."""
    return np.bincount(part.y, minlength=n_classes)


def rows_of(part: Split, classes: tuple[int, ...]) -> NDArray[np.int64]:
    """Rows of the examples of some classes, in their order; all rows for no classes."""
    if not classes:
        return np.arange(len(part))
    return np.flatnonzero(np.isin(part.y, classes))


def mean_images(part: Split, n_classes: int) -> NDArray[np.float32]:
    """Mean image of each class, (n_classes, height, width); 0 for a class without examples."""
    flat = part.x.reshape(len(part), -1)
    sums = np.stack([flat[part.y == c].sum(axis=0, dtype=np.uint32) for c in range(n_classes)])
    counts = np.maximum(class_counts(part, n_classes), 1)
    return (sums / counts[:, None]).astype(np.float32).reshape(n_classes, *part.x.shape[1:])


def pixel_counts(part: Split, maximum: float) -> NDArray[np.int64]:
    """Pixels of each brightness 0 … maximum, in the first COUNTED images."""
    return brightness_counts([part.x[:COUNTED]])[: round(maximum) + 1]


@dataclass(frozen=True)
class Moments:
    """Mean, (population) standard deviation, minimum and maximum."""

    mean: float
    std: float
    minimum: float
    maximum: float


def moments(values: Array) -> Moments:
    """The moments of at least one number."""
    wide = values.astype(np.float64)
    return Moments(*(float(v) for v in (wide.mean(), wide.std(), wide.min(), wide.max())))


def standardized(values: Array) -> NDArray[np.float32]:
    """(x − mean) / standard deviation of these numbers (n,); a constant becomes 0."""
    m = moments(values)
    scale = m.std if m.maximum > m.minimum else 1.0
    return ((values.astype(np.float64) - m.mean) / scale).astype(np.float32)


@dataclass(frozen=True)
class FeatureHistogram:
    """counts[i] numbers lie from edges[i] to edges[i + 1]: (n_bins,) and (n_bins + 1,)."""

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]


def histogram(
    values: Array, bins: int = BINS, limits: tuple[float, float] | None = None
) -> FeatureHistogram:
    """At most `bins` bins of equal width, fewer for few distinct values.

    limits: first and last edge; None: minimum and maximum of the values.
    """
    n_bins = int(min(bins, max(len(np.unique(values)), 1)))
    counts, edges = np.histogram(values.astype(np.float64), n_bins, limits)
    return FeatureHistogram(counts, edges)


def explained_variance(values: Array, y: Array, n_classes: int) -> float:
    """Fraction of variance that a feature (n,) and the target (n,) share, 0 to 1.

    Classes: the fraction of the feature's variance between the class means (η²). Regression
    (n_classes 0): the squared correlation with the target (R² of a straight line).
    """
    wide, total = values.astype(np.float64), values.astype(np.float64).var()
    if total == 0 or len(y) < 2:
        return 0.0
    if not n_classes:
        return float(np.corrcoef(wide, y)[0, 1] ** 2) if np.ptp(y) > 0 else 0.0
    counts = np.bincount(y, minlength=n_classes)
    means = np.bincount(y, wide, n_classes) / np.maximum(counts, 1)
    return float((counts * (means - wide.mean()) ** 2).sum() / len(y) / total)
