"""Which experiments a sweep tries: every combination of values, or random ones from ranges."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.random import Generator
from pydantic import ValidationError

from playground.experiment import FIELDS, Experiment, explain, extra
from playground.sweep import MOST
from playground.values import shown

WIDE = 100  # from this ratio of its ends on, a range is drawn from evenly in its logarithm
TRIES = 5  # draws for each experiment wanted, before it is said that there are no more


@dataclass(frozen=True)
class Span:
    """All numbers from `low` to `high`, both included."""

    low: float
    high: float


Range = Span | Sequence[Any]  # any number between two, or one of some values


@dataclass(frozen=True)
class Found:
    """Different experiments to try, and one sentence for each rule that some would have broken."""

    experiments: tuple[Experiment, ...]
    problems: tuple[str, ...] = ()


def grid_search(base: Experiment, fields: Mapping[str, Sequence[Any]]) -> Found:
    """Every combination of the values of some fields; ValueError if there are more than 200."""
    _check(fields)
    n = math.prod(len(values) for values in fields.values())
    if not 1 <= n <= MOST:
        raise ValueError(f"runs must be between 1 and {MOST}, got {n}")
    return _valid(
        base, (dict(zip(fields, each, strict=True)) for each in product(*fields.values()))
    )


def random_search(base: Experiment, fields: Mapping[str, Range], n: int, seed: int) -> Found:
    """`n` experiments with values drawn at random, each field by itself.

    From a Span evenly, or evenly in the logarithm where the field's scale is logarithmic or the
    span wide; whole numbers where the field has them. Fewer than `n` where there are no more.
    Equal seeds give equal experiments, and a larger `n` only adds to them.
    """
    _check(fields)
    if not 1 <= n <= MOST:
        raise ValueError(f"runs must be between 1 and {MOST}, got {n}")
    rng = np.random.default_rng(seed)
    draws = ({name: _draw(rng, name, fields[name]) for name in fields} for _ in range(TRIES * n))
    return _valid(base, draws, n)


def _check(fields: Mapping[str, Range]) -> None:
    for name, values in fields.items():
        if name not in FIELDS:
            raise ValueError(f"{shown(name)} is not a field of an experiment")
        if isinstance(values, Span):
            if FIELDS[name].annotation not in (int, float):
                raise ValueError(f"{name} must be given as single values, got a range")
            whole = FIELDS[name].annotation is int
            low, high = values.low, values.high
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
    logarithmic = extra(FIELDS[name]).get("scale") == "log" or high >= WIDE * low
    # Each whole number stands for everything that is rounded to it.
    start, end = (math.ceil(low) - 0.5, math.floor(high) + 0.5) if whole else (low, high)
    if start > 0 and logarithmic:
        drawn = math.exp(rng.uniform(math.log(start), math.log(end)))
    else:
        drawn = rng.uniform(start, end)
    if whole:
        return min(max(round(drawn), math.ceil(low)), math.floor(high))
    return min(max(float(f"{drawn:.3g}"), low), high)


def _valid(base: Experiment, changes: Iterator[dict[str, Any]], most: int = MOST) -> Found:
    found: dict[Experiment, None] = {}
    problems: dict[str, None] = {}
    for each in changes:
        try:
            found.setdefault(base.change(**each))
        except ValidationError as error:
            problems |= dict.fromkeys(explain(error))
        if len(found) == most:
            break
    return Found(tuple(found), tuple(problems))
