"""Parallel coordinates of many runs, and the importance of the settings that vary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.experiment.model import CHOICES, format_value, is_logarithmic
from playground.nn.format import format_score

FEW = 8  # different numbers, each with a tick
WIDE = 100.0  # largest / smallest: above it the axis is logarithmic
BINS = 5  # of a setting with many values, for its importance
ENOUGH = 10  # runs needed for importances


@dataclass(frozen=True)
class Axis:
    """One setting of n runs.

    positions: (n,) from 0 (bottom) to 1; NaN where the setting has no effect. ticks: (position,
    text), rising. scale: "linear", "log", or "listed" (values at even distances).
    """

    name: str
    positions: NDArray[np.float32]
    ticks: tuple[tuple[float, str], ...]
    scale: str

    @property
    def partial(self) -> bool:
        """Whether the setting has no effect in some of the runs."""
        return bool(np.isnan(self.positions).any())


def axes(runs: Sequence[Mapping[str, Any]]) -> list[Axis]:
    """An axis for each field that varies; `runs`: active hyperparameters."""
    names = dict.fromkeys(name for fields in runs for name in fields)
    columns = {name: [fields.get(name) for fields in runs] for name in names}
    return [axis(name, values) for name, values in columns.items() if len(set(values)) > 1]


def axis(name: str, values: Sequence[Any]) -> Axis:
    """The axis of one field; None: it has no effect in that run."""
    known = [value for value in values if value is not None]
    different = sorted(set(known), key=lambda value: _order(name, value))
    numbers = all(type(value) in (int, float) for value in known)
    if not numbers or _is_listed(different):
        return _listed(name, values, different)
    low, high = float(different[0]), float(different[-1])
    is_log = low > 0 and (is_logarithmic(name) or high / low >= WIDE)
    ticks = different if len(different) <= FEW else _round_ticks(low, high, is_log)
    scaled = np.log if is_log else np.asarray
    bottom, top = float(scaled(low)), float(scaled(high))
    width = (top - bottom) or 1.0

    def place(value: float) -> float:
        return float((float(scaled(value)) - bottom) / width)

    positions = [np.nan if value is None else place(value) for value in values]
    labels = tuple((place(value), format_value(name, value)) for value in ticks)
    return Axis(name, np.array(positions, np.float32), labels, "log" if is_log else "linear")


def score_axis(scores: NDArray[np.float64], is_accuracy: bool) -> Axis:
    """The last axis: up is better; outliers far below all others are placed at its lower end.

    scores (n,): not all NaN. The lower end is Tukey's fence: three times the distance from the
    median to the lower quartile below that quartile.
    """
    goodness = scores if is_accuracy else -scores
    known = goodness[np.isfinite(goodness)]
    quarter, half, high = np.quantile(known, [0.25, 0.5, 1.0])
    low = float(known[known >= quarter - 3 * (half - quarter)].min())
    width = float(high - low) or 1.0
    positions = np.clip((goodness - low) / width, 0, 1).astype(np.float32)
    ticks = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0) if high > low else (0.0,):
        text = format_score(abs(low + share * width), is_accuracy)
        worse = ("≤ " if is_accuracy else "≥ ") if share == 0 and low > known.min() else ""
        ticks.append((share, worse + text))
    return Axis("accuracy" if is_accuracy else "mean error", positions, tuple(ticks), "linear")


def _is_listed(different: Sequence[Any]) -> bool:
    """Whether a few numbers span magnitudes from 0: 0, 0.0001, 0.01."""
    least = min((value for value in different if value > 0), default=0)
    return (
        2 < len(different) <= FEW and different[0] == 0 and least > 0 and different[-1] / least > 20
    )


def _listed(name: str, values: Sequence[Any], different: Sequence[Any]) -> Axis:
    last = max(len(different) - 1, 1)
    place = {value: i / last for i, value in enumerate(different)}
    positions = [np.nan if value is None else place[value] for value in values]
    ticks = tuple((place[value], format_value(name, value)) for value in different)
    return Axis(name, np.array(positions, np.float32), ticks, "listed")


def _order(name: str, value: Any) -> Any:
    """Sort key: numbers by size, layers by their units, choices as in their table."""
    if name == "hidden":
        return sum(value), value
    if name in CHOICES:
        table = list(CHOICES[name])
        return table.index(value) if value in table else len(table), str(value)
    return value


def _round_ticks(low: float, high: float, is_log: bool) -> list[float]:
    if is_log:
        powers = range(int(np.floor(np.log10(low))), int(np.floor(np.log10(high) + 1e-9)) + 1)
        for digits in ((1,), (1, 2, 5)):
            values = [float(f"{digit}e{power}") for power in powers for digit in digits]
            inner = [value for value in values if low <= value * 1.000001 and value <= high]
            if len(inner) > 1:
                break
        return inner[:: -(-len(inner) // FEW)]
    step = 10.0 ** np.floor(np.log10((high - low) / 4))
    step *= next(m for m in (1, 2, 5, 10) if (high - low) / (step * m) <= 6)
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(f"{n * step:.6g}") for n in range(first, last + 1)]


@dataclass(frozen=True)
class Importance:
    """The share of the variance of the scores that one setting explains, 0 to 1."""

    name: str
    share: float


def importances(axes: Sequence[Axis], scores: NDArray[np.float64]) -> list[Importance]:
    """The importance of each setting for the scores (n,), the largest first.

    share: 1 − (variance within groups of the same value) / (variance of all), each divided by its
    degrees of freedom; at least 0. Scores are replaced by ranks, so that one failure does not
    dominate. Many values are binned into five groups. Empty for fewer than ten runs or where all
    scores are equal.
    """
    rows = np.isfinite(scores)
    if rows.sum() < ENOUGH or float(np.ptp(scores[rows])) == 0:
        return []
    ranks = np.unique(scores[rows], return_inverse=True)[1].ravel().astype(np.float64)
    shares = [Importance(axis.name, _share(axis.positions[rows], ranks)) for axis in axes]
    return sorted(shares, key=lambda importance: -importance.share)


def _share(positions: NDArray[np.float32], scores: NDArray[np.float64]) -> float:
    groups = np.unique(positions, return_inverse=True, equal_nan=True)[1].ravel()
    if groups.max() + 1 > FEW:
        ranks = np.argsort(np.argsort(positions, kind="stable"), kind="stable")
        groups = ranks * BINS // len(positions)
    n, k = len(scores), int(groups.max()) + 1
    if n <= k:
        return 0.0
    count = np.bincount(groups, minlength=k)
    mean = np.bincount(groups, scores, minlength=k) / np.maximum(count, 1)
    within = float(((scores - mean[groups]) ** 2).sum())
    total = float(((scores - scores.mean()) ** 2).sum())
    return max(0.0, 1 - (within / (n - k)) / (total / (n - 1)))


def best_rows(scores: NDArray[np.float64], largest: bool, share: float) -> NDArray[np.intp]:
    """The rows of the best `share` of all finite scores, at least one, the best first."""
    rows = np.flatnonzero(np.isfinite(scores))
    order = rows[np.argsort(-scores[rows] if largest else scores[rows], kind="stable")]
    return order[: max(1, round(share * len(order)))] if len(order) else order


def in_common(
    runs: Sequence[Mapping[str, Any]], rows: NDArray[np.intp], names: Sequence[str]
) -> dict[str, Any]:
    """The fields with the same value in all `rows` of the runs."""
    common = {}
    for name in names:
        values = {runs[row].get(name) for row in rows}
        if len(values) == 1 and None not in values:
            common[name] = values.pop()
    return common
