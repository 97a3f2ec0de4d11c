"""Diagnosis: rules over the history of a run that detect problems and suggest fixes.

The thresholds come from a survey of the field, where they were used for a thousand images of ten
classes. Here accuracies are measured from the most frequent class, regressions from the mean, and
rises of a loss in units of the baseline's loss.
"""

from playground.analysis.diagnosis.rule import Fix, Rule
from playground.analysis.diagnosis.rules import RULES, Diagnosis, Monitor, diagnose
from playground.analysis.diagnosis.run_window import (
    RunWindow,
    WeightInspection,
    inspect_weights,
    run_window,
)

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
