"""Diagnosis: rules over the history of a run that detect problems and suggest fixes.

The thresholds come from a survey of the field, where they were used for a thousand images of ten
classes. Here accuracies are measured from the most frequent class, regressions from the mean, and
rises of a loss in units of the baseline's loss.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from playground.analysis.diagnosis import rules_fit, rules_learning_rate, rules_units
from playground.analysis.diagnosis.rule import Fix, Rule
from playground.analysis.diagnosis.run_window import (
    RunWindow,
    WeightInspection,
    inspect_weights,
    run_window,
)
from playground.analysis.metrics.score import Baseline, baseline
from playground.datasets import Dataset
from playground.experiment.model import PLANNING, Experiment
from playground.history.events import Event
from playground.history.history import history
from playground.nn.network import Snapshot

__all__ = [
    "RULES",
    "Diagnosis",
    "Fix",
    "Monitor",
    "Rule",
    "RunWindow",
    "WeightInspection",
    "diagnose",
    "inspect_weights",
    "run_window",
]


RULES: dict[str, Rule] = {
    **rules_learning_rate.RULES,
    **rules_fit.RULES,
    **rules_units.RULES,
}

ENOUGH = 3  # epochs to judge before "no problem" is said
PERSISTENCE = 5  # epochs, or a tenth of a long run, that a diagnosis stays after it was last made


@dataclass(frozen=True)
class Diagnosis:
    """One problem of a run: a name in RULES, a sentence with the numbers, and its fix."""

    name: str
    evidence: str
    fix: Fix | None

    @property
    def rule(self) -> Rule:
        """The rule that detected it."""
        return RULES[self.name]


def diagnose(run: RunWindow) -> tuple[Diagnosis, ...]:
    """All problems of a run, the most serious first, each behind its causes."""
    with np.errstate(all="ignore"):
        by_severity = sorted(RULES, key=lambda name: RULES[name].severity)
        evidence = {name: RULES[name].detect(run) for name in by_severity}
        names = _causes_first([name for name in by_severity if evidence[name]])
        made = (Diagnosis(name, evidence[name] or "", RULES[name].fix(run)) for name in names)
        return tuple(found for found in made if found.fix or not found.rule.needs_fix)


def _causes_first(names: Sequence[str]) -> list[str]:
    """The same names, each behind those that explain it."""
    ordered: list[str] = []

    def add(name: str) -> None:
        if name in names and name not in ordered:
            for cause in RULES[name].explained_by:
                add(cause)
            ordered.append(name)

    for name in names:
        add(name)
    return ordered


def _trained(experiment: Experiment) -> dict[str, object]:
    """What decides how the weights change, whenever training ends."""
    return {name: v for name, v in experiment.to_dict().items() if name not in PLANNING}


@dataclass
class Monitor:
    """Diagnoses of one network while it trains; `dismissed`: problems not to show any more.

    Baseline and weight inspection are computed once, and a diagnosis stays for some epochs.
    """

    network: str  # the run's network id
    dismissed: set[str] = field(default_factory=set)
    diagnoses: tuple[Diagnosis, ...] = ()
    since: int = 0  # epochs before the last change of the settings, also of a paused run
    judged: int = 0  # epochs after it
    _judged: tuple[object, ...] = ()
    _experiment: Experiment | None = None
    _last_seen: dict[str, int] = field(default_factory=dict)  # problem → epoch
    _inspection: WeightInspection | None = None
    _inspected: int = -1  # epoch
    _baseline: tuple[object, Baseline] | None = None

    def update(
        self,
        experiment: Experiment,
        events: Sequence[Event],
        snapshot: Snapshot | None,
        dataset: Dataset,
    ) -> tuple[Diagnosis, ...]:
        """The current problems, the most serious first, without dismissed ones.

        A problem detected a few epochs ago is still shown, so that a score near a threshold does
        not make it flicker.
        """
        newest = -1 if snapshot is None else snapshot.epoch
        state = (len(events), newest, experiment)
        if state != self._judged:
            self._judge(experiment, events, snapshot, dataset)
            self._judged = state
        return tuple(found for found in self.diagnoses if found.name not in self.dismissed)

    @property
    def is_settled(self) -> bool:
        """Whether enough epochs were judged to say that nothing was found."""
        return self.judged >= ENOUGH

    def _judge(
        self,
        experiment: Experiment,
        events: Sequence[Event],
        snapshot: Snapshot | None,
        dataset: Dataset,
    ) -> None:
        if self._experiment is not None and _trained(self._experiment) != _trained(experiment):
            self.since, self.diagnoses = int(max((history(events).epoch[-1:]), default=0)), ()
        self._experiment = experiment
        loss = experiment.training.loss
        key = (experiment.data, loss)
        if self._baseline is None or self._baseline[0] != key:
            self._baseline = key, baseline(dataset, loss)
        if snapshot is not None and snapshot.epoch != self._inspected:
            self._inspection = inspect_weights(snapshot, dataset, loss)
            self._inspected = snapshot.epoch
        run = run_window(experiment, events, self._baseline[1], self._inspection, self.since)
        self.since, self.judged = run.since, len(run)
        current, end = diagnose(run), run.since + len(run)
        self._last_seen |= {found.name: end for found in current}
        names = {found.name for found in current}
        recent = [
            found
            for found in self.diagnoses
            if found.name not in names
            and run.since < self._last_seen.get(found.name, -1) <= end
            and end - self._last_seen[found.name] < max(PERSISTENCE, len(run) // 10)
        ]
        # The problem shown first stays first, before a new one.
        first = [found for found in recent if found is self.diagnoses[0]]
        self.diagnoses = (*first, *current) if first else (*current, *recent)
