"""Experiment ⇄ short link text, the query string of the page's address.

    v=1&dataset=mnist&hidden=128&optimizer=adam&learning_rate=0.003

Only fields that differ from their usual values are written; the usual values follow the data set,
optimizer and schedule. Floats are written so that they read back exactly.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError

from playground.experiment.model import (
    FIELDS,
    SECTION_OF,
    SECTIONS,
    Experiment,
    current_name,
    explain,
    field_of_error,
    limits,
)
from playground.nn.format import truncate

VERSION = "1"
LONGEST = 4_000  # characters; browsers and proxies begin to cut addresses at about 8,000
MOST_PROBLEMS = 12

# The choices that other fields' usual values depend on.
DECISIVE = ("dataset", "optimizer", "schedule")


@dataclass(frozen=True)
class Decoded:
    """What a link says: the nearest valid experiment, and one sentence for each thing wrong."""

    experiment: Experiment
    problems: tuple[str, ...] = ()


def differences(experiment: Experiment) -> dict[str, Any]:
    """The fields that make this experiment different from the default one, with their values."""
    chosen = experiment.to_dict()
    default = Experiment().to_dict()
    decisive = {name: chosen[name] for name in DECISIVE if chosen[name] != default[name]}
    usual = Experiment().replace(**decisive).to_dict()
    return decisive | {name: value for name, value in chosen.items() if value != usual[name]}


def encode(experiment: Experiment) -> str:
    """The link text of an experiment; the default one is `v=1`."""
    return "&".join(f"{name}={value}" for name, value in parameters(experiment).items())


def parameters(experiment: Experiment) -> dict[str, str]:
    """The link text of an experiment in parts: name → text, the version first."""
    return {"v": VERSION} | {n: _text(value) for n, value in differences(experiment).items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def with_current_names(link: str) -> str:
    """A link text as `encode` writes it now, of one that an earlier version wrote."""
    pairs = (pair.partition("=") for pair in link.split("&"))
    return "&".join(f"{current_name(name)}{equals}{value}" for name, equals, value in pairs)


def decode(text: str) -> Decoded:
    """The experiment a link text (or a whole address) describes; any text at all gives one."""
    if len(text) > LONGEST:
        problem = f"link must be at most {LONGEST:,} characters, got {len(text):,}"
        return Decoded(Experiment(), (problem,))
    query = text.strip().rpartition("?")[2]
    return from_parameters(parse_qsl(query, keep_blank_values=True))


def from_parameters(pairs: Iterable[tuple[str, str]]) -> Decoded:
    """The experiment described by the (name, text) pairs of a query string."""
    given: dict[str, str] = {}
    problems = []
    for name, value in ((current_name(name), value) for name, value in pairs):
        if name in given:
            problems.append(f"{truncate(name)} must be given once, got {truncate(value)} as well")
        given.setdefault(name, value)
    version = given.pop("v", VERSION)
    if version != VERSION:
        problems.append(f"v, the link's version, must be {VERSION}, got {truncate(version)}")
    for name in [name for name in given if name not in FIELDS]:
        value = truncate(given.pop(name))
        problems.append(f"{truncate(name)} is not a field of an experiment, got {value}")
    nearest = nearest_valid(given)
    problems += nearest.problems
    if len(problems) > MOST_PROBLEMS:
        problems[MOST_PROBLEMS:] = [f"and {len(problems) - MOST_PROBLEMS} more problems"]
    return Decoded(nearest.experiment, tuple(problems))


def nearest_valid(given: Mapping[str, Any]) -> Decoded:
    """The experiment with these fields; what breaks a rule is moved to the nearest value allowed.

    Numbers go to their limits, other values back to the usual ones, everything else stays.
    """
    parts: dict[str, dict[str, Any]] = {part: {} for part in SECTIONS}
    for name, value in given.items():
        parts[SECTION_OF[name]][name] = value
    problems: list[str] = []
    while True:  # ends: a field once moved is within its own limits, and a dropped one is usual
        try:
            return Decoded(Experiment.model_validate(parts), tuple(problems))
        except ValidationError as error:
            problems += explain(error)
            for e in error.errors():
                name = field_of_error(e)
                part, repaired = parts[SECTION_OF[name]], _nearest(e)
                part.pop(name, None)
                if repaired is not None:
                    part[name] = repaired


def _nearest(e: Any) -> Any:
    """The valid value nearest to what one entry of `ValidationError.errors()` is about, or None."""
    name, context = field_of_error(e), e.get("ctx", {})
    if e["type"] == "rule":
        return context["nearest"]
    if e["type"] == "too_long":
        return e["input"][: context["max_length"]]
    low, high = limits(name)
    try:
        value = float(str(e["input"]))
    except ValueError:
        return None
    if low is None or math.isnan(value):
        return None
    clamped = min(max(value, low), high)
    return round(clamped) if isinstance(low, int) else clamped
