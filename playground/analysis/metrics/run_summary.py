"""The scores of a run in numbers: last, best, gap and epochs to a target, one definition for all.

Scores are of the validation examples, or of the training examples where there are no others.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.analysis.metrics.score import score
from playground.datasets import Dataset
from playground.experiment.model import PLANNING
from playground.history.events import Event, Finished, Score
from playground.history.history import Column, History
from playground.nn.network import Snapshot

Epochs = NDArray[np.int32]

LOSS, METRIC = "loss", "metric"
LAST = 5  # epochs whose mean is the gap: the gap of a single epoch is noisy
TARGET_SHARE = 0.95  # of the best score


def best_row(values: NDArray[np.floating], higher_is_better: bool) -> int | None:
    """The row of the best finite value (n,), the first of equals; None without any."""
    if not np.isfinite(values).any():
        return None
    finite = np.where(np.isfinite(values), values, np.nan)
    return int(np.nanargmax(finite) if higher_is_better else np.nanargmin(finite))


def last_epochs(values: NDArray[Any]) -> NDArray[Any]:
    """The values of the last epochs: at most LAST of them, at most half (rounded up)."""
    return values[max(len(values) - LAST, len(values) // 2) :]


def mean_of_last(values: NDArray[np.floating]) -> float:
    """The mean over the `last_epochs`."""
    return float(last_epochs(values).mean())


# ---- targets -----------------------------------------------------------------------------


def target_score(best: float, share: float, higher_is_better: bool) -> float:
    """The score to reach: `share` of the best accuracy, or an error up to 1 − share above the best.

    With a share of 0.95: 95 % of the best accuracy, or 1.05 times the lowest error.
    """
    return best * share if higher_is_better else best * (2 - share)


def epochs_to(
    epoch: Epochs, values: NDArray[np.floating], target: float, higher_is_better: bool
) -> int | None:
    """The first epoch whose value (n,) reaches `target`; None where none does."""
    rows = np.flatnonzero(values >= target if higher_is_better else values <= target)
    return int(epoch[rows[0]]) if len(rows) else None


# ---- the summary -------------------------------------------------------------------------


@dataclass(frozen=True)
class RunSummary:
    """Last and best scores of one run. None: no finite number.

    The best epoch is that of the smallest validation loss, as Keras' EarlyStopping counts it:
    with the L1/L2 penalty. The best score has an epoch of its own.
    """

    epochs: int
    best_epoch: int | None
    best_loss: float | None  # at the best epoch
    last_loss: float | None
    best_score: float | None  # accuracy, or mean absolute error
    best_score_epoch: int | None
    last_score: float | None
    to_target: int | None  # epochs until the score first reaches the target
    seconds: float  # of training and validation
    compile_seconds: float | None  # not in `seconds`; None: not measured


def summarize(
    history: History,
    is_accuracy: bool,
    target: float | None = None,
    validated: bool = True,
    penalized: bool = True,
) -> RunSummary:
    """A run in numbers.

    validated: use the validation scores where there are any; penalized: losses with their L1/L2
    penalty.
    """
    validated = validated and history.val_loss is not None
    judged = history.validated if validated else history
    loss = judged_loss(judged, validated, penalized)
    values = judged_scores(judged, validated)
    row = _row_of_best(judged) if validated else best_row(loss, False)
    best = best_row(values, is_accuracy)
    return RunSummary(
        epochs=int(history.epoch[-1]) if len(history) else 0,
        best_epoch=None if row is None else int(judged.epoch[row]),
        best_loss=None if row is None else float(loss[row]),
        last_loss=_last(loss),
        best_score=None if best is None else float(values[best]),
        best_score_epoch=None if best is None else int(judged.epoch[best]),
        last_score=_last(values),
        to_target=None if target is None else epochs_to(judged.epoch, values, target, is_accuracy),
        seconds=float(history.training_seconds()[-1]) if len(history) else 0.0,
        compile_seconds=history.total_compile_seconds(),
    )


def _row_of_best(history: History) -> int | None:
    best = history.best_epoch
    return None if best is None else int(np.searchsorted(history.epoch, best))


def judged_loss(history: History, validated: bool = True, penalized: bool = True) -> Column:
    """The loss after each epoch (n,): validation where there is any, with or without penalty.

    NaN where an epoch was not evaluated.
    """
    loss, penalty = history.loss, history.penalty
    if validated and history.val_loss is not None and history.val_penalty is not None:
        loss, penalty = history.val_loss, history.val_penalty
    return loss if penalized else _without(loss, penalty)


def judged_scores(history: History, validated: bool = True) -> NDArray[np.float64]:
    """The score after each epoch (n,), NaN where it is not finite."""
    column = history.val_metric if validated and history.val_metric is not None else history.metric
    values = column.astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _last(values: NDArray[np.floating]) -> float | None:
    return float(values[-1]) if len(values) and np.isfinite(values[-1]) else None


def _without(loss: Column, penalty: Column) -> Column:
    # Saved runs from before penalties were stored have NaN here.
    return loss - np.nan_to_num(penalty)


def restored_epoch(last: Event | None) -> int | None:
    """The epoch whose weights were restored when training ended, if they were."""
    return last.best_epoch if isinstance(last, Finished) and last.restored else None


def loss_rise(history: History) -> float:
    """Rise of the validation loss (without penalty) since the best epoch; 0 if that is the last."""
    curves = losses(history)
    if curves.best is None:
        return 0.0
    return float(curves.validation[-1] - curves.validation[curves.best])


PLATEAU_EPOCHS, PLATEAU_SHARE = 10, 0.25  # at least so many epochs, and this share of the run
PLATEAU_GAIN = 0.01  # a smaller relative decrease of the training loss is none
PLATEAU_ROWS = 500  # that are looked at, evenly spaced


def plateau_start(history: History) -> int | None:
    """The epoch since which the training loss has not fallen by 1 %, if that is long ago."""
    rows = np.linspace(0, len(history) - 1, min(len(history), PLATEAU_ROWS)).round().astype(int)
    start, lowest = 0, np.inf
    for row, loss in zip(rows.tolist(), history.loss[rows].tolist(), strict=True):
        if loss < (1 - PLATEAU_GAIN) * lowest:
            start, lowest = row, loss
    since = len(history) - 1 - start
    if not np.isfinite(lowest) or since < max(PLATEAU_EPOCHS, PLATEAU_SHARE * len(history)):
        return None
    return int(history.epoch[start])


# ---- the gap -----------------------------------------------------------------------------


@dataclass(frozen=True)
class GapCurves:
    """One quantity on both parts, (n,) each; `best`: the row to mark, if any.

    After each epoch that was evaluated; without validation examples after every one.
    """

    epoch: Epochs
    training: Column
    validation: Column
    best: int | None

    def __len__(self) -> int:
        return len(self.epoch)


def losses(history: History) -> GapCurves:
    """Losses without their L1/L2 penalty, so that runs with and without can be compared.

    `best` is the best epoch of the run.
    """
    h, validation = history.validated, np.zeros(0, np.float32)
    if h.val_loss is not None and h.val_penalty is not None:
        validation = _without(h.val_loss, h.val_penalty)
    return GapCurves(h.epoch, _without(h.loss, h.penalty), validation, _row_of_best(h))


def metrics(history: History, is_accuracy: bool) -> GapCurves:
    """Accuracies, or mean absolute errors; `best` is the row of the best one."""
    h = history.validated
    validation = np.zeros(0, np.float32) if h.val_metric is None else h.val_metric
    return GapCurves(h.epoch, h.metric, validation, best_row(validation, is_accuracy))


@dataclass(frozen=True)
class GeneralizationGap:
    """Training and validation scores; a gap is positive where training is better."""

    epoch: int
    training: Score
    validation: Score
    is_accuracy: bool

    @property
    def loss(self) -> float:
        """Validation loss − training loss."""
        return self.validation.loss - self.training.loss

    @property
    def metric(self) -> float:
        """Training − validation accuracy, or validation − training error."""
        difference = self.training.metric - self.validation.metric
        return difference if self.is_accuracy else -difference


def gap(history: History, is_accuracy: bool, until: int | None = None) -> GeneralizationGap | None:
    """The gap up to epoch `until` (None: the last), the mean over the last epochs.

    Of the evaluated epochs since the last change of a setting, or since examples were added: at
    most LAST, at most half. Losses are without penalty; training scores are means during the
    epoch, as Keras prints them. None before the first epoch, or without validation examples.
    """
    history = history.validated
    loss, metric = losses(history), metrics(history, is_accuracy)
    end = len(history) if until is None else int(np.searchsorted(history.epoch, until, "right"))
    if not end or not len(loss.validation):
        return None
    rows = slice(int(window_starts(history)[end - 1]), end)
    training, validation = (
        Score(float(loss_column[rows].mean()), float(metric_column[rows].mean()))
        for loss_column, metric_column in (
            (loss.training, metric.training),
            (loss.validation, metric.validation),
        )
    )
    return GeneralizationGap(int(history.epoch[end - 1]), training, validation, is_accuracy)


def window_starts(history: History) -> NDArray[np.int64]:
    """For each epoch (n,) the first row of the window that its gap is the mean of."""
    end = np.arange(1, len(history) + 1)
    begin = np.zeros(len(history), np.int64)
    epochs = [change.epoch for change in history.changes if change.name not in PLANNING]
    epochs += [event.epoch for event in history.examples_added]
    for epoch in epochs:
        first = int(np.searchsorted(history.epoch, epoch, "right"))
        begin[first:] = np.maximum(begin[first:], first)
    return np.maximum(end - LAST, begin + (end - begin) // 2)


def accuracy_gaps(history: History) -> Column | None:
    """The gap in accuracy after each epoch (n,), as `gap` measures it; None without validation.

    NaN where an epoch was not evaluated.
    """
    h = history.validated
    if h.val_metric is None:
        return None
    difference = np.cumsum(h.metric - h.val_metric, dtype=np.float64)
    total = np.concatenate([[0.0], difference])
    end, start = np.arange(1, len(total)), window_starts(h)
    gaps = np.full(len(history), np.nan, np.float32)
    gaps[np.searchsorted(history.epoch, h.epoch)] = (total[end] - total[start]) / (end - start)
    return gaps


def measured_gap(snapshot: Snapshot, dataset: Dataset, loss: str) -> GeneralizationGap | None:
    """The gap of a network as it is, after the epoch and with all units on.

    None without validation examples.
    """
    if not len(dataset.validation):
        return None
    training, validation = (
        score(snapshot, dataset, part, loss) for part in (dataset.train, dataset.validation)
    )
    return GeneralizationGap(snapshot.epoch, training, validation, bool(dataset.source.classes))
