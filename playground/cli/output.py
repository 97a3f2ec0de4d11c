"""Output of the commands: JSON lines for programs, or a progress bar and tables for a terminal.

Tables and the bar fit the width of the terminal (COLUMNS), down to 30 columns.
"""

import json
import math
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import click
import numpy as np

from playground.analysis.metrics.score import baseline
from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.experiment.model_summary import summary, title
from playground.export.pretrained import PretrainedNetwork
from playground.history.environment import versions
from playground.history.events import (
    STOPPED,
    Diverged,
    Epoch,
    Event,
    Finished,
    Progress,
    Score,
    metric_name,
)
from playground.lessons.gradebook import GradebookRow, RejectedSubmission, student
from playground.lessons.lesson import LessonLibrary
from playground.lessons.metrics import METRICS
from playground.nn.format import format_quantity
from playground.nn.losses import CLASSIFICATION

GAP = "  "  # between columns
WIDE = 60  # columns; a narrower terminal gets an entry on several lines


def epoch_values(event: Epoch, task: str) -> dict[str, Any]:
    """An epoch by the names of Keras' history; no `val_` names if it was not validated."""
    values: dict[str, Any] = {"epoch": event.epoch, **_score("", event.train, task)}
    if event.validation is not None:
        values |= _score("val_", event.validation, task)
    return values | {"learning_rate": event.learning_rate, "seconds": event.seconds}


def _score(prefix: str, score: Score, task: str) -> dict[str, float]:
    return {prefix + "loss": score.loss, prefix + metric_name(task): score.metric}


def _print_event(out: TextIO, name: str, values: Mapping[str, Any]) -> None:
    out.write(json.dumps({"event": name, **values}, allow_nan=False) + "\n")
    out.flush()  # whole lines only, however the run ends


def print_json(
    experiment: Experiment, events: Iterator[Event], test: Callable[[], Score] | None, out: TextIO
) -> bool:
    """One JSON object a line for each epoch and for the end; True if the run diverged.

    test: None if there are no test examples.
    """
    task = experiment.data.source.task
    for event in events:
        if isinstance(event, Epoch):
            values = epoch_values(event, task)
            if event.compile_seconds is not None:
                values["compile_seconds"] = event.compile_seconds
            _print_event(out, "epoch", values)
        elif isinstance(event, Diverged):
            values = {"epoch": event.epoch, "step": event.step, "advice": event.advice}
            _print_event(out, "diverged", values)
            return True
        elif isinstance(event, Finished):
            values = {"epochs": event.epoch, "parameters": summary(experiment).parameters}
            values |= {"stopped_by": event.stopped_by} if event.stopped_by else {}
            values["threads"] = int(versions()["threads"])
            scores = {} if test is None else _score("test_", test(), task)
            _print_event(out, "finished", values | scores)
    return False


def print_table(
    experiment: Experiment,
    dataset: Dataset,
    events: Iterator[Event],
    test: Callable[[], Score] | None,
) -> bool:
    """A row for each epoch, then the test score beside its baseline; True if the run diverged."""
    task, steps = experiment.data.source.task, experiment.steps_per_epoch
    _print(f"{title(experiment)}, {summary(experiment).parameters:,} parameters")
    count = versions()["threads"]
    _print("1 thread" if count == "1" else f"{count} threads")
    source = dataset.source
    if source.unit:
        _print(f"mean errors in {source.unit}")
    columns: dict[str, int] = {}
    validates = experiment.data.validation_size > 0
    finished, compiling = None, 0.0
    with _progress_bar(experiment.training.epochs * steps) as bar:
        for event in events:
            if isinstance(event, Progress):
                bar.update((event.epoch - 1) * steps + event.batch - bar.pos)
            elif isinstance(event, Epoch):
                values = epoch_values(event, task)
                compiling += event.compile_seconds or 0
                _clear_line()
                if not columns:
                    scored = replace(event, validation=event.train if validates else None)
                    columns = _columns(epoch_values(scored, task))
                    click.echo(_row({name: _heading(name) for name in columns}, columns))
                cells = {n: _cell(n, values[n]) if n in values else "–" for n in columns}
                click.echo(_row(cells, columns))
                bar.update(event.epoch * steps - bar.pos)
            elif isinstance(event, Diverged):
                _clear_line()
                _print(f"Diverged: the loss of update {event.step:,} is not finite.", err=True)
                _print(event.advice, err=True)
                return True
            elif isinstance(event, Finished):
                finished = event
    if finished is None:  # interrupted
        return False
    if compiling and "seconds" in columns:
        _print(f"{compiling:.2f} s of compilation are not in these seconds")
    if finished.stopped_early:
        reason = STOPPED[finished.stopped_by or "patience"]
        best = f"; best epoch {finished.best_epoch}" if finished.best_epoch else ""
        _print(f"Stopped after epoch {finished.epoch}, {reason}{best}.")
    if finished.restored:
        _print(f"The weights of epoch {finished.best_epoch} were restored.")
    if test is None:
        _print("no rows are left to test on")
        return False
    for name, value in _score("test_", test(), task).items():
        unit = source.unit if name.endswith("error") else ""
        click.echo(f"{_heading(name)} {_cell(name, value)} {unit}".rstrip())
    constant = baseline(dataset, experiment.training.loss, dataset.test)
    if task == CLASSIFICATION:
        name = source.classes[int(constant.answer)]
        _print(f"always predicting “{name}”: test accuracy {constant.metric:.2%}")
    else:
        answer = format_quantity(float(dataset.own_unit(np.array(constant.answer))))
        error = source.format_metric(constant.metric, 4)
        _print(f"always predicting {answer} {source.unit}".rstrip() + f": test mean error {error}")
    return False


def _progress_bar(length: int) -> Any:
    width = 24 if terminal_width() >= WIDE else 0  # 0: as wide as the terminal allows
    return click.progressbar(length=length, file=sys.stderr, width=width)


# The order in which columns get room, by the end of their name.
_PRIORITY = ("epoch", "val_accuracy", "val_mean_absolute_error", "accuracy", "loss", "val_loss",
             "mean_absolute_error", "seconds", "learning_rate")  # fmt: skip


def _columns(values: Mapping[str, Any]) -> dict[str, int]:
    """The columns that fit the terminal, in their order, with their widths."""
    widths = {name: max(len(_heading(name)), 8) for name in values} | {"epoch": 5}
    chosen: list[str] = []
    for name in sorted(values, key=_PRIORITY.index):
        if sum(widths[n] + len(GAP) for n in [*chosen, name]) - len(GAP) <= terminal_width():
            chosen.append(name)
    return {name: widths[name] for name in values if name in chosen}


def _row(cells: Mapping[str, str], columns: Mapping[str, int]) -> str:
    return GAP.join(f"{cells[name]:>{width}}" for name, width in columns.items())


def _heading(name: str) -> str:
    return name.replace("mean_absolute_error", "mean error").replace("_", " ")


def _cell(name: str, value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if "accuracy" in name:
        return f"{value:.2%}"
    if name.endswith("error") and math.isfinite(value):
        return format_quantity(value)
    return f"{value:.2f}" if name == "seconds" else f"{value:.4g}"


def print_saved(place: Path, network: PretrainedNetwork, json_out: TextIO | None) -> None:
    """Where the network was saved, and its scores with the saved weights."""
    metric = metric_name(network.experiment.data.source.task)
    scores = {f"{part}_{metric}": score.metric for part, score in network.scores.items()}
    if json_out is not None:
        _print_event(json_out, "saved", {"path": str(place), **scores})
        return
    split = "test" if "test" in network.scores else "train"
    score = _cell(metric, network.scores[split].metric)
    click.echo(f"saved: {place} ({_kilobytes(place)}), {split} {_heading(metric)} {score}")


def print_written(place: Path, json_out: TextIO | None) -> None:
    """Where a file was written."""
    if json_out is not None:
        _print_event(json_out, "written", {"path": str(place)})
        return
    click.echo(f"written: {place} ({_kilobytes(place)})")


def _kilobytes(place: Path) -> str:
    return f"{place.stat().st_size / 1000:,.0f} kB"


def print_interrupted(
    epoch: int, epochs: int, resume: Path | None, json_out: TextIO | None
) -> None:
    """After which epoch a run was interrupted, and how it can be continued."""
    if json_out is not None:
        path = {} if resume is None else {"resume": str(resume)}
        _print_event(json_out, "interrupted", {"epoch": epoch, "epochs": epochs, **path})
    _clear_line()
    advice = "" if resume is None else f"; continue with: train --resume {resume}"
    click.echo(f"interrupted after epoch {epoch:,} of {epochs:,}{advice}", err=True)


def print_class(
    rows: Sequence[GradebookRow], rejected: Sequence[RejectedSubmission], place: Path | None
) -> None:
    """On standard error: each rejected line, and the size of the class."""
    for each in rejected:
        click.echo(_printable(str(each)), err=True)
    people = len({student(row.submission) for row in rows})
    where = "" if place is None else f" in {place}"
    click.echo(
        f"{len(rows):,} results of {people:,} people{where}, {len(rejected):,} refused", err=True
    )


def _printable(text: str) -> str:
    """A text from a file, without characters that move the cursor."""
    return "".join(c if c.isprintable() else "�" for c in text)


def print_metrics() -> None:
    """The metrics of lesson checks: name, unit, label."""
    print_entries([((name, 26), (m.unit, 9), (m.label, 0)) for name, m in METRICS.items()])


def print_lessons(library: LessonLibrary) -> bool:
    """An entry for each lesson, and a line on standard error for each error; False if any is."""
    entries = []
    for slug, lesson in library.lessons.items():
        steps = f"{len(lesson.steps)} step{'s' if len(lesson.steps) > 1 else ''}"
        entries.append(
            ((slug, 20), (f"{lesson.minutes:>2} min", 8), (steps, 10), (lesson.title, 0))
        )
    print_entries(entries)
    for problem in library.problems:
        click.echo(_printable(problem), err=True)
    return not library.problems


def print_entries(entries: Sequence[Sequence[tuple[str, int]]]) -> None:
    """Entries of (text, width) cells; the last cell continues below itself.

    On a narrow terminal the first cell stands alone and the others are wrapped below it.
    """
    for cells in entries:
        if terminal_width() < WIDE:
            rest = " · ".join(text.strip() for text, _ in cells[1:])
            click.echo(cells[0][0])
            click.echo(
                textwrap.fill(rest, terminal_width(), initial_indent=GAP, subsequent_indent=GAP)
            )
            continue
        head = "".join(f"{text:<{width}}" for text, width in cells[:-1])
        below = " " * len(head)
        click.echo(
            textwrap.fill(
                cells[-1][0], terminal_width(), initial_indent=head, subsequent_indent=below
            )
        )


def terminal_width() -> int:
    """Columns of the terminal, at least 30."""
    return max(shutil.get_terminal_size().columns, 30)


def _print(text: str, err: bool = False) -> None:
    """A sentence, wrapped to the width of the terminal."""
    click.echo(textwrap.fill(text, terminal_width()), err=err)


def print_download(done: int, total: int | None) -> None:
    """The progress of a download, on one line of a terminal."""
    if sys.stderr.isatty():
        whole = "" if total is None else f" of {total / 1e6:.1f}"
        click.echo(f"\r\033[K{done / 1e6:.1f}{whole} MB", nl=False, err=True)
        if done == total:
            _clear_line()


def _clear_line() -> None:
    """Remove the progress bar before a line is written."""
    if sys.stderr.isatty():
        click.echo("\r\033[K", nl=False, err=True)
