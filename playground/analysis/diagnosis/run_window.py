"""What diagnosis rules judge: the epochs of a run since its last change, and its weights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, takewhile

import numpy as np
from numpy.typing import NDArray

from playground.analysis.inspection.activations import (
    bounded_passes,
    identical_units,
    is_flat,
    states,
)
from playground.analysis.metrics.run_summary import (
    LAST,
    GeneralizationGap,
    judged_loss,
    last_epochs,
    mean_of_last,
    restored_epoch,
)
from playground.analysis.metrics.score import Baseline, score, standard_error
from playground.datasets import Dataset
from playground.datasets.dataset import Split
from playground.experiment.model import PLANNING, Data, Experiment, Network
from playground.history.events import Diverged, Epoch, Event, LayerStatistics, Score
from playground.history.history import Column, history
from playground.nn.format import format_score
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Layer, Snapshot

Values = NDArray[np.float64]

ROWS, FEWEST_ROWS = 500, 100  # examples of an inspection
MULTIPLICATIONS = 60_000_000  # of one forward pass: large networks get fewer examples
FAR = 20.0  # a pre-activation so large that any bounded activation is flat there
TREND = 10  # epochs, or a tenth of a long run, over which a trend is measured

# Thresholds as skill: 0 is the baseline, 1 is perfect.
GOOD = (0.85 - 0.1) / 0.9  # an accuracy of .85 on ten classes: not called slow or too simple
ENOUGH = 8 / 9  # an accuracy of .9 on ten classes: above it no unit is missed
GAP = 0.08  # of accuracy, or of the baseline's loss in regression
TIMES = 1.3  # the training loss, in regression: less may be the luck of few examples
SURE = 2.0  # standard errors of an accuracy


# ---- weights -----------------------------------------------------------------------------


@dataclass(frozen=True)
class WeightInspection:
    """A network after `epoch`, on at most ROWS examples."""

    epoch: int
    saturated: tuple[float, ...]  # share of the units of each hidden layer
    training: Score  # after the epoch, with all units on, without penalty
    largest_input: float  # of the scaled inputs
    identical: bool  # all units of some hidden layer have the same weights


def inspect_weights(snapshot: Snapshot, dataset: Dataset, loss: str) -> WeightInspection | None:
    """Inspect a network; None where its activations are not bounded."""
    part = dataset.validation if len(dataset.validation) else dataset.train
    rows = int(np.clip(MULTIPLICATIONS // snapshot.n_parameters, FEWEST_ROWS, ROWS))
    x = dataset.transform(part.x[:rows])
    with np.errstate(over="ignore", invalid="ignore"):
        passes = snapshot.forward(x)
        if not bounded_passes(passes):
            return None
    hidden = list(zip(snapshot.layers, passes, strict=True))[:-1]
    some = Split(dataset.train.x[:rows], dataset.train.y[:rows])
    return WeightInspection(
        snapshot.epoch,
        tuple(_saturated(layer, z, a) for layer, (z, a) in hidden),
        score(snapshot, dataset, some, loss),
        float(np.abs(x).max()),
        any(identical_units(layer) for layer, _ in hidden),
    )


def _saturated(layer: Layer, z: np.ndarray, a: np.ndarray) -> float:
    """The share of saturated units; 0 where f is flat on one side only, as ReLU is by design."""
    if not is_flat(layer, np.array([-FAR, FAR])).all():
        return 0.0
    return float(states(layer, z, a).saturated.mean())


# ---- history -----------------------------------------------------------------------------


@dataclass(frozen=True)
class RunWindow:
    """The epochs after the last change of a setting; losses are without the L1/L2 penalty.

    Ends at the restored epoch of a run whose best weights were restored. `inspection` may be older
    than the last epoch, or None where there are no weights to inspect.
    """

    experiment: Experiment
    last_event: Event | None
    since: int  # epochs finished before the window
    epoch: NDArray[np.int32]
    training: Values
    training_metric: Values
    validation: Values | None  # NaN where an epoch was not evaluated, see `validated`
    validation_metric: Values | None
    validation_shown: Values | None  # with the penalty, as charts show it
    penalty: Values
    learning_rate: float  # of the last update; NaN before one
    layers: tuple[LayerStatistics, ...]  # after the last epoch
    gradients: tuple[float, ...]  # of each layer: the median over the last epochs
    baseline: Baseline
    inspection: WeightInspection | None

    def __len__(self) -> int:
        return len(self.epoch)

    @cached_property
    def validated(self) -> "RunWindow":
        """The window of the evaluated epochs alone, which rules on both parts judge."""
        if self.validation is None or not np.isnan(self.validation).any():
            return self
        rows = ~np.isnan(self.validation)

        def some(values: Values | None) -> Values | None:
            return None if values is None else values[rows]

        return replace(
            self,
            epoch=self.epoch[rows],
            training=self.training[rows],
            training_metric=self.training_metric[rows],
            validation=some(self.validation),
            validation_metric=some(self.validation_metric),
            validation_shown=some(self.validation_shown),
            penalty=self.penalty[rows],
        )

    @property
    def data(self) -> Data:
        """The data settings of the run."""
        return self.experiment.data

    @property
    def network(self) -> Network:
        """The network settings of the run."""
        return self.experiment.network

    @property
    def is_accuracy(self) -> bool:
        """Whether the metric is an accuracy, and not a mean absolute error."""
        return self.experiment.data.source.task == CLASSIFICATION

    @property
    def diverged(self) -> Diverged | None:
        """The end of a run whose loss was no longer finite."""
        return self.last_event if isinstance(self.last_event, Diverged) else None

    @property
    def judged(self) -> Values:
        """Validation losses, or training losses without validation examples."""
        own = self.validated
        return own.training if own.validation is None else own.validation

    @property
    def part(self) -> str:
        """Which examples `judged` is of."""
        return "training" if self.validation is None else "validation"

    @property
    def fresh_inspection(self) -> WeightInspection | None:
        """The inspection, where it is of an epoch of this window."""
        new = self.inspection is not None and self.inspection.epoch > self.since
        return self.inspection if new else None

    @cached_property
    def skill(self) -> float:
        """Skill score of the last epochs, baseline 0 to perfect 1; NaN before any."""
        own = self.validated
        metric = own.training_metric if own.validation is None else own.validation_metric
        return self._skill(self.judged, metric)

    @cached_property
    def training_skill(self) -> float:
        """The same on training examples, after the epoch with all units on where that is known."""
        during = self._skill(self.training, self.training_metric)
        if self.fresh_inspection is None or not len(self):
            return during
        measured, task = self.fresh_inspection.training, self.experiment.data.source.task
        after = self.baseline.skill(measured.loss, measured.metric, task)
        return float(np.fmax(during, after))

    def _skill(self, loss: Values, metric: Values | None) -> float:
        if not len(loss) or metric is None:
            return float("nan")
        task = self.experiment.data.source.task
        return float(self.baseline.skill(mean_of_last(loss), mean_of_last(metric), task))

    @property
    def updates(self) -> int:
        """Updates of the weights in this window."""
        return len(self) * self.experiment.steps_per_epoch

    @property
    def trend_epochs(self) -> int:
        """Epochs over which a trend is measured."""
        return max(TREND, len(self) // 10)

    def decay(self) -> float:
        """By which share the training loss falls in an epoch, over the last `trend_epochs`.

        ln(before / after) per epoch, of the means of both halves; NaN with too few epochs.
        """
        tail = self.training[-self.trend_epochs :]
        half = len(tail) // 2
        if half < 2:
            return float("nan")
        before, after = tail[:half].mean(), tail[-half:].mean()
        if not (before > 0 and after > 0):
            return 0.0
        return float(np.log(before / after) / (len(tail) - half))

    def rises(self, losses: Values, last: int) -> Values:
        """Rise of a loss in each of its `last` epochs, in units of the baseline."""
        return np.diff(losses[-last - 1 :]) / max(self.baseline.loss, 1e-12)

    @cached_property
    def gap(self) -> GeneralizationGap | None:
        """The generalization gap, as everywhere; None without epochs or validation examples."""
        own = self.validated
        if own.validation is None or own.validation_metric is None or not len(own):
            return None
        training = Score(mean_of_last(own.training), mean_of_last(own.training_metric))
        validation = Score(mean_of_last(own.validation), mean_of_last(own.validation_metric))
        return GeneralizationGap(int(own.epoch[-1]), training, validation, self.is_accuracy)

    @property
    def relative_gap(self) -> float:
        """The gap in accuracy, or of losses in units of the baseline; NaN without any."""
        if self.gap is None:
            return float("nan")
        if self.is_accuracy:
            return self.gap.metric
        return self.gap.loss / self.baseline.loss if self.baseline.loss > 0 else float("nan")

    @property
    def chance(self) -> float:
        """A gap in accuracy that may be chance: SURE standard errors of the validation accuracy."""
        size = self.experiment.data.validation_size
        if not self.is_accuracy or self.gap is None or not size:
            return 0.0
        return SURE * standard_error(float(np.clip(self.gap.validation.metric, 0, 1)), size)

    @property
    def wide_gap(self) -> bool:
        """Whether training is much better than validation."""
        if self.gap is None:
            return False
        ratio = self.gap.validation.loss / max(self.gap.training.loss, 1e-12)
        if not self.is_accuracy and not ratio > TIMES:
            return False
        return self.relative_gap >= max(GAP, self.chance)

    # ---- sentences -----------------------------------------------------------------------

    def metric_text(self, value: float) -> str:
        """An accuracy in per cent, or an error or loss in three digits."""
        return format_score(value, self.is_accuracy)

    @property
    def averaged(self) -> str:
        """ "over epochs 16 to 20": those whose mean scores are judged."""
        epochs = last_epochs(self.validated.epoch)
        if len(epochs) == 1:
            return f"after epoch {epochs[0]:,}"
        return f"over epochs {epochs[0]:,} to {epochs[-1]:,}"

    def both(self) -> str:
        """ "training accuracy 99.1%, validation 87.2% over epochs 5 to 8"; losses in regression."""
        own = self.validated
        ours, theirs, name = own.training_metric, own.validation_metric, "accuracy"
        if not self.is_accuracy:
            ours, theirs, name = own.training, own.validation, "loss"
        text = f"training {name} {self.metric_text(mean_of_last(ours))}"
        if theirs is not None:
            text += f", validation {self.metric_text(mean_of_last(theirs))}"
        return f"{text} {self.averaged}"

    def beside_baseline(self) -> str:
        """ "Validation accuracy 11.2% over epochs 16 to 20, where always predicting the most
        frequent class reaches 10.1%".
        """
        own, constant = self.validated, self.baseline
        if self.is_accuracy:
            metric = own.validation_metric
            value = mean_of_last(own.training_metric if metric is None else metric)
            return (
                f"{self.part.capitalize()} accuracy {value:.1%} {self.averaged}, where always "
                f"predicting the most frequent class reaches {constant.metric:.1%}"
            )
        return (
            f"{self.part.capitalize()} loss {mean_of_last(self.judged):.3g} {self.averaged}, where "
            f"always predicting the mean reaches {constant.loss:.3g}"
        )


def run_window(
    experiment: Experiment,
    events: Sequence[Event],
    baseline: Baseline,
    inspection: WeightInspection | None = None,
    since: int = 0,
) -> RunWindow:
    """The part of a run to judge; `inspection`: of its newest weights; `since`: epochs to skip."""
    log = history(events)
    last = events[-1] if len(events) else None
    changes = [e.epoch for e in log.changes if e.name not in PLANNING]
    since = max([since, *changes, *(e.epoch for e in log.examples_added)])
    until = restored_epoch(last)
    low = int(np.searchsorted(log.epoch, since, side="right"))
    high = len(log) if until is None else int(np.searchsorted(log.epoch, until, side="right"))
    rows = slice(low, max(high, low))
    shown = None if log.val_loss is None else log.val_loss[rows]
    validated = shown is not None and not (len(shown) and np.isnan(shown).all())
    newest = _newest(events, since)
    medians = np.median([[s.gradient for s in e.layers] for e in newest] or [[]], axis=0)

    def column(values: Column | None) -> Values:
        return np.zeros(0) if values is None else values[rows].astype(np.float64)

    return RunWindow(
        experiment=experiment,
        last_event=last,
        since=since,
        epoch=log.epoch[rows],
        training=column(judged_loss(log, validated=False, penalized=False)),
        training_metric=column(log.metric),
        validation=column(judged_loss(log, penalized=False)) if validated else None,
        validation_metric=column(log.val_metric) if validated else None,
        validation_shown=column(log.val_loss) if validated else None,
        penalty=np.nan_to_num(column(log.penalty)),
        learning_rate=float(log.learning_rate[-1]) if len(log) else float("nan"),
        layers=newest[0].layers if newest else (),
        gradients=tuple(medians.tolist()),
        baseline=baseline,
        inspection=inspection,
    )


def _newest(events: Sequence[Event], since: int) -> list[Epoch]:
    """The last epochs, at most LAST, after `since`, the newest first."""
    epochs = (e for e in reversed(events) if isinstance(e, Epoch))
    return list(takewhile(lambda e: e.epoch > since, islice(epochs, LAST)))
