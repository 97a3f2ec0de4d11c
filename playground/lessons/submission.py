"""A submission: a student's result as one line of text, signed by the server.

    {"assignment":"…","date":"2026-11-22T13:00:00Z",…} SIGNATURE

The JSON is canonical (sorted names, no spaces, ASCII), so the line survives any mail program, and
changing a single character invalidates the signature.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from playground.lessons.assignment import Assignment
from playground.lessons.targets import TARGET_METRICS, Target
from playground.nn.format import truncate
from playground.storage import signing

VERSION = 1
MAX_LINE = 12_000  # characters
MAX_NAME = 80

_PURPOSE = "result"
_DATE = "%Y-%m-%dT%H:%M:%SZ"
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{43}")
_JOINERS = "\u200c\u200d"  # invisible, but part of names in some scripts

# The type of each JSON entry.
_TYPES: Mapping[str, type] = {
    "v": int, "key": str, "assignment": str, "title": str, "name": str, "run": str, "link": str,
    "epoch": int, "targets": list, "figures": dict, "date": str,
}  # fmt: skip


class SubmissionError(ValueError):
    """The line is not a submission signed by this server; `kind` classifies the reason."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True)
class Submission:
    """The content of a line; everything but the name was measured by the server.

    metrics: the TARGET_METRICS by name, after `epoch`. run: a digest that identifies the run.
    """

    assignment: str  # digest
    title: str
    targets: tuple[Target, ...]
    name: str
    metrics: Mapping[str, float]
    epoch: int
    run: str
    link: str  # of the experiment
    date: datetime  # UTC, whole seconds

    @property
    def passed(self) -> bool:
        """Whether the metrics meet all targets."""
        return all(
            target.metric in self.metrics and target.is_met(self.metrics[target.metric])
            for target in self.targets
        )


def clean_name(text: str) -> str:
    """A student's name, normalized (NFC, single spaces); ValueError if it is not printable."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    printable = all(c.isprintable() or c in _JOINERS for c in name)
    if not 1 <= len(name) <= MAX_NAME or not printable:
        raise ValueError(
            f"your name must be 1 to {MAX_NAME} printable characters, got {truncate(text)}"
        )
    return name


def create(
    assignment: Assignment,
    name: str,
    metrics: Mapping[str, float],
    epoch: int,
    run: str,
    link: str,
    date: datetime | None = None,
) -> Submission:
    """The submission of a student, dated now; ValueError if `name` is not valid."""
    now = (date or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
    return Submission(
        assignment.digest, assignment.title, assignment.targets, clean_name(name), dict(metrics),
        epoch, run, link, now,
    )  # fmt: skip


def write(submission: Submission, key: bytes) -> str:
    """The signed line."""
    values = {
        "v": VERSION,
        "key": signing.fingerprint(key),
        "assignment": submission.assignment,
        "title": submission.title,
        "name": submission.name,
        "run": submission.run,
        "link": submission.link,
        "epoch": submission.epoch,
        "targets": [target.to_list() for target in submission.targets],
        "figures": dict(submission.metrics),
        "date": submission.date.strftime(_DATE),
    }
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"{text} {signing.signature(_PURPOSE, text, key)}"


def read(line: str, key: bytes) -> Submission:
    """The submission in a line signed with `key`; SubmissionError for any other line."""
    if len(line) > MAX_LINE:
        raise SubmissionError(
            "unreadable", f"a line must be at most {MAX_LINE:,} characters, got {len(line):,}"
        )
    text, _, signature = line.rpartition(" ")
    values = _values(text)
    if values is None or not _SIGNATURE.fullmatch(signature):
        raise SubmissionError("unreadable", "it is not a result line, or a part of it is missing")
    if not signing.signed(_PURPOSE, text, signature, key):
        signer = values.get("key")
        if isinstance(signer, str) and signer != signing.fingerprint(key):
            raise SubmissionError(
                "other key", "it was signed by another server, or with another key"
            )
        raise SubmissionError("forged or altered", "its signature does not match its content")
    return _parse(values)


def _values(text: str) -> dict[str, Any] | None:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _parse(values: dict[str, Any]) -> Submission:
    """Validate signed content, which another version may have written."""
    try:
        if values.get("v") != VERSION:
            raise ValueError(f"its version must be {VERSION}, got {truncate(values.get('v'))}")
        for name, expected in _TYPES.items():
            if not isinstance(values.get(name), expected):
                raise ValueError(f"{name} is missing or of another kind")
        metrics = {name: float(value) for name, value in values["figures"].items()}
        if not all(
            name in TARGET_METRICS and math.isfinite(value) for name, value in metrics.items()
        ):
            raise ValueError("its figures must be finite numbers of known quantities")
        targets = tuple(Target.model_validate(target) for target in values["targets"])
        date = datetime.strptime(values["date"], _DATE).replace(tzinfo=UTC)
    except (ValueError, TypeError) as error:
        raise SubmissionError("unreadable", " ".join(str(error).split())) from None
    return Submission(
        values["assignment"], values["title"], targets, values["name"], metrics, values["epoch"],
        values["run"], values["link"], date,
    )  # fmt: skip
