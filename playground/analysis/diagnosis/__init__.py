"""Diagnosis: rules over the history of a run that find what is wrong, and how to cure it.

The thresholds come from a survey of the field, where they were used for a thousand images of ten
classes. Here accuracies count from what the commonest class reaches, regressions from predicting
the mean, and rises of a loss in units of that loss.
"""

from playground.analysis.diagnosis.monitor import Monitor
from playground.analysis.diagnosis.rule import Fix, Rule
from playground.analysis.diagnosis.rules import RULES, Diagnosis, diagnose, findings
from playground.analysis.diagnosis.run_summary import RunSummary, WeightInspection, course, look
from playground.analysis.metrics.baseline import Baseline, baseline

__all__ = [
    "RULES",
    "Baseline",
    "Diagnosis",
    "Fix",
    "Monitor",
    "Rule",
    "RunSummary",
    "WeightInspection",
    "baseline",
    "course",
    "diagnose",
    "findings",
    "look",
]  # fmt: skip
