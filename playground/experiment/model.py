"""An Experiment: every choice a person can make, as frozen values.

Each limit, default and help text is declared once, in the field it belongs to. A default that
depends on another choice (the usual learning rate of an optimizer) stands in that choice's table
and is filled in where the field is not given.
"""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo

from playground.datasets.custom import storage
from playground.datasets.custom import table as own
from playground.datasets.preprocessing import SCALERS
from playground.datasets.registry import DATASETS, DatasetInfo
from playground.experiment.fields import (
    Value,
    fail,
    field_metadata,
    limits,
    number,
    one_of,
    plain,
    shown,
    split,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import DEFAULT_LOSS, LOSSES, REGRESSION
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES

__all__ = [
    "CHOICES",
    "CLIPPING",
    "FIELDS",
    "SECTIONS",
    "SECTION_OF",
    "TUNABLE_WHILE_TRAINING",
    "Data",
    "Experiment",
    "Network",
    "Training",
    "explain",
    "field_metadata",
    "limits",
]

CLIPPING = {
    "none": "None",
    "value": "Each number, to ± the limit",
    "norm": "Each layer's norm",
    "global_norm": "The norm of all layers together",
}

LARGEST_SEED = 2**31 - 1


# Former names of fields: read wherever names of fields are read, and no longer written.
RENAMED_FIELDS = {
    "shuffled_labels": "label_noise",
    "standardise": "standardize",
    "sorted_split": "split_without_shuffle",
    "copied": "leaked_fraction",
}


def current_name(name: str) -> str:
    """The present name of a field that may be given by its former one."""
    return RENAMED_FIELDS.get(name, name)


def _entry(table: Mapping[str, Any], given: Mapping[str, Any], key: str, default: str) -> Any:
    """The entry of `table` that `given[key]` names, or None."""
    name = given.get(key, default)
    return table.get(name) if isinstance(name, str) else None


def _source(given: Mapping[str, Any]) -> DatasetInfo | None:
    """The source that `given["dataset"]` names, or None."""
    name = given.get("dataset", Data.model_fields["dataset"].default)
    if not isinstance(name, str):
        return None
    table = None if name in DATASETS else storage.get(name)
    return DATASETS.get(name) if table is None else table.source


class Data(Value):
    """Which examples, how many, and what is done to them before training."""

    dataset: str = one_of(
        DATASETS, "fashion_mnist", "What the network learns from.", pattern=own.NAME.pattern
    )
    train_size: int = number(
        5_000, 1, 60_000, "Examples used for training. Few of them make overfitting visible.",
        unit="examples", scale="log",
    )  # fmt: skip
    validation_size: int = number(
        1_000, 0, 60_000, "Examples kept aside to measure how well it does on new ones. 0: none.",
        unit="examples",
    )  # fmt: skip
    noise: float = number(
        0.0, 0.0, 1.0, "Random disturbance of the inputs, as a share of their range."
    )
    label_noise: float = number(
        0.0,
        0.0,
        1.0,
        "Share of the training examples given a random label: nothing to learn there.",
    )
    standardize: bool = Field(
        False, description="Shift and scale inputs to mean 0 and standard deviation 1, "
        "measured on the training examples only.",
    )  # fmt: skip
    scaler: str = one_of(
        SCALERS,
        "training",
        "What the scaling is learnt from: the training examples, and no others.",
    )
    split_without_shuffle: bool = Field(
        False, description="A mistake: sort the examples by class (or value) and cut them in that "
        "order, so that training and validation hold different ones.",
    )  # fmt: skip
    leaked_fraction: float = number(
        0.0, 0.0, 1.0, "A mistake: share of the validation examples that stand among the training "
        "examples as well, in the place of others.",
    )  # fmt: skip
    data_seed: int = number(
        0, 0, LARGEST_SEED, "Which random data: another number draws other points or another split."
    )
    # Own data: as long as anybody holds these choices the table is there, also in another process.
    _table: own.Table | None = PrivateAttr(None)

    @model_validator(mode="before")
    @classmethod
    def _usual_sizes(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        given = {
            name if current_name(name) in given else current_name(name): value
            for name, value in given.items()
        }
        source = _source(given)
        names = ("train_size", "validation_size", "standardize")
        return {**{name: getattr(source, name) for name in names if source}, **given}

    @model_validator(mode="after")
    def _there(self) -> Self:
        if self.dataset not in DATASETS:
            self._table = storage.get(self.dataset)
            if self._table is None:
                rule = (
                    "own data that this server still keeps (bring them along again on the Data "
                    "page, under Your own data)"
                )
                raise fail(rule, self.dataset, "dataset")
        return self

    @model_validator(mode="after")
    def _enough_rows(self) -> Self:
        rows, name = self.source.rows, self.source.label
        if rows is None:
            return self
        if self.validation_size >= rows:
            rule = f"at most {rows - 1:,} ({name} has {rows:,}, and one must be left to train on)"
            raise fail(rule, self.validation_size, "validation_size", rows - 1)
        if self.train_size > rows - self.validation_size:
            beside = f" beside {self.validation_size:,} for validation"
            rule = f"at most {rows - self.validation_size:,}{beside} ({name} has {rows:,})"
            raise fail(rule, self.train_size, "train_size", rows - self.validation_size)
        return self

    @property
    def flawed(self) -> bool:
        """Whether a mistake is made in preparing them."""
        return self.scaler != "training" or self.split_without_shuffle or self.leaked_fraction > 0

    @property
    def table(self) -> own.Table | None:
        """The table of one's own that these data are, if they are one."""
        return self._table

    @property
    def source(self) -> DatasetInfo:
        """The entry of DATASETS these data come from, or that of a table of one's own."""
        return DATASETS[self.dataset] if self._table is None else self._table.source


class Network(Value):
    """The layers, how their weights start, and what keeps them from overfitting."""

    hidden: tuple[int, ...] = Field(
        (300, 100), max_length=6, description="Units of each hidden layer, from input to output. "
        "None at all is logistic (or linear) regression.",
        json_schema_extra={"each": [1, 1024]},
    )  # fmt: skip
    activation: str = one_of(
        ACTIVATIONS,
        "relu",
        "What a hidden unit does with its weighted sum z. ReLU is the usual one.",
    )
    activations: tuple[str, ...] = Field(
        (), max_length=6, description="One activation for each hidden layer, instead of the same "
        "for all; empty: the same for all.",
    )  # fmt: skip
    negative_slope: float = number(0.2, 0.0, 1.0, "α of leaky ReLU: its slope where z is negative.")
    kernel_initializer: str = one_of(
        INITIALIZERS, "glorot_uniform", "How the weights are drawn before training."
    )
    bias_initializer: str = one_of(INITIALIZERS, "zeros", "How the biases are set before training.")
    stddev: float = number(
        0.05, 0.0, 10.0, "σ of the normal initializer: the spread of the first weights.", step=0.01
    )
    dropout: float = number(
        0.0, 0.0, 0.95, "Share of hidden units switched off at random in every training step."
    )
    l1: float = number(
        0.0, 0.0, 1.0, "λ of Σ|w| added to the loss: drives weights to exactly 0.", step=0.0001
    )
    l2: float = number(
        0.0, 0.0, 1.0, "λ of Σw² added to the loss: keeps weights small.", step=0.0001
    )
    seed: int = number(
        0,
        0,
        LARGEST_SEED,
        "One number for the first weights, the batch order and the dropout masks.",
    )

    _parts = field_validator("hidden", "activations", mode="before")(split)

    @field_validator("hidden")
    @classmethod
    def _layer_sizes(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        low, high = field_metadata(cls.model_fields["hidden"])["each"]
        for units in value:
            if not low <= units <= high:
                nearest = tuple(min(max(each, low), high) for each in value)
                raise fail(f"layers of {low:,} to {high:,} units", units, nearest=nearest)
        return value

    @field_validator("activations")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in ACTIVATIONS:
                raise fail("each one of " + ", ".join(ACTIVATIONS), name)
        return value

    @model_validator(mode="after")
    def _one_per_layer(self) -> Self:
        if self.activations and len(self.activations) != len(self.hidden):
            rule = f"one for each of the {len(self.hidden)} hidden layers, or none"
            raise fail(rule, ",".join(self.activations), "activations")
        return self

    @property
    def layer_activations(self) -> tuple[str, ...]:
        """The activation of each hidden layer."""
        return self.activations or (self.activation,) * len(self.hidden)


class Training(Value):
    """How the weights are changed: loss, optimizer, learning rate, schedule, and how long."""

    loss: str = one_of(LOSSES, "cross_entropy", "What training makes small.")
    optimizer: str = one_of(OPTIMIZERS, "sgd", "The rule that turns gradients into new weights.")
    learning_rate: float = number(
        0.01, 1e-6, 10.0, "η: how far one update moves the weights. Too small: slow; too large: "
        "the loss jumps or explodes.", scale="log",
    )  # fmt: skip
    momentum: float = number(0.0, 0.0, 0.999, "β: how much of the last update is kept.", step=0.01)
    rho: float = number(
        0.9, 0.0, 0.9999, "ρ: memory of the average of squared gradients.", step=0.01
    )
    beta_1: float = number(0.9, 0.0, 0.9999, "β₁: memory of the average of gradients.", step=0.01)
    beta_2: float = number(
        0.999, 0.0, 0.99999, "β₂: memory of the average of squared gradients.", step=0.001
    )
    epsilon: float = number(1e-7, 1e-12, 1.0, "ε: keeps the division by √v finite.", scale="log")
    initial_accumulator_value: float = number(
        0.1, 0.0, 10.0, "Where Adagrad's sum of squared gradients starts."
    )
    weight_decay: float = number(
        0.0, 0.0, 1.0, "λ: share of each weight (times η) taken away in every update.", step=0.001
    )
    centered: bool = Field(
        False, description="Divide by the spread of the gradients, not their size."
    )
    amsgrad: bool = Field(
        False, description="Use the largest v seen so far: steps never grow again."
    )
    clipping: str = one_of(
        CLIPPING, "none", "Whether large gradients are cut down before an update."
    )
    clip_limit: float = number(1.0, 1e-6, 1000.0, "The largest value or norm kept.", scale="log")
    schedule: str = one_of(SCHEDULES, "constant", "How the learning rate changes during the run.")
    warmup_epochs: float = number(
        0.0, 0.0, 1000.0, "Epochs in which the rate first rises from 0, before the schedule.",
        unit="epochs", step=1,
    )  # fmt: skip
    decay_rate: float = number(0.5, 1e-4, 1.0, "d: the factor of the schedule.")
    period_epochs: float = number(
        10.0, 0.01, 10_000.0, "P: epochs in one period of the schedule.", unit="epochs", scale="log"
    )
    milestones: tuple[float, ...] = Field(
        (), max_length=10, description="Epochs after which the rate is multiplied by the factor.",
        json_schema_extra={"each": [0, 10_000]},
    )  # fmt: skip
    power: float = number(1.0, 0.1, 10.0, "p: 1 falls in a straight line, 2 in a parabola.")
    period_growth: float = number(1.0, 1.0, 4.0, "How much longer each period is than the last.")
    peak_decay: float = number(1.0, 0.1, 1.0, "m: how high each restart is beside the last.")
    start_share: float = number(
        0.1, 0.0, 1.0, "b: the lowest rate, as a share of the learning rate."
    )
    rise_share: float = number(0.3, 0.01, 0.99, "Share of the run in which the rate rises.")
    final_share: float = number(0.0, 0.0, 1.0, "e: the last rate, as a share of the learning rate.")
    plateau_patience: int = number(
        3, 1, 100, "Epochs without a better validation loss before the rate is reduced.",
        unit="epochs",
    )  # fmt: skip
    batch_size: int = number(
        32, 1, 4096, "Examples averaged for one update. Small: noisy and many updates.",
        unit="examples", scale="log",
    )  # fmt: skip
    epochs: int = number(
        100, 1, 10_000, "How often training goes through all examples.", scale="log"
    )
    shuffle: bool = Field(True, description="A new random order of the examples in every epoch.")
    early_stopping: bool = Field(
        False, description="Stop when the validation loss has not improved for a while."
    )
    patience: int = number(
        10, 1, 1000, "Epochs without improvement that early stopping waits.", unit="epochs"
    )
    restore_best: bool = Field(
        True, description="When stopped early, go back to the weights of the best epoch."
    )

    _parts = field_validator("milestones", mode="before")(split)

    @model_validator(mode="before")
    @classmethod
    def _usual_parameters(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        tables: tuple[tuple[str, Mapping[str, Any]], ...] = (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
        )
        usual: dict[str, Any] = {}
        for name, table in tables:
            entry = _entry(table, given, name, cls.model_fields[name].default)
            usual |= dict(entry.defaults) if entry else {}
        return usual | dict(given)

    @field_validator("milestones")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        low, high = field_metadata(cls.model_fields["milestones"])["each"]
        if any(not low < each <= high for each in value) or list(value) != sorted(set(value)):
            rule = f"rising numbers of epochs above {low} and up to {high:,}"
            raise fail(rule, ",".join(map(str, value)))
        return value


class Experiment(Value):
    """Data, network and training together: everything that decides how a run goes."""

    data: Data = Data()
    network: Network = Network()
    training: Training = Training()

    @model_validator(mode="before")
    @classmethod
    def _usual_loss(cls, given: Any) -> Any:
        """Fill in the loss of the task where none is given."""
        if not isinstance(given, Mapping):
            return given
        data, training = given.get("data", {}), given.get("training", {})
        chosen = data.model_dump() if isinstance(data, Data) else data
        if not isinstance(chosen, Mapping):
            return given
        source = _source(chosen)
        if source and isinstance(training, Mapping) and "loss" not in training:
            return {**given, "training": {**training, "loss": DEFAULT_LOSS[source.task]}}
        return given

    @model_validator(mode="after")
    def _loss_suits(self) -> Self:
        task, loss = self.data.source.task, self.training.loss
        if task not in LOSSES[loss].tasks:
            suitable = ", ".join(name for name, entry in LOSSES.items() if task in entry.tasks)
            raise fail(f"one of {suitable} for {task}", loss, "loss", DEFAULT_LOSS[task])
        return self

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units from the input to the output, e.g. (784, 300, 100, 10)."""
        return (self.data.source.n_features, *self.network.hidden, self.data.source.n_outputs)

    @property
    def output_activation(self) -> str:
        """Of the output layer: probabilities for classification, any number for regression."""
        if self.data.source.task == REGRESSION:
            return "linear"
        return "softmax" if self.data.source.n_outputs > 1 else "sigmoid"

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one epoch; the last batch may be smaller."""
        return -(-self.data.train_size // self.training.batch_size)

    def to_dict(self) -> dict[str, Any]:
        """All fields by name, without their sections."""
        return {k: v for section in self.model_dump().values() for k, v in section.items()}

    def replace(self, **changes: Any) -> Self:
        """A copy with some fields, or whole sections, changed and validated.

        A new data set, optimizer or schedule brings the default values that depend on it.
        """
        changes = {current_name(name): value for name, value in changes.items()}
        sections: dict[str, dict[str, Any]] = self.model_dump()
        sections |= {name: dict(changes.pop(name)) for name in SECTIONS if name in changes}
        for choice, names in _dependent_fields(changes).items():
            if changes[choice] != sections[SECTION_OF[choice]][choice]:
                for section in sections.values():
                    for name in names - changes.keys():
                        section.pop(name, None)
        for name, value in changes.items():
            sections[SECTION_OF[name]][name] = value
        return type(self).model_validate(sections)


def _dependent_fields(changes: Mapping[str, Any]) -> dict[str, set[str]]:
    """For each choice in `changes` that decides other defaults, the fields it decides."""
    tables: dict[str, Mapping[str, Any]] = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES}
    dependent = {
        choice: {field for entry in table.values() for field in entry.defaults}
        for choice, table in tables.items()
    }
    dependent["dataset"] = {"train_size", "validation_size", "standardize", "loss"}
    return {choice: names for choice, names in dependent.items() if choice in changes}


SECTIONS: dict[str, type[Value]] = {"data": Data, "network": Network, "training": Training}
FIELDS: dict[str, FieldInfo] = {
    name: field for model in SECTIONS.values() for name, field in model.model_fields.items()
}
SECTION_OF: dict[str, str] = {
    name: part for part, model in SECTIONS.items() for name in model.model_fields
}

# The entries that a choice is made from, by the name of its field.
CHOICES: dict[str, Mapping[str, Any]] = {
    "dataset": DATASETS,
    "scaler": SCALERS,
    "activation": ACTIVATIONS,
    "kernel_initializer": INITIALIZERS,
    "bias_initializer": INITIALIZERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "clipping": CLIPPING,
}

# What a playing run takes up at once; any other change needs a new network.
TUNABLE_WHILE_TRAINING = ("learning_rate", "batch_size", "dropout", "l2", "l1")


def explain(error: ValidationError) -> list[str]:
    """One sentence for each broken rule: the field, the rule, the value received."""
    return [_sentence(e) for e in error.errors(include_url=False)]


def field_of_error(e: Any) -> str:
    """The field one entry of `ValidationError.errors()` is about, or where it stands."""
    named = e.get("ctx", {}).get("field") or ""
    return named or next(
        (str(part) for part in e["loc"] if part in FIELDS), ".".join(map(str, e["loc"]))
    )


def _sentence(e: Any) -> str:
    kind, context, name = e["type"], e.get("ctx", {}), field_of_error(e)
    if kind == "extra_forbidden":
        return f"{name} is not a field of an experiment, got {shown(e['input'])}"
    received = context["received"] if kind == "rule" else e["input"]
    if kind == "rule":
        rule = context["rule"]
    elif "ge" in context or "le" in context:
        low, high = limits(SECTIONS[SECTION_OF[name]], name)
        rule = f"between {plain(low)} and {plain(high)}"
    elif kind == "too_long":
        rule = f"at most {context['max_length']} values"
        received = ",".join(map(str, received))
    else:
        rule = _RULES.get(kind, e["msg"])
        if e["loc"] and isinstance(e["loc"][-1], int):
            rule = rule.removeprefix("a ") + "s separated by commas"
    return f"{name or 'the experiment'} must be {rule}, got {shown(received)}"


_RULES = {
    **dict.fromkeys(("int_parsing", "int_from_float", "int_type"), "a whole number"),
    "int_parsing_size": "a shorter whole number",
    **dict.fromkeys(("float_parsing", "float_type"), "a number"),
    "finite_number": "a finite number",
    **dict.fromkeys(("bool_parsing", "bool_type"), "true or false"),
    "tuple_type": "values separated by commas",
    "string_type": "text",
    **dict.fromkeys(("model_type", "model_attributes_type"), "an object with named fields"),
    "json_invalid": "valid JSON",
}
