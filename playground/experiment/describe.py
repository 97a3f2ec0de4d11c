"""The choices of an experiment that have an effect, and how a choice is said in words."""

from typing import Any

from playground.experiment.model import CHOICES, SECTION_OF, SECTIONS, Experiment, field_metadata
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES

_OF_OPTIMIZERS = {name for entry in OPTIMIZERS.values() for name in entry.defaults}
_OF_SCHEDULES = {name for entry in SCHEDULES.values() for name in entry.defaults}
_OF_ACTIVATIONS = {name for entry in ACTIVATIONS.values() for name in entry.parameters}
_OF_INITIALIZERS = {name for entry in INITIALIZERS.values() for name in entry.parameters}
_OF_HIDDEN_LAYERS = {"activation", "dropout", *_OF_ACTIVATIONS}


def effective(experiment: Experiment) -> dict[str, Any]:
    """The fields that decide how a run goes, in the order of the form: β₁ means nothing to SGD.

    `activation` holds the activations of all hidden layers, once where they are the same;
    `activations` is left out.
    """
    data, network, training = experiment.data, experiment.network, experiment.training
    used = {*OPTIMIZERS[training.optimizer].defaults, *SCHEDULES[training.schedule].defaults}
    names = network.layer_activations
    starts = [INITIALIZERS[name] for name in (network.kernel_initializer, network.bias_initializer)]
    used |= {name for entry in starts for name in entry.parameters}
    used |= {parameter for name in names for parameter in ACTIVATIONS[name].parameters}
    idle = (_OF_OPTIMIZERS | _OF_SCHEDULES | _OF_ACTIVATIONS | _OF_INITIALIZERS) - used
    idle |= {"activations"}
    idle |= set() if network.hidden else _OF_HIDDEN_LAYERS
    idle |= set() if data.standardize else {"scaler"}
    idle |= set() if data.source.classes else {"label_noise"}
    idle |= set() if training.early_stopping else {"patience", "restore_best"}
    idle |= {"clip_limit"} if training.clipping == "none" else set()
    once = names[:1] if len(set(names)) == 1 else names
    flat = {**experiment.to_dict(), "activation": once[0] if len(once) == 1 else once}
    return {name: value for name, value in flat.items() if name not in idle}


def words(name: str) -> str:
    """A field in words: "learning rate", "data set"."""
    return _WORDS.get(name, name.replace("_", " "))


_WORDS = {
    "dataset": "data set",
    "hidden": "hidden layers",
    "train_size": "training examples",
    "validation_size": "validation examples",
    "kernel_initializer": "first weights",
    "bias_initializer": "first biases",
    "beta_1": "β₁",
    "beta_2": "β₂",
    "rho": "ρ",
    "epsilon": "ε",
    "l1": "L1",
    "l2": "L2",
}


def said(name: str, value: Any) -> str:
    """The value of a field in words: "Adam", "300-100", "0.001", "on"."""
    if isinstance(value, tuple):
        dash = "-" if name == "hidden" else ", "
        return dash.join(said(name, each) for each in value) or "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int) and name not in ("seed", "data_seed"):
        return f"{value:,}" if name != "hidden" else str(value)
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    entry = CHOICES.get(name, {}).get(value, value)
    return entry if isinstance(entry, str) else str(getattr(entry, "label", entry))


def logarithmic(name: str) -> bool:
    """Whether the values of a field are best seen on a logarithmic scale."""
    model = SECTIONS[SECTION_OF[name]] if name in SECTION_OF else None
    return model is not None and field_metadata(model.model_fields[name]).get("scale") == "log"
