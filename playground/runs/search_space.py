"""Search space of a sweep: grid and random search, and fields and values as text."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.random import Generator
from pydantic import ValidationError

from playground.experiment.fields import split_layers
from playground.experiment.model import (
    CHOICES,
    FIELDS,
    Experiment,
    explain,
    format_value,
    is_logarithmic,
    label,
    limits,
    require_experiment,
)
from playground.nn.format import truncate
from playground.runs.race_presets import VARIABLES, suggested
from playground.runs.sweep import MOST

WIDE = 100  # ratio of its ends from which a range is sampled log-uniformly
TRIES = 5  # draws for each requested experiment before the search gives up


@dataclass(frozen=True)
class Span:
    """All numbers from `low` to `high`, both included."""

    low: float
    high: float


Range = Span | Sequence[Any]  # any number between two, or one of some values


@dataclass(frozen=True)
class SearchResult:
    """Distinct experiments, and a sentence for each rule that other combinations break."""

    experiments: tuple[Experiment, ...]
    problems: tuple[str, ...] = ()


def grid_search(base: Experiment, fields: Mapping[str, Sequence[Any]]) -> SearchResult:
    """Every combination of the values of some fields; ValueError if there are more than 200."""
    _check(base, fields)
    n = math.prod(len(values) for values in fields.values())
    if not 1 <= n <= MOST:
        raise ValueError(f"runs must be between 1 and {MOST}, got {n}")
    return _valid(
        base, (dict(zip(fields, each, strict=True)) for each in product(*fields.values()))
    )


def random_search(base: Experiment, fields: Mapping[str, Range], n: int, seed: int) -> SearchResult:
    """`n` experiments with each field sampled independently; fewer if there are no more.

    A Span is sampled uniformly, or log-uniformly if the field's scale is logarithmic or the span
    wide; integers where the field has them. Equal seeds give equal experiments, and a larger `n`
    only adds to them.
    """
    _check(base, fields)
    if not 1 <= n <= MOST:
        raise ValueError(f"runs must be between 1 and {MOST}, got {n}")
    rng = np.random.default_rng(seed)
    draws = ({name: _draw(rng, name, fields[name]) for name in fields} for _ in range(TRIES * n))
    return _valid(base, draws, n)


def _check(base: Experiment, fields: Mapping[str, Range]) -> None:
    require_experiment(base, "base")
    for name, values in fields.items():
        if name not in FIELDS:
            raise ValueError(f"{truncate(name)} is not a field of an experiment")
        if not isinstance(values, Span | Sequence) or isinstance(values, str):
            raise TypeError(f"{name} must have a list of values or a Span, got {truncate(values)}")
        if isinstance(values, Span):
            if FIELDS[name].annotation not in (int, float):
                raise ValueError(f"{name} must be given as single values, got a range")
            whole = FIELDS[name].annotation is int
            low, high = values.low, values.high
            if not (isinstance(low, int | float) and isinstance(high, int | float)):
                rule = "a range between two numbers"
                raise TypeError(f"{name} must have {rule}, got {truncate(f'{low} to {high}')}")
            if not low <= high or (whole and math.ceil(low) > math.floor(high)):
                raise ValueError(f"{name} must have a range from low to high, got "
                                 f"{values.low:g} to {values.high:g}")  # fmt: skip
        elif not values:
            raise ValueError(f"{name} must have at least one value, got none")


def _draw(rng: Generator, name: str, values: Range) -> Any:
    if not isinstance(values, Span):
        return values[int(rng.integers(len(values)))]
    low, high = values.low, values.high
    whole = FIELDS[name].annotation is int
    logarithmic = is_logarithmic(name) or high >= WIDE * low
    # Every integer gets the interval that is rounded to it.
    start, end = (math.ceil(low) - 0.5, math.floor(high) + 0.5) if whole else (low, high)
    if start > 0 and logarithmic:
        drawn = math.exp(rng.uniform(math.log(start), math.log(end)))
    else:
        drawn = rng.uniform(start, end)
    if whole:
        return min(max(round(drawn), math.ceil(low)), math.floor(high))
    return min(max(float(f"{drawn:.3g}"), low), high)


def _valid(base: Experiment, changes: Iterator[dict[str, Any]], most: int = MOST) -> SearchResult:
    found: dict[Experiment, None] = {}
    problems: dict[str, None] = {}
    for each in changes:
        try:
            found.setdefault(base.replace(**each))
        except ValidationError as error:
            problems |= dict.fromkeys(explain(error))
        if len(found) == most:
            break
    return SearchResult(tuple(found), tuple(problems))


MOST_VALUES = 50  # of one field
TIMES = 10.0  # factor from a value to the ends of its default range
SPANS: Mapping[str, tuple[float, float]] = {
    "l1": (1e-6, 1e-2), "l2": (1e-6, 1e-2), "dropout": (0.0, 0.5),
    "input_noise": (0.0, 0.3), "target_noise": (0.0, 0.3), "label_noise": (0.0, 0.5),
    "momentum": (0.5, 0.99), "seed": (0, 99), "data_seed": (0, 99),
}  # fmt: skip

# The fields varied most, in the order of the menu; all others follow.
FIRST = (
    "learning_rate", "optimizer", "hidden", "activation", "dropout", "l2", "l1", "batch_size",
    "schedule", "kernel_initializer", "train_size", "seed",
)  # fmt: skip
NEVER = ("activations",)  # goes along with its layers


def sweepable_fields() -> list[str]:
    """Every field that a sweep may vary, the most common first."""
    return [*FIRST, *(name for name in FIELDS if name not in FIRST and name not in NEVER)]


def is_number(name: str) -> bool:
    """Whether a field is a number."""
    return FIELDS[name].annotation in (int, float)


def options(name: str, base: Experiment) -> list[Any]:
    """All values of a categorical field; empty for numbers and layers."""
    if FIELDS[name].annotation is bool:
        return [False, True]
    return list(CHOICES.get(name, ()))


def default_values(name: str, base: Experiment) -> list[Any]:
    """Default values of a field for a grid around `base`; of a number, with the base's own."""
    if name in VARIABLES:
        return list(suggested(base, name))
    known = options(name, base)
    if known:
        return known[:4]
    own = base.to_dict()[name]
    if not is_number(name):
        return [own]
    if name in ("seed", "data_seed"):
        return [own, own + 1, own + 2]
    low, high = limits(name)
    near = [own / 2, own, own * 2] if own else [low, (low + min(high, 1)) / 4]
    return sorted({type(own)(min(max(value, low), high)) for value in near})


def default_range(name: str, base: Experiment) -> Span:
    """Default range of a number for random search around `base`."""
    low, high = limits(name)
    own = base.to_dict()[name]
    first, last = SPANS.get(name, (own / TIMES, own * TIMES))
    kind = type(own)
    return Span(kind(min(max(first, low), high)), kind(min(max(last, low), high)))


def format_values(values: list[Any]) -> str:
    """Values as text that `parse_values` reads."""
    return ", ".join(format_value("hidden", value) for value in values)  # no "60,000" in a list


def parse_values(name: str, text: str, base: Experiment) -> list[Any]:
    """The values of field `name` in a text such as "0.001, 0.01" or "300-100, 512, none".

    ValueError, with a sentence, where one breaks a rule.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError(f"{label(name)} must have at least one value, got none")
    if len(parts) > MOST_VALUES:
        raise ValueError(f"{label(name)} must have at most {MOST_VALUES} values, got {len(parts)}")
    values = {checked(name, _parsed(name, part), base): None for part in parts}
    return list(values)


def _parsed(name: str, part: str) -> Any:
    if not is_number(name):
        return split_layers(part)
    return part


def checked(name: str, value: Any, base: Experiment) -> Any:
    """The value of a field as an experiment holds it; ValueError where it breaks a rule."""
    along = {"activations": ()} if name in ("hidden", "activation") else {}
    try:
        return base.replace(**{name: value, **along}).to_dict()[name]
    except ValidationError as error:
        told = explain(error, labels=True)
        own = [sentence for sentence in told if sentence.startswith(label(name))]
        raise ValueError((own or told)[0]) from None
    except TypeError:
        raise ValueError(f"{label(name)} must be a value, got {truncate(value)}") from None
