"""Names of layers and units; the layers of a network with their parameters; names of runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playground.datasets.registry import DatasetInfo
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import (
    CHOICES,
    FIELDS,
    Experiment,
    format_value,
    short_label,
    text_label,
)
from playground.experiment.url import differences
from playground.nn.activations import ACTIVATIONS
from playground.nn.format import format_number
from playground.nn.network import Array, Layer, Snapshot
from playground.nn.optimizers import OPTIMIZERS


def layer_name(index: int, n_layers: int) -> str:
    """The name of layer `index` (from 0) of `n_layers`: "Hidden 1", "Hidden 2", …, "Output"."""
    return "Output" if index == n_layers - 1 else f"Hidden {index + 1}"


@dataclass(frozen=True)
class UnitNames:
    """Names of the units of a network: column 0 is the input, column i layer i.

    Units count from 1 on the screen and from 0 here.
    """

    source: DatasetInfo
    n_layers: int

    def column(self, index: int) -> str:
        """ "Input", "Hidden 1", … "Output"."""
        return layer_name(index - 1, self.n_layers) if index else "Input"

    def unit(self, column: int, index: int) -> str:
        """A feature, a pixel, "unit 7", or the class of an output."""
        if column == 0:
            if not self.source.shape:
                return self.source.features[index]
            row, position = divmod(index, self.source.shape[1])
            return f"pixel ({row + 1}, {position + 1})"
        if column < self.n_layers:
            return f"unit {index + 1}"
        classes = self.source.classes
        if not classes:
            return "output"
        return classes[index] if self.source.n_outputs > 1 else classes[1]

    def unit_in_layer(self, column: int, index: int) -> str:
        """The unit with its layer: "unit 7 of hidden 1"."""
        if column == self.n_layers and not self.source.classes:
            return "the output"
        if column in (0, self.n_layers):
            return f"{'input' if column == 0 else 'output'} {self.unit(column, index)}"
        return f"unit {index + 1} of {self.column(column).lower()}"


@dataclass(frozen=True)
class LayerRow:
    """One layer: its output shape without the batch axis, its parameters and how they add up."""

    layer: str
    activation: str
    output_shape: tuple[int, ...]
    parameters: int
    formula: str


@dataclass(frozen=True)
class Summary:
    """All layers, the input first.

    `multiply_adds`: multiplications (each with one addition) of one forward pass of one example.
    """

    rows: tuple[LayerRow, ...]
    parameters: int
    multiply_adds: int


def summary(experiment: Experiment) -> Summary:
    """The layers of a network; 784-300-100-10 has 266,610 parameters."""
    sizes = experiment.layer_sizes
    names = [ACTIVATIONS[name].label for name in experiment.network.layer_activations]
    names.append(experiment.output_activation)
    rows = [LayerRow("Input", "", sizes[:1], 0, "")]
    for i, ((n_in, n_out), activation) in enumerate(zip(pairwise(sizes), names, strict=True)):
        parameters = n_in * n_out + n_out
        formula = f"{n_in:,}·{n_out:,} + {n_out:,} = {parameters:,}"
        rows.append(LayerRow(layer_name(i, len(names)), activation, (n_out,), parameters, formula))
    return Summary(
        tuple(rows),
        parameters=sum(row.parameters for row in rows),
        multiply_adds=sum(a * b for a, b in pairwise(sizes)),
    )


def title(experiment: Experiment) -> str:
    """One line: "Fashion-MNIST · 784-300-100-10 ReLU · SGD 0.01 · batch 32 · seed 0"."""
    network, training = experiment.network, experiment.training
    sizes = "-".join(map(str, experiment.layer_sizes))
    labels = dict.fromkeys(ACTIVATIONS[name].label for name in network.layer_activations)
    parts = [
        experiment.data.source.label,
        " ".join([sizes, "/".join(labels)]).strip(),
        f"{OPTIMIZERS[training.optimizer].label} {format_number(training.learning_rate)}",
        f"batch {training.batch_size}",
    ]
    for name in ("dropout", "l1", "l2"):
        if value := getattr(network, name):
            parts.append(f"{short_label(name)} {format_number(value)}")
    parts += ["flawed data"] * experiment.data.flawed
    return " · ".join([*parts, f"seed {network.seed}"])


# Fields that stand in every name of a run.
_NAMED = {"dataset", "hidden", "activation", "activations", "optimizer", "learning_rate", "seed"}


def run_name(experiment: Experiment) -> str:
    """The default name of a run: "fashion_mnist · 300-100 relu · adam 0.001 · seed 3".

    It also has every other field that is not at its default, so that different experiments have
    different names.
    """
    data, network, training = experiment.data, experiment.network, experiment.training
    layers = "-".join(map(str, network.hidden))
    activations = network.layer_activations
    if len(set(activations)) == 1:
        activations = activations[:1]
    parts = [
        data.dataset if data.table is None else data.source.label,
        f"{layers} {'/'.join(activations)}" if layers else "no hidden layer",
        f"{training.optimizer} {format_number(training.learning_rate)}",
    ]
    for name, value in differences(experiment).items():
        if name not in _NAMED:
            parts.append(_named_value(name, value))
    return " · ".join([*parts, f"seed {network.seed}"])


def _named_value(name: str, value: object) -> str:
    if name == "train_size":
        return f"{format_value(name, value)} examples"
    if isinstance(value, bool):
        return text_label(name) if value else f"no {text_label(name)}"
    if isinstance(value, str):
        return value if name in ("schedule", "loss") else f"{text_label(name)} {value}"
    return f"{short_label(name)} {format_value(name, value)}"


def assemble(experiment: Experiment, epoch: int, weights: Sequence[Array]) -> Snapshot:
    """The network of `experiment` with the weights [W₁, b₁, …]."""
    network = experiment.network
    names = (*network.layer_activations, experiment.output_activation)
    layers = []
    for kernel, bias, name in zip(weights[::2], weights[1::2], names, strict=True):
        taken = ACTIVATIONS[name].parameters if name in ACTIVATIONS else ()
        layers.append(Layer(kernel, bias, name, {each: getattr(network, each) for each in taken}))
    return Snapshot(epoch, tuple(layers))


def distinguishing_names(experiments: Sequence[Experiment]) -> list[str]:
    """A name for each of several experiments: the fields in which they differ.

    "Adam, η 0.001" beside "SGD, η 0.01", without settings that have no effect in an experiment;
    experiments with the same settings get numbers.
    """
    values = [experiment.to_dict() for experiment in experiments]
    active = [active_hyperparameters(e).keys() | {"activations"} for e in experiments]
    differing = [name for name in FIELDS if len({str(each[name]) for each in values}) > 1]
    names = [
        ", ".join(_short_value(n, each[n]) for n in differing if n in used) or "same settings"
        for each, used in zip(values, active, strict=True)
    ]
    return [
        f"{name} ({names[:i].count(name) + 1})" if names.count(name) > 1 else name
        for i, name in enumerate(names)
    ]


def _short_value(name: str, value: Any) -> str:
    if name in CHOICES and value in CHOICES[name]:
        return format_value(name, value)
    if isinstance(value, bool):
        return text_label(name) if value else f"no {text_label(name)}"
    return f"{short_label(name)} {format_value(name, value)}"
