"""Code of the network: layers, initializers, regularizers."""

from textwrap import indent

from playground.experiment.model import Experiment
from playground.export.script.source import wrapped
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS

FILE = "initial_weights.npz"

_DROPOUT = '''\
class Dropout(keras.layers.Layer):
    """Dropout with a given mask, so that the same units are dropped as in the run."""

    def build(self, shape):
        self.keep = self.add_weight(shape=(BATCH_SIZE, shape[-1]), trainable=False)

    def call(self, x, training=False):
        if not training:
            return x
        keep = self.keep[: keras.ops.shape(x)[0]]  # the last batch may be smaller
        return keras.ops.where(keep == 1, x / (1 - DROPOUT), 0.0)


'''


def section(experiment: Experiment, given: bool) -> str:
    """Code that makes `model` with the initial weights of the run; `given`: they are in FILE."""
    lines = [f"keras.Input(({experiment.layer_sizes[0]},))"]
    n_layers = len(experiment.layer_sizes) - 1
    for i in range(n_layers):
        lines.append(wrapped("keras.layers.Dense(", dense(experiment, i, not given, not given)))
        if experiment.network.dropout and i < n_layers - 1:
            lines.append("Dropout()")
    text = _DROPOUT if drops_units(experiment) else ""
    if "seeds[" in "".join(lines):
        text += f"""\
# One seed for each kernel and each bias, all from the seed of the network.
seeds = np.random.SeedSequence([SEED, 0]).generate_state({2 * (n_layers + 1)}).tolist()

"""
    layers = "".join(indent(f"{line},\n", " " * 8) for line in lines)
    text += f"model = keras.Sequential(\n    [\n{layers}    ]\n)"
    return text + _given() if given else text


def drops_units(experiment: Experiment) -> bool:
    """Whether dropout has any hidden units to drop."""
    return experiment.network.dropout > 0 and bool(experiment.network.hidden)


def dense(experiment: Experiment, index: int, seeded: bool, initialized: bool = True) -> list[str]:
    """The arguments of Dense layer `index`; what Keras does by default is left out.

    seeded: each initializer has a seed of its own from `seeds`.
    """
    network = experiment.network
    name = [*network.layer_activations, experiment.output_activation][index]
    arguments = [str(experiment.layer_sizes[index + 1])]
    if name != "linear":
        arguments.append(f"activation={activation(experiment, name)}")
    for place, (field, chosen, default) in enumerate(
        (
            ("kernel_initializer", network.kernel_initializer, "glorot_uniform"),
            ("bias_initializer", network.bias_initializer, "zeros"),
        )
    ):
        seed = 2 * index + place if seeded and INITIALIZERS[chosen].random else None
        if initialized and (chosen != default or seed is not None):
            arguments.append(f"{field}={initializer(experiment, chosen, seed)}")
    if network.l1 or network.l2:
        arguments.append(f"kernel_regularizer={regularizer(network.l1, network.l2)}")
    return arguments


def activation(experiment: Experiment, name: str) -> str:
    """An activation as the argument of a Dense layer."""
    entry = ACTIVATIONS.get(name)
    if entry is None:  # softmax
        return f'"{name}"'
    if not entry.parameters:
        return f'"{entry.keras}"'
    given = ", ".join(f"{p}={getattr(experiment.network, p)!r}" for p in entry.parameters)
    return f"lambda z: keras.activations.{entry.keras}(z, {given})"


def initializer(experiment: Experiment, name: str, seed: int | None = None) -> str:
    """An initializer with its parameters; `seed`: the position of its seed in `seeds`."""
    entry = INITIALIZERS[name]
    given = [f"{p}={getattr(experiment.network, p)!r}" for p in entry.parameters]
    given += [f"seed=seeds[{seed}]"] * (seed is not None)
    return f"keras.initializers.{entry.keras}({', '.join(given)})"


def regularizer(l1: float, l2: float) -> str:
    """L1, L2 or both as the argument of a Dense layer."""
    if l1 and l2:
        return f"keras.regularizers.L1L2(l1={l1!r}, l2={l2!r})"
    return f"keras.regularizers.L1({l1!r})" if l1 else f"keras.regularizers.L2({l2!r})"


def _given() -> str:
    return f"""
# The initial weights of this run are those of another network, in the file beside this script.
first = np.load(Path(__file__).with_name("{FILE}"))
dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
for i, layer in enumerate(dense, start=1):
    layer.set_weights([first[f"kernel_{{i}}"], first[f"bias_{{i}}"]])"""
