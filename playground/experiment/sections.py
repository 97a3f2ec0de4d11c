"""The sections of an `Experiment`: data, network and training.

Each field declares its limits, default and texts once. A default that depends on another choice
(the learning rate of an optimizer) stands in that choice's table and is filled in where the field
is not given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import PrivateAttr, field_validator, model_validator

from playground.datasets.custom import storage
from playground.datasets.custom import table as own
from playground.datasets.preprocessing import SCALERS
from playground.datasets.registry import DATASETS, DatasetInfo
from playground.experiment.fields import (
    Value,
    fail,
    number,
    one_of,
    several,
    split_layers,
    split_list,
    switch,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import LOSSES
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES

CLIPPING = {
    "none": "None",
    "value": "Each number, to ± the limit",
    "norm": "Each layer's norm",
    "global_norm": "The norm of all layers together",
}


@dataclass(frozen=True)
class Target:
    """A score that ends a run: the validation score, or without validation the training score."""

    label: str
    defaults: Mapping[str, Any]


TARGETS = {
    "none": Target("None", {}),
    "loss": Target("Loss at most", {"target_value": 0.1}),
    "metric": Target("Accuracy at least, or mean error at most", {"target_value": 0.95}),
}

LARGEST_SEED = 2**31 - 1
LAYER_UNITS = (1, 1024)
MILESTONES = (0, 10_000)  # epochs

# Former names of fields: read wherever names of fields are read, and no longer written.
RENAMED_FIELDS = {
    "shuffled_labels": "label_noise",
    "standardise": "standardize",
    "sorted_split": "split_without_shuffle",
    "copied": "leaked_fraction",
}


NOISE = "noise"  # names the noise that the data set has: of its inputs or of its targets
NOISES = ("input_noise", "target_noise")


def current_name(name: str, dataset: object = None) -> str:
    """The present name of a field that may be given by its former one, or by `NOISE`.

    `dataset`: the data set whose noise is meant; by default one whose inputs are disturbed.
    """
    if name == NOISE:
        return DATASETS[dataset].noise if dataset in list(DATASETS) else NOISES[0]
    return RENAMED_FIELDS.get(name, name)


def dataset_info(given: Mapping[str, Any]) -> DatasetInfo | None:
    """The entry of the data set that `given["dataset"]` names, or None."""
    name = given.get("dataset", Data.model_fields["dataset"].default)
    if not isinstance(name, str):
        return None
    table = None if name in DATASETS else storage.get(name)
    return DATASETS.get(name) if table is None else table.source


class Data(Value):
    """Which examples, how many, and their preprocessing."""

    dataset: str = one_of(
        DATASETS, "fashion_mnist", "Data set", "The examples to learn from.",
        "Try Spiral: hard for one layer, easy for two.", pattern=own.NAME.pattern,
    )  # fmt: skip
    train_size: int = number(
        5_000, 1, 60_000, "Training examples",
        "Examples used for training. Few of them make overfitting visible.",
        "Try a tenth of it: the two curves separate.", unit="examples", scale="log",
    )  # fmt: skip
    validation_size: int = number(
        1_000, 0, 60_000, "Validation examples",
        "Examples held out to estimate performance on new data. 0: none.",
        "Try 50: its curve becomes jagged.", unit="examples",
    )  # fmt: skip
    input_noise: float = number(
        0.0, 0.0, 1.0, "Input noise", "Random disturbance of the inputs of all examples, as a "
        "fraction of their range.",
        "Try 0.3: classes overlap, and a large network begins to fit single points.",
    )  # fmt: skip
    target_noise: float = number(
        0.0, 0.0, 1.0, "Target noise", "Random disturbance of the classes or values of all "
        "examples, as a fraction of the range of the points; the points stay where they are.",
        "Try 0.3: neighbors disagree, and a large network begins to fit single points.",
    )  # fmt: skip
    label_noise: float = number(
        0.0, 0.0, 1.0, "Label noise (fraction)",
        "Fraction of the training examples that get a random label, or each other's value.",
        "Try 1: there is nothing to generalize, only to memorize.",
    )  # fmt: skip
    standardize: bool = switch(
        False, "Standardize", "Shift and scale inputs to mean 0 and standard deviation 1, computed "
        "on the training examples.",
        "Try switching it off on coffee roasting: minutes beside degrees.",
    )  # fmt: skip
    scaler: str = one_of(
        SCALERS, "training", "Scaler fitted on",
        "The examples that scaling is computed from; only training examples are right.",
        "Try the mistakes on the Data page, under Data leakage and split errors.",
    )  # fmt: skip
    split_without_shuffle: bool = switch(
        False, "Split without shuffling", "A mistake: the examples are sorted by class (or value) "
        "and cut in that order, so that training and validation differ.",
        "Try it on the Data page and compare the validation scores.",
    )  # fmt: skip
    leaked_fraction: float = number(
        0.0, 0.0, 1.0, "Train/validation leakage (fraction)", "A mistake: fraction of the "
        "validation examples that replace training examples, so that both contain them.",
        "Try 1 on the Data page: the validation score is too optimistic.",
    )  # fmt: skip
    validate_on_test: bool = switch(
        False, "Validate on the test set", "The first test examples are the validation examples, "
        "and all others are for training: no test set is left for a score that no choice has used.",
        "Try it with MNIST, as many course texts do, and compare with a validation split.",
    )  # fmt: skip
    data_seed: int = number(
        0, 0, LARGEST_SEED, "Data seed", "Another number generates other points or another split.",
        "Try three numbers before you believe a small difference.",
    )  # fmt: skip
    # An uploaded table: it exists as long as these choices are held, also in another process.
    _table: own.Table | None = PrivateAttr(None)

    @model_validator(mode="before")
    @classmethod
    def _dataset_defaults(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        names = {name: current_name(name, given.get("dataset")) for name in given}
        given = {
            name if names[name] in given else names[name]: value for name, value in given.items()
        }
        info = dataset_info(given)
        return {**{name: getattr(info, name) for name in DATASET_DEFAULTS if info}, **given}

    @model_validator(mode="after")
    def _table_exists(self) -> Self:
        if self.dataset not in DATASETS:
            self._table = storage.get(self.dataset)
            if self._table is None:
                rule = (
                    "own data that this server still keeps (upload them again on the Data page, "
                    "under Your own data)"
                )
                raise fail(rule, self.dataset, "dataset")
        return self

    @model_validator(mode="after")
    def _enough_rows(self) -> Self:
        rows, name = self.source.rows, self.source.label
        if self.validate_on_test:
            n_test = self.source.n_test
            if self.validation_size > n_test:
                rule = f"at most {n_test:,}, the test examples of {name}, to validate on them"
                raise fail(rule, self.validation_size, "validation_size", n_test)
            if rows is not None and self.train_size > rows:
                rule = f"at most {rows:,} ({name} has {rows:,} beside its test set)"
                raise fail(rule, self.train_size, "train_size", rows)
            return self
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
    def noise(self) -> float:
        """The amount of the noise that the data set has: of its inputs, or of its targets."""
        return self.input_noise if self.source.noise == "input_noise" else self.target_noise

    @property
    def effective_scaler(self) -> str:
        """The scaler; "training" where another one gives the same inputs.

        Without standardization only the brightness of images is scaled, by a constant.
        """
        constant = not self.standardize and (self.scaler != "nothing" or not self.source.shape)
        return "training" if constant else self.scaler

    @property
    def flawed(self) -> bool:
        """Whether there is data leakage or a split error."""
        wrong_split = self.split_without_shuffle or self.leaked_fraction > 0
        return self.effective_scaler != "training" or wrong_split

    @property
    def table(self) -> own.Table | None:
        """The uploaded table; None for a data set of DATASETS."""
        return self._table

    @property
    def source(self) -> DatasetInfo:
        """The entry of DATASETS, or that of the uploaded table."""
        return DATASETS[self.dataset] if self._table is None else self._table.source


DATASET_DEFAULTS = ("train_size", "validation_size", "standardize")


class Network(Value):
    """Layers, weight initialization and regularization."""

    hidden: tuple[int, ...] = several(
        (300, 100), 6, "Hidden layers", "Units of each hidden layer, from input to output. "
        "None: logistic (or linear) regression.",
        "Try 4, then 8-8, on the same data.",
    )  # fmt: skip
    activation: str = one_of(
        ACTIVATIONS, "relu", "Activation",
        "Function that a hidden unit applies to its weighted sum z. ReLU is the standard choice.",
        "Try Linear: any number of layers then does no more than one.",
    )  # fmt: skip
    activations: tuple[str, ...] = several(
        (), 6, "Activation of each layer",
        "One activation for each hidden layer; empty: the same for all.",
        "Try ReLU first and Tanh last.",
    )  # fmt: skip
    negative_slope: float = number(
        0.2, 0.0, 1.0, "Negative slope", "Slope of leaky ReLU where z < 0.",
        "Try 0, which is ReLU, and 1, which is linear.", symbol="α",
    )  # fmt: skip
    kernel_initializer: str = one_of(
        INITIALIZERS, "glorot_uniform", "Kernel initializer",
        "Distribution of the weights before training.",
        "Try Zeros: all units of a layer stay equal.",
    )  # fmt: skip
    bias_initializer: str = one_of(
        INITIALIZERS, "zeros", "Bias initializer", "Values of the biases before training.",
        "Try Ones with ReLU: no unit begins switched off.",
    )  # fmt: skip
    stddev: float = number(
        0.05, 0.0, 10.0, "Standard deviation", "Standard deviation of the normal initializer.",
        "Try 1, and look at the Initialization check on the Inspect page.", symbol="σ", step=0.01,
    )  # fmt: skip
    dropout: float = number(
        0.0, 0.0, 0.95, "Dropout",
        "Fraction of hidden units switched off at random in every training step.",
        "Try 0.3 when the validation curve turns upwards.",
    )  # fmt: skip
    l1: float = number(
        0.0, 0.0, 1.0, "L1", "λ of Σ|w| added to the loss: drives weights to exactly 0.",
        "Try 0.001 and look at the weights on the Inspect page.", step=0.0001,
    )  # fmt: skip
    l2: float = number(
        0.0, 0.0, 1.0, "L2", "λ of Σw² added to the loss: keeps weights small.",
        "Try 0.001 when the validation curve turns upwards.", step=0.0001,
    )  # fmt: skip
    seed: int = number(
        0, 0, LARGEST_SEED, "Seed",
        "Decides the initial weights, the batch order and the dropout masks.",
        "Try another number: the difference you see is chance.",
    )  # fmt: skip

    _layers = field_validator("hidden", mode="before")(split_layers)
    _names = field_validator("activations", mode="before")(split_list)

    @field_validator("hidden")
    @classmethod
    def _units_in_range(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        low, high = LAYER_UNITS
        for units in value:
            if not low <= units <= high:
                nearest = tuple(min(max(n, low), high) for n in value)
                raise fail(f"layers of {low:,} to {high:,} units", units, nearest=nearest)
        return value

    @field_validator("activations")
    @classmethod
    def _known_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
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
    """Loss, optimizer, learning-rate schedule and length of training."""

    loss: str = one_of(
        LOSSES, "cross_entropy", "Loss", "Quantity that training minimizes.",
        "Try the squared error for classes: it learns more slowly.",
    )  # fmt: skip
    optimizer: str = one_of(
        OPTIMIZERS, "sgd", "Optimizer", "Rule that turns gradients into weight updates.",
        "Try Adam, or race all of them on the Race page.",
    )  # fmt: skip
    learning_rate: float = number(
        0.01, 1e-6, 10.0, "Learning rate", "Size of one weight update. Too small: slow; too large: "
        "the loss jumps or explodes.",
        "Try ten times more and ten times less while it plays.", symbol="η", scale="log",
    )  # fmt: skip
    momentum: float = number(
        0.0, 0.0, 0.999, "Momentum", "β: fraction of the last update that is kept.",
        "Try 0.9, and 0.99 to see it overshoot.", step=0.01,
    )  # fmt: skip
    rho: float = number(
        0.9, 0.0, 0.9999, "ρ (decay rate)",
        "Exponential decay rate of the average of squared gradients.",
        "Try 0.5: a short average, and jumpier steps.", step=0.01,
    )  # fmt: skip
    beta_1: float = number(
        0.9, 0.0, 0.9999, "β₁ (decay rate)",
        "Exponential decay rate of the average of gradients.",
        "Try 0: Adam without momentum.", step=0.01,
    )  # fmt: skip
    beta_2: float = number(
        0.999, 0.0, 0.99999, "β₂ (decay rate)",
        "Exponential decay rate of the average of squared gradients.",
        "Try 0.9: steps follow the last few gradients.", step=0.001,
    )  # fmt: skip
    epsilon: float = number(
        1e-7, 1e-12, 1.0, "ε (numerical stability)", "Keeps the division by √v finite.",
        "Try 0.1: where gradients are small, steps become small as well.", scale="log",
    )  # fmt: skip
    initial_accumulator_value: float = number(
        0.1, 0.0, 10.0, "Initial accumulator value",
        "Initial value of Adagrad's sum of squared gradients.",
        "Try 0: the first steps are much longer.",
    )  # fmt: skip
    weight_decay: float = number(
        0.0, 0.0, 1.0, "Weight decay",
        "λ: fraction of each weight (times η) subtracted in every update.",
        "Try 0.1 and see the weights shrink on the Inspect page.", step=0.001,
    )  # fmt: skip
    centered: bool = switch(
        False, "Centered", "Divide by the standard deviation of the gradients, not by their size.",
        "Try it where the loss jumps.",
    )  # fmt: skip
    amsgrad: bool = switch(
        False, "AMSGrad", "Use the largest v so far: the effective step never grows again.",
        "Try it where Adam's loss rises again late.",
    )  # fmt: skip
    clipping: str = one_of(
        CLIPPING, "none", "Gradient clipping", "Limit on large gradients before an update.",
        "Try the norm with a large learning rate: it no longer explodes.",
    )  # fmt: skip
    clip_limit: float = number(
        1.0, 1e-6, 1000.0, "Clipping limit", "The largest value or norm kept.",
        "Try 0.1: every update is small, whatever the gradient.", scale="log",
    )  # fmt: skip
    schedule: str = one_of(
        SCHEDULES, "constant", "Schedule", "How the learning rate changes during the run.",
        "Try Cosine: the last epochs become calm.",
    )  # fmt: skip
    warmup_epochs: float = number(
        0.0, 0.0, 1000.0, "Warm-up epochs",
        "Epochs in which the learning rate rises from 0. Milestones and periods count from the "
        "start; schedules that span the run begin after it.",
        "Try 2 with a large learning rate.", unit="epochs", step=1,
    )  # fmt: skip
    decay_rate: float = number(
        0.5, 1e-4, 1.0, "Decay rate", "d: the factor of the schedule.",
        "Try 0.99, which falls slowly, and 0.1, which falls at once.",
    )  # fmt: skip
    period_epochs: float = number(
        10.0, 0.01, 10_000.0, "Period", "P: length of one period of the schedule.",
        "Try a quarter of the epochs.", unit="epochs", scale="log",
    )  # fmt: skip
    milestones: tuple[float, ...] = several(
        (), 10, "Milestones",
        "Epochs from the start, after which the learning rate is multiplied by the factor.",
        "Try 50, 75 for a run of 100 epochs.",
    )  # fmt: skip
    power: float = number(
        1.0, 0.1, 10.0, "Power", "p: 1 falls in a straight line, 2 in a parabola.",
        "Try 2 and see when most of the learning rate is gone.",
    )  # fmt: skip
    period_growth: float = number(
        1.0, 1.0, 4.0, "Period growth", "Length of each period relative to the last one.",
        "Try 2: each period twice as long as the last.",
    )  # fmt: skip
    peak_decay: float = number(
        1.0, 0.1, 1.0, "Peak decay", "m: height of each restart relative to the last one.",
        "Try 0.5: each restart half as high.",
    )  # fmt: skip
    start_share: float = number(
        0.1, 0.0, 1.0, "Lowest rate (fraction)",
        "b: the lowest rate, as a fraction of the learning rate.",
        "Try 0.01 for a wide swing.",
    )  # fmt: skip
    rise_share: float = number(
        0.3, 0.01, 0.99, "Rise (fraction of the run)",
        "Fraction of the run in which the learning rate rises.",
        "Try 0.1 for a short rise and a long fall.",
    )  # fmt: skip
    final_share: float = number(
        0.0, 0.0, 1.0, "Final rate (fraction)",
        "e: the last rate, as a fraction of the learning rate.",
        "Try 0.1 to keep learning at the end.",
    )  # fmt: skip
    plateau_patience: int = number(
        3, 1, 100, "Plateau patience",
        "Epochs without a better validation loss before the learning rate is reduced.",
        "Try 1 to reduce it at the first sign.", unit="epochs",
    )  # fmt: skip
    batch_size: int = number(
        32, 1, 4096, "Batch size",
        "Examples averaged for one update. Small: noisy and many updates.",
        "Try 1 and 512: the curve is more or less jagged.", short="batch", scale="log",
    )  # fmt: skip
    epochs: int = number(
        100, 1, 10_000, "Epochs", "Passes through all training examples.",
        "Try more when both curves still fall.", scale="log",
    )  # fmt: skip
    validation_freq: int = number(
        1, 1, 1000, "Validation frequency",
        "Epochs from one validation to the next. Early stopping, target and plateau see these "
        "epochs only, as in Keras.",
        "Try 20 for a run of 500 epochs.", unit="epochs", scale="log",
    )  # fmt: skip
    shuffle: bool = switch(
        True, "Shuffle", "A new random order of the examples in every epoch.",
        "Try switching it off with sorted data.",
    )  # fmt: skip
    early_stopping: bool = switch(
        False, "Early stopping",
        "Stop when the validation loss has not improved for some epochs.",
        "Try it on a run that overfits.",
    )  # fmt: skip
    patience: int = number(
        10, 1, 1000, "Patience", "Epochs without improvement before early stopping ends the run.",
        "Try 3: it may stop at a small bump.", unit="epochs",
    )  # fmt: skip
    min_delta: float = number(
        0.0, 0.0, 10.0, "Smallest gain",
        "A decrease of the loss by less is no improvement for early stopping.",
        "Try 0.01: a run that hardly gets better ends sooner.", step=0.001,
    )  # fmt: skip
    restore_best: bool = switch(
        True, "Restore best weights",
        "At the end, return to the weights of the best epoch, as Keras' EarlyStopping does.",
        "Try switching it off and compare the last epoch with the best.",
    )  # fmt: skip
    target_metric: str = one_of(
        TARGETS, "none", "Target", "Score after an epoch that ends the run.",
        "Try an accuracy of 0.9 with two optimizers and compare the epochs they take.",
    )  # fmt: skip
    target_value: float = number(
        0.95, 0.0, 1e6, "Target value",
        "The score to reach, on the validation examples; an accuracy as a fraction.",
        "Try 0.99, which not every network reaches.", step=0.01,
    )  # fmt: skip
    time_limit: float = number(
        0.0, 0.0, 86_400.0, "Time limit",
        "Training ends after the epoch in which this time is over. 0: no limit.",
        "Try 5 and compare a small network with a large one.", unit="seconds", step=1,
    )  # fmt: skip

    _epochs = field_validator("milestones", mode="before")(split_list)

    @model_validator(mode="before")
    @classmethod
    def _choice_defaults(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        defaults: dict[str, Any] = {}
        for choice, table in TABLES_WITH_DEFAULTS.items():
            name = given.get(choice, cls.model_fields[choice].default)
            entry = table.get(name) if isinstance(name, str) else None
            defaults |= dict(entry.defaults) if entry else {}
        return defaults | dict(given)

    @field_validator("milestones")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        low, high = MILESTONES
        if any(not low < epoch <= high for epoch in value) or list(value) != sorted(set(value)):
            rule = f"rising numbers of epochs above {low} and up to {high:,}"
            raise fail(rule, ",".join(map(str, value)))
        return value


# The choices whose entries bring default values of other fields.
TABLES_WITH_DEFAULTS: dict[str, Mapping[str, Any]] = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "target_metric": TARGETS,
}
