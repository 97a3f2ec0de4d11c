"""The hyperparameters of an experiment that have an effect."""

from typing import Any

from playground.experiment.model import Experiment
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES


def active_hyperparameters(experiment: Experiment) -> dict[str, Any]:
    """The fields that have an effect, in the order of the form: SGD does not use β₁.

    `activation` holds the activations of all hidden layers, once where they are equal;
    `activations` is left out.
    """
    data, network, training = experiment.data, experiment.network, experiment.training
    names = network.layer_activations
    initializers = (network.kernel_initializer, network.bias_initializer)
    used = {*OPTIMIZERS[training.optimizer].defaults, *SCHEDULES[training.schedule].defaults}
    used |= {field for name in initializers for field in INITIALIZERS[name].parameters}
    used |= {field for name in names for field in ACTIVATIONS[name].parameters}
    optional = {field for entry in OPTIMIZERS.values() for field in entry.defaults}
    optional |= {field for entry in SCHEDULES.values() for field in entry.defaults}
    optional |= {field for entry in INITIALIZERS.values() for field in entry.parameters}
    of_activations = {field for entry in ACTIVATIONS.values() for field in entry.parameters}
    unused = (optional | of_activations) - used | {"activations"}
    unused |= set() if network.hidden else {"activation", "dropout", *of_activations}
    unused |= set() if data.standardize else {"scaler"}
    unused |= set() if data.source.classes else {"label_noise"}
    unused |= set() if training.early_stopping else {"patience", "restore_best"}
    unused |= {"clip_limit"} if training.clipping == "none" else set()
    activation = names[0] if len(set(names)) == 1 else names
    values = experiment.to_dict() | {"activation": activation}
    return {name: value for name, value in values.items() if name not in unused}
