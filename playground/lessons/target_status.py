"""How a run stands towards an assignment: what counts of it, and which targets are met."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from playground.experiment.model import Experiment
from playground.history.history import History
from playground.lessons.assignment import Assignment, Target
from playground.lessons.targets import AT_LEAST, TARGET_METRICS, Values, exact, reached, reaches


@dataclass(frozen=True)
class TargetStatus:
    """What the server has measured of one run.

    `counted` epochs from the first one count; `reason` says why no more of them do, "" if all do.
    `values` and `met`: for each target after the last epoch that counts. `epoch`: after which all
    targets are met together, the best of those by the first target that is a score; None so far.
    `figures`: everything that can be measured after it.
    """

    counted: int
    reason: str
    values: tuple[float | None, ...]
    met: tuple[bool, ...]
    epoch: int | None
    figures: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether all targets are met together after some epoch."""
        return self.epoch is not None


def standing(
    assignment: Assignment, experiment: Experiment, history: History, own_start: bool = False
) -> TargetStatus:
    """How a run of `experiment` (as it is now) stands.

    own_start: it began with other weights than those of its seed. Only what was trained from such
    first weights on, with the locked fields as they are locked and without taught examples, counts.
    """
    counted, reason = _counted(assignment, experiment, history, own_start)
    columns = {name: _column(name, experiment, history, counted) for name in TARGET_METRICS}
    each = [_reached(target, columns[target.measure], counted) for target in assignment.targets]
    together = np.flatnonzero(np.logical_and.reduce(each)) if counted else np.zeros(0, int)
    row = _best(assignment, columns, together) if len(together) else None
    values = tuple(
        _now(target.measure, experiment, columns[target.measure]) for target in assignment.targets
    )
    return TargetStatus(
        counted,
        reason,
        values,
        tuple(
            value is not None and reaches(target.operator, value, target.number)
            for target, value in zip(assignment.targets, values, strict=True)
        ),
        None if row is None else int(history.epoch[row]),
        {} if row is None else _figures(columns, row),
    )


def _counted(
    assignment: Assignment, experiment: Experiment, history: History, own_start: bool
) -> tuple[int, str]:
    """How many epochs count, and why no more."""
    if own_start:
        return 0, "this network did not begin with the first weights of its seed: press Train anew"
    held, begun = assignment.held, experiment.to_dict()
    for change in reversed(history.changes):
        begun[change.name] = change.before
    for name, value in held.items():
        if begun[name] != value:
            return 0, f"{name} was {_said(begun[name])} here, the assignment locks {_said(value)}"
    last, reason = len(history), ""
    for change in history.changes:
        if change.name in held and change.after != held[change.name] and change.epoch < last:
            last, reason = change.epoch, f"{change.name} was changed after epoch {change.epoch}"
    for lesson in history.lessons:
        if lesson.epoch < last:
            last, reason = lesson.epoch, f"examples were taught by hand after epoch {lesson.epoch}"
    return int((history.epoch <= last).sum()) if reason else len(history), reason


def _said(value: object) -> str:
    return ",".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


def _column(name: str, experiment: Experiment, history: History, counted: int) -> Values | None:
    values = TARGET_METRICS[name].after(experiment, history)
    return None if values is None else values[:counted]


def _reached(target: Target, values: Values | None, counted: int) -> Values:
    if values is None:
        return np.zeros(counted, bool)
    return reached(target.operator, values, target.number)


def _best(assignment: Assignment, columns: Mapping[str, Values | None], rows: Values) -> int:
    """Of some epochs the one that does best by the first target that is a score, or the first."""
    for target in assignment.targets:
        values = columns[target.measure]
        if TARGET_METRICS[target.measure].score and values is not None:
            found = values[rows]
            best = np.argmax(found) if target.operator == AT_LEAST else np.argmin(found)
            return int(rows[best])
    return int(rows[0])


def _now(name: str, experiment: Experiment, values: Values | None) -> float | None:
    """The newest value; what does not follow the epochs is known before the first of them."""
    of = TARGET_METRICS[name].of
    return _value(values, -1) if of is None else float(of(experiment))


def _value(values: Values | None, row: int) -> float | None:
    if values is None or not len(values) or not np.isfinite(values[row]):
        return None
    return exact(values[row])


def _figures(columns: Mapping[str, Values | None], row: int) -> dict[str, float]:
    found = {name: _value(values, row) for name, values in columns.items()}
    return {name: value for name, value in found.items() if value is not None}
