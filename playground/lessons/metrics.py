"""Metrics of a run, a race or a drawing, from which checks, questions and targets are computed.

A metric is a number (yes is 1, no is 0), or None while it cannot be computed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from playground.analysis.metrics.run_summary import accuracy_gaps, epochs_to, gap, loss_rise
from playground.experiment.fields import fail
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary
from playground.history.events import Diverged, Epoch, Event
from playground.history.history import History, history
from playground.nn.losses import CLASSIFICATION
from playground.nn.network import Snapshot

OVER = ("finished", "diverged")
RISE_WINDOW = 5  # epochs in which rises of the validation loss are counted
SAME = 1e-5  # two units are equal if no weight differs by more

Unit = Literal["fraction", "number", "count", "yes/no", "seconds"]
Values = NDArray[Any]  # (n_epochs,)


@dataclass(frozen=True)
class RaceResult:
    """The best validation score of each competitor of a race, averaged over its seeds."""

    labels: tuple[str, ...]
    scores: tuple[float | None, ...]  # accuracy, or mean absolute error
    seeds: int  # the fewest that a competitor has
    epoch: int
    over: bool
    task: str = CLASSIFICATION


@dataclass(frozen=True)
class DrawnDigit:
    """The prediction for the image on the drawing pad."""

    prediction: int  # class index
    confidence: float  # 0 to 1


@dataclass(frozen=True)
class CheckContext:
    """The run, race and drawing of one browser tab, from which metrics are computed."""

    experiment: Experiment  # of the run
    events: Sequence[Event] = ()  # of the run; a Log costs least
    state: str = "ready"  # of the run, as `Run.state`
    snapshot: Snapshot | None = None  # the newest weights
    test_evaluations: int = 0
    runs_finished: int = 0
    race: RaceResult | None = None
    drawing: DrawnDigit | None = None

    @property
    def history(self) -> History:
        """The finished epochs."""
        return history(self.events)


Compute = Callable[[CheckContext, float], float | None]
PerEpoch = Callable[[Experiment, History], Values | None]


@dataclass(frozen=True)
class Metric:
    """One metric: its label in a sentence, its unit, and one of three ways to compute it.

    constant: known from the experiment alone. per_epoch: one value after each epoch (n_epochs,),
    NaN after epochs that were not validated, or None where it does not exist; `initial` is its
    value before the first epoch. compute: from the context and, if `has_target`, a target.
    """

    label: str
    unit: Unit
    compute: Compute | None = None
    per_epoch: PerEpoch | None = None
    constant: Callable[[Experiment], int] | None = None
    initial: float | None = None
    has_target: bool = False

    def values(self, experiment: Experiment, history: History) -> Values | None:
        """The value after each epoch (n_epochs,); None where there is none per epoch."""
        if self.constant is not None:
            return np.full(len(history), self.constant(experiment))
        return None if self.per_epoch is None else self.per_epoch(experiment, history)

    def value(self, context: CheckContext, target: float = 0.0) -> float | None:
        """The newest value; None without one, or where it is not finite."""
        if self.constant is not None:
            return float(self.constant(context.experiment))
        if self.compute is not None:
            value = self.compute(context, target)
        else:
            values = self.values(context.experiment, context.history)
            if values is None:
                return None
            value = float(last_known(values)) if len(values) else self.initial
        return None if value is None or not np.isfinite(value) else value

    def format(self, value: float) -> str:
        """The value with its unit: "62%", "1,234", "3.5 s", "yes"."""
        if self.unit == "yes/no":
            return "yes" if value else "no"
        if self.unit == "fraction":
            return f"{value * 100:.4g}%" if abs(value) >= 0.001 or not value else f"{value:.2g}"
        text = f"{value:,.0f}" if self.unit == "count" else f"{value:.4g}"
        return text + (" s" if self.unit == "seconds" else "")


def last_known(values: Values) -> Any:
    """The last of some values (n_epochs,) that is known: not every epoch is validated."""
    known = values[~np.isnan(values)]
    return known[-1] if len(known) else np.nan


def is_classification(experiment: Experiment) -> bool:
    """Whether the metric of a run is an accuracy; otherwise it is the mean absolute error."""
    return experiment.data.source.task == CLASSIFICATION


def _accuracy(column: Callable[[History], Values | None], exists: bool = True) -> PerEpoch:
    """The column where the metric is an accuracy; with `exists` False where it is an error."""
    return lambda e, h: column(h) if is_classification(e) is exists else None


def _error(column: Callable[[History], Values | None]) -> PerEpoch:
    return _accuracy(column, exists=False)


def _highest(values: Values | None) -> Values | None:
    """The highest value so far, NaN apart."""
    return None if values is None else np.fmax.accumulate(values)


def _lowest(values: Values | None) -> Values | None:
    return None if values is None else np.fmin.accumulate(values)


def _loss_gap(context: CheckContext, _: float) -> float | None:
    newest = gap(context.history, is_classification(context.experiment))
    return None if newest is None else newest.loss


def _loss_reduction(_: Experiment, history: History) -> Values | None:
    loss = history.loss
    return 1 - loss / loss[0] if len(loss) and loss[0] > 0 else None


def _newest(context: CheckContext) -> Epoch | None:
    return next((e for e in reversed(context.events) if isinstance(e, Epoch)), None)


def _dead_share(context: CheckContext, _: float) -> float | None:
    newest = _newest(context)
    layers = () if newest is None else newest.layers
    return max((layer.dead for layer in layers if layer.dead is not None), default=None)


def _gradient_ratio(context: CheckContext, _: float) -> float | None:
    newest = _newest(context)
    if newest is None or len(newest.layers) < 2 or not newest.layers[-1].gradient:
        return None
    return newest.layers[0].gradient / newest.layers[-1].gradient


def _epochs_to(context: CheckContext, target: float) -> float | None:
    history, higher_is_better = context.history, is_classification(context.experiment)
    if history.val_metric is None:
        return None
    return epochs_to(history.epoch, history.val_metric, target, higher_is_better)


def _loss_rises(context: CheckContext, _: float) -> float | None:
    values = context.history.validated.val_loss
    if values is None or len(values) < 2:
        return None
    return float((np.diff(values[-RISE_WINDOW - 1 :]) > 0).sum())


def _different_units(context: CheckContext, _: float) -> float | None:
    if context.snapshot is None or len(context.snapshot.layers) < 2:
        return None
    layer = context.snapshot.layers[0]
    units = np.vstack([layer.kernel, layer.bias])
    return float(np.unique(np.round(units / SAME), axis=1).shape[1])


def _race(compute: Callable[[RaceResult], float]) -> Compute:
    return lambda context, _: None if context.race is None else compute(context.race)


def _drawing(compute: Callable[[DrawnDigit], float]) -> Compute:
    return lambda context, _: None if context.drawing is None else compute(context.drawing)


METRICS: Mapping[str, Metric] = {
    "parameters": Metric(
        "the number of weights and biases", "count", constant=lambda e: summary(e).parameters
    ),
    "hidden_layers": Metric(
        "the number of hidden layers", "count", constant=lambda e: len(e.network.hidden)
    ),
    "hidden_units": Metric(
        "the number of hidden units", "count", constant=lambda e: sum(e.network.hidden)
    ),
    "epochs_done": Metric(
        "the number of epochs done", "count", per_epoch=lambda _, h: h.epoch, initial=0
    ),
    "seconds": Metric(
        "the training time", "seconds", per_epoch=lambda _, h: h.training_seconds(), initial=0
    ),
    "finished": Metric("the run is over", "yes/no", lambda c, _: c.state in OVER),
    "diverged": Metric(
        "the run has diverged",
        "yes/no",
        lambda c, _: bool(c.events) and isinstance(c.events[-1], Diverged),
    ),
    "training_loss": Metric("training loss", "number", per_epoch=lambda _, h: h.loss),
    "validation_loss": Metric("validation loss", "number", per_epoch=lambda _, h: h.val_loss),
    "best_validation_loss": Metric(
        "the best validation loss", "number", per_epoch=lambda _, h: _lowest(h.val_loss)
    ),
    "training_accuracy": Metric(
        "training accuracy", "fraction", per_epoch=_accuracy(lambda h: h.metric)
    ),
    "validation_accuracy": Metric(
        "validation accuracy", "fraction", per_epoch=_accuracy(lambda h: h.val_metric)
    ),
    "best_validation_accuracy": Metric(
        "the best validation accuracy",
        "fraction",
        per_epoch=_accuracy(lambda h: _highest(h.val_metric)),
    ),
    "training_error": Metric(
        "the mean training error", "number", per_epoch=_error(lambda h: h.metric)
    ),
    "validation_error": Metric(
        "the mean validation error", "number", per_epoch=_error(lambda h: h.val_metric)
    ),
    "best_validation_error": Metric(
        "the best mean validation error",
        "number",
        per_epoch=_error(lambda h: _lowest(h.val_metric)),
    ),
    "epochs_to": Metric(
        "the first epoch with a validation score of the target",
        "count",
        _epochs_to,
        has_target=True,
    ),
    "accuracy_gap": Metric(
        "training minus validation accuracy (mean of the last epochs)",
        "fraction",
        per_epoch=_accuracy(accuracy_gaps),
    ),
    "loss_gap": Metric(
        "validation minus training loss (mean of the last epochs)", "number", _loss_gap
    ),
    "loss_risen": Metric(
        "the rise of the validation loss since its best epoch",
        "number",
        lambda c, _: loss_rise(c.history) if len(c.history) else None,
    ),
    "loss_rises": Metric(
        f"the number of times validation loss rose in the last {RISE_WINDOW} epochs",
        "count",
        _loss_rises,
    ),
    "loss_fallen": Metric(
        "the relative decrease of the training loss since epoch 1",
        "fraction",
        per_epoch=_loss_reduction,
    ),
    "learning_rate_used": Metric(
        "the learning rate in use", "number", per_epoch=lambda _, h: h.learning_rate
    ),
    "dead_share": Metric("the share of dead units in the worst layer", "fraction", _dead_share),
    "gradient_ratio": Metric(
        "the gradient of the first layer, divided by that of the last", "number", _gradient_ratio
    ),
    "different_units": Metric(
        "the number of different units in the first hidden layer", "count", _different_units
    ),
    "test_openings": Metric(
        "the number of evaluations on the test set", "count", lambda c, _: c.test_evaluations
    ),
    "runs_finished": Metric("the number of finished runs", "count", lambda c, _: c.runs_finished),
    "race_over": Metric("the race is over", "yes/no", _race(lambda race: race.over)),
    "race_competitors": Metric(
        "the number of competitors in the race", "count", _race(lambda race: len(race.labels))
    ),
    "race_seeds": Metric(
        "the number of seeds of each competitor", "count", _race(lambda race: race.seeds)
    ),
    "race_epoch": Metric("the number of epochs raced", "count", _race(lambda race: race.epoch)),
    "drawing_answer": Metric(
        "the prediction for your drawing", "count", _drawing(lambda drawing: drawing.prediction)
    ),
    "drawing_confidence": Metric(
        "the confidence of the prediction for your drawing",
        "fraction",
        _drawing(lambda drawing: drawing.confidence),
    ),
}


def _known(name: str) -> str:
    if name and name not in METRICS:
        raise fail("one of " + ", ".join(METRICS), name)
    return name


# In a file: the name of a metric, or "" for none.
MetricName = Annotated[str, AfterValidator(_known)]
