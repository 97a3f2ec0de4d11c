"""The part of a script that builds the network, with the first weights of the run."""

from playground.experiment.model import Experiment
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS

FILE = "initial_weights.npz"

_DROPOUT = '''\
class Dropout(keras.layers.Layer):
    """Dropout that is told which units to keep, so that they are the same ones as in the run."""

    def build(self, shape):
        self.keep = self.add_weight(shape=(BATCH_SIZE, shape[-1]), trainable=False)

    def call(self, x, training=False):
        if not training:
            return x
        keep = self.keep[: keras.ops.shape(x)[0]]  # the last batch may be smaller
        return keras.ops.where(keep == 1, x / (1 - DROPOUT), 0.0)


'''


def section(experiment: Experiment, given: bool) -> str:
    """Code that makes `model`; `given`: its first weights lie in FILE, no seed gives them."""
    network = experiment.network
    names = [*network.layer_activations, experiment.output_activation]
    lines = [f"keras.Input(({experiment.layer_sizes[0]},)),"]
    for i, (units, name) in enumerate(zip(experiment.layer_sizes[1:], names, strict=True)):
        lines += _dense(experiment, i, units, name, given)
        if network.dropout and i < len(names) - 1:
            lines.append("Dropout(),")
    layers = "\n".join("    " * 2 + line for line in lines)
    text = _DROPOUT if _drops(experiment) else ""
    text += "" if given else _seeds(experiment)
    text += f"model = keras.Sequential(\n    [\n{layers}\n    ]\n)"
    return text + _given() if given else text


def _drops(experiment: Experiment) -> bool:
    return experiment.network.dropout > 0 and bool(experiment.network.hidden)


def _seeds(experiment: Experiment) -> str:
    network = experiment.network
    used = (network.kernel_initializer, network.bias_initializer)
    if not any(INITIALIZERS[name].random for name in used):
        return ""
    n = 2 * len(experiment.layer_sizes)
    return f"""\
# One seed for each kernel and each bias, all from the one seed of the network.
seeds = np.random.SeedSequence([SEED, 0]).generate_state({n}).tolist()

"""


def _dense(experiment: Experiment, index: int, units: int, name: str, given: bool) -> list[str]:
    network = experiment.network
    arguments = [str(units), f"activation={activation(experiment, name)}"]
    if not given:
        kernel = initializer(experiment, network.kernel_initializer, 2 * index)
        arguments.append(f"kernel_initializer={kernel}")
        if network.bias_initializer != "zeros":  # which is what Keras does anyway
            bias = initializer(experiment, network.bias_initializer, 2 * index + 1)
            arguments.append(f"bias_initializer={bias}")
    if network.l1 or network.l2:
        arguments.append(f"kernel_regularizer={regularizer(network.l1, network.l2)}")
    one = f"keras.layers.Dense({', '.join(arguments)}),"
    if len(one) <= 92:
        return [one]
    return ["keras.layers.Dense(", *(f"    {argument}," for argument in arguments), "),"]


def activation(experiment: Experiment, name: str) -> str:
    """An activation as the argument of a Dense layer."""
    entry = ACTIVATIONS.get(name)
    if entry is None:  # softmax
        return f'"{name}"'
    if not entry.parameters:
        return f'"{entry.keras}"'
    given = ", ".join(f"{p}={getattr(experiment.network, p)!r}" for p in entry.parameters)
    return f"lambda z: keras.activations.{entry.keras}(z, {given})"


def initializer(experiment: Experiment, name: str, place: int | None = None) -> str:
    """An initializer with its parameters, and the seed of its place, if it is to have one."""
    entry = INITIALIZERS[name]
    given = [f"{p}={getattr(experiment.network, p)!r}" for p in entry.parameters]
    given += [f"seed=seeds[{place}]"] * (entry.random and place is not None)
    return f"keras.initializers.{entry.keras}({', '.join(given)})"


def regularizer(l1: float, l2: float) -> str:
    """L1, L2 or both as the argument of a Dense layer."""
    if l1 and l2:
        return f"keras.regularizers.L1L2(l1={l1!r}, l2={l2!r})"
    return f"keras.regularizers.L1({l1!r})" if l1 else f"keras.regularizers.L2({l2!r})"


def _given() -> str:
    return f"""
# This run began with the weights of another network: they are in the file beside this script.
first = np.load(Path(__file__).with_name("{FILE}"))
dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
for i, layer in enumerate(dense, start=1):
    layer.set_weights([first[f"kernel_{{i}}"], first[f"bias_{{i}}"]])"""
