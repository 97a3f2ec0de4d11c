"""An assignment: initial experiment, locked fields and targets; ⇄ signed text of a link.

The text is base64url of compressed JSON, a dot, and the signature of the server that made it.
"""

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from playground.experiment.fields import Value, fail
from playground.experiment.model import (
    FIELDS,
    NOISE,
    NOISES,
    RENAMED_FIELDS,
    Experiment,
    current_name,
    explain,
)
from playground.experiment.model_summary import summary
from playground.experiment.url import decode, parameters
from playground.history.history import History
from playground.lessons.metrics import METRICS
from playground.lessons.targets import (
    AT_LEAST,
    AT_MOST,
    TARGET_METRICS,
    Target,
    TargetStatus,
    is_available,
    target_status,
)
from playground.nn.format import format_number, truncate
from playground.storage import signing

VERSION = 1
MAX_LINK = 4_000  # characters
MAX_TITLE = 100
MAX_TEXT = 1_000
MAX_TARGETS = 5
MAX_UNPACKED = 20_000  # bytes

_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})")
_PURPOSE = "assignment"
_NAMES = ("locked", "start", "targets", "text", "title", "v")


class AssignmentError(ValueError):
    """The text is not an assignment of this server; the message says why in one sentence."""


class Assignment(Value):
    """A task for a class. All targets must be met after the same epoch of one run.

    `locked`: names of fields that keep their value of `start`, in the order of FIELDS.
    """

    title: str
    text: str = Field("", description="Instructions for students, as plain text.")
    start: Experiment
    locked: tuple[str, ...] = ()
    targets: tuple[Target, ...]

    @field_validator("title")
    @classmethod
    def _one_line(cls, value: str) -> str:
        value = value.strip()
        if not 1 <= len(value) <= MAX_TITLE or not value.isprintable():
            raise fail(f"1 to {MAX_TITLE} printable characters on one line", value, "title")
        return value

    @field_validator("text")
    @classmethod
    def _printable_lines(cls, value: str) -> str:
        value = value.replace("\r\n", "\n").strip()
        if len(value) > MAX_TEXT:
            raise fail(f"at most {MAX_TEXT:,} characters", f"{len(value):,}", "text")
        if not all(line.isprintable() for line in value.split("\n")):
            raise fail("lines of printable characters", value, "text")
        return value

    @field_validator("start", mode="before")
    @classmethod
    def _from_link(cls, start: Any) -> Any:
        """In the text of a link it is the link of the experiment."""
        if isinstance(start, Experiment):
            return start
        if not isinstance(start, str):
            raise fail("the link of an experiment", start, "start")
        decoded = decode(start)
        if decoded.problems:
            raise fail(f"a valid experiment ({'; '.join(decoded.problems)})", start, "start")
        return decoded.experiment

    @field_validator("locked", mode="before")
    @classmethod
    def _from_only_or_all_but(cls, locked: Any) -> Any:
        """In the text of a link it is {"only": names} or {"all_but": names}."""
        if isinstance(locked, tuple):
            return locked
        kinds = tuple(locked) if isinstance(locked, dict) else ()
        if kinds not in (("only",), ("all_but",)) or not isinstance(locked[kinds[0]], list):
            raise fail("only or all_but some fields", locked, "locked")
        names = _known_fields(locked[kinds[0]])
        return names if kinds == ("only",) else [name for name in FIELDS if name not in names]

    @field_validator("locked")
    @classmethod
    def _ordered(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = _known_fields(value)
        if len(set(value)) < len(value):
            raise fail("different fields", ", ".join(value), "locked")
        return tuple(name for name in FIELDS if name in names)

    @model_validator(mode="after")
    def _can_be_met(self) -> "Assignment":
        if not 1 <= len(self.targets) <= MAX_TARGETS:
            raise fail(f"1 to {MAX_TARGETS}", len(self.targets), "targets")
        bounds: dict[tuple[str, str], float] = {}
        for target in self.targets:
            if (target.metric, target.operator) in bounds:
                raise fail("given once", target.text, f"target for {target.label}")
            bounds[target.metric, target.operator] = target.threshold
        for (metric, operator), threshold in bounds.items():
            least = bounds.get((metric, AT_LEAST))
            if operator == AT_MOST and least is not None and threshold < least:
                rule = (
                    f"at most a number that is not below {format_number(least)}, which is the least"
                )
                raise fail(rule, format_number(threshold), f"target for {METRICS[metric].label}")
        for target in self.targets:
            self._check_possible(target)
        return self

    def _check_possible(self, target: Target) -> None:
        """Refuse a target that no run can meet, as far as that is known before training."""
        field = f"target for {target.label}"
        if not is_available(target.metric, self.start):
            data = self.start.data
            split = "" if data.validation_size else " without validation examples"
            rule = f"something that can be measured with {data.source.label}{split}"
            raise fail(rule, target.label, field)
        possible = _possible_range(target.metric, self.start, frozenset(self.locked))
        if possible is None:
            return
        low, high = possible
        if target.operator == AT_LEAST and target.threshold > high:
            rule = f"at most {format_number(high)} with what is locked"
            raise fail(rule, target.formatted_threshold, field)
        if target.operator == AT_MOST and target.threshold < low:
            rule = f"at least {format_number(low)} with what is locked"
            raise fail(rule, target.formatted_threshold, field)

    @property
    def locked_values(self) -> dict[str, Any]:
        """The value of each locked field."""
        values = self.start.to_dict()
        return {name: values[name] for name in self.locked}

    def violations(self, experiment: Experiment) -> tuple[str, ...]:
        """The locked fields whose value in `experiment` differs."""
        values = experiment.to_dict()
        return tuple(name for name, value in self.locked_values.items() if values[name] != value)

    def with_locks(self, experiment: Experiment) -> Experiment:
        """`experiment` with the values of the locked fields; ValidationError if they clash."""
        if not self.violations(experiment):
            return experiment
        return experiment.replace(**self.locked_values)

    def status(
        self, experiment: Experiment, history: History, custom_start: bool = False
    ) -> TargetStatus:
        """The targets evaluated on a run, as `target_status` does."""
        return target_status(self.targets, self.locked_values, experiment, history, custom_start)

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that identify the assignment."""
        return hashlib.sha256(_json(self).encode()).hexdigest()[:16]


def _known_fields(names: Sequence[object]) -> list[str]:
    """Present names; both kinds of noise go together, as a new data set has the other one."""
    for name in names:
        if not isinstance(name, str) or current_name(name) not in FIELDS:
            raise fail("names of fields of an experiment", name, "locked")
    known = {current_name(str(name)) for name in names}
    return list(known | set(NOISES) if known & set(NOISES) else known)


def _possible_range(
    metric: str, start: Experiment, locked: frozenset[str]
) -> tuple[float, float] | None:
    """The smallest and largest value a metric can have; None if unknown."""
    if metric == "epochs_done":
        most = start.training.epochs if "epochs" in locked else TARGET_METRICS[metric].high
        return 1, most
    sizes = start.layer_sizes
    if metric == "hidden_layers" and "hidden" in locked:
        return len(sizes) - 2, len(sizes) - 2
    if metric == "hidden_units" and "hidden" in locked:
        return sum(sizes[1:-1]), sum(sizes[1:-1])
    if metric == "parameters" and "dataset" in locked:
        if "hidden" in locked:
            count = summary(start).parameters
            return count, count
        # No hidden layer, or one of a single unit.
        n_in, n_out = sizes[0], sizes[-1]
        return min((n_in + 1) * n_out, n_in + 1 + 2 * n_out), TARGET_METRICS[metric].high
    return None


def make(**values: Any) -> Assignment:
    """A validated assignment; AssignmentError with a sentence for each broken rule."""
    try:
        return Assignment.model_validate(values)
    except ValidationError as error:
        raise AssignmentError("; ".join(explain(error))) from None


def _json(assignment: Assignment) -> str:
    """Canonical JSON; lists the locked fields or those that are not, whichever is shorter.

    It keeps the field names of version 1, on which the digest of an assignment depends.
    """
    former = {name: name for name in FIELDS} | {new: old for old, new in RENAMED_FIELDS.items()}
    former |= dict.fromkeys(NOISES, NOISE)
    kind, names = "only", list(dict.fromkeys(former[name] for name in assignment.locked))
    known = list(dict.fromkeys(former.values()))
    if len(names) > len(known) / 2:
        kind, names = "all_but", [name for name in known if name not in names]
    start = parameters(assignment.start).items()
    has = {**former, **dict.fromkeys(NOISES), assignment.start.data.source.noise: NOISE}
    values = {
        "v": VERSION,
        "title": assignment.title,
        "text": assignment.text,
        "start": "&".join(f"{has.get(name) or name}={value}" for name, value in start),
        "locked": {kind: names},
        "targets": [target.to_list() for target in assignment.targets],
    }
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def write(assignment: Assignment, key: bytes) -> str:
    """The signed text, letters, digits, - _ and a dot; AssignmentError if it is too long."""
    packed = zlib.compress(_json(assignment).encode(), 9)
    body = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    text = f"{body}.{signing.signature(_PURPOSE, body, key)}"
    if len(text) > MAX_LINK:
        raise AssignmentError(
            f"the link must be at most {MAX_LINK:,} characters, got {len(text):,}: shorten the text"
        )
    return text


@lru_cache(maxsize=256)
def read(text: str, key: bytes) -> Assignment:
    """The assignment in a text signed with `key`; AssignmentError for any other text."""
    match = _FORM.fullmatch(text)
    if match is None or len(text) > MAX_LINK:
        raise AssignmentError("it is incomplete or was typed wrong")
    if not signing.signed(_PURPOSE, match[1], match[2], key):
        raise AssignmentError("it was altered, or made by another server")
    try:
        packed = base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4))
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(packed, MAX_UNPACKED)
        if not unpacking.eof:
            raise AssignmentError(f"it must unpack to at most {MAX_UNPACKED:,} bytes")
        values = json.loads(content)
    except (binascii.Error, zlib.error, UnicodeDecodeError, json.JSONDecodeError):
        raise AssignmentError("it cannot be unpacked") from None
    return _parse(values)


def _parse(values: Any) -> Assignment:
    version = values.get("v") if isinstance(values, dict) else "nothing"
    if version != VERSION:
        raise AssignmentError(f"its version must be {VERSION}, got {truncate(version)}")
    if unknown := [name for name in values if name not in _NAMES]:
        raise AssignmentError(f"{truncate(unknown[0])} is not a field of an assignment")
    if missing := [name for name in _NAMES if name not in values]:
        raise AssignmentError(f"{missing[0]} must be given")
    return make(**{name: value for name, value in values.items() if name != "v"})
