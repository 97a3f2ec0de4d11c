"""What the columns of a network and their units are called: inputs, hidden layers, outputs.

A network on one page, as Keras prints it: layers, shapes, parameters and their sums.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playground.datasets.registry import DatasetInfo
from playground.experiment.model import FIELDS, Data, Experiment
from playground.nn.activations import ACTIVATIONS
from playground.nn.network import Array, Layer, Snapshot
from playground.nn.optimizers import OPTIMIZERS


@dataclass(frozen=True)
class Names:
    """Column 0 holds the inputs, column i layer i; the units of a column count from 1."""

    source: DatasetInfo
    n_layers: int

    def column(self, index: int) -> str:
        """ "Input", "Hidden 1", … "Output"."""
        if index == 0:
            return "Input"
        return "Output" if index == self.n_layers else f"Hidden {index}"

    def unit(self, column: int, index: int) -> str:
        """A feature, a pixel, "unit 7", or what an output stands for."""
        if column == 0:
            return self._input(index)
        if column < self.n_layers:
            return f"unit {index + 1}"
        classes = self.source.classes
        if not classes:
            return "output"
        return classes[index] if self.source.n_outputs > 1 else classes[1]

    def whole(self, column: int, index: int) -> str:
        """The unit and where it stands: "unit 7 of hidden 1"."""
        if column == self.n_layers and not self.source.classes:
            return "the output"
        if column in (0, self.n_layers):
            return f"{'input' if column == 0 else 'output'} {self.unit(column, index)}"
        return f"unit {index + 1} of {self.column(column).lower()}"

    def _input(self, index: int) -> str:
        if not self.source.shape:
            return self.source.features[index]
        row, column = divmod(index, self.source.shape[1])
        return f"pixel ({row + 1}, {column + 1})"


@dataclass(frozen=True)
class LayerRow:
    """One layer: its output shape without the batch axis, and its parameters with their sum."""

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
    """What `experiment`'s network consists of; for 784-300-100-10 it has 266,610 parameters."""
    sizes = experiment.layer_sizes
    names = [ACTIVATIONS[name].label for name in experiment.network.layer_activations]
    names.append(experiment.output_activation)
    rows = [LayerRow("Input", "", sizes[:1], 0, "")]
    for i, ((n_in, n_out), activation) in enumerate(zip(pairwise(sizes), names, strict=True), 1):
        layer = "Output" if i == len(names) else f"Hidden {i}"
        parameters = n_in * n_out + n_out
        formula = f"{n_in:,}·{n_out:,} + {n_out:,} = {parameters:,}"
        rows.append(LayerRow(layer, activation, (n_out,), parameters, formula))
    return Summary(
        tuple(rows),
        parameters=sum(row.parameters for row in rows),
        multiply_adds=sum(a * b for a, b in pairwise(sizes)),
    )


def title(experiment: Experiment) -> str:
    """The experiment in a line: "Fashion-MNIST · 784-300-100-10 ReLU · SGD 0.01 · batch 32"."""
    network, training = experiment.network, experiment.training
    sizes = "-".join(map(str, experiment.layer_sizes))
    used = dict.fromkeys(ACTIVATIONS[name].label for name in network.layer_activations)
    parts = [
        experiment.data.source.label,
        " ".join([sizes, "/".join(used)]).strip(),
        f"{OPTIMIZERS[training.optimizer].label} {training.learning_rate:g}",
        f"batch {training.batch_size}",
    ]
    cures = (("dropout", network.dropout), ("L1", network.l1), ("L2", network.l2))
    parts += [f"{name} {value:g}" for name, value in cures if value]
    parts += ["flawed data"] * experiment.data.flawed
    return " · ".join([*parts, f"seed {network.seed}"])


def run_name(experiment: Experiment) -> str:
    """What a run is, for a list: "fashion_mnist · 300-100 relu · adam 1e-3 · seed 3".

    Beyond data, layers and optimizer it names what differs from the usual, and the seed.
    """
    data, network, training = experiment.data, experiment.network, experiment.training
    usual = Data(dataset=data.dataset)
    layers = "-".join(map(str, network.hidden))
    used = "/".join(dict.fromkeys(network.layer_activations))
    own = data.table is not None
    parts = [data.source.label if own else data.dataset]
    if data.train_size != usual.train_size:
        parts.append(f"{data.train_size:,} examples")
    parts.append(f"{layers} {used}" if layers else "no hidden layer")
    parts.append(f"{training.optimizer} {short(training.learning_rate)}")
    unusual: tuple[tuple[str, Any, Any], ...] = (
        ("", training.schedule, "constant"),
        ("warm-up", training.warmup_epochs, 0),
        ("batch", training.batch_size, FIELDS["batch_size"].default),
        ("", network.kernel_initializer, FIELDS["kernel_initializer"].default),
        ("dropout", network.dropout, 0),
        ("l1", network.l1, 0),
        ("l2", network.l2, 0),
        ("noise", data.noise, 0),
        ("shuffled labels", data.label_noise, 0),
    )
    for name, value, default in unusual:
        if value != default:
            parts.append(f"{name} {short(value) if isinstance(value, float) else value}".strip())
    parts += ["early stopping"] * training.early_stopping + ["flawed data"] * data.flawed
    return " · ".join([*parts, f"seed {network.seed}"])


def short(number: float) -> str:
    """A number as people write it: 0.01, 1e-3, 2.5e-4."""
    if number == 0 or abs(number) >= 0.01:
        return f"{number:g}"
    mantissa, _, exponent = f"{number:.5e}".partition("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def assemble(experiment: Experiment, epoch: int, weights: Sequence[Array]) -> Snapshot:
    """The network of `experiment` with the weights [W₁, b₁, …]."""
    network = experiment.network
    names = (*network.layer_activations, experiment.output_activation)
    layers = []
    for kernel, bias, name in zip(weights[::2], weights[1::2], names, strict=True):
        taken = ACTIVATIONS[name].parameters if name in ACTIVATIONS else ()
        layers.append(Layer(kernel, bias, name, {each: getattr(network, each) for each in taken}))
    return Snapshot(epoch, tuple(layers))
