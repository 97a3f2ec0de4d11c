"""A folder of handed-in lines becomes a table of the class; what is not genuine is refused."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from playground.lessons.submission import Submission, SubmissionError, read
from playground.lessons.targets import AT_LEAST, TARGET_METRICS

ENDING = ".txt"
LARGEST = 1_000_000  # bytes of a file
MOST_FILES = 10_000

# A cell that begins so would be taken for a formula by a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class GradebookRow:
    """A genuine line, and where it stands."""

    result: Submission
    file: str
    number: int  # from 1


@dataclass(frozen=True)
class RejectedSubmission:
    """A line (or, number 0, a whole file) that does not count, and why."""

    file: str
    number: int
    reason: str

    def __str__(self) -> str:
        where = f"{self.file}, line {self.number}" if self.number else self.file
        return f"{where}: refused, {self.reason}"


def collect(folder: Path, key: bytes) -> tuple[list[GradebookRow], list[RejectedSubmission]]:
    """All lines in the .txt files of a folder and those in it; OSError if it cannot be read.

    Of the same run handed in by two people, or the same line twice, the earliest counts.
    """
    lines: list[GradebookRow] = []
    refused: list[RejectedSubmission] = []
    for path in files(folder):
        name = str(path.relative_to(folder))
        try:
            text = _content(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            refused.append(RejectedSubmission(name, 0, f"unreadable: {reason}"))
            continue
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                lines.append(GradebookRow(read(line.strip(), key), name, number))
            except SubmissionError as error:
                refused.append(RejectedSubmission(name, number, f"{error.kind}: {error}"))
    kept, twice = _once(lines)
    return kept, sorted(refused + twice, key=lambda each: (each.file, each.number))


def files(folder: Path) -> list[Path]:
    """The .txt files of a folder and the folders in it, by name; ValueError for too many."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ENDING)
    found = [path for path in found if path.is_file() and not path.is_symlink()]
    if len(found) > MOST_FILES:
        raise ValueError(f"folder must hold at most {MOST_FILES:,} files, got {len(found):,}")
    return found


def _content(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"a file must have at most {LARGEST:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("a file must be text in UTF-8") from None


def _once(lines: Iterable[GradebookRow]) -> tuple[list[GradebookRow], list[RejectedSubmission]]:
    """Each line once, and each run for one person: the earliest."""
    kept: list[GradebookRow] = []
    refused: list[RejectedSubmission] = []
    seen: dict[HandedInKey, GradebookRow] = {}
    owners: dict[str, GradebookRow] = {}
    for line in sorted(lines, key=lambda each: each.result.date):
        same = seen.setdefault(_same(line.result), line)
        owner = owners.setdefault(line.result.run, line)
        if same is not line:
            reason = f"duplicate: the same as {same.file}, line {same.number}"
        elif person(owner.result) != person(line.result):
            reason = (
                f"duplicate: the run that {owner.result.name} handed in before "
                f"({owner.file}, line {owner.number})"
            )
        else:
            kept.append(line)
            continue
        refused.append(RejectedSubmission(line.file, line.number, reason))
    return kept, refused


HandedInKey = tuple[object, ...]


def _same(result: Submission) -> HandedInKey:
    return (result.assignment, result.run, result.epoch, person(result), result.date)


def person(result: Submission) -> str:
    """Who handed it in, however the name is written."""
    return result.name.casefold()


def best(lines: Iterable[GradebookRow]) -> set[int]:
    """The ids of each person's best line for each assignment: passed, then by its first score."""
    found: dict[tuple[str, str], GradebookRow] = {}
    for line in lines:
        one = (line.result.assignment, person(line.result))
        if one not in found or _merit(line.result) > _merit(found[one].result):
            found[one] = line
    return {id(line) for line in found.values()}


def _merit(result: Submission) -> tuple[bool, float]:
    for target in result.targets:
        if TARGET_METRICS[target.measure].score and target.measure in result.figures:
            value = result.figures[target.measure]
            return result.passed, value if target.operator == AT_LEAST else -value
    return result.passed, 0.0


def table(lines: Sequence[GradebookRow]) -> Iterator[list[str]]:
    """Rows of text, the heading first; sorted by assignment, name and date."""
    names = [name for name in TARGET_METRICS if any(name in line.result.figures for line in lines)]
    yield ["name", "title", "assignment", "passed", "best", *names, "link", "date"]
    marked = best(lines)
    for line in sorted(lines, key=_order):
        result = line.result
        figures: Mapping[str, float] = result.figures
        yield [
            _safe(result.name),
            _safe(result.title),
            _safe(result.assignment),
            "yes" if result.passed else "no",
            "yes" if id(line) in marked else "",
            *(f"{figures[name]:.10g}" if name in figures else "" for name in names),
            _safe(result.link),
            result.date.isoformat(sep=" ").removesuffix("+00:00"),
        ]


def _order(line: GradebookRow) -> tuple[str, str, str, object]:
    return line.result.title, line.result.assignment, person(line.result), line.result.date


def _safe(text: str) -> str:
    """`text` so that a spreadsheet shows it and computes nothing."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_csv(lines: Sequence[GradebookRow]) -> str:
    """The table as a CSV file."""
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table(lines))
    return out.getvalue()
