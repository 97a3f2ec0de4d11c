"""Who takes part in a race: an experiment with one thing varied, or two as a grid."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from pydantic import ValidationError

from playground.activations import ACTIVATIONS
from playground.experiment import LARGEST_SEED, PART, PARTS, Experiment, extra, limits
from playground.initializers import INITIALIZERS
from playground.optimizers import OPTIMIZERS
from playground.race import Competitor
from playground.schedules import SCHEDULES

FEWEST, MOST = 2, 8  # competitors
MOST_SEEDS = 5


def _named(table: Mapping[str, Any]) -> Callable[[Any], str]:
    return lambda value: str(table[value].label)


def _numbered(name: str) -> Callable[[Any], str]:
    return lambda value: f"{name} {value:g}"


def _sizes(value: Sequence[int]) -> str:
    return "-".join(map(str, value)) or "no hidden layer"


def _entries(*names: str) -> Callable[[Experiment], tuple[Any, ...]]:
    return lambda experiment: names


def _times(field: str, *factors: float) -> Callable[[Experiment], tuple[Any, ...]]:
    """The base's own value times each factor, inside the limits of the field."""

    def values(experiment: Experiment) -> tuple[Any, ...]:
        own = experiment.flat()[field]
        low, high = limits(PARTS[PART[field]], field)
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
    low, high = extra(PARTS["network"].model_fields["hidden"])["each"]
    hidden = experiment.network.hidden or (32,)
    scaled = (tuple(round(units * factor) for units in hidden) for factor in (0.25, 0.5, 1, 2, 4))
    return tuple(tuple(min(max(each, low), high) for each in sizes) for sizes in scaled)


def _batches(experiment: Experiment) -> tuple[Any, ...]:
    """1 to 4096 in fours, at most all examples in one batch."""
    size = experiment.data.train_size
    return tuple(n for n in (4, 16, 32, 64, 256, 1024) if n <= size) or (1,)


@dataclass(frozen=True)
class Variable:
    """Something competitors can differ in: a field of `Experiment`.

    `values` gives those that make sense beside a base, of which some may be equal.
    """

    title: str
    label: Callable[[Any], str]  # of a value, short
    values: Callable[[Experiment], tuple[Any, ...]]


VARIABLES: dict[str, Variable] = {
    "optimizer": Variable(
        "Optimizer",
        _named(OPTIMIZERS),
        _entries("sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "nadam"),
    ),
    "learning_rate": Variable(
        "Learning rate", _numbered("η"), _times("learning_rate", 1 / 9, 1 / 3, 1, 3, 9)
    ),
    "schedule": Variable(
        "Schedule",
        _named(SCHEDULES),
        _entries("constant", "exponential", "inverse_time", "cosine", "one_cycle", "triangular"),
    ),
    "activation": Variable(
        "Activation",
        _named(ACTIVATIONS),
        _entries("sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu"),
    ),
    "hidden": Variable("Hidden units", _sizes, _widths),
    "kernel_initializer": Variable(
        "Initializer",
        _named(INITIALIZERS),
        _entries(
            "zeros", "random_normal", "glorot_uniform", "glorot_normal", "he_normal", "lecun_normal"
        ),
    ),
    "batch_size": Variable("Batch size", _numbered("batch"), _batches),
    "l1": Variable("L1", _numbered("L1"), lambda e: (0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
    "l2": Variable("L2", _numbered("L2"), lambda e: (0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
    "dropout": Variable("Dropout", _numbered("dropout"), lambda e: (0.0, 0.1, 0.2, 0.3, 0.5)),
}


def suggested(base: Experiment, field: str) -> tuple[Any, ...]:
    """Values of `field` to let race: different ones, each valid for `base`, 8 at most."""
    found: dict[Experiment, Any] = {}
    for value in VARIABLES[field].values(base):
        try:
            found.setdefault(base.change(**_change(field, value)), value)
        except ValidationError:
            continue
    return tuple(found.values())[:MOST]


def _change(field: str, value: Any) -> dict[str, Any]:
    """What varying `field` changes: activations of single layers give way to one for all."""
    if field in ("activation", "hidden"):
        return {field: value, "activations": ()}
    return {field: value}


def seeded(experiment: Experiment, seeds: int) -> tuple[Experiment, ...]:
    """The experiment with its own seed, the next one, and so on; ValueError unless 1 to 5."""
    if not 1 <= seeds <= MOST_SEEDS:
        raise ValueError(f"seeds must be between 1 and {MOST_SEEDS}, got {seeds}")
    first = experiment.network.seed
    return tuple(experiment.change(seed=(first + i) % (LARGEST_SEED + 1)) for i in range(seeds))


def vary(
    base: Experiment, field: str, values: Sequence[Any], seeds: int = 1
) -> tuple[Competitor, ...]:
    """One competitor for each of `values` of `field`; see `grid`."""
    return grid(base, {field: values}, seeds)


def grid(
    base: Experiment, fields: Mapping[str, Sequence[Any]], seeds: int = 1
) -> tuple[Competitor, ...]:
    """One competitor for each combination of values, without those equal to an earlier one.

    An optimizer or a schedule takes its usual parameters along, unless they are varied too. Raises
    ValueError unless there are 2 to 8, ValidationError where a value is out of range.
    """
    found: dict[Experiment, str] = {}
    for values in product(*fields.values()):
        chosen = dict(zip(fields, values, strict=True))
        changes = {
            k: v for field, value in chosen.items() for k, v in _change(field, value).items()
        }
        label = " · ".join(VARIABLES[field].label(value) for field, value in chosen.items())
        found.setdefault(base.change(**changes), label)
    return entered([(label, experiment) for experiment, label in found.items()], seeds)


def entered(given: Sequence[tuple[str, Experiment]], seeds: int = 1) -> tuple[Competitor, ...]:
    """Competitors from any experiments with what to call them; ValueError unless 2 to 8."""
    if not FEWEST <= len(given) <= MOST:
        raise ValueError(f"competitors must be between {FEWEST} and {MOST}, got {len(given)}")
    labels = [label for label, _ in given]
    return tuple(
        Competitor(label if labels.count(label) == 1 else f"{label} ({i})", seeded(each, seeds))
        for i, (label, each) in enumerate(given, 1)
    )


@dataclass(frozen=True)
class Preset:
    """A race at one click: what is varied, and what there is to see."""

    title: str
    field: str
    question: str


PRESETS: dict[str, Preset] = {
    "optimizers": Preset(
        "All optimizers", "optimizer", "Which update rule gets furthest in the same epochs?"
    ),
    "learning_rates": Preset(
        "Learning rates ×3", "learning_rate", "How much too small, how much too large?"
    ),
    "activations": Preset("Activations", "activation", "Which hidden units learn fastest?"),
    "width": Preset("Width", "hidden", "Do more units always help?"),
    "schedules": Preset(
        "Schedules", "schedule", "Does it pay to change the learning rate on the way?"
    ),
    "initializers": Preset(
        "Initializers", "kernel_initializer", "How much do the first weights decide?"
    ),
}


def preset(name: str, base: Experiment, seeds: int = 1) -> tuple[Competitor, ...]:
    """The competitors of one of PRESETS for any experiment."""
    field = PRESETS[name].field
    return vary(base, field, suggested(base, field), seeds)
