"""A check of a lesson step: a condition on a metric or on a setting.

    measure = "validation_accuracy"     # a name in METRICS
    at_least = 0.9                      # and/or at_most, or equals

    setting = "optimizer"               # a field of the experiment
    equals = "adam"

`at_least` and `at_most` together: between. Yes is 1, no is 0. A metric that is computed for a
target ("epochs_to") needs `target`.
"""

import math
from collections.abc import Callable
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from playground.experiment.fields import Value, fail
from playground.experiment.model import (
    FIELDS,
    NOISE,
    SECTION_OF,
    SECTIONS,
    current_name,
    explain,
    field_of_error,
    format_value,
    text_label,
)
from playground.lessons.metrics import METRICS, CheckContext, MetricName
from playground.nn.format import truncate

Expected = Any  # a number, a text, true or false, or a tuple of them

MAX_VALUES, MAX_CHARACTERS = 10, 100


class Check(Value):
    """One condition; `sentence` states the current value and the condition."""

    measure: MetricName = ""
    setting: str = Field("", description="A field of the experiment.")
    at_least: float | None = None
    at_most: float | None = None
    equals: Expected = None
    target: float | None = Field(None, description="For a metric that is computed for one.")

    @field_validator("equals", mode="before")
    @classmethod
    def _plain(cls, expected: Any) -> Expected:
        several = isinstance(expected, (list, tuple))
        values = tuple(expected) if several else (expected,)
        fits = len(values) <= MAX_VALUES and all(_is_plain(value) for value in values)
        if expected is not None and not fits:
            rule = f"a number, a text, true or false, or a list of at most {MAX_VALUES} of them"
            raise fail(rule, truncate(expected))
        return values if several else expected

    @field_validator("setting")
    @classmethod
    def _known_setting(cls, name: str) -> str:
        if name and current_name(name) not in FIELDS:
            raise fail("one of " + ", ".join(FIELDS), name)
        return name if name == NOISE else current_name(name)

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
        needs_target = bool(self.measure) and METRICS[self.measure].has_target
        if needs_target != (self.target is not None):
            rule = (
                f"{'a number' if needs_target else 'left out'} for {self.measure or self.setting}"
            )
            raise fail(rule, "nothing" if self.target is None else self.target, "target")
        return self

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.measure and isinstance(self.equals, (str, tuple)):
            raise fail("a number, true or false", self.equals, "equals")
        if self.setting and self.equals is not None:
            problems = _problems(current_name(self.setting), self.equals)
            if problems:
                raise fail(f"a value of {self.setting} ({problems})", self.equals, "equals")
        if self.setting and self.equals is None:
            default = FIELDS[current_name(self.setting)].default
            if isinstance(default, bool) or not isinstance(default, (int, float)):
                raise fail("left out (it is not a number)", self.setting, "at_least or at_most")
        return self

    def value(self, context: CheckContext) -> Any:
        """The current value of the metric or setting; None while it cannot be computed."""
        if self.setting:
            experiment = context.experiment
            return experiment.to_dict()[current_name(self.setting, experiment.data.dataset)]
        return METRICS[self.measure].value(context, self.target or 0.0)

    def passes(self, context: CheckContext) -> bool:
        """Whether the condition holds."""
        value = self.value(context)
        if value is None:
            return False
        if self.equals is not None:
            return _equal(value, self.equals)
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)

    def sentence(self, context: CheckContext, label: Callable[[str], str] = text_label) -> str:
        """ "validation accuracy is 62%, it must be at least 90%"; `label` names a field."""
        value = self.value(context)
        current = "not available yet" if value is None else self._format(value)
        yes_or_no = bool(self.measure) and METRICS[self.measure].unit == "yes/no"
        name = label(self.setting) if self.setting else self.label
        statement = f"{name}{':' if yes_or_no or self.setting else ' is'} {current}"
        if self.equals is not None and self.passes(context):
            return f"{statement}, as it must be"
        return f"{statement}, it must be {self.rule}"

    @property
    def label(self) -> str:
        """The metric or setting in words."""
        if self.setting:
            return text_label(self.setting)
        target = "" if self.target is None else f" {self.target:g}"
        return METRICS[self.measure].label + target

    @property
    def rule(self) -> str:
        """ "at least 90%", "between 1 and 3", "adam"."""
        if self.equals is not None:
            return self._format(self.equals)
        low, high = self.at_least, self.at_most
        if low is not None and high is not None:
            return f"between {self._format(low)} and {self._format(high)}"
        if low is not None:
            return f"at least {self._format(low)}"
        return f"at most {self._format(high)}"

    def _format(self, value: Any) -> str:
        if self.measure:
            return METRICS[self.measure].format(float(value))
        return format_value(self.setting, value)


def _problems(name: str, value: Expected) -> str:
    """Why a field of the experiment cannot have this value; "" if it can."""
    try:
        SECTIONS[SECTION_OF[name]].model_validate({name: value})
    except ValidationError as error:
        if any(field_of_error(e) == name for e in error.errors(include_url=False)):
            return "; ".join(explain(error))
    return ""


def _equal(value: Any, expected: Expected) -> bool:
    if isinstance(expected, tuple) or isinstance(value, tuple):
        return isinstance(expected, tuple) and tuple(value) == expected
    if isinstance(value, str) or isinstance(expected, str):
        return bool(value == expected)
    return math.isclose(value, expected, rel_tol=1e-9)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_CHARACTERS
    return isinstance(value, (bool, int, float)) and math.isfinite(value)
