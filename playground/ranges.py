"""What a sweep varies, as people write it: "0.001, 0.01, 0.1", or "300-100, 512"."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from playground.experiment import FIELDS, PART, PARTS, Experiment, explain, extra, limits
from playground.plan import VARIABLES, suggested
from playground.search import Span
from playground.values import shown

MOST_VALUES = 50  # of one field
TIMES = 10.0  # how far below and above a value a range usually goes
SPANS: Mapping[str, tuple[float, float]] = {
    "l1": (1e-6, 1e-2), "l2": (1e-6, 1e-2), "dropout": (0.0, 0.5), "noise": (0.0, 0.3),
    "momentum": (0.5, 0.99), "shuffled_labels": (0.0, 0.5), "seed": (0, 99), "data_seed": (0, 99),
}  # fmt: skip

# In this order they are offered; any other field follows.
FIRST = (
    "learning_rate", "optimizer", "hidden", "activation", "dropout", "l2", "l1", "batch_size",
    "schedule", "kernel_initializer", "train_size", "seed",
)  # fmt: skip
NEVER = ("activations",)  # goes along with its layers


def sweepable() -> list[str]:
    """Every field that a sweep may vary, those that are varied most at the front."""
    return [*FIRST, *(name for name in FIELDS if name not in FIRST and name not in NEVER)]


def is_number(name: str) -> bool:
    """Whether a field is a number, so that a range makes sense."""
    return FIELDS[name].annotation in (int, float)


def options(name: str, base: Experiment) -> list[Any]:
    """All values of a field that has only some; empty for numbers and layers."""
    if FIELDS[name].annotation is bool:
        return [False, True]
    return list(extra(FIELDS[name]).get("choices") or ())


def usual(name: str, base: Experiment) -> list[Any]:
    """Values of a field worth trying beside `base`, its own among them where it is a number."""
    if name in VARIABLES:
        return list(suggested(base, name))
    known = options(name, base)
    if known:
        return known[:4]
    own = base.flat()[name]
    if not is_number(name):
        return [own]
    if name in ("seed", "data_seed"):
        return [own, own + 1, own + 2]
    low, high = limits(PARTS[PART[name]], name)
    near = [own / 2, own, own * 2] if own else [low, (low + min(high, 1)) / 4]
    return sorted({type(own)(min(max(value, low), high)) for value in near})


def usual_span(name: str, base: Experiment) -> Span:
    """A range of a number worth drawing from."""
    low, high = limits(PARTS[PART[name]], name)
    own = base.flat()[name]
    first, last = SPANS.get(name, (own / TIMES, own * TIMES))
    kind = type(own)
    return Span(kind(min(max(first, low), high)), kind(min(max(last, low), high)))


def written(values: list[Any]) -> str:
    """Values as a person would type them."""
    return ", ".join(_text(value) for value in values)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(f"{each:g}" for each in value) or "none"
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def read(name: str, text: str, base: Experiment) -> list[Any]:
    """The values of field `name` in a text; ValueError, with a sentence, where one breaks a rule.

    Layers are joined by "-", and "none" is no layer at all.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError(f"{name} must have at least one value, got none")
    if len(parts) > MOST_VALUES:
        raise ValueError(f"{name} must have at most {MOST_VALUES} values, got {len(parts)}")
    values = {checked(name, _parsed(name, part), base): None for part in parts}
    return list(values)


def _parsed(name: str, part: str) -> Any:
    if not is_number(name):
        return () if part.lower() == "none" else tuple(each.strip() for each in part.split("-"))
    return part


def checked(name: str, value: Any, base: Experiment) -> Any:
    """The value of a field as an experiment holds it; ValueError where it breaks a rule."""
    along = {"activations": ()} if name in ("hidden", "activation") else {}
    try:
        return base.change(**{name: value, **along}).flat()[name]
    except ValidationError as error:
        told = explain(error)
        own = [sentence for sentence in told if sentence.startswith(name)]
        raise ValueError((own or told)[0]) from None
    except TypeError:
        raise ValueError(f"{name} must be a value, got {shown(value)}") from None
