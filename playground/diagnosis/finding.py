"""All rules in the order of their severity, and what they find in the course of a run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground.diagnosis import fit, flattered, gradients, overfitting, pace, progress, units
from playground.diagnosis.course import Course
from playground.diagnosis.rule import Fix, Kind, Rule

_PARTS = (progress, pace, fit, overfitting, units, gradients, flattered)
_ALL = {name: rule for part in _PARTS for name, rule in part.RULES.items()}

RULES: dict[str, Rule] = {  # the gravest first
    name: _ALL[name]
    for name in (
        "diverged", "not_learning", "too_slow", "jumping", "underfitting", "overfitting",
        "dead_units", "saturated_units", "gradients", "regularisation", "little_data",
        "validation_better",
    )
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One fault that is there: a name in RULES, a sentence with the numbers, and what cures it."""

    name: str
    evidence: str
    fix: Fix | None

    @property
    def rule(self) -> Rule:
        """The rule that found it."""
        return RULES[self.name]

    @property
    def kind(self) -> Kind:
        """How serious it is."""
        return self.rule.kind


def findings(found: Course) -> tuple[Finding, ...]:
    """All faults of a course, the gravest first, each behind its causes."""
    with np.errstate(all="ignore"):
        told = {name: rule.evidence(found) for name, rule in RULES.items()}
        order = _in_order([name for name, evidence in told.items() if evidence])
        made = (Finding(name, told[name] or "", RULES[name].fix(found)) for name in order)
        return tuple(each for each in made if each.fix or not each.rule.curable)


def diagnose(found: Course) -> Finding | None:
    """The gravest fault of a course, or its cause; None where all is well or too little known."""
    return next(iter(findings(found)), None)


def _in_order(names: Sequence[str]) -> list[str]:
    """The same names, each behind those that explain it."""
    ordered: list[str] = []

    def put(name: str) -> None:
        if name in names and name not in ordered:
            for cause in RULES[name].explained_by:
                put(cause)
            ordered.append(name)

    for name in names:
        put(name)
    return ordered
