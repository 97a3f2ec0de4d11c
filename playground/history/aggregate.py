"""Smoothing a curve without moving what is already drawn.

A competitor's curve over its seeds: the mean, and the least and the most of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playground.experiment.model import Experiment
from playground.history.history import Column, History, seconds_spent

Array = NDArray[np.float64]


MOST_SMOOTHING = 0.99  # at 1 the first value would be the whole curve
NEGLIGIBLE = 1e-17  # a weight that no longer changes a sum of 64-bit numbers


def smoothed(values: ArrayLike, beta: float) -> NDArray[np.float64]:
    """The debiased exponential moving average of `values` along the last axis, of the same shape.

    s_t = Σ_{i≤t} β^(t−i)·(1 − β)·x_i / (1 − β^t), t from 1: recent values count more, β in 0 … 0.99
    says how slowly the older ones fade. It looks back only, so further values leave what came
    before as it was. Values that are not finite are left out of the average, and stay gaps.
    Raises ValueError for another β.
    """
    if not 0 <= beta <= MOST_SMOOTHING:
        raise ValueError(f"smoothing must be between 0 and {MOST_SMOOTHING}, got {beta}")
    x = np.asarray(values, np.float64)
    there = np.isfinite(x)
    if beta == 0 or x.size == 0:
        return np.where(there, x, np.nan)
    total = _faded(np.where(there, x, 0.0), beta)
    weight = _faded(there.astype(np.float64), beta)  # (1 − β^t) / (1 − β) where nothing is missing
    return np.asarray(np.divide(total, weight, out=np.full(x.shape, np.nan), where=there))


def _faded(x: NDArray[np.float64], beta: float) -> NDArray[Any]:
    """Σ_{i≤t} β^(t−i)·x_i, by windows of doubled length: few steps for a long curve."""
    total, span, share = x.copy(), 1, beta
    while span < x.shape[-1] and share > NEGLIGIBLE:
        total[..., span:] += share * total[..., :-span].copy()
        span, share = 2 * span, share * share
    return total


@dataclass(frozen=True)
class Quantity:
    """What a curve shows: the column of a history, for training and for validation."""

    training: Callable[[History], Column]
    validation: Callable[[History], Column | None]
    more_is_better: bool
    is_share: bool = False  # 0 to 1, shown in per cent


def _wrong(column: Column | None) -> Column | None:
    return None if column is None else 1 - column


QUANTITIES: Mapping[str, Quantity] = {
    "accuracy": Quantity(lambda h: h.metric, lambda h: h.val_metric, True, True),
    "error_rate": Quantity(lambda h: 1 - h.metric, lambda h: _wrong(h.val_metric), False, True),
    "mean_absolute_error": Quantity(lambda h: h.metric, lambda h: h.val_metric, False),
    "loss": Quantity(lambda h: h.loss, lambda h: h.val_loss, False),
}


@dataclass(frozen=True)
class SeedBand:
    """n points, all arrays (n,); NaN where no seed has a finite value."""

    x: Array
    mean: Array
    low: Array
    high: Array
    raw: Array  # the mean before smoothing
    seeds: int
    best: int | None  # the row where `raw` is best, the first of equals

    def __len__(self) -> int:
        return len(self.x)


def band(
    histories: Sequence[History],
    quantity: str,
    part: str,
    living: Sequence[bool],
    x: str = "epochs",
    steps_per_epoch: int = 1,
    smoothing: float = 0.0,
) -> SeedBand:
    """The curve of one competitor, up to the epoch that all its living seeds have finished.

    A seed that has ended counts as far as it came. quantity: a key of QUANTITIES; part: "training"
    or "validation"; x: "epochs", "updates" or "seconds" (of training and validating, the mean over
    the seeds); smoothing: β, applied to each seed by itself.
    """
    entry = QUANTITIES[quantity]
    told = [getattr(entry, part)(history) for history in histories]
    columns: list[Column] = [np.zeros(0, np.float32) if c is None else c for c in told]
    n = _length([len(column) for column in columns], living)
    values = _stacked(columns, n)
    raw, _, _ = _over_seeds(values)
    mean, low, high = _over_seeds(smoothed(values, smoothing))
    epochs = np.arange(1, n + 1, dtype=np.float64)
    if x == "seconds":
        spent = _stacked([seconds_spent(history) for history in histories], n)
        across, _, _ = _over_seeds(spent)
    else:
        across = epochs * (steps_per_epoch if x == "updates" else 1)
    best = None
    if np.isfinite(raw).any():
        best = int(np.nanargmax(raw) if entry.more_is_better else np.nanargmin(raw))
    return SeedBand(across, mean, low, high, raw, len(histories), best)


def _length(lengths: Sequence[int], living: Sequence[bool]) -> int:
    alive = [length for length, lives in zip(lengths, living, strict=True) if lives]
    return min(alive) if alive else max(lengths, default=0)


def _stacked(columns: Sequence[NDArray[Any]], n: int) -> Array:
    """(seeds, n), NaN where a seed has no finite value."""
    rows = np.full((len(columns), n), np.nan)
    for row, column in zip(rows, columns, strict=True):
        row[: len(column)] = column[:n]
    rows[~np.isfinite(rows)] = np.nan
    return rows


def _over_seeds(values: Array) -> tuple[Array, Array, Array]:
    """Mean, least and most of each column of (seeds, n); NaN where there is nothing."""
    there = np.isfinite(values)
    count, nothing = there.sum(axis=0), np.full(values.shape[1], np.nan)
    total = np.where(there, values, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=nothing.copy(), where=count > 0)
    low = np.where(there, values, np.inf).min(axis=0, initial=np.inf)
    high = np.where(there, values, -np.inf).max(axis=0, initial=-np.inf)
    return mean, np.where(count > 0, low, np.nan), np.where(count > 0, high, np.nan)


def competitor_bands(
    experiments: Sequence[Experiment],
    histories: Sequence[History],
    quantity: str,
    parts: Sequence[str],
    living: Sequence[bool],
    x: str = "epochs",
    smoothing: float = 0.0,
) -> dict[str, SeedBand]:
    """The bands of some parts of one competitor, by part; those without examples are left out."""
    parts = [p for p in parts if p == "training" or experiments[0].data.validation_size]
    steps = experiments[0].steps_per_epoch
    return {part: band(histories, quantity, part, living, x, steps, smoothing) for part in parts}
