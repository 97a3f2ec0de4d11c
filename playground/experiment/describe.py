"""Which settings of an experiment have an effect, and which ones need another compiled program."""

from collections.abc import Iterable, Mapping
from typing import Any

from playground.datasets.custom.table import shape_of
from playground.datasets.registry import DATASETS
from playground.experiment.model import (
    NOISES,
    Data,
    Experiment,
    Training,
    format_value,
    label,
    text_label,
)
from playground.experiment.sections import TARGETS
from playground.experiment.url import differences
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES


def active_hyperparameters(experiment: Experiment) -> dict[str, Any]:
    """The fields that have an effect, in the order of the form: SGD does not use β₁.

    `activation` holds the activations of all hidden layers, once where they are equal;
    `activations` is left out. A batch is at most all training examples.
    """
    data, network, training = experiment.data, experiment.network, experiment.training
    names = network.layer_activations
    initializers = (network.kernel_initializer, network.bias_initializer)
    used = {*OPTIMIZERS[training.optimizer].defaults, *SCHEDULES[training.schedule].defaults}
    used |= set(TARGETS[training.target_metric].defaults)
    used |= {field for name in initializers for field in INITIALIZERS[name].parameters}
    used |= {field for name in names for field in ACTIVATIONS[name].parameters}
    optional = {field for entry in OPTIMIZERS.values() for field in entry.defaults}
    optional |= {field for entry in SCHEDULES.values() for field in entry.defaults}
    optional |= {field for entry in TARGETS.values() for field in entry.defaults}
    optional |= {field for entry in INITIALIZERS.values() for field in entry.parameters}
    of_activations = {field for entry in ACTIVATIONS.values() for field in entry.parameters}
    unused = (optional | of_activations) - used | {"activations"}
    unused |= set() if network.hidden else {"activation", "dropout", *of_activations}
    unused |= {name for name in NOISES if name != data.source.noise}
    unused |= set() if data.standardize or data.source.shape else {"scaler"}
    unused |= set() if data.validation_size else set(_OF_VALIDATION)
    unused |= set() if training.early_stopping else {"patience", "min_delta", "restore_best"}
    unused |= {"clip_limit"} if training.clipping == "none" else set()
    values = experiment.to_dict() | {
        "activation": names[0] if len(set(names)) == 1 else names,
        "scaler": data.effective_scaler,
        "batch_size": min(training.batch_size, data.train_size),
    }
    return {name: value for name, value in values.items() if name not in unused}


_OF_VALIDATION = ("leaked_fraction", "validate_on_test", "validation_freq")

# The fields that entries of a table use, by the choice of the entry.
_USERS: dict[str, tuple[Mapping[str, Any], str]] = {
    "dataset": (DATASETS, "noises"),
    "optimizer": (OPTIMIZERS, "defaults"),
    "schedule": (SCHEDULES, "defaults"),
    "target_metric": (TARGETS, "defaults"),
    "activation": (ACTIVATIONS, "parameters"),
    "kernel_initializer": (INITIALIZERS, "parameters"),
}
_NEEDED = {
    "activation": "hidden layers",
    "dropout": "hidden layers",
    "scaler": "standardize",
    **dict.fromkeys(_OF_VALIDATION, "validation examples"),
    "patience": "early_stopping",
    "min_delta": "early_stopping",
    "restore_best": "early_stopping",
    "clip_limit": "clipping",
}


def unused_settings(
    experiment: Experiment, names: Iterable[str] | None = None, labels: bool = False
) -> list[str]:
    """One sentence for each of some fields without an effect, with the choices that use it.

    By default those fields that are not at their default. `labels`: fields and choices are called
    as on the screen, not as in code, links and options.
    """
    active, values = active_hyperparameters(experiment), experiment.to_dict()
    sentences = []
    for name in differences(experiment) if names is None else names:
        if name in active or name == "activations":
            continue
        needed = _NEEDED.get(name, "hidden layers")
        reason = f"without {text_label(needed) if labels else needed}"
        for choice, (table, fields) in _USERS.items():
            users = [key for key, entry in table.items() if name in getattr(entry, fields)]
            if users and (choice != "activation" or experiment.network.hidden):
                called = [values[choice], *users]
                if labels:
                    called = [format_value(choice, each) for each in called]
                of = text_label(choice) if labels else choice
                reason = f"with {of} {called[0]}: it is used by {', '.join(called[1:])}"
        sentences.append(f"{label(name) if labels else name} has no effect {reason}")
    return sentences


def program_key(experiment: Experiment) -> Experiment:
    """Equal for all experiments that can share a compiled training program.

    Fields that are arguments of the program are set to a fixed value.
    """
    data, network, training = experiment.data, experiment.network, experiment.training
    table = None if data.table is None else shape_of(data.source)
    return experiment.replace(
        data=Data(dataset=data.dataset if table is None else table.name),
        network=network.replace(
            seed=0,
            kernel_initializer="zeros",
            bias_initializer="zeros",
            stddev=0.05,
            dropout=0.5 if network.dropout else 0.0,
            l1=0.0,
            l2=0.5 if network.l1 or network.l2 else 0.0,
        ),
        training=Training(
            loss=training.loss,
            batch_size=min(training.batch_size, experiment.data.train_size),
            clipping=training.clipping,
            clip_limit=training.clip_limit,
            optimizer=training.optimizer,
            **{name: getattr(training, name) for name in OPTIMIZERS[training.optimizer].defaults}
            | {"learning_rate": 0.01},
        ),
    )
