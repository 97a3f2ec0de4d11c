"""The numbers of every lesson are true: each is solved for real, on the runs it asks for."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from playground.datasets import load
from playground.experiment.model import Experiment
from playground.export import pretrained
from playground.history.events import Diverged, Progress
from playground.history.history import Log
from playground.lessons.lesson import Lesson, all_lessons
from playground.lessons.metrics import CheckContext, DrawnDigit, RaceResult
from playground.lessons.progress import LessonProgress
from playground.training import Trainer

LESSONS = all_lessons()


@cache
def run(experiment: Experiment) -> CheckContext:
    """What a run of this experiment says at its end."""
    trainer, log = Trainer(experiment), Log()
    while events := trainer.advance(seconds=1.0).events:
        log.extend(event for event in events if not isinstance(event, Progress))
    state = "diverged" if isinstance(log[-1], Diverged) else "finished"
    return CheckContext(experiment, log, state, trainer.latest())


def raced(experiment: Experiment, seeds: int) -> CheckContext:
    """A race of three optimizers with their usual learning rates."""
    names, scores = ("sgd", "rmsprop", "adam"), []
    for name in names:
        each = [experiment.replace(optimizer=name, seed=seed) for seed in range(seeds)]
        columns = [run(one).history.val_metric for one in each]
        scores.append(float(np.mean([column.max() for column in columns if column is not None])))
    return CheckContext(experiment, race=RaceResult(names, tuple(scores), seeds, 30, True))


def drawn(wanted: int | None) -> CheckContext:
    """A digit, or one that could be anything, as the network that came trained sees it."""
    found = pretrained.load()
    dataset = load(found.bundled.data)
    x, y = dataset.validation.x, dataset.validation.y
    answers = found.snapshot.predict(dataset.transform(x))
    row = answers.max(axis=1).argmin() if wanted is None else np.flatnonzero(y == wanted)[1]
    return CheckContext(Experiment(), drawing=DrawnDigit(int(y[row]), float(answers[row].max())))


def solved(slug: str, lesson: Lesson) -> Iterator[CheckContext]:
    """For each step what there is when it is done as it says, with what its button sets."""
    experiment = lesson.experiment
    for i, step in enumerate(lesson.steps):
        experiment = experiment.replace(**step.set)
        if slug == "own-digit":
            yield drawn((3, 7, None)[i])
        elif slug == "optimizers":
            yield raced(experiment, 3 if i else 1)
        else:
            yield run(experiment)


def test_every_lesson_of_the_program_can_be_read() -> None:
    assert LESSONS.problems == ()
    assert len(LESSONS.lessons) >= 10
    for lesson in LESSONS.lessons.values():
        assert 5 <= lesson.minutes <= 10
        assert any(step.predict for step in lesson.steps)


@pytest.mark.parametrize("slug", LESSONS.lessons)
def test_each_step_passes_when_done_as_it_says_and_not_before(slug: str) -> None:
    lesson = LESSONS.lessons[slug]
    held = LessonProgress(lesson, Experiment())
    before = CheckContext(lesson.experiment)
    for number, context in enumerate(solved(slug, lesson)):
        step = lesson.steps[number]
        assert held.step is step
        if step.predict is not None:
            assert held.evaluate(context) is None
            held.predict(step.predict.options[0])
        if step.check and step.set | (lesson.start if not number else {}):
            assert held.evaluate(before) is None, (
                f"step {number + 1} passes before anything is done"
            )
        if step.answer is not None:
            right = step.answer.correct_options(context)
            for wrong in set(step.answer.options_for(context)) - set(right):
                held.answer(wrong)
                assert held.evaluate(context) is None
            held.answer(right[0])
        passed = held.evaluate(context)
        told = [condition.sentence(context) for condition in step.check]
        assert passed is not None, f"step {number + 1}: {told}"
        if step.predict is not None:
            assert passed.outcome == EXPECTED[slug, number], f"step {number + 1}"
        before = replace(context)
        held.next_step()
    assert held.done


# What comes out, as the explanation of each step says.
EXPECTED: dict[tuple[str, int], str] = {
    ("xor", 0): "At most three quarters",
    ("xor", 1): "More than 95%",
    ("xor", 2): "Like no hidden layer at all",
    ("learning-rate", 0): "Less than half of it",
    ("learning-rate", 1): "More than 90%",
    ("learning-rate", 2): "Grow beyond all numbers",
    ("first-weights", 0): "About half, as a coin would",
    ("first-weights", 1): "None: they stay one unit, eight times",
    ("first-weights", 2): "No: about half is right, as with zeros",
    ("first-weights", 3): "More than 95%",
    ("overfitting", 0): "Far above it, by more than 0.5",
    ("overfitting", 1): "Less than 0.4",
    ("overfitting", 2): "After 50 or fewer",
    ("overfitting", 3): "Less than 0.1",
    ("optimizers", 0): "No: another start may give another order",
    ("dead-relu", 0): "More than half",
    ("dead-relu", 1): "Less than 25%",
    ("dead-relu", 2): "None",
    ("scaling", 0): "No more than always saying “bad”",
    ("scaling", 1): "More than 82%",
    ("noise", 1): "Nearly 100%",
    ("noise", 2): "Less than half",
    ("confusion", 0): "Between 70% and 90%",
    ("own-digit", 0): "More than 90%",
    ("own-digit", 2): "No: one of ten digits always wins",
    ("coffee", 0): "Less than 85%",
    ("coffee", 1): "More than 95%",
    ("coffee", 2): "Less than 90%",
    ("batch-size", 0): "Never: it falls smoothly",
    ("batch-size", 1): "In 10 epochs or fewer",
    ("batch-size", 2): "Lower than 0.28",
    ("vanishing", 0): "Less than a hundredth",
    ("vanishing", 1): "More than three quarters",
    ("vanishing", 2): "More than a tenth",
}
