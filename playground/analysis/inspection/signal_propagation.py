"""Initialization check: do activations and gradients keep their scale across the layers?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.analysis.inspection.activations import dead_units, identical_units, is_flat
from playground.datasets.preprocessing import LARGE_INPUT
from playground.experiment.model import Experiment
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.nn.network import Array, Layer, Snapshot, backward

ROWS = 256  # training examples of a forward and backward pass
FEWEST_ROWS = 64
MULTIPLICATIONS = 10**8  # of one forward pass: large networks get fewer examples

# From the first to the last layer a signal may become this many times larger or smaller.
TOLERATED = 10.0
MOST_DEAD = 0.3  # share of the units of a layer
MOST_FLAT = 0.75  # share of the pre-activations of a layer, where no unit is dead


@dataclass(frozen=True)
class Profile:
    """Activations and gradients of some examples by depth: hidden layers, then the output layer.

    Of the output layer `mean` and `spread` are those of z, before softmax or sigmoid.
    """

    mean: Array  # (n_layers,) of the activations
    spread: Array  # (n_layers,) √ of the mean over units of the variance over examples
    signal: Array  # (n_layers,) √ of the mean over examples of ‖∂L/∂z‖², L the example's own loss
    gradient: Array  # (n_layers,) root mean square of ∂L/∂W and ∂L/∂b over weights and biases
    dead: Array  # (n_hidden,) share of units with nearly the same output for all examples
    flat: Array  # (n_hidden,) share of pre-activations where |f′| is nearly 0
    identical: bool  # all units of some layer have the same weights
    largest_input: float
    loss: float


@dataclass(frozen=True)
class SignalVerdict:
    """Whether the scales are kept: `kind` is a name in VERDICTS.

    forward, back: by what factor the spread of the activations, and the error signal on its way
    back, changes with each layer (geometric mean); 1 is ideal.
    """

    kind: str
    forward: float
    back: float

    @property
    def good(self) -> bool:
        """Whether the network can be trained as it is initialized."""
        return self.kind == "well_scaled"


VERDICTS = {
    "large_inputs": "inputs too large",
    "exploding": "exploding",
    "alike": "identical units",
    "vanishing": "vanishing",
    "dead": "dead units",
    "saturated": "saturated",
    "well_scaled": "well scaled",
}


@dataclass(frozen=True)
class InitializerChoice:
    """An initializer with the activation of each hidden layer."""

    initializer: str
    activations: tuple[str, ...]

    @property
    def label(self) -> str:
        """ "He normal, ReLU"."""
        names = dict.fromkeys(ACTIVATIONS[name].label for name in self.activations)
        return ", ".join([INITIALIZERS[self.initializer].label, "/".join(names)][: 1 + bool(names)])


def rows(snapshot: Snapshot) -> int:
    """How many examples to use for a network of this size."""
    return int(np.clip(MULTIPLICATIONS // snapshot.n_parameters, FEWEST_ROWS, ROWS))


def profile(snapshot: Snapshot, x: Array, y: NDArray[Any], loss: str) -> Profile:
    """One forward and one backward pass of the examples x (n, n_features), y (n,)."""
    with np.errstate(over="ignore", invalid="ignore"):  # the verdict covers it
        passes = snapshot.forward(x)
        gradients = backward(snapshot, x, y, loss)
        shown = [a for _, a in passes[:-1]] + [passes[-1][0]]
        hidden = list(zip(snapshot.layers, passes, strict=True))[:-1]
        # Times n: the gradient of each example's own loss.
        lengths = [len(x) * np.sqrt((u.astype(np.float64) ** 2).sum(axis=1)) for u in gradients.z]
        return Profile(
            mean=np.array([a.mean() for a in shown]),
            spread=np.array([np.sqrt(a.var(axis=0).mean()) for a in shown]),
            signal=np.array([np.sqrt(np.mean(length**2)) for length in lengths]),
            gradient=gradients.rms(),
            dead=np.array([dead_units(a).mean() for _, (_, a) in hidden]),
            flat=np.array([is_flat(layer, z).mean() for layer, (z, _) in hidden]),
            identical=any(identical_units(layer) for layer in snapshot.layers[:-1]),
            largest_input=float(np.abs(x).max()),
            loss=gradients.loss,
        )


def verdict(profile: Profile) -> SignalVerdict:
    """The most serious problem of a profile."""
    forward, back = _factor(profile.spread), _factor(profile.signal[::-1])
    steps = max(len(profile.spread) - 1, 1)
    changes = np.array([forward, back]) ** steps
    if not np.isfinite([*profile.spread, *profile.signal, profile.loss]).all():
        kind = "exploding"
    elif profile.largest_input > LARGE_INPUT:
        kind = "large_inputs"
    elif (changes > TOLERATED).any():
        kind = "exploding"
    elif profile.identical:
        kind = "alike"
    elif (changes < 1 / TOLERATED).any():
        kind = "vanishing"
    elif (profile.dead >= MOST_DEAD).any():
        kind = "dead"
    elif (profile.flat >= MOST_FLAT).any():
        kind = "saturated"
    else:
        kind = "well_scaled"
    return SignalVerdict(kind, forward, back)


def _factor(sizes: Array) -> float:
    """The geometric mean factor between consecutive sizes (n,)."""
    if len(sizes) < 2:
        return 1.0
    first, last = float(sizes[0]), float(sizes[-1])
    if not (np.isfinite([first, last]).all() and first > 0):
        return float("nan")
    return float((last / first) ** (1 / (len(sizes) - 1)))


def chosen(experiment: Experiment) -> InitializerChoice:
    """The initializer and the activations of the experiment."""
    network = experiment.network
    return InitializerChoice(network.kernel_initializer, network.layer_activations)


def recommended(choice: InitializerChoice) -> str:
    """The initializer that suits the activation of most hidden layers."""
    suitable = [ACTIVATIONS[name].initializer for name in choice.activations]
    return max(suitable, key=suitable.count) if suitable else "glorot_uniform"


def alternatives(experiment: Experiment) -> tuple[InitializerChoice, ...]:
    """Other choices, the recommended one first: initializers, then other activations."""
    now = chosen(experiment)
    names = [recommended(now), "glorot_uniform", "he_normal", "lecun_normal"]
    choices = [InitializerChoice(name, now.activations) for name in names]
    if now.activations:
        choices += [
            InitializerChoice(ACTIVATIONS[name].initializer, (name,) * len(now.activations))
            for name in ("relu", "tanh")
        ]
    return tuple(choice for choice in dict.fromkeys(choices) if choice != now)


def draw(
    experiment: Experiment, choice: InitializerChoice, hidden: tuple[int, ...] | None = None
) -> Snapshot:
    """Initial weights drawn in NumPy by the table of initializers, from the network's own seed.

    `hidden`: other sizes of the hidden layers, as many as `choice` has activations.
    """
    network, source = experiment.network, experiment.data.source
    hidden = network.hidden if hidden is None else hidden
    sizes = (source.n_features, *hidden, source.n_outputs)
    rng = np.random.default_rng([network.seed, 1])
    names = (*choice.activations, experiment.output_activation)
    layers = (
        Layer(
            _filled(experiment, choice.initializer, rng, n_in, n_out),
            _bias(experiment, rng, n_out),
            name,
            _parameters(experiment, ACTIVATIONS[name].parameters if name in ACTIVATIONS else ()),
        )
        for n_in, n_out, name in zip(sizes, sizes[1:], names, strict=False)
    )
    return Snapshot(0, tuple(layers))


def _filled(
    experiment: Experiment, name: str, rng: np.random.Generator, n_in: int, n_out: int
) -> Array:
    entry = INITIALIZERS[name]
    return entry.draw(rng, n_in, n_out, **_parameters(experiment, entry.parameters))


def _bias(experiment: Experiment, rng: np.random.Generator, n_out: int) -> Array:
    """Fan-in and fan-out as Keras counts them: a vector of n has n of both."""
    name = experiment.network.bias_initializer
    return np.asarray(_filled(experiment, name, rng, n_out, n_out)[0])


def _parameters(experiment: Experiment, names: tuple[str, ...]) -> dict[str, float]:
    return {name: getattr(experiment.network, name) for name in names}


def deepened(choice: InitializerChoice, depth: int) -> InitializerChoice:
    """The same choice for `depth` hidden layers; added ones repeat the last activation."""
    names = choice.activations or ("relu",)
    return replace(choice, activations=(names + names[-1:] * depth)[:depth])


def compared(
    experiment: Experiment, snapshot: Snapshot, x: Array, y: NDArray[Any], hidden: tuple[int, ...]
) -> Iterator[tuple[InitializerChoice, Profile]]:
    """The profile of `snapshot`, the current choice, and that of every alternative."""
    loss = experiment.training.loss
    yield deepened(chosen(experiment), len(hidden)), profile(snapshot, x, y, loss)
    for other in alternatives(experiment):
        choice = deepened(other, len(hidden)) if hidden else other
        yield choice, profile(draw(experiment, choice, hidden), x, y, loss)
