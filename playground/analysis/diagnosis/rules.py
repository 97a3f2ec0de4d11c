"""All rules in the order of their severity, and what they find in the course of a run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from playground.analysis.diagnosis import rules_fit, rules_learning_rate, rules_units
from playground.analysis.diagnosis.rule import Fix, Kind, Rule
from playground.analysis.diagnosis.run_summary import RunSummary

_ALL = {
    **rules_learning_rate.RATE_RULES,
    **rules_learning_rate.PROGRESS_RULES,
    **rules_fit.FIT_RULES,
    **rules_fit.OVERFITTING_RULES,
    **rules_fit.OPTIMISM_RULES,
    **rules_units.UNIT_RULES,
    **rules_units.GRADIENT_RULES,
}

RULES: dict[str, Rule] = {  # the gravest first
    name: _ALL[name]
    for name in (
        "diverged", "not_learning", "too_slow", "jumping", "underfitting", "overfitting",
        "dead_units", "saturated_units", "gradients", "regularisation", "little_data",
        "validation_better",
    )
}  # fmt: skip


@dataclass(frozen=True)
class Diagnosis:
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


def findings(found: RunSummary) -> tuple[Diagnosis, ...]:
    """All faults of a course, the gravest first, each behind its causes."""
    with np.errstate(all="ignore"):
        told = {name: rule.evidence(found) for name, rule in RULES.items()}
        order = _in_order([name for name, evidence in told.items() if evidence])
        made = (Diagnosis(name, told[name] or "", RULES[name].fix(found)) for name in order)
        return tuple(each for each in made if each.fix or not each.rule.curable)


def diagnose(found: RunSummary) -> Diagnosis | None:
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
