"""The course of a run, as rules judge it: what came after the last change of its settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile

import numpy as np
from numpy.typing import NDArray

from playground.diagnosis.baseline import Baseline
from playground.diagnosis.look import Look
from playground.events import Diverged, Epoch, Event, Finished, LayerStatistics
from playground.experiment import Experiment
from playground.gap import LAST, Curves, losses, metrics
from playground.history import History, history
from playground.losses import CLASSIFICATION

Values = NDArray[np.float64]
PACE = 10  # epochs, or a tenth of them in a long run, that a pace is measured over


@dataclass(frozen=True)
class Course:
    """The epochs after the last live change or lesson; losses are without the L1/L2 penalty.

    A run that went back to its best weights ends there. `look` may be older than the last epoch,
    or None where there are no weights to look at.
    """

    experiment: Experiment
    last: Event | None  # what happened last
    since: int  # epochs finished before the first one judged
    epoch: NDArray[np.int32]
    training: Values
    training_metric: Values
    validation: Values | None
    validation_metric: Values | None
    penalty: Values
    rate: float  # the learning rate of the last update; NaN before one
    layers: tuple[LayerStatistics, ...]  # after the last epoch
    gradients: tuple[float, ...]  # of each layer: the median over the last epochs
    baseline: Baseline
    look: Look | None

    def __len__(self) -> int:
        return len(self.epoch)

    @property
    def is_share(self) -> bool:
        """Whether the metric is an accuracy."""
        return self.experiment.data.source.task == CLASSIFICATION

    @property
    def diverged(self) -> Diverged | None:
        """The end of a run whose loss was no number any more."""
        return self.last if isinstance(self.last, Diverged) else None

    @property
    def seen(self) -> Values:
        """The losses that judge: of the validation examples, or the training ones without any."""
        return self.training if self.validation is None else self.validation

    @property
    def part(self) -> str:
        """Which examples those are."""
        return "training" if self.validation is None else "validation"

    @cached_property
    def skill(self) -> float:
        """Of the last epochs, from the baseline (0) to perfection (1); NaN before any."""
        metric = self.training_metric if self.validation is None else self.validation_metric
        return self._skill(self.seen, metric)

    @cached_property
    def training_skill(self) -> float:
        """The same on training examples, with all units on where that is known."""
        found = self._skill(self.training, self.training_metric)
        if self.look is not None and self.look.epoch > self.since and len(self):
            measured, task = self.look.training, self.experiment.data.source.task
            switched_on = self.baseline.skill(measured.loss, measured.metric, task)
            return float(np.fmax(found, switched_on))
        return found

    def _skill(self, loss: Values, metric: Values | None) -> float:
        if not len(loss) or metric is None:
            return float("nan")
        task = self.experiment.data.source.task
        return float(self.baseline.skill(mean_of_last(loss), mean_of_last(metric), task))

    @property
    def updates(self) -> int:
        """Updates of the weights in the epochs judged."""
        return len(self) * self.experiment.steps_per_epoch

    @property
    def width(self) -> int:
        """Epochs that a pace is measured over."""
        return max(PACE, len(self) // 10)

    def pace(self) -> float:
        """By which share the training loss falls in an epoch, over the last `width` epochs.

        ln(before / after) per epoch, of the means of both halves; NaN with too few epochs.
        """
        tail = self.training[-self.width :]
        half = len(tail) // 2
        if half < 2:
            return float("nan")
        before, after = tail[:half].mean(), tail[-half:].mean()
        if not (before > 0 and after > 0):
            return 0.0
        return float(np.log(before / after) / (len(tail) - half))

    def rises(self, losses: Values, last: int) -> Values:
        """By how much a loss rose in each of its `last` steps, in units of the baseline."""
        return np.diff(losses[-last - 1 :]) / max(self.baseline.loss, 1e-12)


def mean_of_last(values: Values) -> float:
    """The mean over the last epochs: at most LAST of them, at most half."""
    return float(values[max(len(values) - LAST, len(values) // 2) :].mean())


def course(
    experiment: Experiment,
    events: Sequence[Event],
    baseline: Baseline,
    look: Look | None = None,
    since: int = 0,
) -> Course:
    """What to judge of a run; `look`: at its newest weights; `since`: epochs not to be judged."""
    log = history(events)
    last = events[-1] if len(events) else None
    since = max([since, *(e.epoch for e in log.changes), *(e.epoch for e in log.lessons)])
    until = None
    if isinstance(last, Finished) and last.restored:
        until = last.best_epoch
    loss = losses(log)
    metric = metrics(log, experiment.data.source.task == CLASSIFICATION)
    low = int(np.searchsorted(log.epoch, since, side="right"))
    high = len(log) if until is None else int(np.searchsorted(log.epoch, until, side="right"))
    cut = slice(low, max(high, low))
    newest = _newest(events, since)
    layers = newest[0].layers if newest else ()
    medians = np.median([[s.gradient for s in e.layers] for e in newest] or [[]], axis=0)
    return Course(
        experiment=experiment,
        last=last,
        since=since,
        epoch=log.epoch[cut],
        training=loss.training[cut].astype(np.float64),
        training_metric=log.metric[cut].astype(np.float64),
        validation=_cut(loss, log, cut),
        validation_metric=_cut(metric, log, cut),
        penalty=np.nan_to_num(log.penalty[cut].astype(np.float64)),
        rate=float(log.learning_rate[-1]) if len(log) else float("nan"),
        layers=layers,
        gradients=tuple(medians.tolist()),
        baseline=baseline,
        look=look,
    )


def _newest(events: Sequence[Event], since: int) -> list[Epoch]:
    """The last epochs, at most LAST, after `since`, the newest first."""
    epochs = (e for e in reversed(events) if isinstance(e, Epoch))
    return list(takewhile(lambda e: e.epoch > since, islice(epochs, LAST)))


def _cut(curves: Curves, log: History, cut: slice) -> Values | None:
    if log.val_loss is None or len(curves.validation) != len(log):
        return None
    return curves.validation[cut].astype(np.float64)
