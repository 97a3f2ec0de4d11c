"""Progress in the lessons of one browser tab: predictions, answers and passed steps."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from playground.experiment.model import Experiment, text_label
from playground.lessons.lesson import Lesson, LessonStep
from playground.lessons.metrics import CheckContext
from playground.runs.leased import Leased, Registry


@dataclass(frozen=True)
class PassedStep:
    """The sentences of the checks when a step was passed, and the correct option of its question.

    outcome: None if the step has no prediction, or its correct option cannot be computed.
    """

    sentences: tuple[str, ...]
    outcome: str | None = None


@dataclass
class LessonProgress:
    """Progress in one lesson; dictionaries are keyed by step index.

    before: the experiment that the lesson replaced. id: new whenever the lesson is restarted.
    """

    lesson: Lesson
    before: Experiment
    id: str = field(default_factory=lambda: secrets.token_hex(4))
    index: int = 0  # of the step that is shown
    predictions: dict[int, str] = field(default_factory=dict)
    answers: dict[int, str] = field(default_factory=dict)  # the last one given
    passed: dict[int, PassedStep] = field(default_factory=dict)

    @property
    def step(self) -> LessonStep:
        """The step that is shown."""
        return self.lesson.steps[self.index]

    @property
    def done(self) -> bool:
        """Whether every step is passed."""
        return len(self.passed) == len(self.lesson.steps)

    @property
    def awaits_prediction(self) -> bool:
        """Whether the step asks for a prediction that has not been made."""
        return self.step.predict is not None and self.index not in self.predictions

    def predict(self, option: str) -> None:
        """Record a prediction; ignored once the step is passed."""
        if self.index not in self.passed:
            self.predictions[self.index] = option

    def answer(self, option: str) -> None:
        """Record an answer; after a wrong one another may follow."""
        if self.index not in self.passed:
            self.answers[self.index] = option

    def checks_pass(self, context: CheckContext) -> bool:
        """Whether every check of the step holds."""
        return all(check.passes(context) for check in self.step.check)

    def evaluate(
        self, context: CheckContext, label: Callable[[str], str] = text_label
    ) -> PassedStep | None:
        """The step's result if it is passed, now or before; `label` names a field of a check."""
        index, step = self.index, self.step
        if index not in self.passed and not self.awaits_prediction and self.checks_pass(context):
            question = step.answer
            if question and self.answers.get(index) not in question.correct_options(context):
                return None
            sentences = tuple(check.sentence(context, label) for check in step.check)
            correct = step.predict.correct_options(context) if step.predict else ()
            self.passed[index] = PassedStep(sentences, " / ".join(correct) or None)
        return self.passed.get(index)

    def next_step(self) -> None:
        """Show the next step if this one is passed and not the last."""
        if self.index in self.passed:
            self.index = min(self.index + 1, len(self.lesson.steps) - 1)

    def previous_step(self) -> None:
        """Show the step before; passed steps stay passed."""
        self.index = max(self.index - 1, 0)


class TabProgress(Leased):
    """The lessons started in one tab, by slug, and the ids of its runs that finished meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.lessons: dict[str, LessonProgress] = {}
        self.finished: set[str] = set()

    @property
    def state(self) -> str:
        return "ready"

    def start(self, slug: str, lesson: Lesson, before: Experiment) -> LessonProgress:
        """Start or restart a lesson; a restart keeps the experiment that was first replaced."""
        old = self.lessons.get(slug)
        started = self.lessons[slug] = LessonProgress(lesson, before if old is None else old.before)
        return started

    def leave(self, slug: str) -> Experiment | None:
        """Discard the progress in a lesson; returns the experiment that it replaced."""
        left = self.lessons.pop(slug, None)
        return None if left is None else left.before

    def close(self) -> None:
        """Nothing to free."""


TAB_PROGRESS: Registry[TabProgress] = Registry(most=1_000)
