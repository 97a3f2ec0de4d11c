"""What only the weights tell of a run: units stuck in flat zones, the score with all units on.

The course of a run, as rules judge it: what came after the last change of its settings.

How the scores of a course are compared and said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile

import numpy as np
from numpy.typing import NDArray

from playground.analysis.inspection.activations import LARGEST, is_flat, states
from playground.analysis.metrics.baseline import Baseline
from playground.analysis.metrics.generalization_gap import LAST, GapCurves, losses, metrics
from playground.analysis.metrics.score import score
from playground.analysis.metrics.significance import standard_error
from playground.datasets import Dataset
from playground.datasets.dataset import Split
from playground.experiment.model import Experiment
from playground.history.events import Diverged, Epoch, Event, Finished, LayerStatistics, Score
from playground.history.history import History, history
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Layer, Snapshot

ROWS, FEWEST_ROWS = 500, 100  # examples looked at
MULTIPLICATIONS = 60_000_000  # of one pass: large networks are looked at with fewer examples
FAR = 20.0  # a pre-activation so large that any bounded activation is flat there


@dataclass(frozen=True)
class WeightInspection:
    """A network after `epoch`, on at most ROWS examples."""

    epoch: int
    saturated: tuple[float, ...]  # share of the units of each hidden layer
    training: Score  # with all units on, without penalty
    largest_input: float  # of the scaled inputs
    alike: bool  # all units of some hidden layer have the same weights


def look(snapshot: Snapshot, dataset: Dataset, loss: str) -> WeightInspection | None:
    """Look at a network; None where its numbers have grown beyond all bounds."""
    part = dataset.validation if len(dataset.validation) else dataset.train
    rows = int(np.clip(MULTIPLICATIONS // snapshot.n_parameters, FEWEST_ROWS, ROWS))
    x = dataset.scaled(part.x[:rows])
    with np.errstate(over="ignore", invalid="ignore"):
        passes = snapshot.forward(x)
        if not all(bool((np.abs(each) < LARGEST).all()) for both in passes for each in both):
            return None
    hidden = list(zip(snapshot.layers, passes, strict=True))[:-1]
    seen = Split(dataset.train.x[:rows], dataset.train.y[:rows])
    return WeightInspection(
        snapshot.epoch,
        tuple(_saturated(layer, z, a) for layer, (z, a) in hidden),
        score(snapshot, dataset, seen, loss),
        float(np.abs(x).max()),
        any(_alike(layer) for layer, _ in hidden),
    )


def _saturated(layer: Layer, z: np.ndarray, a: np.ndarray) -> float:
    """The share of saturated units; 0 where f is flat on one side only, as ReLU is by design."""
    if not is_flat(layer, np.array([-FAR, FAR])).all():
        return 0.0
    return float(states(layer, z, a).saturated.mean())


def _alike(layer: Layer) -> bool:
    """Whether all units have the same weights: then they stay alike for good."""
    same = bool((layer.kernel == layer.kernel[:, :1]).all() and (layer.bias == layer.bias[0]).all())
    return same and len(layer.bias) > 1


Values = NDArray[np.float64]
PACE = 10  # epochs, or a tenth of them in a long run, that a pace is measured over


@dataclass(frozen=True)
class RunSummary:
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
    look: WeightInspection | None

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
    look: WeightInspection | None = None,
    since: int = 0,
) -> RunSummary:
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
    return RunSummary(
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


def _cut(curves: GapCurves, log: History, cut: slice) -> Values | None:
    if log.val_loss is None or len(curves.validation) != len(log):
        return None
    return curves.validation[cut].astype(np.float64)


# As skill, an accuracy of .85 on ten classes: what is better is not called slow or too simple.
GOOD = (0.85 - 0.1) / 0.9
ENOUGH = 8 / 9  # as skill, an accuracy of .9 on ten classes: below it units are missed
GAP = 0.08  # of accuracy, or of the baseline's loss in regression
TIMES = 1.3  # the training loss, in regression: less is the luck of few examples
SURE = 2.0  # standard errors of an accuracy on so many examples


def told(value: float, course: RunSummary) -> str:
    """A metric as people write it."""
    return f"{value:.1%}" if course.is_share else f"{value:.3g}"


def score_at(course: RunSummary) -> str:
    """ "validation accuracy 11.2% after epoch 20, where always giving the commonest class
    reaches 10.1%".
    """
    epoch = f"after epoch {course.epoch[-1]:,}"
    if course.is_share:
        values = course.validation_metric
        values = course.training_metric if values is None else values
        return (
            f"{course.part} accuracy {mean_of_last(values):.1%} {epoch}, where always giving the "
            f"commonest class reaches {course.baseline.metric:.1%}"
        )
    return (
        f"{course.part} loss {mean_of_last(course.seen):.3g} {epoch}, where always giving the mean "
        f"reaches {course.baseline.loss:.3g}"
    )


def capital(text: str) -> str:
    """The same with a capital letter at the beginning."""
    return text[:1].upper() + text[1:]


def gap(course: RunSummary) -> float:
    """How much better training does, as accuracy, or as loss in units of the baseline; NaN."""
    if course.validation is None or course.validation_metric is None or not len(course):
        return float("nan")
    if course.is_share:
        ours = mean_of_last(course.training_metric)
        return ours - mean_of_last(course.validation_metric)
    difference = mean_of_last(course.validation) - mean_of_last(course.training)
    return difference / course.baseline.loss if course.baseline.loss > 0 else float("nan")


def scatter(course: RunSummary) -> float:
    """What a gap may be by luck: the validation accuracy is measured on so many examples."""
    size = course.experiment.data.validation_size
    if not course.is_share or course.validation_metric is None or not size:
        return 0.0
    share = float(np.clip(mean_of_last(course.validation_metric), 0, 1))
    return SURE * standard_error(share, size)


def ratio(course: RunSummary) -> float:
    """Validation loss over training loss; NaN before any."""
    if course.validation is None or not len(course):
        return float("nan")
    return mean_of_last(course.validation) / max(mean_of_last(course.training), 1e-12)


def wide(course: RunSummary) -> bool:
    """Whether training is much better than validation."""
    if not course.is_share and not ratio(course) > TIMES:
        return False
    return gap(course) >= max(GAP, scatter(course))


def both(course: RunSummary) -> str:
    """ "training accuracy 99.1%, validation 87.2%"; losses in regression."""
    if course.is_share:
        ours, theirs = course.training_metric, course.validation_metric
        name = "accuracy"
    else:
        ours, theirs, name = course.training, course.validation, "loss"
    text = f"training {name} {told(mean_of_last(ours), course)}"
    if theirs is not None:
        text += f", validation {told(mean_of_last(theirs), course)}"
    return text
