"""A run told on a terminal: JSON lines for programs, or a progress bar and a table for people."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import click
import numpy as np

from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary, title
from playground.export.pretrained import PretrainedNetwork
from playground.history.events import Diverged, Epoch, Event, Finished, Progress, Score, metric_name
from playground.lessons.gradebook import GradebookRow, RejectedSubmission, student
from playground.lessons.lesson import LessonLibrary
from playground.lessons.metrics import METRICS
from playground.nn.format import format_score
from playground.nn.losses import CLASSIFICATION

Write = Callable[[str], None]


def epoch_values(event: Epoch, task: str) -> dict[str, Any]:
    """An epoch in the words of Keras' history; no `val_` names without validation examples."""
    values: dict[str, Any] = {"epoch": event.epoch, **_score("", event.train, task)}
    if event.validation is not None:
        values |= _score("val_", event.validation, task)
    return values | {"learning_rate": event.learning_rate, "seconds": event.seconds}


def _score(prefix: str, score: Score, task: str) -> dict[str, float]:
    return {prefix + "loss": score.loss, prefix + metric_name(task): score.metric}


def tell_json(
    experiment: Experiment, events: Iterator[Event], test: Callable[[], Score], out: TextIO
) -> bool:
    """One JSON object a line for each epoch and for the end; False when the run diverged."""
    task = experiment.data.source.task

    def write(name: str, values: Mapping[str, Any]) -> None:
        out.write(json.dumps({"event": name, **values}, allow_nan=False) + "\n")
        out.flush()  # whole lines only, however the run ends

    for event in events:
        if isinstance(event, Epoch):
            write("epoch", epoch_values(event, task))
        elif isinstance(event, Diverged):
            write("diverged", {"epoch": event.epoch, "step": event.step, "advice": event.advice})
            return False
        elif isinstance(event, Finished):
            parameters = summary(experiment).parameters
            score = _score("test_", test(), task)
            write("finished", {"epochs": event.epoch, "parameters": parameters, **score})
    return True


def tell_people(
    experiment: Experiment, dataset: Dataset, events: Iterator[Event], test: Callable[[], Score]
) -> bool:
    """A table of the epochs under a heading, and what the scores mean; False when it diverged."""
    task, steps = experiment.data.source.task, experiment.steps_per_epoch
    click.echo(f"{title(experiment)}, {summary(experiment).parameters:,} parameters")
    bar = click.progressbar(length=experiment.training.epochs * steps, file=sys.stderr, width=24)
    headed, finished = False, None
    with bar:
        for event in events:
            if isinstance(event, Progress):
                bar.update((event.epoch - 1) * steps + event.batch - bar.pos)
            elif isinstance(event, Epoch):
                values = epoch_values(event, task)
                _clear_line()
                if not headed:
                    click.echo("  ".join(f"{_heading(name):>13}" for name in values))
                    headed = True
                click.echo("  ".join(f"{_cell(name, value):>13}" for name, value in values.items()))
                bar.update(event.epoch * steps - bar.pos)
            elif isinstance(event, Diverged):
                _clear_line()
                click.echo(f"Diverged: the loss of update {event.step:,} is not finite.", err=True)
                click.echo(event.advice, err=True)
                return False
            elif isinstance(event, Finished):
                finished = event
    if finished is not None and finished.stopped_early:
        best = f", best epoch {finished.best_epoch}" if finished.best_epoch else ""
        click.echo(f"Stopped early after epoch {finished.epoch}{best}.")
    for name, value in _score("test_", test(), task).items():
        click.echo(f"{_heading(name)} {_cell(name, value)}")
    if task == CLASSIFICATION:
        click.echo(_baseline(dataset))
    return True


def tell_saved(place: Path, trained: PretrainedNetwork, json_out: TextIO | None) -> None:
    """Where the network is, and how well it does with its weights as they were kept."""
    metric = metric_name(trained.experiment.data.source.task)
    scores = {f"{part}_{metric}": score.metric for part, score in trained.scores.items()}
    if json_out is not None:
        json_out.write(json.dumps({"event": "saved", "path": str(place), **scores}) + "\n")
        json_out.flush()
        return
    test = _cell(metric, trained.scores["test"].metric)
    size = place.stat().st_size / 1000
    click.echo(f"kept in {place} ({size:,.0f} kB): test {_heading(metric)} {test}")


def tell_written(place: Path, json_out: TextIO | None) -> None:
    """Where a file is."""
    if json_out is not None:
        json_out.write(json.dumps({"event": "written", "path": str(place)}) + "\n")
        json_out.flush()
        return
    click.echo(f"written: {place} ({place.stat().st_size / 1000:,.0f} kB)")


def tell_class(
    lines: Sequence[GradebookRow], refused: Sequence[RejectedSubmission], place: Path | None
) -> None:
    """On standard error: each refused line, and what there is of the class."""
    for each in refused:
        click.echo(_one_line(str(each)), err=True)
    people = len({student(line.submission) for line in lines})
    where = "" if place is None else f" in {place}"
    click.echo(
        f"{len(lines):,} results of {people:,} people{where}, {len(refused):,} refused", err=True
    )


def _one_line(text: str) -> str:
    """A text whose file name or quotation can move no cursor."""
    return "".join(c if c.isprintable() else "�" for c in text)


def tell_measures() -> None:
    """What a check of a lesson can measure: a line for each name."""
    for name, metric in METRICS.items():
        click.echo(f"{name:<26}{metric.unit:<9}{metric.label}")


def tell_lessons(library: LessonLibrary) -> bool:
    """A line for each lesson, and on standard error one for each thing wrong; False if any is."""
    for slug, lesson in library.lessons.items():
        steps = f"{len(lesson.steps)} step{'s' if len(lesson.steps) > 1 else ''}"
        click.echo(f"{slug:<20}  {lesson.minutes:>2} min  {steps:>8}  {lesson.title}")
    for problem in library.problems:
        click.echo(_one_line(problem), err=True)
    return not library.problems


def _baseline(dataset: Dataset) -> str:
    """The accuracy of always giving the most frequent class, over training and validation."""
    counts = np.bincount(np.concatenate([dataset.train.y, dataset.validation.y]))
    answer = dataset.source.classes[int(counts.argmax())]
    share = counts.max() / counts.sum()
    return f"always answering “{answer}” would be right for {share:.1%}"


def _heading(name: str) -> str:
    return name.replace("mean_absolute_error", "mean error").replace("_", " ")


def _cell(name: str, value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if name == "seconds":
        return f"{value:.2f}"
    return format_score(value, "accuracy" in name, 4)


def tell_bytes(done: int, total: int | None) -> None:
    """How much of a download is here, on one line of a terminal that is written over."""
    if sys.stderr.isatty():
        whole = "" if total is None else f" of {total / 1e6:.1f}"
        click.echo(f"\r\033[K{done / 1e6:.1f}{whole} MB", nl=False, err=True)
        if done == total:
            _clear_line()


def _clear_line() -> None:
    """Take the progress bar away before a line of the table is written."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
