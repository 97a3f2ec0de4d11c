"""An `Experiment`: every choice of a training run, as frozen values; its fields and their texts."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import ValidationError, model_validator
from pydantic.fields import FieldInfo

from playground.experiment.fields import Value, broken_rule, fail
from playground.experiment.sections import (
    DATASET_DEFAULTS,
    LARGEST_SEED,
    LAYER_UNITS,
    NOISE,
    NOISES,
    RENAMED_FIELDS,
    TABLES_WITH_DEFAULTS,
    Data,
    Network,
    Training,
    current_name,
    dataset_info,
)
from playground.nn.format import format_number, truncate
from playground.nn.losses import DEFAULT_LOSS, LOSSES, REGRESSION
from playground.nn.schedules import SCHEDULES

__all__ = [
    "CHOICES",
    "FIELDS",
    "LARGEST_SEED",
    "LAYER_UNITS",
    "NOISE",
    "NOISES",
    "PLANNING",
    "RENAMED_FIELDS",
    "SECTIONS",
    "SECTION_OF",
    "TUNABLE_WHILE_TRAINING",
    "Data",
    "Experiment",
    "Network",
    "Training",
    "counts_examples",
    "current_name",
    "explain",
    "field_of_error",
    "format_value",
    "help_text",
    "is_logarithmic",
    "label",
    "limits",
    "require_experiment",
    "short_label",
    "step_size",
    "text_label",
]


class Experiment(Value):
    """Data, network and training: everything that decides how a run goes.

    >>> experiment = Experiment().replace(dataset="spiral", hidden=(8, 8), optimizer="adam")
    >>> experiment.layer_sizes
    (2, 8, 8, 1)
    >>> experiment.training.learning_rate  # of Adam
    0.001
    """

    data: Data = Data()
    network: Network = Network()
    training: Training = Training()

    @model_validator(mode="before")
    @classmethod
    def _default_loss(cls, given: Any) -> Any:
        """Fill in the loss of the task where none is given."""
        if not isinstance(given, Mapping):
            return given
        for name, value in given.items():
            if name in FIELDS:
                rule = f"in {SECTION_OF[name]}, or be set by Experiment().replace({name}=…)"
                raise fail(rule, value, name)
        data, training = given.get("data", {}), given.get("training", {})
        chosen = data.model_dump() if isinstance(data, Data) else data
        if not isinstance(chosen, Mapping):
            return given
        info = dataset_info(chosen)
        if info and isinstance(training, Mapping) and "loss" not in training:
            return {**given, "training": {**training, "loss": DEFAULT_LOSS[info.task]}}
        return given

    @model_validator(mode="after")
    def _loss_suits(self) -> Self:
        task, loss = self.data.source.task, self.training.loss
        if task not in LOSSES[loss].tasks:
            suitable = ", ".join(name for name, entry in LOSSES.items() if task in entry.tasks)
            raise fail(f"one of {suitable} for {task}", loss, "loss", DEFAULT_LOSS[task])
        return self

    def __repr__(self) -> str:
        from playground.experiment.url import differences  # which imports this module

        changes = ", ".join(f"{name}={value!r}" for name, value in differences(self).items())
        return f"Experiment().replace({changes})" if changes else "Experiment()"

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units from the input to the output, e.g. (784, 300, 100, 10)."""
        return (self.data.source.n_features, *self.network.hidden, self.data.source.n_outputs)

    @property
    def output_activation(self) -> str:
        """Of the output layer: softmax or sigmoid for classification, linear for regression."""
        if self.data.source.task == REGRESSION:
            return "linear"
        return "softmax" if self.data.source.n_outputs > 1 else "sigmoid"

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one epoch; the last batch may be smaller."""
        return -(-self.data.train_size // self.training.batch_size)

    @property
    def judged_every(self) -> int:
        """Epochs from one score that the stop rules judge to the next."""
        return self.training.validation_freq if self.data.validation_size else 1

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, without their sections."""
        return {k: v for section in self.model_dump().values() for k, v in section.items()}

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields, or whole sections, changed and validated.

        A new data set, optimizer or schedule brings the default values that depend on it; a new
        data set keeps the amount of noise.
        """
        dataset = changes.get("dataset", self.data.dataset)
        changes = {current_name(name, dataset): value for name, value in changes.items()}
        if not changes.keys() & set(NOISES) and dataset != self.data.dataset:
            noise = dict.fromkeys(NOISES, 0.0) | {current_name(NOISE, dataset): self.data.noise}
            changes = noise | changes
        sections: dict[str, dict[str, Any]] = self.model_dump()
        for name in SECTIONS.keys() & changes.keys():
            value = changes.pop(name)
            if not isinstance(value, Mapping | Value):
                rule = f"{SECTIONS[name].__name__} or a table of its fields"
                raise TypeError(f"{name} must be {rule}, got {truncate(value)}")
            sections[name] = dict(value)
        for choice, names in _dependent_fields(changes).items():
            if changes[choice] != sections[SECTION_OF[choice]][choice]:
                for section in sections.values():
                    for name in names - changes.keys():
                        section.pop(name, None)
        for name, value in changes.items():
            section = sections[SECTION_OF[name]] if name in SECTION_OF else sections
            section[name] = value
        return type(self)(**sections)


def require_experiment(value: object, name: str = "experiment") -> None:
    """TypeError unless `value` is an Experiment."""
    if not isinstance(value, Experiment):
        raise TypeError(f"{name} must be an Experiment, got {truncate(value)}")


def _dependent_fields(changes: Mapping[str, Any]) -> dict[str, set[str]]:
    """For each choice in `changes` that decides other defaults, the fields it decides."""
    dependent = {
        choice: {field for entry in table.values() for field in entry.defaults}
        for choice, table in TABLES_WITH_DEFAULTS.items()
    }
    dependent["dataset"] = {*DATASET_DEFAULTS, "loss"}
    return {choice: names for choice, names in dependent.items() if choice in changes}


def _extra(field: FieldInfo) -> dict[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _title(name: str) -> str:
    return FIELDS[name].title or name


SECTIONS: dict[str, type[Value]] = {"data": Data, "network": Network, "training": Training}
FIELDS: dict[str, FieldInfo] = {
    name: field for model in SECTIONS.values() for name, field in model.model_fields.items()
}
SECTION_OF: dict[str, str] = {
    name: section for section, model in SECTIONS.items() for name in model.model_fields
}

# The entries that a choice is made from, by the name of its field.
CHOICES: dict[str, Mapping[str, Any]] = {
    name: extra["choices"]
    for name, field in FIELDS.items()
    if "choices" in (extra := _extra(field))
}

# When training ends and what is told of it, and nothing else; but a schedule that spans the run
# follows `epochs`.
PLANNING = (
    "epochs", "validation_freq", "early_stopping", "patience", "min_delta", "restore_best",
    "target_metric", "target_value", "time_limit",
)  # fmt: skip

# What a run takes up with its weights. A change of a schedule brings the fields that it uses.
TUNABLE_WHILE_TRAINING = (
    "learning_rate", "batch_size", "dropout", "l2", "l1", "momentum",
    "schedule", "warmup_epochs", *dict.fromkeys(f for e in SCHEDULES.values() for f in e.defaults),
    *PLANNING, *NOISES,
)  # fmt: skip


def label(name: str) -> str:
    """A field on the screen, with its symbol or unit: "Learning rate η", "Patience (epochs)"."""
    title, extra = _title(name), _extra(FIELDS[name])
    symbol, unit = extra.get("symbol", ""), extra.get("unit", "")
    if unit and unit not in title.lower():
        return f"{title} ({unit})"
    return f"{title} {symbol}".strip()


def text_label(name: str) -> str:
    """A field within a sentence: "learning rate", "β₁", "L2"; other names with spaces."""
    if name not in FIELDS:
        return name.replace("_", " ")
    title = _title(name).partition(" (")[0]
    return title if title[:2].isupper() or title[1:2].isdigit() else title[0].lower() + title[1:]


def short_label(name: str) -> str:
    """A field in a legend: "η", "batch", "dropout"."""
    extra = _extra(FIELDS[name]) if name in FIELDS else {}
    return str(extra.get("symbol") or extra.get("short") or text_label(name))


def help_text(name: str) -> str:
    """What a field is and what to try with it."""
    return f"{FIELDS[name].description} {_extra(FIELDS[name])['suggestion']}"


def limits(name: str) -> tuple[Any, Any]:
    """The smallest and largest value of a numeric field; (None, None) for any other."""
    low = high = None
    for rule in FIELDS[name].metadata:
        low, high = getattr(rule, "ge", low), getattr(rule, "le", high)
    return low, high


def is_logarithmic(name: str) -> bool:
    """Whether the values of a field are best shown on a logarithmic scale."""
    return name in FIELDS and _extra(FIELDS[name]).get("scale") == "log"


def step_size(name: str) -> float | None:
    """The step of a number's widget, where the field sets one."""
    return _extra(FIELDS[name]).get("step")


def counts_examples(name: str) -> bool:
    """Whether a field is a number of examples."""
    return _extra(FIELDS[name]).get("unit") == "examples"


def format_value(name: str, value: Any) -> str:
    """The value of a field as text: "Adam", "300-100", "0.001", "on"."""
    if isinstance(value, list | tuple):
        separator = "-" if name == "hidden" else ", "
        return separator.join(format_value(name, item) for item in value) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int) and name in ("seed", "data_seed", "hidden"):
        return str(value)
    if isinstance(value, int | float):
        return format_number(value)
    entry = CHOICES.get("activation" if name == "activations" else name, {}).get(value, value)
    if name == "dataset" and entry == value:  # a table that somebody brought
        entry = dataset_info({"dataset": value}) or "own data"
    return entry if isinstance(entry, str) else str(getattr(entry, "label", entry))


def explain(error: ValidationError, labels: bool = False) -> list[str]:
    """One sentence for each broken rule: the field, the rule, the value received.

    `labels`: fields are called as on the screen, not as in code, links and options.
    """
    return [_sentence(e, labels) for e in error.errors(include_url=False)]


def field_of_error(e: Any) -> str:
    """The field of one entry of `ValidationError.errors()`, or the path of another place."""
    named = e.get("ctx", {}).get("field") or ""
    return named or next(
        (str(part) for part in e["loc"] if part in FIELDS), ".".join(map(str, e["loc"]))
    )


def _sentence(e: Any, labels: bool) -> str:
    name = field_of_error(e)
    if e["type"] == "extra_forbidden":
        return f"{name} is not a field of an experiment, got {truncate(e['input'])}"
    rule, received = broken_rule(e, limits(name) if name in FIELDS else (None, None))
    if labels and name in FIELDS:
        name = label(name)
    return f"{name or 'the experiment'} must be {rule}, got {received}"
