"""Smoothed curves, and mean, minimum and maximum of a curve over the seeds of a competitor."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from playground.experiment.model import Experiment
from playground.history.history import Column, History

Array = NDArray[np.float64]

MAX_SMOOTHING = 0.99  # at 1 the first value would be the whole curve
NEGLIGIBLE = 1e-17  # a weight that no longer changes a sum of 64-bit numbers


def smoothed(values: ArrayLike, beta: float) -> Array:
    """Debiased exponential moving average of `values` along the last axis, of the same shape.

    s_t = Σ_{i≤t} β^(t−i)·(1 − β)·x_i / (1 − β^t), t from 1, β in 0 … 0.99. It looks back only, so
    appending values never changes earlier ones. NaN and infinity are left out and become NaN.
    Raises ValueError for any other β.
    """
    if not 0 <= beta <= MAX_SMOOTHING:
        raise ValueError(f"smoothing must be between 0 and {MAX_SMOOTHING}, got {beta}")
    x = np.asarray(values, np.float64)
    finite = np.isfinite(x)
    if beta == 0 or x.size == 0:
        return np.where(finite, x, np.nan)
    total = _decayed_sum(np.where(finite, x, 0.0), beta)
    weight = _decayed_sum(finite.astype(np.float64), beta)  # (1 − β^t) / (1 − β) without gaps
    return np.asarray(np.divide(total, weight, out=np.full(x.shape, np.nan), where=finite))


def _decayed_sum(x: Array, beta: float) -> NDArray[Any]:
    """Σ_{i≤t} β^(t−i)·x_i, by windows of doubled length: few steps for a long curve."""
    total, window, factor = x.copy(), 1, beta
    while window < x.shape[-1] and factor > NEGLIGIBLE:
        total[..., window:] += factor * total[..., :-window].copy()
        window, factor = 2 * window, factor * factor
    return total


@dataclass(frozen=True)
class Quantity:
    """What a curve shows: a column of a history, for training and for validation."""

    training: Callable[[History], Column]
    validation: Callable[[History], Column | None]
    more_is_better: bool
    as_percent: bool = False  # 0 to 1, shown in percent


def _error_rate(accuracy: Column | None) -> Column | None:
    return None if accuracy is None else 1 - accuracy


QUANTITIES: Mapping[str, Quantity] = {
    "accuracy": Quantity(lambda h: h.metric, lambda h: h.val_metric, True, True),
    "error_rate": Quantity(
        lambda h: 1 - h.metric, lambda h: _error_rate(h.val_metric), False, True
    ),
    "mean_absolute_error": Quantity(lambda h: h.metric, lambda h: h.val_metric, False),
    "loss": Quantity(lambda h: h.loss, lambda h: h.val_loss, False),
}


@dataclass(frozen=True)
class SeedBand:
    """A curve of n points over the seeds, all arrays (n,); NaN where no seed has a finite value.

    Of the validation it has the epochs that were evaluated.
    """

    epoch: NDArray[np.int64]
    x: Array
    mean: Array
    low: Array
    high: Array
    raw: Array  # the mean before smoothing
    seeds: int
    best: int | None  # row of the best value of `raw`, the first of equals

    def __len__(self) -> int:
        return len(self.x)


def band(
    histories: Sequence[History],
    quantity: str,
    split: str,
    training: Sequence[bool],
    x: str = "epochs",
    steps_per_epoch: int = 1,
    smoothing: float = 0.0,
) -> SeedBand:
    """The curve of one competitor, up to the epoch that all seeds in training have finished.

    A seed that has ended counts as far as it went. quantity: a key of QUANTITIES; split:
    "training" or "validation"; training: whether each seed still trains; x: "epochs", "updates" or
    "seconds" (`History.training_seconds`, the mean over the seeds); smoothing: β, for each seed.
    """
    entry = QUANTITIES[quantity]
    selected = [getattr(entry, split)(history) for history in histories]
    columns: list[Column] = [np.zeros(0, np.float32) if c is None else c for c in selected]
    lengths = [len(column) for column in columns]
    unfinished = [n for n, trains in zip(lengths, training, strict=True) if trains]
    n = min(unfinished) if unfinished else max(lengths, default=0)
    values, rows = _stacked(columns, n), np.arange(n)
    if split == "validation" and any(h.validated is not h for h in histories):
        rows = np.flatnonzero(~np.isnan(values).all(axis=0))
    values = values[:, rows]
    raw, _, _ = _over_seeds(values)
    mean, low, high = _over_seeds(smoothed(values, smoothing))
    if x == "seconds":
        along, _, _ = _over_seeds(_stacked([h.training_seconds() for h in histories], n))
    else:
        along = np.arange(1, n + 1, dtype=np.float64) * (steps_per_epoch if x == "updates" else 1)
    best = None
    if np.isfinite(raw).any():
        best = int(np.nanargmax(raw) if entry.more_is_better else np.nanargmin(raw))
    return SeedBand(rows + 1, along[rows], mean, low, high, raw, len(histories), best)


def _stacked(columns: Sequence[NDArray[Any]], n: int) -> Array:
    """(seeds, n), NaN where a seed has no finite value."""
    rows = np.full((len(columns), n), np.nan)
    for row, column in zip(rows, columns, strict=True):
        row[: len(column)] = column[:n]
    rows[~np.isfinite(rows)] = np.nan
    return rows


def _over_seeds(values: Array) -> tuple[Array, Array, Array]:
    """Mean, minimum and maximum of each column of (seeds, n), NaN left out."""
    finite = np.isfinite(values)
    count, missing = finite.sum(axis=0), np.full(values.shape[1], np.nan)
    total = np.where(finite, values, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=missing.copy(), where=count > 0)
    low = np.where(finite, values, np.inf).min(axis=0, initial=np.inf)
    high = np.where(finite, values, -np.inf).max(axis=0, initial=-np.inf)
    return mean, np.where(count > 0, low, np.nan), np.where(count > 0, high, np.nan)


def competitor_bands(
    experiments: Sequence[Experiment],
    histories: Sequence[History],
    quantity: str,
    splits: Sequence[str],
    training: Sequence[bool],
    x: str = "epochs",
    smoothing: float = 0.0,
) -> dict[str, SeedBand]:
    """`band` of one competitor by split; splits without examples are left out."""
    steps = experiments[0].steps_per_epoch
    return {
        split: band(histories, quantity, split, training, x, steps, smoothing)
        for split in splits
        if split == "training" or experiments[0].data.validation_size
    }
