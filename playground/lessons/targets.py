"""What an assignment can ask for: one table of quantities, each with its value after every epoch.

Names, labels and units are those of `measures.MEASURES`, which measures the newest epoch alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.analysis.metrics import generalization_gap
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary
from playground.history.history import History
from playground.lessons.measures import METRICS, Metric
from playground.nn.losses import CLASSIFICATION

Values = NDArray[Any]  # (n_epochs,)

AT_LEAST, AT_MOST = "at_least", "at_most"
OPERATORS: Mapping[str, str] = {AT_LEAST: "≥", AT_MOST: "≤"}
SPOKEN: Mapping[str, str] = {AT_LEAST: "at least", AT_MOST: "at most"}


@dataclass(frozen=True)
class TargetMetric:
    """A quantity that can be a target, from `low` to `high`; `usual` is what a form begins with.

    `after` gives its value after each epoch (n_epochs,), or None where there is none: no accuracy
    of a regression, nothing about validation without validation examples. `score`: it says how
    good a network is, so it can tell the best epoch.
    """

    name: str
    low: float
    high: float
    step: float
    operator: str
    usual: float
    after: Callable[[Experiment, History], Values | None]
    score: bool = False
    of: Callable[[Experiment], int] | None = None  # what is known before any epoch

    @property
    def measure(self) -> Metric:
        """Label and unit."""
        return METRICS[self.name]

    @property
    def whole(self) -> bool:
        """Whether it is counted: whole numbers only."""
        return self.measure.unit == "count"


def _count_target(
    name: str, low: float, high: float, step: float, usual: float, of: Callable[[Experiment], int]
) -> TargetMetric:
    """Something of the network that does not change while it trains, of which less is better."""

    def after(experiment: Experiment, history: History) -> Values:
        return np.full(len(history), of(experiment))

    return TargetMetric(name, low, high, step, AT_MOST, usual, after, of=of)


def _where(
    is_share: bool, column: Callable[[History], Values | None]
) -> Callable[[Experiment, History], Values | None]:
    """A column that is an accuracy, or one that is a mean absolute error."""

    def after(experiment: Experiment, history: History) -> Values | None:
        return column(history) if _is_share(experiment) is is_share else None

    return after


def _is_share(experiment: Experiment) -> bool:
    return experiment.data.source.task == CLASSIFICATION


def _accuracy_gap(history: History) -> Values | None:
    """Training minus validation accuracy, the mean of the last epochs."""
    if history.val_metric is None:
        return None
    apart = np.concatenate([[0.0], np.cumsum(history.metric - history.val_metric, dtype=float)])
    end = np.arange(1, len(apart))
    begin = np.maximum(end - generalization_gap.LAST, end // 2)
    mean: Values = ((apart[end] - apart[begin]) / (end - begin)).astype(np.float32)
    return mean


TARGET_METRICS: Mapping[str, TargetMetric] = {
    goal.name: goal
    for goal in (
        TargetMetric(
            "validation_accuracy", 0, 1, 0.01, AT_LEAST, 0.88,
            _where(True, lambda h: h.val_metric), score=True,
        ),
        _count_target("parameters", 2, 100_000_000, 1000, 50_000, lambda e: summary(e).parameters),
        TargetMetric("epochs_done", 1, 10_000, 1, AT_MOST, 10, lambda _, h: h.epoch),
        TargetMetric(
            "validation_error", 0, 1e6, 0.01, AT_MOST, 0.1,
            _where(False, lambda h: h.val_metric), score=True,
        ),
        TargetMetric(
            "validation_loss", 0, 1e6, 0.01, AT_MOST, 0.4, lambda _, h: h.val_loss, score=True
        ),
        TargetMetric(
            "training_accuracy", 0, 1, 0.01, AT_LEAST, 0.95,
            _where(True, lambda h: h.metric), score=True,
        ),
        TargetMetric(
            "training_error", 0, 1e6, 0.01, AT_MOST, 0.1,
            _where(False, lambda h: h.metric), score=True,
        ),
        TargetMetric("training_loss", 0, 1e6, 0.01, AT_MOST, 0.2, lambda _, h: h.loss, score=True),
        TargetMetric("accuracy_gap", -1, 1, 0.01, AT_MOST, 0.02, _where(True, _accuracy_gap)),
        _count_target("hidden_layers", 0, 6, 1, 1, lambda e: len(e.network.hidden)),
        _count_target("hidden_units", 0, 6144, 1, 64, lambda e: sum(e.network.hidden)),
        TargetMetric("seconds", 0.1, 86_400, 1, AT_MOST, 60, lambda _, h: np.cumsum(h.seconds)),
    )
}  # fmt: skip


def suits(name: str, experiment: Experiment) -> bool:
    """Whether a goal can be measured with these data at all."""
    if name.endswith("_accuracy") or name == "accuracy_gap":
        fits = _is_share(experiment)
    else:
        fits = not name.endswith("_error") or not _is_share(experiment)
    validated = experiment.data.validation_size > 0
    return fits and (validated or not (name.startswith("validation") or name == "accuracy_gap"))


def reached(operator: str, values: Values, number: float) -> NDArray[np.bool_]:
    """Which values are at least, or at most, `number`.

    Compared in the precision of the values: an accuracy of 880 in 1000 is 0.88, though as float32
    it is a little less.
    """
    if np.issubdtype(values.dtype, np.floating):
        bound = values.dtype.type(number)
    else:
        bound = np.float64(number)
    found: NDArray[np.bool_] = values >= bound if operator == AT_LEAST else values <= bound
    return found


def reaches(operator: str, value: float, number: float) -> bool:
    """Whether one value is at least, or at most, `number`."""
    return value >= number if operator == AT_LEAST else value <= number


def exact(value: Any) -> float:
    """The shortest number that means the same: 0.88, not 0.8799999952316284."""
    return float(str(np.asarray(value)[()]))
