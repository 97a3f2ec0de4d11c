"""How far somebody is in each lesson: guesses, what was checked, what was answered."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.experiment.model import Experiment
from playground.lessons.check import spoken
from playground.lessons.lesson import Lesson, LessonStep
from playground.lessons.measures import CheckContext
from playground.runs.run import Registry


@dataclass(frozen=True)
class Passed:
    """A step that is done: what its checks said then, and the right answer to its prediction."""

    sentences: tuple[str, ...]
    outcome: str | None = None  # None: nothing was predicted, or nobody can know


@dataclass
class StepProgress:
    """One lesson under way.

    before: the experiment that it took the place of. `name` is another one for each new start.
    """

    lesson: Lesson
    before: Experiment
    name: str = field(default_factory=lambda: secrets.token_hex(4))
    number: int = 0  # of the step that is shown, from 0
    guesses: dict[int, str] = field(default_factory=dict)  # by step
    answers: dict[int, str] = field(default_factory=dict)  # the last one given, by step
    passed: dict[int, Passed] = field(default_factory=dict)  # by step

    @property
    def step(self) -> LessonStep:
        """The one that is shown."""
        return self.lesson.steps[self.number]

    @property
    def done(self) -> bool:
        """Whether every step is passed."""
        return len(self.passed) == len(self.lesson.steps)

    @property
    def waits(self) -> bool:
        """Whether the step asks for a prediction that has not been made."""
        return self.step.predict is not None and self.number not in self.guesses

    def guess(self, choice: str) -> None:
        """Predict; what is passed can no longer be predicted."""
        if self.number not in self.passed:
            self.guesses[self.number] = choice

    def answer(self, choice: str) -> None:
        """Answer the step's question; a wrong answer may be followed by another."""
        if self.number not in self.passed:
            self.answers[self.number] = choice

    def held(self, evidence: CheckContext) -> bool:
        """Whether every check of the step holds."""
        return all(condition.holds(evidence) for condition in self.step.check)

    def look(self, evidence: CheckContext, named: Callable[[str], str] = spoken) -> Passed | None:
        """Check the step: how it was passed, now or before; None if it is not.

        named: what a field is called on the screen.
        """
        number, step = self.number, self.step
        if number not in self.passed and not self.waits and self.held(evidence):
            if step.answer is not None and not self._right(evidence):
                return None
            told = tuple(condition.sentence(evidence, named) for condition in step.check)
            self.passed[number] = Passed(told, self._outcome(evidence))
        return self.passed.get(number)

    def _right(self, evidence: CheckContext) -> bool:
        """Whether the answer given to the step's question is a right one."""
        question, given = self.step.answer, self.answers.get(self.number)
        return question is not None and given in question.right_ones(evidence)

    def _outcome(self, evidence: CheckContext) -> str | None:
        question = self.step.predict
        right = () if question is None else question.right_ones(evidence)
        return " / ".join(right) or None

    def go_on(self) -> None:
        """To the next step, if this one is passed and there is one."""
        if self.number in self.passed:
            self.number = min(self.number + 1, len(self.lesson.steps) - 1)

    def go_back(self) -> None:
        """To the step before."""
        self.number = max(self.number - 1, 0)


class LessonProgress:
    """The lessons of one tab, by their addresses, and which of its networks came to their end."""

    def __init__(self) -> None:
        self.lessons: dict[str, StepProgress] = {}
        self.finished: set[str] = set()
        self._touched = time.monotonic()

    def begin(self, slug: str, lesson: Lesson, before: Experiment) -> StepProgress:
        """Begin a lesson, or begin it again: then what it once took the place of is kept."""
        old = self.lessons.get(slug)
        found = self.lessons[slug] = StepProgress(lesson, before if old is None else old.before)
        return found

    def leave(self, slug: str) -> Experiment | None:
        """Forget a lesson; the experiment that it took the place of."""
        found = self.lessons.pop(slug, None)
        return None if found is None else found.before

    @property
    def touched(self) -> float:
        """When somebody was last here, in seconds of the monotonic clock."""
        return self._touched

    def touch(self) -> None:
        """Say that somebody is here."""
        self._touched = time.monotonic()

    def close(self) -> None:
        """Nothing is held elsewhere."""


COURSES: Registry[LessonProgress] = Registry(most=1_000)
