"""Diagnosis: rules over the history of a run that find what is wrong, and how to cure it.

The thresholds come from a survey of the field, where they were used for a thousand images of ten
classes. Here accuracies count from what the commonest class reaches, regressions from predicting
the mean, and rises of a loss in units of that loss.
"""

from playground.diagnosis.baseline import Baseline, baseline
from playground.diagnosis.course import Course, course
from playground.diagnosis.finding import RULES, Finding, diagnose, findings
from playground.diagnosis.look import Look, look
from playground.diagnosis.rule import Fix, Rule
from playground.diagnosis.watch import Watch

__all__ = [
    "RULES", "Baseline", "Course", "Finding", "Fix", "Look", "Rule", "Watch", "baseline", "course",
    "diagnose", "findings", "look",
]  # fmt: skip
