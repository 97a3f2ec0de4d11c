"""The third of the six steps: the layers of an experiment, as a list or as a class."""

from dataclasses import dataclass
from textwrap import indent

from playground.experiment import Experiment
from playground.labs.six_steps_data import has_short
from playground.script.network import activation, initializer, regularizer


def takes_images(experiment: Experiment) -> bool:
    """Whether the first layer of the code lays images flat, because it gets them as they are."""
    return bool(experiment.data.source.shape) and has_short(experiment.data)


LONGEST = 64  # characters of a layer on one line


@dataclass(frozen=True)
class Made:
    """One layer as it is written: its class with arguments, and its name in a subclass."""

    text: str
    name: str
    drops: bool = False


def layers(experiment: Experiment) -> list[Made]:
    """The layers from the first to the last."""
    network = experiment.network
    names = [*network.layer_activations, experiment.output_activation]
    made = [Made("layers.Flatten()", "flatten")] * takes_images(experiment)
    for i, (units, name) in enumerate(zip(experiment.layer_sizes[1:], names, strict=True), 1):
        arguments = [str(units)]
        if name != "linear":
            arguments.append(f"activation={activation(experiment, name)}")
        for argument, chosen, usual in (
            ("kernel_initializer", network.kernel_initializer, "glorot_uniform"),
            ("bias_initializer", network.bias_initializer, "zeros"),
        ):
            if chosen != usual:
                arguments.append(f"{argument}={initializer(experiment, chosen)}")
        if network.l1 or network.l2:
            arguments.append(f"kernel_regularizer={regularizer(network.l1, network.l2)}")
        made.append(Made(_dense(arguments), f"d{i}"))
        if network.dropout and i < len(names):
            made.append(Made(f"layers.Dropout({network.dropout!r})", f"drop{i}", True))
    return made


def _dense(arguments: list[str]) -> str:
    """On one line, or with its arguments below each other where this is too long."""
    one = f"layers.Dense({', '.join(arguments)})"
    if len(one) <= LONGEST:
        return one
    return "layers.Dense(\n" + "".join(f"    {each},\n" for each in arguments) + ")"


def model(experiment: Experiment, form: str) -> str:
    """Code that makes `model`: a list of layers ("sequential"), or a class of one's own."""
    made = layers(experiment)
    if form == "sequential":
        return (
            "model = keras.Sequential([\n"
            + "".join(indent(f"{each.text},\n", " " * 4) for each in made)
            + "])"
        )
    drops = any(each.drops for each in made)
    lines = ["class MyModel(keras.Model):", "    def __init__(self):", "        super().__init__()"]
    lines += [indent(f"self.{each.name} = {each.text}", " " * 8) for each in made]
    lines += ["", f"    def call(self, x{', training=False' * drops}):"]
    for each in made:
        more = ", training=training" if each.drops else ""
        lines.append(f"        x = self.{each.name}(x{more})")
    return "\n".join([*lines, "        return x", "", "model = MyModel()"])
