"""Questions whose right answer follows from a person's own run, with the answers to choose from.

Text that a person wrote in a file and a page shows: plain Markdown with formulas, bounded.

A question with answers to choose from, of which one is right.

    question = "How many of the new examples will it get right?"
    options = ["About half", "Nearly all"]
    right = 1                            # counted from 1

or the right one follows from what was measured: below the first bound it is the first one, …

    measure = "validation_accuracy"
    bounds = [0.8]

or question, answers and right one follow from the run (a name in ASKED), and there are no options:

    asked = "hardest_class"
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, field_validator, model_validator

from playground.analysis.metrics.classification import (
    class_scores,
    confusion,
    judge,
    judged_rows,
    sample,
)
from playground.datasets import FetchError, load
from playground.experiment.fields import Value, fail
from playground.history.events import metric_name
from playground.lessons.measures import METRICS, CheckContext, MeasureName
from playground.runs.jobs import Recent, fingerprint

Counts = NDArray[np.int64]
Numbers = tuple[int, ...]

EQUAL = 0.0005  # a page shows a tenth of a per cent

_COUNTS: Recent[Counts] = Recent(32)


@dataclass(frozen=True)
class DynamicQuestion:
    """Answers to choose from, and the numbers of the right ones, from 0: several where they are
    equal, none where nobody knows yet."""

    options: Callable[[CheckContext], tuple[str, ...]]
    right: Callable[[CheckContext], Numbers]


def counts(evidence: CheckContext) -> Counts | None:
    """The confusion matrix (n_classes, n_classes) of the newest weights, as the page Inside shows
    it: validation examples, row: the class they are of, column: what was said. None without them.
    """
    snapshot, data = evidence.snapshot, evidence.experiment.data
    if snapshot is None or not evidence.is_share or not data.validation_size:
        return None
    question = (fingerprint(snapshot), data)
    found = _COUNTS.get(question)
    if found is None:
        try:
            dataset = load(data)
        except FetchError:
            return None
        rows = judged_rows(snapshot, len(dataset.validation))
        said = judge(snapshot, dataset, sample(dataset.validation, rows))
        found = confusion(said.truth, said.guess, len(data.source.classes))
        _COUNTS.put(question, found)
    return found


def _class(of: Callable[[Counts], Numbers]) -> Callable[[CheckContext], Numbers]:
    def answer(evidence: CheckContext) -> Numbers:
        found = counts(evidence) if len(evidence.history) else None
        return () if found is None else of(found)

    return answer


def _hardest(found: Counts) -> Numbers:
    recall = class_scores(found).recall
    least = np.nanmin(recall, initial=np.inf)
    return tuple(np.flatnonzero(recall <= least + EQUAL).tolist())


def _taken_for(found: Counts) -> Numbers:
    others = found - np.diag(found.diagonal())
    rows = others[list(_hardest(found))]
    return tuple(np.flatnonzero((rows == rows.max(axis=1, keepdims=True)).any(axis=0)).tolist())


def _best(evidence: CheckContext) -> Numbers:
    contest = evidence.contest
    if contest is None or not contest.over:
        return ()
    sign = 1 if metric_name(contest.task) == "accuracy" else -1
    scores = np.array([-np.inf if score is None else sign * score for score in contest.scores])
    if not np.isfinite(scores).any():
        return ()
    return tuple(np.flatnonzero(scores >= scores.max() - EQUAL).tolist())


def _classes(evidence: CheckContext) -> tuple[str, ...]:
    return evidence.experiment.data.source.classes


def _competitors(evidence: CheckContext) -> tuple[str, ...]:
    return () if evidence.contest is None else evidence.contest.labels


ASKED: Mapping[str, DynamicQuestion] = {
    # of which class the smallest share of its examples is recognised
    "hardest_class": DynamicQuestion(_classes, _class(_hardest)),
    # what the examples of that class are most often taken for
    "taken_for": DynamicQuestion(_classes, _class(_taken_for)),
    # which competitor of the race has the best validation score
    "race_best": DynamicQuestion(_competitors, _best),
}


LINE, TEXT = 200, 2_000  # characters

_REFUSED = {
    "HTML": re.compile(r"<[A-Za-z/!?]"),
    "images": re.compile(r"!\["),
    "links": re.compile(r"\]\(|\]\[|\]:|://"),
    "control characters": re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"),
}


def _plain(text: str) -> str:
    """`text`, if it is plain Markdown: words, lists, emphasis, `code` and $formulas$."""
    for what, pattern in _REFUSED.items():
        found = pattern.search(text)
        if found is not None:
            start = max(found.start() - 5, 0)
            rule = f"plain Markdown without {what}"
            raise fail(rule, ascii(text[start : found.end() + 15])[1:-1])
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise fail("one line", text)
    return text


Text = Annotated[str, Field(min_length=1, max_length=TEXT), AfterValidator(_plain)]
Line = Annotated[
    str, Field(min_length=1, max_length=LINE), AfterValidator(_plain), AfterValidator(_one_line)
]


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
        if (bool(self.measure) and METRICS[self.measure].targeted) != (self.target is not None):
            rule = "given with a measure that looks for one, and only then"
            raise fail(rule, self.target if self.target is not None else "nothing", "target")
        return self

    def choices(self, evidence: CheckContext) -> tuple[str, ...]:
        """The answers to choose from."""
        return ASKED[self.asked].options(evidence) if self.asked else self.options

    def solution(self, evidence: CheckContext) -> tuple[int, ...]:
        """The numbers of the right ones, from 0; none as long as nobody can know."""
        if self.right is not None:
            return (self.right - 1,)
        if self.asked:
            return ASKED[self.asked].right(evidence)
        value = METRICS[self.measure].measured(evidence, self.target or 0.0)
        return () if value is None else (sum(value >= bound for bound in self.bounds),)

    def right_ones(self, evidence: CheckContext) -> tuple[str, ...]:
        """The right answers themselves; several where they are equally right."""
        choices = self.choices(evidence)
        return tuple(choices[number] for number in self.solution(evidence))
