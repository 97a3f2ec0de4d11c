"""Differences between runs: settings, scores, and the distance of their curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from playground.analysis.metrics.run_summary import (
    TARGET_SHARE,
    RunSummary,
    judged_loss,
    judged_scores,
    summarize,
    target_score,
)
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import Experiment, format_value, text_label
from playground.history.history import Column, History
from playground.nn.losses import CLASSIFICATION
from playground.nn.optimizers import OPTIMIZERS

APART = 0.01  # of accuracy: at this distance two curves have parted
APART_SHARE = 0.05  # of any other number, as a share of the larger one
PENALTIES = ("l1", "l2")  # where they differ, losses are compared without them
# Differences that are no fields of an experiment:
CHANGED, ADDED = "changed while training", "added examples"


@dataclass(frozen=True)
class Compared:
    """One of the runs to compare; they are called A, B, C, … in the order given."""

    experiment: Experiment
    history: History
    state: str = "finished"


@dataclass(frozen=True)
class SettingDifference:
    """A setting that differs between the runs; None: it has no effect in that run."""

    name: str
    values: tuple[Any, ...]
    follows: bool = False  # the learning rate, where each run has its optimizer's default

    @property
    def independent(self) -> bool:
        """Whether it was chosen by itself: it does not follow from another choice."""
        return not self.follows and all(value is not None for value in self.values)

    def text(self, run: int) -> str:
        """The value of one run; "–" where it has no effect."""
        value = self.values[run]
        return "–" if value is None else format_value(self.name, value)


@dataclass(frozen=True)
class CurveDistance:
    """The distance of the curves of two runs, over the epochs that both have."""

    epochs: int
    area: float | None  # ∫ |a − b| of the losses over the epochs, by the trapezoidal rule
    mean: float | None  # of |a − b| of the losses
    parting: int | None  # the first epoch at which the scores are apart


@dataclass(frozen=True)
class RunDifference:
    """The differences between some runs; `distances` are those of A to each other run."""

    settings: tuple[SettingDifference, ...]
    summaries: tuple[RunSummary, ...]
    distances: tuple[CurveDistance, ...]
    target: float | None  # the score to reach: TARGET_SHARE of the best
    is_accuracy: bool
    validated: bool  # whether all numbers are of validation examples
    comparable: bool  # whether the scores mean the same
    same_curves: bool  # whether all epochs that they share are equal


def difference(runs: Sequence[Compared]) -> RunDifference:
    """Compare two or more runs; raises ValueError for fewer."""
    if len(runs) < 2:
        raise ValueError(f"runs must be at least 2 to be compared, got {len(runs)}")
    tasks = {run.experiment.data.source.task for run in runs}
    is_accuracy = tasks == {CLASSIFICATION}
    validated = all(run.history.val_metric is not None for run in runs if len(run.history))
    differing = settings(runs)
    penalized = not any(setting.name in PENALTIES for setting in differing)
    comparable = len({run.experiment.data.dataset for run in runs}) == 1 and len(tasks) == 1

    def summaries(target: float | None) -> tuple[RunSummary, ...]:
        return tuple(
            summarize(run.history, is_accuracy, target, validated, penalized) for run in runs
        )

    best = [s.best_score for s in summaries(None) if s.best_score is not None]
    target = None
    if comparable and best:
        target = target_score(max(best) if is_accuracy else min(best), TARGET_SHARE, is_accuracy)
    first = runs[0].history
    return RunDifference(
        settings=differing,
        summaries=summaries(target),
        distances=tuple(
            _distance(first, run.history, is_accuracy, validated, penalized) for run in runs[1:]
        ),
        target=target,
        is_accuracy=is_accuracy,
        validated=validated,
        comparable=comparable,
        same_curves=all(_same(first, run.history) for run in runs[1:]),
    )


def settings(runs: Sequence[Compared]) -> tuple[SettingDifference, ...]:
    """Active settings that differ at the beginning of the runs, then later changes."""
    started = [_at_start(run) for run in runs]
    fields = [active_hyperparameters(experiment) for experiment in started]
    names = dict.fromkeys(name for active in fields for name in active)
    differing = [
        SettingDifference(
            name, tuple(active.get(name) for active in fields), _follows(name, fields)
        )
        for name in names
    ]
    differing.append(SettingDifference(CHANGED, tuple(_changes(run.history) for run in runs)))
    differing.append(SettingDifference(ADDED, tuple(_added(run.history) for run in runs)))
    return tuple(setting for setting in differing if len(set(setting.values)) > 1)


def _at_start(run: Compared) -> Experiment:
    """The experiment before anything was changed while it trained."""
    first: dict[str, Any] = {}
    for change in run.history.changes:
        first.setdefault(change.name, change.before)
    return run.experiment.replace(**first) if first else run.experiment


def _follows(name: str, fields: Sequence[dict[str, Any]]) -> bool:
    """Whether every run has the default learning rate of its own optimizer."""
    return name == "learning_rate" and all(
        active[name] == OPTIMIZERS[active["optimizer"]].defaults[name] for active in fields
    )


def _changes(history: History) -> str:
    texts = []
    for change in history.changes:
        before, after = (format_value(change.name, v) for v in (change.before, change.after))
        texts.append(f"{text_label(change.name)} {before} → {after} after epoch {change.epoch}")
    return "; ".join(texts) or "nothing"


def _added(history: History) -> str:
    texts = [
        f"{event.examples:,} examples after epoch {event.epoch}" for event in history.examples_added
    ]
    return "; ".join(texts) or "nothing"


def _distance(
    a: History, b: History, is_accuracy: bool, validated: bool, penalized: bool
) -> CurveDistance:
    n = min(len(a), len(b))
    p, q = (judged_loss(h, validated, penalized)[:n].astype(np.float64) for h in (a, b))
    with np.errstate(invalid="ignore"):
        apart = np.abs(p - q)
    rows = np.flatnonzero(np.isfinite(apart))
    area = float(np.trapezoid(apart[rows], rows + 1.0)) if len(rows) else None
    mean = float(apart[rows].mean()) if len(rows) else None
    p, q = (judged_scores(h, validated)[:n] for h in (a, b))
    most = APART if is_accuracy else APART_SHARE * np.maximum(np.abs(p), np.abs(q))
    parted = np.abs(p - q) > most + 1e-7  # 0.87 − 0.86 is a little more than 0.01 in float32
    return CurveDistance(n, area, mean, int(parted.argmax()) + 1 if parted.any() else None)


def _same(a: History, b: History) -> bool:
    n = min(len(a), len(b))

    def equal(p: Column | None, q: Column | None) -> bool:
        if p is None or q is None:
            return p is q
        known = ~(np.isnan(p[:n]) | np.isnan(q[:n]))  # by both: not every epoch is validated
        return np.array_equal(p[:n][known], q[:n][known])

    return n > 0 and all(
        equal(p, q)
        for p, q in ((a.loss, b.loss), (a.val_loss, b.val_loss), (a.val_metric, b.val_metric))
    )
