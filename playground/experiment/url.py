"""Addresses: the pages of the dashboard, and an `Experiment` as a query string and back.

    v=1&dataset=mnist&hidden=128&optimizer=adam&learning_rate=0.003

Only fields that are not at their defaults are written; the defaults follow data set, optimizer and
schedule. Floats are written so that they are read back exactly.
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


@dataclass(frozen=True)
class Page:
    """A page: `dashboard.views.NAME.page` holds the function `NAME` that draws it."""

    name: str  # the last part of its address; "" stands for the first page there
    title: str
    icon: str  # of Material Symbols
    group: str  # of the navigation
    former: str = ""  # its name in addresses and lesson files of earlier versions

    @property
    def module(self) -> str:
        """The module with the function that draws the page."""
        return f"dashboard.views.{self.name}.page"


PAGES: dict[str, Page] = {
    page.name: page
    for page in (
        Page("train", "Train", "model_training", "Experiment"),
        Page("data", "Data", "dataset", "Experiment"),
        Page("inspect", "Inspect", "biotech", "Experiment", former="inside"),
        Page("draw", "Draw", "draw", "Experiment"),
        Page("race", "Race", "sports_score", "Compare"),
        Page("overfitting", "Overfitting", "multiline_chart", "Compare"),
        Page("runs", "Runs", "history", "Compare"),
        Page("labs", "Labs", "science", "Learn"),
        Page("lessons", "Lessons", "school", "Learn"),
        Page("assignments", "Assignments", "assignment", "Learn"),
    )
}
HOME = next(iter(PAGES))  # the page of the bare address


def page_named(name: str) -> Page | None:
    """The page with this name, of now or of an earlier version."""
    return PAGES.get(name) or next(
        (p for p in PAGES.values() if p.former and p.former == name), None
    )


VERSION = "1"
MAX_LENGTH = 4_000  # characters; browsers and proxies begin to cut addresses at about 8,000
MAX_PROBLEMS = 12

# The choices that defaults of other fields depend on.
CHOICES_WITH_DEFAULTS = ("dataset", "optimizer", "schedule", "target_metric")


@dataclass(frozen=True)
class Decoded:
    """The nearest valid experiment of a link, and one sentence for each problem."""

    experiment: Experiment
    problems: tuple[str, ...] = ()


def differences(experiment: Experiment) -> dict[str, Any]:
    """The fields with their values that differ from those of the default experiment."""
    values, default = experiment.to_dict(), Experiment().to_dict()
    choices = {n: values[n] for n in CHOICES_WITH_DEFAULTS if values[n] != default[n]}
    default = Experiment().replace(**choices).to_dict()
    return choices | {name: value for name, value in values.items() if value != default[name]}


def encode(experiment: Experiment) -> str:
    """The link text of an experiment; the default one is `v=1`."""
    return "&".join(f"{name}={value}" for name, value in parameters(experiment).items())


def parameters(experiment: Experiment) -> dict[str, str]:
    """The parameters of the link, name → text, the version first."""
    return {"v": VERSION} | {n: _text(value) for n, value in differences(experiment).items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def with_current_names(link: str) -> str:
    """A link text as `encode` writes it now, of one that an earlier version wrote."""
    pairs, dataset = (pair.partition("=") for pair in link.split("&")), dataset_of(link)
    return "&".join(
        f"{current_name(name, dataset)}{equals}{value}" for name, equals, value in pairs
    )


def dataset_of(link: str) -> str | None:
    """The name of the data set in a link text; None for the default one."""
    return dict(parse_qsl(link)).get("dataset")


def decode(text: str) -> Decoded:
    """The experiment of a link text or a whole address; any text gives one."""
    if len(text) > MAX_LENGTH:
        problem = f"link must be at most {MAX_LENGTH:,} characters, got {len(text):,}"
        return Decoded(Experiment(), (problem,))
    query = text.strip().rpartition("?")[2]
    return from_parameters(parse_qsl(query, keep_blank_values=True))


def from_parameters(pairs: Iterable[tuple[str, str]]) -> Decoded:
    """The experiment of the (name, text) pairs of a query string."""
    given: dict[str, str] = {}
    problems, pairs = [], list(pairs)
    dataset = dict(pairs).get("dataset")
    for name, value in ((current_name(name, dataset), value) for name, value in pairs):
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
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [f"and {len(problems) - MAX_PROBLEMS} more problems"]
    return Decoded(nearest.experiment, tuple(problems))


def nearest_valid(given: Mapping[str, Any]) -> Decoded:
    """The experiment with these fields; a value that breaks a rule becomes the nearest valid one.

    Numbers are moved to their limits, other values to their defaults, everything else stays.
    """
    sections: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for name, value in given.items():
        sections[SECTION_OF[name]][name] = value
    problems: list[str] = []
    while True:  # ends: a moved field is within its limits, a dropped one is at its default
        try:
            return Decoded(Experiment.model_validate(sections), tuple(problems))
        except ValidationError as error:
            problems += explain(error)
            for e in error.errors():
                name = field_of_error(e)
                section, repaired = sections[SECTION_OF[name]], _nearest(e)
                section.pop(name, None)
                if repaired is not None:
                    section[name] = repaired


def _nearest(e: Any) -> Any:
    """The valid value nearest to that of one entry of `ValidationError.errors()`, or None."""
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
