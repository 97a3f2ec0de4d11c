"""Competitors of races: an experiment with one or two fields varied, and overfitting presets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pydantic import ValidationError

from playground.experiment.model import (
    FIELDS,
    LARGEST_SEED,
    LAYER_UNITS,
    Experiment,
    format_value,
    limits,
    require_experiment,
    short_label,
)
from playground.experiment.overfitting import REGULARIZERS, with_regularizer, without_regularizer
from playground.nn.format import truncate
from playground.runs.race import Competitor

FEWEST, MOST = 2, 8  # competitors
MOST_SEEDS = 5


def value_label(field: str, value: Any) -> str:
    """A value of a field as a competitor's label: "Adam", "η 0.01", "64-32"."""
    if field == "hidden":
        return format_value(field, value) if value else "no hidden layer"
    number = isinstance(value, float | int) and not isinstance(value, bool)
    return f"{short_label(field)} " * number + format_value(field, value)


def _entries(*names: str) -> Callable[[Experiment], tuple[Any, ...]]:
    return lambda experiment: names


def _times(field: str, *factors: float) -> Callable[[Experiment], tuple[Any, ...]]:
    """The base's own value times each factor, inside the limits of the field."""

    def values(experiment: Experiment) -> tuple[Any, ...]:
        own = experiment.to_dict()[field]
        low, high = limits(field)
        return tuple(
            own if factor == 1 else type(own)(_rounded(min(max(own * factor, low), high)))
            for factor in factors
        )

    return values


def _rounded(value: float) -> float:
    """To two significant digits."""
    return float(f"{value:.2g}")


def _widths(experiment: Experiment) -> tuple[Any, ...]:
    """Every hidden layer a quarter as wide, half, as it is, twice, four times."""
    low, high = LAYER_UNITS
    hidden = experiment.network.hidden or (32,)
    scaled = (tuple(round(units * factor) for units in hidden) for factor in (0.25, 0.5, 1, 2, 4))
    return tuple(tuple(min(max(each, low), high) for each in sizes) for sizes in scaled)


def _batches(experiment: Experiment) -> tuple[Any, ...]:
    """1 to 4096 in fours, at most all examples in one batch."""
    size = experiment.data.train_size
    return tuple(n for n in (4, 16, 32, 64, 256, 1024) if n <= size) or (1,)


# Fields that competitors can differ in, with default values for a base experiment.
VARIABLES: dict[str, Callable[[Experiment], tuple[Any, ...]]] = {
    "optimizer": _entries(
        "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "nadam"
    ),
    "learning_rate": _times("learning_rate", 1 / 9, 1 / 3, 1, 3, 9),
    "schedule": _entries(
        "constant", "exponential", "inverse_time", "cosine", "one_cycle", "triangular"
    ),
    "activation": _entries("sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu"),
    "hidden": _widths,
    "kernel_initializer": _entries(
        "zeros", "random_normal", "glorot_uniform", "glorot_normal", "he_normal", "lecun_normal"
    ),
    "batch_size": _batches,
    "l1": lambda base: (0.0, 1e-5, 1e-4, 1e-3, 1e-2),
    "l2": lambda base: (0.0, 1e-5, 1e-4, 1e-3, 1e-2),
    "dropout": lambda base: (0.0, 0.1, 0.2, 0.3, 0.5),
}


def suggested(base: Experiment, field: str) -> tuple[Any, ...]:
    """Default values of `field` for a race: distinct, valid for `base`, 8 at most."""
    found: dict[Experiment, Any] = {}
    for value in VARIABLES[field](base):
        try:
            found.setdefault(base.replace(**_change(field, value)), value)
        except ValidationError:
            continue
    return tuple(found.values())[:MOST]


def _change(field: str, value: Any) -> dict[str, Any]:
    """The fields to replace; one activation for all layers replaces those of single layers."""
    if field in ("activation", "hidden"):
        return {field: value, "activations": ()}
    return {field: value}


def seeded(experiment: Experiment, seeds: int) -> tuple[Experiment, ...]:
    """The experiment with its own seed, the next one, and so on; ValueError unless 1 to 5."""
    if not 1 <= seeds <= MOST_SEEDS:
        raise ValueError(f"seeds must be between 1 and {MOST_SEEDS}, got {seeds}")
    first = experiment.network.seed
    return tuple(experiment.replace(seed=(first + i) % (LARGEST_SEED + 1)) for i in range(seeds))


def vary(
    base: Experiment, field: str, values: Sequence[Any], seeds: int = 1
) -> tuple[Competitor, ...]:
    """One competitor for each of `values` of `field`; see `grid`."""
    return grid(base, {field: values}, seeds)


def grid(
    base: Experiment, fields: Mapping[str, Sequence[Any]], seeds: int = 1
) -> tuple[Competitor, ...]:
    """One competitor for each distinct combination of values.

    An optimizer or a schedule brings its default parameters, unless they are varied too. Raises
    ValueError unless there are 2 to 8, ValidationError where a value is out of range.
    """
    require_experiment(base, "base")
    for field, given in fields.items():
        if field not in FIELDS:
            raise ValueError(f"{truncate(field)} is not a field of an experiment")
        if not isinstance(given, Sequence) or isinstance(given, str):
            raise TypeError(f"{field} must have a list of values, got {truncate(given)}")
    found: dict[Experiment, str] = {}
    for values in product(*fields.values()):
        chosen = dict(zip(fields, values, strict=True))
        changes = {
            k: v for field, value in chosen.items() for k, v in _change(field, value).items()
        }
        label = " · ".join(value_label(field, value) for field, value in chosen.items())
        found.setdefault(base.replace(**changes), label)
    return entered([(label, experiment) for experiment, label in found.items()], seeds)


def entered(given: Sequence[tuple[str, Experiment]], seeds: int = 1) -> tuple[Competitor, ...]:
    """Competitors from labelled experiments; ValueError unless 2 to 8."""
    if not FEWEST <= len(given) <= MOST:
        raise ValueError(f"competitors must be between {FEWEST} and {MOST}, got {len(given)}")
    labels = [label for label, _ in given]
    return tuple(
        Competitor(label if labels.count(label) == 1 else f"{label} ({i})", seeded(each, seeds))
        for i, (label, each) in enumerate(given, 1)
    )


@dataclass(frozen=True)
class RacePreset:
    """A race of one field's default values, and the question that it answers."""

    title: str
    field: str
    question: str


PRESETS: dict[str, RacePreset] = {
    "optimizers": RacePreset(
        "All optimizers", "optimizer", "Which update rule gets furthest in the same epochs?"
    ),
    "learning_rates": RacePreset(
        "Learning rates ×3", "learning_rate", "How much too small, how much too large?"
    ),
    "activations": RacePreset("Activations", "activation", "Which hidden units learn fastest?"),
    "width": RacePreset("Width", "hidden", "Do more units always help?"),
    "schedules": RacePreset(
        "Schedules", "schedule", "Does it pay to change the learning rate on the way?"
    ),
    "initializers": RacePreset(
        "Initializers", "kernel_initializer", "How much do the initial weights decide?"
    ),
}


def preset(name: str, base: Experiment, seeds: int = 1) -> tuple[Competitor, ...]:
    """The competitors of one of PRESETS for any experiment."""
    field = PRESETS[name].field
    return vary(base, field, suggested(base, field), seeds)


WITHOUT = "baseline"


def with_and_without(
    base: Experiment, regularizer: str, strength: float
) -> tuple[Competitor, Competitor]:
    """`base` without and with a regularizer; ValueError where the strength is out of range."""
    return (
        Competitor(WITHOUT, (without_regularizer(base),)),
        Competitor(
            REGULARIZERS[regularizer].label, (with_regularizer(base, regularizer, strength),)
        ),
    )


def l1_and_l2(base: Experiment, l1: float, l2: float) -> tuple[Competitor, ...]:
    """`base` three times: without a penalty, with L1, with L2."""
    plain = without_regularizer(base)
    return (
        Competitor("no penalty", (plain,)),
        Competitor("L1", (plain.replace(l1=l1),)),
        Competitor("L2", (plain.replace(l2=l2),)),
    )


def true_and_random(base: Experiment) -> tuple[Competitor, Competitor]:
    """`base` on its true training labels, and with its share of random ones."""
    plain = without_regularizer(base)
    return (
        Competitor("true labels", (plain.replace(label_noise=0.0),)),
        Competitor("random labels", (plain,)),
    )


SIZES = ("too small", "fitting", "too large")


def three_sizes(base: Experiment, sizes: Sequence[tuple[int, ...]]) -> tuple[Competitor, ...]:
    """`base` with each of three networks: too small, fitting, too large."""
    label = base.data.source.label
    return tuple(
        Competitor(f"{label}: {name}", (base.replace(hidden=hidden, activations=()),))
        for name, hidden in zip(SIZES, sizes, strict=True)
    )
