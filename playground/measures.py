"""What can be measured of a person's work: one table for everything that checks it.

A measure is a number (a yes is 1, a no is 0), or None as long as there is nothing to measure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator

from playground.events import Diverged, Epoch
from playground.evidence import Contest, Evidence, Sketch
from playground.gap import Gap, gap, rises
from playground.history import Column, History
from playground.summary import summary
from playground.values import fail

OVER = ("finished", "diverged")
JUMPY = 5  # epochs among which rises of the validation loss are counted
SAME = 1e-5  # two units are the same if no weight differs by more

Unit = Literal["share", "number", "count", "yes", "seconds"]


Measured = Callable[[Evidence, float], float | None]


@dataclass(frozen=True)
class Measure:
    """A quantity: what it is called in a sentence, how it is written, how it is measured.

    `of` receives the evidence and a target, which only those with `targeted` look at.
    """

    label: str
    unit: Unit
    of: Measured
    targeted: bool = False

    def measured(self, evidence: Evidence, target: float = 0.0) -> float | None:
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
    def last(evidence: Evidence, _: float) -> float | None:
        values = column(evidence.history)
        return None if values is None or not len(values) else float(values[-1])

    return last


def _best(column: Callable[[History], Column | None], most: bool) -> Measured:
    def best(evidence: Evidence, _: float) -> float | None:
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


def _gap(which: Callable[[Gap], float]) -> Measured:
    def apart(evidence: Evidence, _: float) -> float | None:
        found = gap(evidence.history, evidence.is_share)
        return None if found is None else which(found)

    return apart


def _newest(evidence: Evidence) -> Epoch | None:
    return next((e for e in reversed(evidence.events) if isinstance(e, Epoch)), None)


def _dead(evidence: Evidence, _: float) -> float | None:
    newest = _newest(evidence)
    shares = [] if newest is None else [s.dead for s in newest.layers if s.dead is not None]
    return max(shares, default=None)


def _gradient_ratio(evidence: Evidence, _: float) -> float | None:
    newest = _newest(evidence)
    if newest is None or len(newest.layers) < 2 or not newest.layers[-1].gradient:
        return None
    return newest.layers[0].gradient / newest.layers[-1].gradient


def _epochs_to(evidence: Evidence, target: float) -> float | None:
    values = evidence.history.val_metric
    if values is None:
        return None
    there = np.flatnonzero(values >= target if evidence.is_share else values <= target)
    return float(evidence.history.epoch[there[0]]) if len(there) else None


def _loss_rises(evidence: Evidence, _: float) -> float | None:
    values = evidence.history.val_loss
    if values is None or len(values) < 2:
        return None
    return float((np.diff(values[-JUMPY - 1 :]) > 0).sum())


def _fallen(evidence: Evidence, _: float) -> float | None:
    values = evidence.history.loss
    return float(1 - values[-1] / values[0]) if len(values) and values[0] > 0 else None


def _different_units(evidence: Evidence, _: float) -> float | None:
    if evidence.snapshot is None or len(evidence.snapshot.layers) < 2:
        return None
    layer = evidence.snapshot.layers[0]
    units = np.vstack([layer.kernel, layer.bias])
    return float(np.unique(np.round(units / SAME), axis=1).shape[1])


def _contest(of: Callable[[Contest], float]) -> Measured:
    return lambda evidence, _: None if evidence.contest is None else of(evidence.contest)


def _sketch(of: Callable[[Sketch], float]) -> Measured:
    return lambda evidence, _: None if evidence.sketch is None else of(evidence.sketch)


MEASURES: Mapping[str, Measure] = {
    "parameters": Measure(
        "the number of weights and biases",
        "count",
        lambda e, _: summary(e.experiment).parameters,
    ),
    "hidden_layers": Measure(
        "the number of hidden layers", "count", lambda e, _: len(e.experiment.network.hidden)
    ),
    "hidden_units": Measure(
        "the number of hidden units", "count", lambda e, _: sum(e.experiment.network.hidden)
    ),
    "epochs_done": Measure("the number of epochs done", "count", lambda e, _: len(e.history)),
    "seconds": Measure(
        "the time of training", "seconds", lambda e, _: float(e.history.seconds.sum())
    ),
    "finished": Measure("the run is over", "yes", lambda e, _: e.state in OVER),
    "diverged": Measure(
        "the run has diverged",
        "yes",
        lambda e, _: bool(e.events) and isinstance(e.events[-1], Diverged),
    ),
    "training_loss": Measure("training loss", "number", _last(lambda h: h.loss)),
    "validation_loss": Measure("validation loss", "number", _last(_val_loss)),
    "best_validation_loss": Measure("the best validation loss", "number", _best(_val_loss, False)),
    "training_accuracy": Measure("training accuracy", "share", _accuracy(_last(_metric))),
    "validation_accuracy": Measure("validation accuracy", "share", _accuracy(_last(_val_metric))),
    "best_validation_accuracy": Measure(
        "the best validation accuracy", "share", _accuracy(_best(_val_metric, True))
    ),
    "training_error": Measure(
        "the mean training error", "number", _accuracy(_last(_metric), False)
    ),
    "validation_error": Measure(
        "the mean validation error", "number", _accuracy(_last(_val_metric), False)
    ),
    "best_validation_error": Measure(
        "the best mean validation error", "number", _accuracy(_best(_val_metric, False), False)
    ),
    "epochs_to": Measure(
        "the first epoch with a validation score of the target",
        "count",
        _epochs_to,
        targeted=True,
    ),
    "accuracy_gap": Measure(
        "training minus validation accuracy (mean of the last epochs)",
        "share",
        _accuracy(_gap(lambda found: found.metric)),
    ),
    "loss_gap": Measure(
        "validation minus training loss (mean of the last epochs)",
        "number",
        _gap(lambda found: found.loss),
    ),
    "loss_risen": Measure(
        "the rise of the validation loss since its best epoch",
        "number",
        lambda e, _: rises(e.history) if len(e.history) else None,
    ),
    "loss_rises": Measure(
        f"the number of times validation loss rose in the last {JUMPY} epochs", "count", _loss_rises
    ),
    "loss_fallen": Measure(
        "the share of training loss that is gone since epoch 1", "share", _fallen
    ),
    "learning_rate_used": Measure(
        "the learning rate in use", "number", _last(lambda h: h.learning_rate)
    ),
    "dead_share": Measure("the share of dead units in the worst layer", "share", _dead),
    "gradient_ratio": Measure(
        "the gradient of the first layer, divided by that of the last", "number", _gradient_ratio
    ),
    "different_units": Measure(
        "the number of different units in the first hidden layer", "count", _different_units
    ),
    "test_openings": Measure(
        "the number of times the test set was opened", "count", lambda e, _: e.openings
    ),
    "runs_finished": Measure("the number of finished runs", "count", lambda e, _: e.finished),
    "race_over": Measure("the race is over", "yes", _contest(lambda race: race.over)),
    "race_competitors": Measure(
        "the number of competitors in the race", "count", _contest(lambda race: len(race.labels))
    ),
    "race_seeds": Measure(
        "the number of seeds of each competitor", "count", _contest(lambda race: race.seeds)
    ),
    "race_epoch": Measure("the number of epochs raced", "count", _contest(lambda race: race.epoch)),
    "drawing_answer": Measure(
        "the network's answer to your drawing", "count", _sketch(lambda said: said.answer)
    ),
    "drawing_confidence": Measure(
        "how sure the network is of your drawing", "share", _sketch(lambda said: said.confidence)
    ),
}


def _known(name: str) -> str:
    if name and name not in MEASURES:
        raise fail("one of " + ", ".join(MEASURES), name)
    return name


# In a file: the name of a measure, or "" for none.
MeasureName = Annotated[str, AfterValidator(_known)]
