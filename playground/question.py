"""A question with answers to choose from, of which one is right.

    question = "How many of the new examples will it get right?"
    options = ["About half", "Nearly all"]
    right = 1                            # counted from 1

or the right one follows from what was measured: below the first bound it is the first one, …

    measure = "validation_accuracy"
    bounds = [0.8]

or question, answers and right one follow from the run (a name in ASKED), and there are no options:

    asked = "hardest_class"
"""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from playground.asked import ASKED
from playground.evidence import Evidence
from playground.measures import MEASURES, MeasureName
from playground.prose import Line, Text
from playground.values import Value, fail

MOST_OPTIONS = 4


class Question(Value):
    """What is asked, what may be answered, and why the right answer is right."""

    question: Line
    options: Annotated[tuple[Line, ...], Field(max_length=MOST_OPTIONS)] = ()
    right: int | None = None
    measure: MeasureName = ""
    target: float | None = None
    bounds: Annotated[tuple[float, ...], Field(max_length=MOST_OPTIONS - 1)] = ()
    asked: str = ""
    because: Text

    @field_validator("asked")
    @classmethod
    def _known_question(cls, name: str) -> str:
        if name and name not in ASKED:
            raise fail("one of " + ", ".join(ASKED), name)
        return name

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [self.right is not None, bool(self.measure), bool(self.asked)]
        if sum(ways) != 1:
            received = "several" if sum(ways) else "none"
            raise fail("known in one way: right, measure with bounds, or asked", received, "right")
        n = len(self.options)
        if self.asked:
            if n:
                raise fail(f"left out: they follow from {self.asked}", n, "options")
        elif not 2 <= n <= MOST_OPTIONS:
            raise fail(f"2 to {MOST_OPTIONS}", n, "options")
        elif len(set(self.options)) < n:
            raise fail("all different", ", ".join(self.options), "options")
        if self.right is not None and not 1 <= self.right <= n:
            raise fail(f"between 1 and {n}", self.right, "right")
        return self

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        wanted = len(self.options) - 1 if self.measure else 0
        if len(self.bounds) != wanted:
            rule = f"{wanted} numbers, one less than options" if wanted else "left out"
            raise fail(rule, ", ".join(map(str, self.bounds)) or "nothing", "bounds")
        if any(a >= b for a, b in pairwise(self.bounds)):
            raise fail("rising", ", ".join(map(str, self.bounds)), "bounds")
        if (bool(self.measure) and MEASURES[self.measure].targeted) != (self.target is not None):
            rule = "given with a measure that looks for one, and only then"
            raise fail(rule, self.target if self.target is not None else "nothing", "target")
        return self

    def choices(self, evidence: Evidence) -> tuple[str, ...]:
        """The answers to choose from."""
        return ASKED[self.asked].options(evidence) if self.asked else self.options

    def solution(self, evidence: Evidence) -> tuple[int, ...]:
        """The numbers of the right ones, from 0; none as long as nobody can know."""
        if self.right is not None:
            return (self.right - 1,)
        if self.asked:
            return ASKED[self.asked].right(evidence)
        value = MEASURES[self.measure].measured(evidence, self.target or 0.0)
        return () if value is None else (sum(value >= bound for bound in self.bounds),)

    def right_ones(self, evidence: Evidence) -> tuple[str, ...]:
        """The right answers themselves; several where they are equally right."""
        choices = self.choices(evidence)
        return tuple(choices[number] for number in self.solution(evidence))
