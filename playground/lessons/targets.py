"""Targets of an assignment: the metrics they can use, and which are met after each epoch of a run.

Labels, units and values come from `metrics.METRICS`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from playground.experiment.fields import Value, fail
from playground.experiment.model import Experiment, format_value
from playground.history.history import History
from playground.lessons.metrics import METRICS, Metric, Values, is_classification, last_known
from playground.nn.format import format_number

AT_LEAST, AT_MOST = "at_least", "at_most"
OPERATORS: Mapping[str, str] = {AT_LEAST: "≥", AT_MOST: "≤"}
OPERATOR_LABELS: Mapping[str, str] = {AT_LEAST: "at least", AT_MOST: "at most"}


@dataclass(frozen=True)
class TargetMetric:
    """A metric that can be a target: the range of its threshold, and the defaults of the form.

    is_score: it measures the quality of a network, so it can select the best epoch.
    """

    name: str
    low: float
    high: float
    step: float
    operator: str
    default: float
    is_score: bool = False

    @property
    def metric(self) -> Metric:
        """Label, unit and values."""
        return METRICS[self.name]

    @property
    def is_count(self) -> bool:
        """Whether its threshold is a whole number."""
        return self.metric.unit == "count"


TARGET_METRICS: Mapping[str, TargetMetric] = {
    entry.name: entry
    for entry in (
        TargetMetric("validation_accuracy", 0, 1, 0.01, AT_LEAST, 0.88, is_score=True),
        TargetMetric("parameters", 2, 100_000_000, 1000, AT_MOST, 50_000),
        TargetMetric("epochs_done", 1, 10_000, 1, AT_MOST, 10),
        TargetMetric("validation_error", 0, 1e6, 0.01, AT_MOST, 0.1, is_score=True),
        TargetMetric("validation_loss", 0, 1e6, 0.01, AT_MOST, 0.4, is_score=True),
        TargetMetric("training_accuracy", 0, 1, 0.01, AT_LEAST, 0.95, is_score=True),
        TargetMetric("training_error", 0, 1e6, 0.01, AT_MOST, 0.1, is_score=True),
        TargetMetric("training_loss", 0, 1e6, 0.01, AT_MOST, 0.2, is_score=True),
        TargetMetric("accuracy_gap", -1, 1, 0.01, AT_MOST, 0.02),
        TargetMetric("hidden_layers", 0, 6, 1, AT_MOST, 1),
        TargetMetric("hidden_units", 0, 6144, 1, AT_MOST, 64),
        TargetMetric("seconds", 0.1, 86_400, 1, AT_MOST, 60),
    )
}


def is_available(name: str, experiment: Experiment) -> bool:
    """Whether a target metric exists for the task and the split of an experiment."""
    accuracy = name.endswith("_accuracy") or name == "accuracy_gap"
    needs_validation = name.startswith("validation") or name == "accuracy_gap"
    if needs_validation and not experiment.data.validation_size:
        return False
    return not (name.endswith("_error") if is_classification(experiment) else accuracy)


def _choices(table: Mapping[str, object]) -> dict[str, Any]:
    return {"choices": list(table), "pattern": None}


class Target(Value):
    """A metric that must be at least, or at most, a threshold."""

    metric: str = Field(json_schema_extra=_choices(TARGET_METRICS))
    operator: str = Field(json_schema_extra=_choices(OPERATORS))
    threshold: float

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, given: Any) -> Any:
        """Links and result lines hold [metric, operator, threshold]."""
        if not isinstance(given, list):
            return given
        if len(given) != 3:
            raise fail("three values", given, "a target")
        return dict(zip(cls.model_fields, given, strict=True))

    @model_validator(mode="after")
    def _in_range(self) -> "Target":
        entry = TARGET_METRICS[self.metric]
        if not entry.low <= self.threshold <= entry.high:
            low, high = format_number(entry.low), format_number(entry.high)
            raise fail(f"between {low} and {high}", self.threshold, f"target for {self.label}")
        if entry.is_count and self.threshold != int(self.threshold):
            raise fail("a whole number", self.threshold, f"target for {self.label}")
        return self

    @property
    def label(self) -> str:
        """The metric in words."""
        return METRICS[self.metric].label

    @property
    def text(self) -> str:
        """ "validation accuracy ≥ 88%"."""
        return f"{self.label} {OPERATORS[self.operator]} {self.formatted_threshold}"

    @property
    def formatted_threshold(self) -> str:
        """The threshold with its unit."""
        return METRICS[self.metric].format(self.threshold)

    def to_list(self) -> list[Any]:
        """[metric, operator, threshold], as links and result lines hold it."""
        return [self.metric, self.operator, self.threshold]

    def is_met(self, value: float) -> bool:
        """Whether a value is at least, or at most, the threshold."""
        return value >= self.threshold if self.operator == AT_LEAST else value <= self.threshold

    def met(self, values: Values) -> NDArray[np.bool_]:
        """Which values meet the target (n_epochs,).

        Compared in the precision of the values: an accuracy of 880 in 1000 is 0.88, though as
        float32 it is a little less.
        """
        floating = np.issubdtype(values.dtype, np.floating)
        bound = values.dtype.type(self.threshold) if floating else np.float64(self.threshold)
        met: NDArray[np.bool_] = values >= bound if self.operator == AT_LEAST else values <= bound
        return met


@dataclass(frozen=True)
class TargetStatus:
    """The targets of an assignment, evaluated on one run.

    The first `epochs_counted` epochs count; `reason` says why no more of them do, "" if all do.
    values, met: each target after the last epoch that counts and was evaluated. epoch: after which
    all targets are met together, the best of these by the first target that is a score; None if
    there is none. metrics: all target metrics after that epoch.
    """

    epochs_counted: int
    reason: str
    values: tuple[float | None, ...]
    met: tuple[bool, ...]
    epoch: int | None
    metrics: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether all targets are met together after some epoch."""
        return self.epoch is not None


def target_status(
    targets: Sequence[Target],
    locked: Mapping[str, Any],
    experiment: Experiment,
    history: History,
    custom_start: bool = False,
) -> TargetStatus:
    """Evaluate targets on a run of `experiment` (its current settings).

    custom_start: the initial weights are not those of the seed. Only epochs trained from the
    seed's weights, with the values of the `locked` fields and without added examples, count.
    """
    counted, reason = _counted(locked, experiment, history, custom_start)
    columns: dict[str, Values | None] = {}
    for name, entry in TARGET_METRICS.items():
        values = entry.metric.values(experiment, history)
        columns[name] = None if values is None else values[:counted]
    newest = tuple(_newest(target.metric, experiment, columns) for target in targets)
    row = _best_row(targets, columns, counted)
    return TargetStatus(
        counted,
        reason,
        newest,
        tuple(
            value is not None and target.is_met(value)
            for target, value in zip(targets, newest, strict=True)
        ),
        None if row is None else int(history.epoch[row]),
        {} if row is None else _metrics(columns, row),
    )


def _counted(
    locked: Mapping[str, Any], experiment: Experiment, history: History, custom_start: bool
) -> tuple[int, str]:
    """How many epochs count, and why no more."""
    if custom_start:
        return 0, "the initial weights are not those of the seed: press Train again"
    initial = experiment.to_dict()
    for change in reversed(history.changes):
        initial[change.name] = change.before
    for name, value in locked.items():
        if initial[name] != value:
            used, wanted = format_value(name, initial[name]), format_value(name, value)
            return 0, f"{name} was {used} in this run, the assignment locks {wanted}"
    last, reason = len(history), ""
    for change in history.changes:
        if change.name in locked and change.after != locked[change.name] and change.epoch < last:
            last, reason = change.epoch, f"{change.name} was changed after epoch {change.epoch}"
    for added in history.examples_added:
        if added.epoch < last:
            last, reason = added.epoch, f"examples were added after epoch {added.epoch}"
    return int((history.epoch <= last).sum()) if reason else len(history), reason


def _best_row(
    targets: Sequence[Target], columns: Mapping[str, Values | None], counted: int
) -> int | None:
    """The epoch that meets all targets and is best by the first score, or the first such epoch."""
    met = np.ones(counted, bool)
    for target in targets:
        values = columns[target.metric]
        met &= False if values is None else target.met(values)
    rows = np.flatnonzero(met)
    if not len(rows):
        return None
    for target in targets:
        values = columns[target.metric]
        if TARGET_METRICS[target.metric].is_score and values is not None:
            scores = values[rows]
            return int(rows[scores.argmax() if target.operator == AT_LEAST else scores.argmin()])
    return int(rows[0])


def _newest(
    name: str, experiment: Experiment, columns: Mapping[str, Values | None]
) -> float | None:
    constant = METRICS[name].constant
    if constant is not None:
        return float(constant(experiment))
    values = columns[name]
    return None if values is None else _decimal(last_known(values))


def _decimal(value: Any) -> float | None:
    """The shortest decimal of a value: 0.88, not 0.8799999952316284; None if it is not finite."""
    return float(str(value)) if np.isfinite(value) else None


def _metrics(columns: Mapping[str, Values | None], row: int) -> dict[str, float]:
    values = {n: _decimal(column[row]) for n, column in columns.items() if column is not None}
    return {name: value for name, value in values.items() if value is not None}
