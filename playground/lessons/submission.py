"""A result that a student hands in: one line of text that the server has signed.

    {"assignment":"…","date":"2026-11-22T13:00:00Z",…} SIGNATURE

The JSON is canonical (sorted names, no spaces, plain ASCII), so the line survives any mail
program, and one character more, less or other makes another text, which was not signed.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playground.experiment.fields import shown
from playground.lessons.assignment import Assignment, Target
from playground.lessons.targets import TARGET_METRICS, reaches
from playground.storage import signing

VERSION = 1
LONGEST = 12_000  # characters of a line
LONGEST_NAME = 80

_PURPOSE = "result"
_DATE = "%Y-%m-%dT%H:%M:%SZ"
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{43}")
_JOINERS = "\u200c\u200d"  # part of names in some scripts, though they cannot be seen

# What each entry of a line must be.
_ENTRIES: Mapping[str, type] = {
    "v": int, "key": str, "assignment": str, "title": str, "name": str, "run": str, "link": str,
    "epoch": int, "targets": list, "figures": dict, "date": str,
}  # fmt: skip


class SubmissionError(ValueError):
    """A line that is no result of this server: `kind` in a word, and why in a sentence."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True)
class Submission:
    """What a line says; all of it is the server's own, but the name.

    `figures`: measured after `epoch`, the quantities of GOALS by name. `run` tells one run from
    another, and nothing else about it.
    """

    assignment: str  # digest
    title: str
    targets: tuple[Target, ...]
    name: str
    figures: Mapping[str, float]
    epoch: int
    run: str
    link: str  # of the experiment
    date: datetime  # UTC, whole seconds

    @property
    def passed(self) -> bool:
        """Whether the figures meet all targets."""
        return all(
            target.measure in self.figures
            and reaches(target.operator, self.figures[target.measure], target.number)
            for target in self.targets
        )


def clean_name(text: str) -> str:
    """A student's name as it is written into a line; ValueError if it is none."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    printable = all(c.isprintable() or c in _JOINERS for c in name)
    if not 1 <= len(name) <= LONGEST_NAME or not printable:
        raise ValueError(
            f"your name must be 1 to {LONGEST_NAME} printable characters, got {shown(text)}"
        )
    return name


def hand_in(
    assignment: Assignment,
    name: str,
    figures: Mapping[str, float],
    epoch: int,
    run: str,
    link: str,
    date: datetime | None = None,
) -> Submission:
    """The result of a student; ValueError if `name` is none."""
    now = (date or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    return Submission(
        assignment.digest, assignment.title, assignment.targets, clean_name(name), dict(figures),
        epoch, run, link, now,
    )  # fmt: skip


def write(result: Submission, key: bytes) -> str:
    """The signed line."""
    values = {
        "v": VERSION,
        "key": signing.fingerprint(key),
        "assignment": result.assignment,
        "title": result.title,
        "name": result.name,
        "run": result.run,
        "link": result.link,
        "epoch": result.epoch,
        "targets": [[t.measure, t.operator, t.number] for t in result.targets],
        "figures": dict(result.figures),
        "date": result.date.strftime(_DATE),
    }
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"{text} {signing.signature(_PURPOSE, text, key)}"


def read(line: str, key: bytes) -> Submission:
    """What a line says, if this key has signed exactly that; LineError for any other line."""
    if len(line) > LONGEST:
        raise SubmissionError(
            "unreadable", f"a line must be at most {LONGEST:,} characters, got {len(line):,}"
        )
    text, _, given = line.rpartition(" ")
    values = _values(text)
    if values is None or not _SIGNATURE.fullmatch(given):
        raise SubmissionError("unreadable", "it is not a result line, or a part of it is missing")
    if not signing.signed(_PURPOSE, text, given, key):
        by = values.get("key")
        if isinstance(by, str) and by != signing.fingerprint(key):
            raise SubmissionError(
                "other key", "it was signed by another server, or with another key"
            )
        raise SubmissionError("forged or altered", "its signature does not belong to what it says")
    return _checked(values)


def _values(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _checked(values: dict[str, Any]) -> Submission:
    """What was signed, looked at once more: a later version may have signed something else."""
    try:
        if values.get("v") != VERSION:
            raise ValueError(f"its version must be {VERSION}, got {shown(values.get('v'))}")
        for name, kind in _ENTRIES.items():
            if not isinstance(values.get(name), kind):
                raise ValueError(f"{name} is missing or of another kind")
        figures = {name: float(value) for name, value in values["figures"].items()}
        if not all(
            name in TARGET_METRICS and math.isfinite(value) for name, value in figures.items()
        ):
            raise ValueError("its figures must be finite numbers of known quantities")
        targets = tuple(
            Target(measure=measure, operator=operator, number=number)
            for measure, operator, number in values["targets"]
        )
        date = datetime.strptime(values["date"], _DATE).replace(tzinfo=UTC)
    except (ValueError, TypeError) as error:
        raise SubmissionError("unreadable", " ".join(str(error).split())) from None
    return Submission(
        values["assignment"], values["title"], targets, values["name"], figures, values["epoch"],
        values["run"], values["link"], date,
    )  # fmt: skip
