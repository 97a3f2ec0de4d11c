"""What tells runs apart: settings that differ, curves that differ, and why that may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import Experiment, format_value, text_label
from playground.history.history import Column, History
from playground.nn.losses import CLASSIFICATION

TARGET = 0.95  # of the best accuracy: by when does a run get there?
APART = 0.01  # of accuracy: from here on two curves have parted
APART_SHARE = 0.05  # …and of any other number, as a share of the larger one
PENALTIES = ("l1", "l2")  # where they differ, losses are compared without them
CHANGED, TAUGHT = "changed while training", "taught by hand"  # beside the fields of an experiment


@dataclass(frozen=True)
class Compared:
    """One of the runs to be compared; they are called A, B, C, … in the order they are given."""

    experiment: Experiment
    history: History
    state: str = "finished"


@dataclass(frozen=True)
class SettingDifference:
    """A choice that is not the same for all runs; None: of no effect in that run."""

    name: str
    values: tuple[Any, ...]

    @property
    def shared(self) -> bool:
        """Whether it has an effect in every run: else it only came along with another choice."""
        return all(value is not None for value in self.values)

    def said(self, run: int) -> str:
        """The value of one run in words; "–" where it has no effect."""
        value = self.values[run]
        return "–" if value is None else format_value(self.name, value)


@dataclass(frozen=True)
class RunCourse:
    """The curve of one run in numbers: on validation examples, or on training ones without any.

    Losses contain the L1/L2 penalty, unless it is a difference between the runs.
    `metric` is the accuracy (0 to 1) or the mean absolute error. None: there is no finite number.
    """

    epochs: int
    best_loss: float | None
    best_loss_epoch: int | None
    last_loss: float | None
    best_metric: float | None
    best_metric_epoch: int | None
    last_metric: float | None
    to_target: int | None  # epochs until `metric` first reaches the target
    seconds: float


@dataclass(frozen=True)
class RunGap:
    """How far the curves of two runs are from each other, over the epochs that both have."""

    epochs: int
    area: float | None  # ∫ |a − b| over the epochs, of the losses; by trapezia
    mean: float | None  # |a − b| of the losses, on average
    parting: int | None  # the first epoch at which the metrics are apart


@dataclass(frozen=True)
class RunDifference:
    """What tells some runs apart; `gaps` are those of A to each other run."""

    settings: tuple[SettingDifference, ...]
    courses: tuple[RunCourse, ...]
    gaps: tuple[RunGap, ...]
    target: float | None  # which metric counts as good: 95 % of the best
    is_share: bool  # whether the metric is an accuracy
    validated: bool  # whether all numbers are those of validation examples
    comparable: bool  # whether scores of these runs mean the same
    same_curves: bool  # whether all epochs that they share are equal


def difference(runs: Sequence[Compared]) -> RunDifference:
    """Compare two or more runs; raises ValueError for fewer."""
    if len(runs) < 2:
        raise ValueError(f"runs must be at least 2 to be compared, got {len(runs)}")
    tasks = {run.experiment.data.source.task for run in runs}
    is_share = tasks == {CLASSIFICATION}
    validated = all(run.history.val_metric is not None for run in runs if len(run.history))
    found = settings(runs)
    pure = any(setting.name in PENALTIES for setting in found)
    curves = [_judged(run.history, validated, pure) for run in runs]
    losses, metrics = [loss for loss, _ in curves], [metric for _, metric in curves]
    comparable = len({run.experiment.data.dataset for run in runs}) == 1 and len(tasks) == 1
    target = _target([_best(metric, is_share) for metric in metrics], is_share)
    courses = tuple(
        _course(run.history, loss, metric, is_share, target if comparable else None)
        for run, loss, metric in zip(runs, losses, metrics, strict=True)
    )
    gaps = tuple(
        _gap((losses[0], losses[i]), (metrics[0], metrics[i]), is_share)
        for i in range(1, len(runs))
    )
    return RunDifference(
        settings=found,
        courses=courses,
        gaps=gaps,
        target=target if comparable else None,
        is_share=is_share,
        validated=validated,
        comparable=comparable,
        same_curves=all(_same(runs[0].history, run.history) for run in runs[1:]),
    )


def _judged(history: History, validated: bool, pure: bool) -> tuple[Column, Column]:
    """Loss (pure: without the penalty) and metric that a run is judged by."""
    loss, metric, penalty = history.loss, history.metric, history.penalty
    if validated and history.val_loss is not None and history.val_metric is not None:
        loss, metric = history.val_loss, history.val_metric
        penalty = np.zeros_like(loss) if history.val_penalty is None else history.val_penalty
    return loss - penalty if pure else loss, metric


def settings(runs: Sequence[Compared]) -> tuple[SettingDifference, ...]:
    """The choices with an effect that are not the same for all, as the runs began; then what
    happened to them on the way.
    """
    begun = [active_hyperparameters(_begun(run)) for run in runs]
    names = dict.fromkeys(name for fields in begun for name in fields)
    found = [SettingDifference(name, tuple(fields.get(name) for fields in begun)) for name in names]
    found.append(SettingDifference(CHANGED, tuple(_changes(run.history) for run in runs)))
    found.append(SettingDifference(TAUGHT, tuple(_lessons(run.history) for run in runs)))
    return tuple(one for one in found if len(set(one.values)) > 1)


def _begun(run: Compared) -> Experiment:
    """The experiment before anything was changed while it ran."""
    first: dict[str, Any] = {}
    for change in run.history.changes:
        first.setdefault(change.name, change.before)
    return run.experiment.replace(**first) if first else run.experiment


def _changes(history: History) -> str:
    told = [
        f"{text_label(c.name)} {format_value(c.name, c.before)} → {format_value(c.name, c.after)} after epoch {c.epoch}"
        for c in history.changes
    ]
    return "; ".join(told) or "nothing"


def _lessons(history: History) -> str:
    told = [
        f"{each.examples:,} examples after epoch {each.epoch}" for each in history.examples_added
    ]
    return "; ".join(told) or "nothing"


def _finite(values: NDArray[Any]) -> NDArray[np.intp]:
    return np.flatnonzero(np.isfinite(values))


def _best_row(values: Column, largest: bool) -> int | None:
    rows = _finite(values)
    if not len(rows):
        return None
    held = values[rows]
    return int(rows[int(held.argmax() if largest else held.argmin())])


def _best(values: Column, largest: bool) -> float | None:
    row = _best_row(values, largest)
    return None if row is None else float(values[row])


def _target(best: Sequence[float | None], is_share: bool) -> float | None:
    there = [value for value in best if value is not None]
    if not there:
        return None
    return TARGET * max(there) if is_share else min(there) / TARGET


def _course(
    history: History, loss: Column, metric: Column, is_share: bool, target: float | None
) -> RunCourse:
    lowest, best = _best_row(loss, False), _best_row(metric, is_share)
    reached = np.zeros(0, bool)
    if target is not None:
        reached = metric >= target if is_share else metric <= target
    return RunCourse(
        epochs=int(history.epoch[-1]) if len(history) else 0,
        best_loss=None if lowest is None else float(loss[lowest]),
        best_loss_epoch=None if lowest is None else int(history.epoch[lowest]),
        last_loss=_last(loss),
        best_metric=None if best is None else float(metric[best]),
        best_metric_epoch=None if best is None else int(history.epoch[best]),
        last_metric=_last(metric),
        to_target=int(history.epoch[int(reached.argmax())]) if reached.any() else None,
        seconds=float(history.seconds.sum(dtype=np.float64)),
    )


def _last(values: Column) -> float | None:
    return float(values[-1]) if len(values) and np.isfinite(values[-1]) else None


def _gap(losses: tuple[Column, Column], metrics: tuple[Column, Column], is_share: bool) -> RunGap:
    n = min(len(losses[0]), len(losses[1]))
    a, b = (np.asarray(loss[:n], np.float64) for loss in losses)
    with np.errstate(invalid="ignore"):
        apart = np.abs(a - b)
    area = mean = None
    rows = _finite(apart)
    if len(rows):
        area = float(np.trapezoid(apart[rows], rows + 1.0))
        mean = float(apart[rows].mean())
    p, q = (np.asarray(metric[:n], np.float64) for metric in metrics)
    with np.errstate(invalid="ignore"):
        most = APART if is_share else APART_SHARE * np.maximum(np.abs(p), np.abs(q))
        parted = np.abs(p - q) > most + 1e-7  # 0.87 − 0.86 is a little more than 0.01 in float32
    return RunGap(n, area, mean, int(parted.argmax()) + 1 if parted.any() else None)


def _same(a: History, b: History) -> bool:
    n = min(len(a), len(b))
    pairs = ((a.loss, b.loss), (a.val_loss, b.val_loss), (a.val_metric, b.val_metric))
    return n > 0 and all(
        p is q is None
        or (p is not None and q is not None and np.array_equal(p[:n], q[:n], equal_nan=True))
        for p, q in pairs
    )
