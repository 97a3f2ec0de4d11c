"""A condition on a person's work: a measured quantity or a setting, and what it must be.

    measure = "validation_accuracy"     # a name in MEASURES
    at_least = 0.9                      # and/or at_most, or equals

    setting = "optimizer"               # a field of the experiment
    equals = "adam"

`at_least` and `at_most` together: between. A yes is 1, a no is 0. A measure that counts up to a
target ("epochs_to") needs `target`.
"""

import math
from collections.abc import Callable
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from playground.experiment.fields import Value, fail, plain, shown
from playground.experiment.model import (
    CHOICES,
    FIELDS,
    SECTION_OF,
    SECTIONS,
    field_of_error,
    explain,
)
from playground.lessons.measures import METRICS, CheckContext, MeasureName

Wanted = Any  # a number, a text, true or false, or several of them

MOST_VALUES, LONGEST = 10, 100


def spoken(name: str) -> str:
    """A field as two or three words."""
    return name.replace("_", " ")


class Check(Value):
    """One thing that must be so; a sentence says what it is and what it must be."""

    measure: MeasureName = ""
    setting: str = Field("", description="A field of the experiment.")
    at_least: float | None = None
    at_most: float | None = None
    equals: Wanted = None
    target: float | None = Field(None, description="For a measure that looks for one.")

    @field_validator("equals", mode="before")
    @classmethod
    def _plain(cls, wanted: Any) -> Wanted:
        several = isinstance(wanted, (list, tuple))
        values = tuple(wanted) if several else (wanted,)
        fits = len(values) <= MOST_VALUES and all(_is_plain(value) for value in values)
        if wanted is not None and not fits:
            rule = f"a number, a text, true or false, or a list of at most {MOST_VALUES} of them"
            raise fail(rule, shown(wanted))
        return values if several else wanted

    @field_validator("setting")
    @classmethod
    def _known_setting(cls, name: str) -> str:
        if name and name not in FIELDS:
            raise fail("one of " + ", ".join(FIELDS), name)
        return name

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.measure) == bool(self.setting):
            both = f"{self.measure or 'no measure'} and {self.setting or 'no setting'}"
            raise fail("either a measure or a setting", both, "a condition")
        if (self.at_least is not None or self.at_most is not None) == (self.equals is not None):
            received = "both" if self.equals is not None else "nothing"
            raise fail("at_least and/or at_most, or equals", received, "a condition")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise fail(f"at least at_least ({self.at_least:g})", self.at_most, "at_most")
        targeted = bool(self.measure) and METRICS[self.measure].targeted
        if targeted != (self.target is not None):
            rule = f"{'a number' if targeted else 'left out'} for {self.measure or self.setting}"
            raise fail(rule, "nothing" if self.target is None else self.target, "target")
        return self

    @model_validator(mode="after")
    def _suits(self) -> Self:
        """What is wanted must be possible at all."""
        if self.measure and isinstance(self.equals, (str, tuple)):
            raise fail("a number, true or false", self.equals, "equals")
        if self.setting and self.equals is not None:
            problems = _problems(self.setting, self.equals)
            if problems:
                raise fail(f"a value of {self.setting} ({problems})", self.equals, "equals")
        if self.setting and self.equals is None:
            default = FIELDS[self.setting].default
            if isinstance(default, bool) or not isinstance(default, (int, float)):
                raise fail("left out (it is no number)", self.setting, "at_least or at_most")
        return self

    def value(self, evidence: CheckContext) -> Any:
        """What it is now; None where there is nothing to measure yet."""
        if self.setting:
            return evidence.experiment.to_dict()[self.setting]
        return METRICS[self.measure].measured(evidence, self.target or 0.0)

    def holds(self, evidence: CheckContext) -> bool:
        """Whether it is as it must be."""
        value = self.value(evidence)
        if value is None:
            return False
        if self.equals is not None:
            return _equal(value, self.equals)
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)

    def sentence(self, evidence: CheckContext, named: Callable[[str], str] = spoken) -> str:
        """ "validation accuracy is 62%, it must be at least 90%"; named: what a field is called."""
        value = self.value(evidence)
        now = "not there yet" if value is None else self._written(value)
        is_yes = bool(self.measure) and METRICS[self.measure].unit == "yes"
        label = named(self.setting) if self.setting else self.label
        told = f"{label}: {now}" if is_yes else f"{label} is {now}"
        return (
            f"{told}, as it must be" if self._exact(evidence) else f"{told}, it must be {self.rule}"
        )

    def _exact(self, evidence: CheckContext) -> bool:
        """Whether the rule would only repeat the value."""
        return self.equals is not None and self.holds(evidence)

    @property
    def label(self) -> str:
        """What the quantity is called."""
        if self.setting:
            return spoken(self.setting)
        entry = METRICS[self.measure]
        aim = "" if self.target is None else f" {self.target:g}"
        return entry.label + aim

    @property
    def rule(self) -> str:
        """What it must be: "at least 90%", "between 1 and 3", "adam"."""
        if self.equals is not None:
            return self._written(self.equals)
        low, high = self.at_least, self.at_most
        if low is not None and high is not None:
            return f"between {self._written(low)} and {self._written(high)}"
        if low is not None:
            return f"at least {self._written(low)}"
        return f"at most {self._written(high)}"

    def _written(self, value: Any) -> str:
        if isinstance(value, (tuple, list)):
            return ", ".join(map(str, value)) or "none"
        if self.setting in CHOICES and isinstance(value, str):
            entry = CHOICES[self.setting].get(value, value)
            return entry if isinstance(entry, str) else str(entry.label)
        if self.setting:
            return _yes(value) if isinstance(value, bool) else _plain(value)
        return METRICS[self.measure].written(float(value))


def _problems(name: str, value: Wanted) -> str:
    """Why a field of the experiment cannot have this value; "" if it can."""
    try:
        SECTIONS[SECTION_OF[name]].model_validate({name: value})
    except ValidationError as error:
        own = [each for each in error.errors(include_url=False) if field_of_error(each) == name]
        return "; ".join(explain(error)) if own else ""
    return ""


def _equal(value: Any, wanted: Wanted) -> bool:
    if isinstance(wanted, tuple) or isinstance(value, tuple):
        return isinstance(wanted, tuple) and tuple(value) == wanted
    if isinstance(value, str) or isinstance(wanted, str):
        return bool(value == wanted)
    return math.isclose(value, wanted, rel_tol=1e-9)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST
    return isinstance(value, (bool, int, float)) and math.isfinite(value)


def _yes(value: bool) -> str:
    return "on" if value else "off"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else plain(value)
