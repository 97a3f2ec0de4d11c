"""Gradebook: the valid submissions in a folder as a table, and the rejected ones with reasons."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from playground.lessons.submission import Submission, SubmissionError, read
from playground.lessons.targets import AT_LEAST, TARGET_METRICS
from playground.nn.format import escape_formula

ENDING = ".txt"
MAX_BYTES = 1_000_000  # of a file
MAX_FILES = 10_000


@dataclass(frozen=True)
class GradebookRow:
    """A valid submission and its location."""

    submission: Submission
    file: str
    line: int  # from 1


@dataclass(frozen=True)
class RejectedSubmission:
    """A line, or a whole file (line 0), that does not count, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        location = f"{self.file}, line {self.line}" if self.line else self.file
        return f"{location}: refused, {self.reason}"


def collect(folder: Path, key: bytes) -> tuple[list[GradebookRow], list[RejectedSubmission]]:
    """The submissions in the .txt files of a folder and its subfolders, and the rejected lines.

    Of duplicates, and of a run submitted by two people, the earliest counts. OSError if the folder
    cannot be read.
    """
    rows: list[GradebookRow] = []
    rejected: list[RejectedSubmission] = []
    for path in files(folder):
        name = str(path.relative_to(folder))
        try:
            text = _content(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            rejected.append(RejectedSubmission(name, 0, f"unreadable: {reason}"))
            continue
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                rows.append(GradebookRow(read(line.strip(), key), name, number))
            except SubmissionError as error:
                rejected.append(RejectedSubmission(name, number, f"{error.kind}: {error}"))
    kept, duplicates = _without_duplicates(rows)
    return kept, sorted(rejected + duplicates, key=lambda each: (each.file, each.line))


def files(folder: Path) -> list[Path]:
    """The .txt files of a folder and its subfolders, by name; ValueError for too many."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ENDING)
    paths = [path for path in paths if path.is_file() and not path.is_symlink()]
    if len(paths) > MAX_FILES:
        raise ValueError(f"folder must hold at most {MAX_FILES:,} files, got {len(paths):,}")
    return paths


def _content(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"a file must have at most {MAX_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("a file must be text in UTF-8") from None


def _without_duplicates(
    rows: Iterable[GradebookRow],
) -> tuple[list[GradebookRow], list[RejectedSubmission]]:
    """Each submission once, and each run for one student: the earliest."""
    kept: list[GradebookRow] = []
    rejected: list[RejectedSubmission] = []
    first: dict[tuple[object, ...], GradebookRow] = {}
    owners: dict[str, GradebookRow] = {}
    for row in sorted(rows, key=lambda row: row.submission.date):
        submission = row.submission
        key = (submission.assignment, submission.run, submission.epoch, student(submission),
               submission.date)  # fmt: skip
        same = first.setdefault(key, row)
        owner = owners.setdefault(submission.run, row)
        if same is not row:
            reason = f"duplicate: the same as {same.file}, line {same.line}"
        elif student(owner.submission) != student(submission):
            reason = (
                f"duplicate: the run that {owner.submission.name} handed in before "
                f"({owner.file}, line {owner.line})"
            )
        else:
            kept.append(row)
            continue
        rejected.append(RejectedSubmission(row.file, row.line, reason))
    return kept, rejected


def student(submission: Submission) -> str:
    """The name, ignoring case, by which submissions of one student are recognized."""
    return submission.name.casefold()


def _best_rows(rows: Iterable[GradebookRow]) -> set[int]:
    """The ids of each student's best row for each assignment: passed, then by its first score."""
    best: dict[tuple[str, str], GradebookRow] = {}
    for row in rows:
        key = (row.submission.assignment, student(row.submission))
        if key not in best or _rank(row.submission) > _rank(best[key].submission):
            best[key] = row
    return {id(row) for row in best.values()}


def _rank(submission: Submission) -> tuple[bool, float]:
    for target in submission.targets:
        if TARGET_METRICS[target.metric].is_score and target.metric in submission.metrics:
            value = submission.metrics[target.metric]
            return submission.passed, value if target.operator == AT_LEAST else -value
    return submission.passed, 0.0


def table(rows: Sequence[GradebookRow]) -> Iterator[list[str]]:
    """Rows of text, the header first; sorted by assignment, name and date."""
    names = [name for name in TARGET_METRICS if any(name in row.submission.metrics for row in rows)]
    yield ["name", "title", "assignment", "passed", "best", *names, "link", "date"]
    best = _best_rows(rows)
    for row in sorted(rows, key=_order):
        submission = row.submission
        metrics: Mapping[str, float] = submission.metrics
        yield [
            escape_formula(submission.name),
            escape_formula(submission.title),
            escape_formula(submission.assignment),
            "yes" if submission.passed else "no",
            "yes" if id(row) in best else "",
            *(f"{metrics[name]:.10g}" if name in metrics else "" for name in names),
            escape_formula(submission.link),
            submission.date.isoformat(sep=" ").removesuffix("+00:00"),
        ]


def _order(row: GradebookRow) -> tuple[str, str, str, object]:
    submission = row.submission
    return submission.title, submission.assignment, student(submission), submission.date


def to_csv(rows: Sequence[GradebookRow]) -> str:
    """The table as a CSV file."""
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table(rows))
    return out.getvalue()
