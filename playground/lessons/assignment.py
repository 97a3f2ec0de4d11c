"""An assignment: a start, what stays locked, and targets; ⇄ a short signed text for an address.

The text is base64url of packed JSON, a dot, and the signature of the server that made it: whoever
alters it to unlock a field or to lower a target gets no valid assignment.
"""

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from playground.experiment.fields import Value, fail, plain, shown
from playground.experiment.model import FIELDS, Experiment, explain
from playground.experiment.model_summary import summary
from playground.experiment.url import decode, encode
from playground.lessons.targets import AT_LEAST, AT_MOST, OPERATORS, TARGET_METRICS, suits
from playground.storage import signing

VERSION = 1
LONGEST = 4_000  # characters of the text
LONGEST_TITLE = 100
LONGEST_TEXT = 1_000
MOST_TARGETS = 5
LARGEST = 20_000  # bytes unpacked

_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})")
_PURPOSE = "assignment"
_NAMES = ("locked", "start", "targets", "text", "title", "v")


class AssignmentError(ValueError):
    """A text that is no assignment of this server, and why, in one sentence."""


def _choice(table: Mapping[str, object], help: str) -> Any:
    return Field(description=help, json_schema_extra={"choices": list(table)})


class Target(Value):
    """A quantity that must be at least, or at most, a number."""

    measure: str = _choice(TARGET_METRICS, "What is measured.")
    operator: str = _choice(OPERATORS, "At least, or at most.")
    number: float = Field(description="The number to reach.")

    @model_validator(mode="after")
    def _in_range(self) -> "Target":
        goal = TARGET_METRICS[self.measure]
        if not goal.low <= self.number <= goal.high:
            low, high = plain(goal.low), plain(goal.high)
            raise fail(f"between {low} and {high}", self.number, f"target for {self.label}")
        if goal.whole and self.number != int(self.number):
            raise fail("a whole number", self.number, f"target for {self.label}")
        return self

    @property
    def label(self) -> str:
        """What is measured, in words."""
        return TARGET_METRICS[self.measure].measure.label

    @property
    def text(self) -> str:
        """ "validation accuracy ≥ 88%"."""
        return f"{self.label} {OPERATORS[self.operator]} {self.written}"

    @property
    def written(self) -> str:
        """The number as a person reads it."""
        return TARGET_METRICS[self.measure].measure.written(self.number)


class Assignment(Value):
    """What a teacher sets; `locked` are names of fields of `start`, in the order of FIELDS.

    Targets must all be met after the same epoch of one run.
    """

    title: str = Field(description="What the assignment is called.")
    text: str = Field("", description="What students should know, as plain text.")
    start: Experiment
    locked: tuple[str, ...] = ()
    targets: tuple[Target, ...]

    @field_validator("title")
    @classmethod
    def _titled(cls, value: str) -> str:
        value = value.strip()
        if not 1 <= len(value) <= LONGEST_TITLE or not value.isprintable():
            raise fail(f"1 to {LONGEST_TITLE} printable characters on one line", value, "title")
        return value

    @field_validator("text")
    @classmethod
    def _readable(cls, value: str) -> str:
        value = value.replace("\r\n", "\n").strip()
        if len(value) > LONGEST_TEXT:
            raise fail(f"at most {LONGEST_TEXT:,} characters", f"{len(value):,}", "text")
        if not all(line.isprintable() for line in value.split("\n")):
            raise fail("lines of printable characters", value, "text")
        return value

    @field_validator("locked")
    @classmethod
    def _fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in FIELDS:
                raise fail("names of fields of an experiment", name, "locked")
        if len(set(value)) < len(value):
            raise fail("different fields", ", ".join(value), "locked")
        return tuple(name for name in FIELDS if name in value)

    @model_validator(mode="after")
    def _can_be_met(self) -> "Assignment":
        if not 1 <= len(self.targets) <= MOST_TARGETS:
            raise fail(f"1 to {MOST_TARGETS}", len(self.targets), "targets")
        bounds: dict[tuple[str, str], float] = {}
        for target in self.targets:
            if (target.measure, target.operator) in bounds:
                raise fail("given once", target.text, f"target for {target.label}")
            bounds[target.measure, target.operator] = target.number
        for (measure, operator), number in bounds.items():
            least = bounds.get((measure, AT_LEAST))
            if operator == AT_MOST and least is not None and number < least:
                label = TARGET_METRICS[measure].measure.label
                rule = f"at most a number that is not below {plain(least)}, which is the least"
                raise fail(rule, plain(number), f"target for {label}")
        for target in self.targets:
            self._possible(target)
        return self

    def _possible(self, target: Target) -> None:
        """Refuse what nobody can reach, as far as that can be known beforehand."""
        field = f"target for {target.label}"
        if not suits(target.measure, self.start):
            data = self.start.data
            beside = "" if data.validation_size else " without validation examples"
            rule = f"something that can be measured with {data.source.label}{beside}"
            raise fail(rule, target.label, field)
        fixed = _fixed(target.measure, self.start, frozenset(self.locked))
        if fixed is None:
            return
        low, high = fixed
        why = "with what is locked"
        if target.operator == AT_LEAST and target.number > high:
            raise fail(f"at most {plain(high)} {why}", target.written, field)
        if target.operator == AT_MOST and target.number < low:
            raise fail(f"at least {plain(low)} {why}", target.written, field)

    @property
    def held(self) -> dict[str, Any]:
        """The locked fields with the values that they keep."""
        flat = self.start.to_dict()
        return {name: flat[name] for name in self.locked}

    def broken(self, experiment: Experiment) -> tuple[str, ...]:
        """The locked fields that are others in `experiment`."""
        flat = experiment.to_dict()
        return tuple(name for name, value in self.held.items() if flat[name] != value)

    def kept(self, experiment: Experiment) -> Experiment:
        """`experiment` with all that is locked as it is locked; ValidationError if they clash."""
        return experiment.replace(**self.held) if self.broken(experiment) else experiment

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that tell it from every other assignment."""
        return hashlib.sha256(_json(self).encode()).hexdigest()[:16]


def _fixed(measure: str, start: Experiment, locked: frozenset[str]) -> tuple[float, float] | None:
    """The smallest and largest value that a quantity can have; None: not known."""
    if measure == "epochs_done":
        most = start.training.epochs if "epochs" in locked else TARGET_METRICS[measure].high
        return 1, most
    sizes = start.layer_sizes
    if measure == "hidden_layers" and "hidden" in locked:
        return len(sizes) - 2, len(sizes) - 2
    if measure == "hidden_units" and "hidden" in locked:
        return sum(sizes[1:-1]), sum(sizes[1:-1])
    if measure == "parameters" and "dataset" in locked:
        if "hidden" in locked:
            count = summary(start).parameters
            return count, count
        # No hidden layer at all, or one of a single unit.
        n_in, n_out = sizes[0], sizes[-1]
        return min((n_in + 1) * n_out, n_in + 1 + 2 * n_out), TARGET_METRICS[measure].high
    return None


def make(**given: Any) -> Assignment:
    """A checked assignment; AssignmentError says what is wrong, a sentence for each."""
    try:
        return Assignment(**given)
    except ValidationError as error:
        raise AssignmentError("; ".join(explain(error))) from None


# ---- text ---------------------------------------------------------------------------------


def _json(assignment: Assignment) -> str:
    """The canonical JSON; of the fields, either those that are locked or those that are not."""
    names: Sequence[str] = assignment.locked
    locked: dict[str, Sequence[str]] = {"only": names}
    if len(names) > len(FIELDS) / 2:
        locked = {"all_but": [name for name in FIELDS if name not in names]}
    values = {
        "v": VERSION,
        "title": assignment.title,
        "text": assignment.text,
        "start": encode(assignment.start),
        "locked": locked,
        "targets": [[t.measure, t.operator, t.number] for t in assignment.targets],
    }
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def write(assignment: Assignment, key: bytes) -> str:
    """The signed text, letters, digits, - _ and a dot; AssignmentError if it is too long."""
    packed = zlib.compress(_json(assignment).encode(), 9)
    body = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    text = f"{body}.{signing.signature(_PURPOSE, body, key)}"
    if len(text) > LONGEST:
        raise AssignmentError(
            f"the link must be at most {LONGEST:,} characters, got {len(text):,}: shorten the text"
        )
    return text


@lru_cache(maxsize=256)
def read(text: str, key: bytes) -> Assignment:
    """The assignment that this server has signed so; AssignmentError for any other text."""
    match = _FORM.fullmatch(text)
    if match is None or len(text) > LONGEST:
        raise AssignmentError("it is incomplete or was typed wrong")
    if not signing.signed(_PURPOSE, match[1], match[2], key):
        raise AssignmentError("it was altered, or made by another server")
    try:
        packed = base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4))
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(packed, LARGEST)
        if not unpacking.eof:
            raise AssignmentError(f"it must unpack to at most {LARGEST:,} bytes")
        found = json.loads(content)
    except (binascii.Error, zlib.error, UnicodeDecodeError, json.JSONDecodeError):
        raise AssignmentError("it cannot be unpacked") from None
    return _checked(found)


def _checked(found: Any) -> Assignment:
    if not isinstance(found, dict) or found.get("v") != VERSION:
        version = found.get("v") if isinstance(found, dict) else "nothing"
        raise AssignmentError(f"its version must be {VERSION}, got {shown(version)}")
    if unknown := [name for name in found if name not in _NAMES]:
        raise AssignmentError(f"{shown(unknown[0])} is not a field of an assignment")
    if missing := [name for name in _NAMES if name not in found]:
        raise AssignmentError(f"{missing[0]} must be given")
    start = decode(found["start"]) if isinstance(found["start"], str) else None
    if start is None:
        raise AssignmentError("start must be the link of an experiment")
    if start.problems:
        raise AssignmentError("its start cannot be used: " + "; ".join(start.problems))
    return make(
        title=found["title"],
        text=found["text"],
        start=start.experiment,
        locked=_locked(found["locked"]),
        targets=_targets(found["targets"]),
    )


def _locked(found: Any) -> list[Any]:
    if isinstance(found, dict) and len(found) == 1:
        (kind, names), *_ = found.items()
        if kind in ("only", "all_but") and isinstance(names, list):
            for name in names:
                if name not in FIELDS:
                    raise AssignmentError(f"{shown(name)} is not a field of an experiment")
            return names if kind == "only" else [name for name in FIELDS if name not in names]
    raise AssignmentError(f"locked must be only or all_but some fields, got {shown(found)}")


def _targets(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise AssignmentError(f"targets must be a list, got {shown(found)}")
    for each in found:
        if not isinstance(each, list) or len(each) != 3:
            raise AssignmentError(f"a target must be three values, got {shown(each)}")
    names = ("measure", "operator", "number")
    return [dict(zip(names, each, strict=True)) for each in found]
