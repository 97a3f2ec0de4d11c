"""Multiple-choice questions, whose text is plain Markdown with formulas.

    question = "How many of the new examples will it get right?"
    options = ["About half", "Nearly all"]
    right = 1                            # counted from 1

or the correct option follows from a metric: below the first bound it is the first option, …

    measure = "validation_accuracy"
    bounds = [0.8]

or options and correct option both follow from the run (a name in DYNAMIC_QUESTIONS):

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
    max_samples,
    predict,
    sample,
)
from playground.datasets import FetchError, load
from playground.experiment.fields import Value, fail
from playground.history.events import metric_name
from playground.lessons.metrics import METRICS, CheckContext, MetricName, is_classification
from playground.runs.jobs import LRUCache, fingerprint

Matrix = NDArray[np.int64]  # (n_classes, n_classes)
Indices = tuple[int, ...]

TOLERANCE = 0.0005  # scores this close are equal: a page shows a tenth of a per cent

_MATRICES: LRUCache[Matrix] = LRUCache(32)


@dataclass(frozen=True)
class DynamicQuestion:
    """Options, and the indices of the correct ones: several for ties, none while unknown."""

    options: Callable[[CheckContext], tuple[str, ...]]
    correct: Callable[[CheckContext], Indices]


def confusion_matrix(context: CheckContext) -> Matrix | None:
    """The confusion matrix (n_classes, n_classes) of the newest weights on validation examples.

    Row: true class, column: prediction, over the same examples as on the page Inspect. None for a
    regression, or without weights, validation examples or data.
    """
    snapshot, data = context.snapshot, context.experiment.data
    if snapshot is None or not is_classification(context.experiment) or not data.validation_size:
        return None
    key = (fingerprint(snapshot), data)
    matrix = _MATRICES.get(key)
    if matrix is None:
        try:
            dataset = load(data)
        except FetchError:
            return None
        rows = max_samples(snapshot, len(dataset.validation))
        predictions = predict(snapshot, dataset, sample(dataset.validation, rows))
        matrix = confusion(predictions.truth, predictions.guess, len(data.source.classes))
        _MATRICES.put(key, matrix)
    return matrix


def _from_matrix(correct: Callable[[Matrix], Indices]) -> Callable[[CheckContext], Indices]:
    def indices(context: CheckContext) -> Indices:
        matrix = confusion_matrix(context) if len(context.history) else None
        return () if matrix is None else correct(matrix)

    return indices


def _hardest_class(matrix: Matrix) -> Indices:
    recall = class_scores(matrix).recall
    least = np.nanmin(recall, initial=np.inf)
    return tuple(np.flatnonzero(recall <= least + TOLERANCE).tolist())


def _most_confused_with(matrix: Matrix) -> Indices:
    errors = matrix - np.diag(matrix.diagonal())
    rows = errors[list(_hardest_class(matrix))]
    return tuple(np.flatnonzero((rows == rows.max(axis=1, keepdims=True)).any(axis=0)).tolist())


def _best_competitor(context: CheckContext) -> Indices:
    race = context.race
    if race is None or not race.over:
        return ()
    sign = 1 if metric_name(race.task) == "accuracy" else -1
    scores = np.array([-np.inf if score is None else sign * score for score in race.scores])
    if not np.isfinite(scores).any():
        return ()
    return tuple(np.flatnonzero(scores >= scores.max() - TOLERANCE).tolist())


def _classes(context: CheckContext) -> tuple[str, ...]:
    return context.experiment.data.source.classes


def _competitors(context: CheckContext) -> tuple[str, ...]:
    return () if context.race is None else context.race.labels


DYNAMIC_QUESTIONS: Mapping[str, DynamicQuestion] = {
    # the class with the lowest recall
    "hardest_class": DynamicQuestion(_classes, _from_matrix(_hardest_class)),
    # the most frequent wrong prediction for that class
    "taken_for": DynamicQuestion(_classes, _from_matrix(_most_confused_with)),
    # the competitor of the race with the best validation score
    "race_best": DynamicQuestion(_competitors, _best_competitor),
}


MAX_LINE, MAX_TEXT = 200, 2_000  # characters
MAX_OPTIONS = 4

_REFUSED = {
    "HTML": re.compile(r"<[A-Za-z/!?]"),
    "images": re.compile(r"!\["),
    "links": re.compile(r"\]\(|\]\[|\]:|://"),
    "control characters": re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"),
}


def _plain(text: str) -> str:
    """Accept plain Markdown only: words, lists, emphasis, `code` and $formulas$."""
    for kind, pattern in _REFUSED.items():
        match = pattern.search(text)
        if match is not None:
            start = max(match.start() - 5, 0)
            rule = f"plain Markdown without {kind}"
            raise fail(rule, ascii(text[start : match.end() + 15])[1:-1])
    return text


def _one_line(text: str) -> str:
    if "\n" in text:
        raise fail("one line", text)
    return text


Text = Annotated[str, Field(min_length=1, max_length=MAX_TEXT), AfterValidator(_plain)]
Line = Annotated[
    str, Field(min_length=1, max_length=MAX_LINE), AfterValidator(_plain), AfterValidator(_one_line)
]


class Question(Value):
    """A question, its options, and the explanation shown afterwards."""

    question: Line
    options: Annotated[tuple[Line, ...], Field(max_length=MAX_OPTIONS)] = ()
    right: int | None = None
    measure: MetricName = ""
    target: float | None = None
    bounds: Annotated[tuple[float, ...], Field(max_length=MAX_OPTIONS - 1)] = ()
    asked: str = ""
    because: Text

    @field_validator("asked")
    @classmethod
    def _known_question(cls, name: str) -> str:
        if name and name not in DYNAMIC_QUESTIONS:
            raise fail("one of " + ", ".join(DYNAMIC_QUESTIONS), name)
        return name

    @model_validator(mode="after")
    def _one_solution(self) -> Self:
        solutions = [self.right is not None, bool(self.measure), bool(self.asked)]
        if sum(solutions) != 1:
            received = "several" if sum(solutions) else "none"
            raise fail("known in one way: right, measure with bounds, or asked", received, "right")
        n = len(self.options)
        if self.asked:
            if n:
                raise fail(f"left out: they follow from {self.asked}", n, "options")
        elif not 2 <= n <= MAX_OPTIONS:
            raise fail(f"2 to {MAX_OPTIONS}", n, "options")
        elif len(set(self.options)) < n:
            raise fail("all different", ", ".join(self.options), "options")
        if self.right is not None and not 1 <= self.right <= n:
            raise fail(f"between 1 and {n}", self.right, "right")
        return self

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        needed = len(self.options) - 1 if self.measure else 0
        if len(self.bounds) != needed:
            rule = f"{needed} numbers, one less than options" if needed else "left out"
            raise fail(rule, ", ".join(map(str, self.bounds)) or "nothing", "bounds")
        if any(a >= b for a, b in pairwise(self.bounds)):
            raise fail("rising", ", ".join(map(str, self.bounds)), "bounds")
        if (bool(self.measure) and METRICS[self.measure].has_target) != (self.target is not None):
            rule = "given with a measure that needs one, and only then"
            raise fail(rule, self.target if self.target is not None else "nothing", "target")
        return self

    def options_for(self, context: CheckContext) -> tuple[str, ...]:
        """The options, computed from the run if the question is dynamic."""
        return DYNAMIC_QUESTIONS[self.asked].options(context) if self.asked else self.options

    def correct_indices(self, context: CheckContext) -> Indices:
        """The indices of the correct options, from 0; none while they are unknown."""
        if self.right is not None:
            return (self.right - 1,)
        if self.asked:
            return DYNAMIC_QUESTIONS[self.asked].correct(context)
        value = METRICS[self.measure].value(context, self.target or 0.0)
        return () if value is None else (sum(value >= bound for bound in self.bounds),)

    def correct_options(self, context: CheckContext) -> tuple[str, ...]:
        """The correct options themselves; several for ties."""
        options = self.options_for(context)
        return tuple(options[index] for index in self.correct_indices(context))
