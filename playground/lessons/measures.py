"""Evidence: a run with its settings, and what else was done in a tab, ready to be measured.

What can be measured of a person's work: one table for everything that checks it.

A measure is a number (a yes is 1, a no is 0), or None as long as there is nothing to measure.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator

from playground.analysis.metrics.generalization_gap import GeneralizationGap, gap, rises
from playground.experiment.fields import fail
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary
from playground.history.events import Diverged, Epoch, Event
from playground.history.history import Column, History, history
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot


@dataclass(frozen=True)
class RaceResult:
    """A race as it stands: the best validation score of each competitor, the mean of its seeds."""

    labels: tuple[str, ...]
    scores: tuple[float | None, ...]  # accuracy, or mean absolute error
    seeds: int  # the fewest that a competitor has
    epoch: int
    over: bool
    task: str = CLASSIFICATION


@dataclass(frozen=True)
class DrawnDigit:
    """What a network says of the drawing in hand."""

    answer: int  # class number
    confidence: float  # 0 to 1


@dataclass(frozen=True)
class CheckContext:
    """What there is to be measured: a run with its settings, and what else was done in the tab."""

    experiment: Experiment  # of the run
    events: Sequence[Event] = ()  # of the run; a Log costs least
    state: str = "ready"  # of the run, as `Run.state`
    snapshot: Snapshot | None = None  # the newest weights
    openings: int = 0  # of the test set
    finished: int = 0  # runs that have come to their end
    contest: RaceResult | None = None
    sketch: DrawnDigit | None = None

    @property
    def history(self) -> History:
        """The finished epochs."""
        return history(self.events)

    @property
    def is_share(self) -> bool:
        """Whether the metric is an accuracy."""
        return self.experiment.data.source.task == CLASSIFICATION


OVER = ("finished", "diverged")
JUMPY = 5  # epochs among which rises of the validation loss are counted
SAME = 1e-5  # two units are the same if no weight differs by more

Unit = Literal["share", "number", "count", "yes", "seconds"]


Measured = Callable[[CheckContext, float], float | None]


@dataclass(frozen=True)
class Metric:
    """A quantity: what it is called in a sentence, how it is written, how it is measured.

    `of` receives the evidence and a target, which only those with `targeted` look at.
    """

    label: str
    unit: Unit
    of: Measured
    targeted: bool = False

    def measured(self, evidence: CheckContext, target: float = 0.0) -> float | None:
        """The value; None without one, or where it is not a finite number."""
        value = self.of(evidence, target)
        return None if value is None or not np.isfinite(value) else value

    def written(self, value: float) -> str:
        """A value as a person reads it."""
        if self.unit == "yes":
            return "yes" if value else "no"
        if self.unit == "share":
            return f"{value * 100:.4g}%" if abs(value) >= 0.001 or not value else f"{value:.2g}"
        text = f"{value:,.0f}" if self.unit == "count" else f"{value:.4g}"
        return text + (" s" if self.unit == "seconds" else "")


def _last(column: Callable[[History], Column | None]) -> Measured:
    def last(evidence: CheckContext, _: float) -> float | None:
        values = column(evidence.history)
        return None if values is None or not len(values) else float(values[-1])

    return last


def _best(column: Callable[[History], Column | None], most: bool) -> Measured:
    def best(evidence: CheckContext, _: float) -> float | None:
        values = column(evidence.history)
        if values is None or not np.isfinite(values).any():
            return None
        return float(np.nanmax(values) if most else np.nanmin(values))

    return best


def _accuracy(of: Measured, wanted: bool = True) -> Measured:
    """Only where the metric is an accuracy, or only where it is an error."""
    return lambda evidence, target: of(evidence, target) if evidence.is_share is wanted else None


def _metric(history: History) -> Column:
    return history.metric


def _val_metric(history: History) -> Column | None:
    return history.val_metric


def _val_loss(history: History) -> Column | None:
    return history.val_loss


def _gap(which: Callable[[GeneralizationGap], float]) -> Measured:
    def apart(evidence: CheckContext, _: float) -> float | None:
        found = gap(evidence.history, evidence.is_share)
        return None if found is None else which(found)

    return apart


def _newest(evidence: CheckContext) -> Epoch | None:
    return next((e for e in reversed(evidence.events) if isinstance(e, Epoch)), None)


def _dead(evidence: CheckContext, _: float) -> float | None:
    newest = _newest(evidence)
    shares = [] if newest is None else [s.dead for s in newest.layers if s.dead is not None]
    return max(shares, default=None)


def _gradient_ratio(evidence: CheckContext, _: float) -> float | None:
    newest = _newest(evidence)
    if newest is None or len(newest.layers) < 2 or not newest.layers[-1].gradient:
        return None
    return newest.layers[0].gradient / newest.layers[-1].gradient


def _epochs_to(evidence: CheckContext, target: float) -> float | None:
    values = evidence.history.val_metric
    if values is None:
        return None
    there = np.flatnonzero(values >= target if evidence.is_share else values <= target)
    return float(evidence.history.epoch[there[0]]) if len(there) else None


def _loss_rises(evidence: CheckContext, _: float) -> float | None:
    values = evidence.history.val_loss
    if values is None or len(values) < 2:
        return None
    return float((np.diff(values[-JUMPY - 1 :]) > 0).sum())


def _fallen(evidence: CheckContext, _: float) -> float | None:
    values = evidence.history.loss
    return float(1 - values[-1] / values[0]) if len(values) and values[0] > 0 else None


def _different_units(evidence: CheckContext, _: float) -> float | None:
    if evidence.snapshot is None or len(evidence.snapshot.layers) < 2:
        return None
    layer = evidence.snapshot.layers[0]
    units = np.vstack([layer.kernel, layer.bias])
    return float(np.unique(np.round(units / SAME), axis=1).shape[1])


def _contest(of: Callable[[RaceResult], float]) -> Measured:
    return lambda evidence, _: None if evidence.contest is None else of(evidence.contest)


def _sketch(of: Callable[[DrawnDigit], float]) -> Measured:
    return lambda evidence, _: None if evidence.sketch is None else of(evidence.sketch)


METRICS: Mapping[str, Metric] = {
    "parameters": Metric(
        "the number of weights and biases",
        "count",
        lambda e, _: summary(e.experiment).parameters,
    ),
    "hidden_layers": Metric(
        "the number of hidden layers", "count", lambda e, _: len(e.experiment.network.hidden)
    ),
    "hidden_units": Metric(
        "the number of hidden units", "count", lambda e, _: sum(e.experiment.network.hidden)
    ),
    "epochs_done": Metric("the number of epochs done", "count", lambda e, _: len(e.history)),
    "seconds": Metric(
        "the time of training", "seconds", lambda e, _: float(e.history.seconds.sum())
    ),
    "finished": Metric("the run is over", "yes", lambda e, _: e.state in OVER),
    "diverged": Metric(
        "the run has diverged",
        "yes",
        lambda e, _: bool(e.events) and isinstance(e.events[-1], Diverged),
    ),
    "training_loss": Metric("training loss", "number", _last(lambda h: h.loss)),
    "validation_loss": Metric("validation loss", "number", _last(_val_loss)),
    "best_validation_loss": Metric("the best validation loss", "number", _best(_val_loss, False)),
    "training_accuracy": Metric("training accuracy", "share", _accuracy(_last(_metric))),
    "validation_accuracy": Metric("validation accuracy", "share", _accuracy(_last(_val_metric))),
    "best_validation_accuracy": Metric(
        "the best validation accuracy", "share", _accuracy(_best(_val_metric, True))
    ),
    "training_error": Metric("the mean training error", "number", _accuracy(_last(_metric), False)),
    "validation_error": Metric(
        "the mean validation error", "number", _accuracy(_last(_val_metric), False)
    ),
    "best_validation_error": Metric(
        "the best mean validation error", "number", _accuracy(_best(_val_metric, False), False)
    ),
    "epochs_to": Metric(
        "the first epoch with a validation score of the target",
        "count",
        _epochs_to,
        targeted=True,
    ),
    "accuracy_gap": Metric(
        "training minus validation accuracy (mean of the last epochs)",
        "share",
        _accuracy(_gap(lambda found: found.metric)),
    ),
    "loss_gap": Metric(
        "validation minus training loss (mean of the last epochs)",
        "number",
        _gap(lambda found: found.loss),
    ),
    "loss_risen": Metric(
        "the rise of the validation loss since its best epoch",
        "number",
        lambda e, _: rises(e.history) if len(e.history) else None,
    ),
    "loss_rises": Metric(
        f"the number of times validation loss rose in the last {JUMPY} epochs", "count", _loss_rises
    ),
    "loss_fallen": Metric(
        "the share of training loss that is gone since epoch 1", "share", _fallen
    ),
    "learning_rate_used": Metric(
        "the learning rate in use", "number", _last(lambda h: h.learning_rate)
    ),
    "dead_share": Metric("the share of dead units in the worst layer", "share", _dead),
    "gradient_ratio": Metric(
        "the gradient of the first layer, divided by that of the last", "number", _gradient_ratio
    ),
    "different_units": Metric(
        "the number of different units in the first hidden layer", "count", _different_units
    ),
    "test_openings": Metric(
        "the number of times the test set was opened", "count", lambda e, _: e.openings
    ),
    "runs_finished": Metric("the number of finished runs", "count", lambda e, _: e.finished),
    "race_over": Metric("the race is over", "yes", _contest(lambda race: race.over)),
    "race_competitors": Metric(
        "the number of competitors in the race", "count", _contest(lambda race: len(race.labels))
    ),
    "race_seeds": Metric(
        "the number of seeds of each competitor", "count", _contest(lambda race: race.seeds)
    ),
    "race_epoch": Metric("the number of epochs raced", "count", _contest(lambda race: race.epoch)),
    "drawing_answer": Metric(
        "the network's answer to your drawing", "count", _sketch(lambda said: said.answer)
    ),
    "drawing_confidence": Metric(
        "how sure the network is of your drawing", "share", _sketch(lambda said: said.confidence)
    ),
}


def _known(name: str) -> str:
    if name and name not in METRICS:
        raise fail("one of " + ", ".join(METRICS), name)
    return name


# In a file: the name of a measure, or "" for none.
MeasureName = Annotated[str, AfterValidator(_known)]
