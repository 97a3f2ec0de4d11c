"""A network on one page, as Keras prints it: layers, shapes, parameters and their sums."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playground.activations import ACTIVATIONS
from playground.experiment import FIELDS, Data, Experiment
from playground.optimizers import OPTIMIZERS


@dataclass(frozen=True)
class Row:
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

    rows: tuple[Row, ...]
    parameters: int
    multiply_adds: int


def summary(experiment: Experiment) -> Summary:
    """What `experiment`'s network consists of; for 784-300-100-10 it has 266,610 parameters."""
    sizes = experiment.layer_sizes
    names = [ACTIVATIONS[name].label for name in experiment.network.layer_activations]
    names.append(experiment.output_activation)
    rows = [Row("Input", "", sizes[:1], 0, "")]
    for i, ((n_in, n_out), activation) in enumerate(zip(pairwise(sizes), names, strict=True), 1):
        layer = "Output" if i == len(names) else f"Hidden {i}"
        parameters = n_in * n_out + n_out
        formula = f"{n_in:,}·{n_out:,} + {n_out:,} = {parameters:,}"
        rows.append(Row(layer, activation, (n_out,), parameters, formula))
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
        ("shuffled labels", data.shuffled_labels, 0),
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
