"""How far training and validation are apart: the curves, the gap between them, the best epoch."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.analysis.metrics.score import score
from playground.datasets import Dataset
from playground.history.events import Event, Finished, Score
from playground.history.history import History
from playground.nn.network import Snapshot

Column = NDArray[np.float32]
Epochs = NDArray[np.int32]

LOSS, METRIC = "loss", "metric"
LAST = 5  # epochs that the gap is the mean of: one alone jumps up and down


@dataclass(frozen=True)
class GapCurves:
    """One quantity on both parts after each epoch, (n,) each.

    `best`: the row of the best validation value, None without any.
    """

    epoch: Epochs
    training: Column
    validation: Column
    best: int | None

    def __len__(self) -> int:
        return len(self.epoch)


def losses(history: History) -> GapCurves:
    """The losses without their L1/L2 penalty, so that those with and without can be compared."""
    validation = np.zeros(0, np.float32)
    if history.val_loss is not None and history.val_penalty is not None:
        validation = _without(history.val_loss, history.val_penalty)
    training = _without(history.loss, history.penalty)
    return _curves(history, training, validation, smallest=True)


def metrics(history: History, is_share: bool) -> GapCurves:
    """Accuracies, of which more is better, or mean absolute errors."""
    found = history.val_metric
    validation = np.zeros(0, np.float32) if found is None else found
    return _curves(history, history.metric, validation, smallest=not is_share)


def _without(loss: Column, penalty: Column) -> Column:
    # Before penalties were kept by themselves they are not a number in a saved run.
    return loss - np.nan_to_num(penalty)


def _curves(history: History, training: Column, validation: Column, smallest: bool) -> GapCurves:
    best = None
    if len(validation) and np.isfinite(validation).any():
        best = int(np.nanargmin(validation) if smallest else np.nanargmax(validation))
    return GapCurves(history.epoch, training, validation, best)


@dataclass(frozen=True)
class GeneralizationGap:
    """The scores on both parts at one moment; a gap is positive where training is better."""

    epoch: int
    training: Score
    validation: Score
    is_share: bool

    @property
    def loss(self) -> float:
        """Validation loss − training loss."""
        return self.validation.loss - self.training.loss

    @property
    def metric(self) -> float:
        """Training − validation accuracy, or validation − training error."""
        difference = self.training.metric - self.validation.metric
        return difference if self.is_share else -difference


def gap(history: History, is_share: bool, epoch: int | None = None) -> GeneralizationGap | None:
    """The gap after `epoch`, or over the last LAST epochs; None before one, or without validation.

    Losses without penalty. The training scores are means over the epoch, as Keras prints them.
    """
    loss, metric = losses(history), metrics(history, is_share)
    if not len(loss) or not len(loss.validation):
        return None
    rows = np.flatnonzero(history.epoch == epoch)
    if not len(rows):
        rows = np.arange(max(len(loss) - LAST, len(loss) // 2), len(loss))
    return GeneralizationGap(
        int(history.epoch[rows[-1]]),
        Score(float(loss.training[rows].mean()), float(metric.training[rows].mean())),
        Score(float(loss.validation[rows].mean()), float(metric.validation[rows].mean())),
        is_share,
    )


def measured(snapshot: Snapshot, dataset: Dataset, loss: str) -> GeneralizationGap | None:
    """The gap of a network as it is, with all its units; None without validation examples."""
    if not len(dataset.validation):
        return None
    training, validation = (
        score(snapshot, dataset, part, loss) for part in (dataset.train, dataset.validation)
    )
    return GeneralizationGap(snapshot.epoch, training, validation, bool(dataset.source.classes))


def best_epoch(history: History) -> int | None:
    """The epoch with the smallest validation loss, penalty apart."""
    found = losses(history)
    return None if found.best is None else int(found.epoch[found.best])


def restored_epoch(last: Event | None) -> int | None:
    """The epoch a run has gone back to at its end, if it has."""
    return last.best_epoch if isinstance(last, Finished) and last.restored else None


def rises(history: History) -> float:
    """How much the validation loss has risen since its best epoch; 0 if it is the last."""
    found = losses(history)
    if found.best is None:
        return 0.0
    return float(found.validation[-1] - found.validation[found.best])
