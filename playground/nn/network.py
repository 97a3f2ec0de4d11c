"""A network as NumPy arrays: its layers, the forward pass, and backpropagation of a loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.nn.activations import ACTIVATIONS, softmax
from playground.nn.losses import LOSSES

Array = NDArray[np.floating]

DEAD = 1e-3  # a hidden unit is dead if its output has a smaller standard deviation over examples


@dataclass(frozen=True, repr=False)
class Layer:
    """A dense layer: a = f(x·W + b)."""

    kernel: Array  # W, (n_in, n_out) float32
    bias: Array  # b, (n_out,) float32
    activation: str  # a name in ACTIVATIONS, or "softmax"
    parameters: Mapping[str, float] = field(default_factory=dict)  # of the activation

    def __repr__(self) -> str:
        return f"<Layer {' → '.join(map(str, self.kernel.shape))} {self.activation}>"

    def pre_activation(self, x: Array) -> Array:
        """z = x·W + b: (n, n_in) → (n, n_out)."""
        return x @ self.kernel + self.bias

    def activate(self, z: Array) -> Array:
        """a = f(z), same shape."""
        if self.activation == "softmax":
            return softmax(z)
        return np.asarray(ACTIVATIONS[self.activation].f(z, **self.parameters))


@dataclass(frozen=True, repr=False)
class Snapshot:
    """A network after some epoch (0: before training)."""

    epoch: int
    layers: tuple[Layer, ...]

    def __repr__(self) -> str:
        sizes = [len(self.layers[0].kernel), *(layer.bias.size for layer in self.layers)]
        layers = "-".join(map(str, sizes))
        return f"<Snapshot after epoch {self.epoch}: {layers}, {self.n_parameters:,} parameters>"

    def forward(self, x: Array) -> list[tuple[Array, Array]]:
        """(z, a) of every layer for scaled inputs `x` (n, n_features); the last a is the output."""
        passes = []
        for layer in self.layers:
            z = layer.pre_activation(x)
            x = layer.activate(z)
            passes.append((z, x))
        return passes

    def predict(self, x: Array) -> Array:
        """The output (n, n_outputs): probabilities for classification, values for regression."""
        for layer in self.layers:
            x = layer.activate(layer.pre_activation(x))
        return x

    @property
    def weights(self) -> list[Array]:
        """[W₁, b₁, W₂, b₂, …], as Keras' `get_weights` gives them."""
        return [array for layer in self.layers for array in (layer.kernel, layer.bias)]

    def with_weights(self, weights: Sequence[Array]) -> "Snapshot":
        """The same network with other weights, in the order of `weights`."""
        pairs = zip(self.layers, weights[::2], weights[1::2], strict=True)
        return replace(self, layers=tuple(replace(a, kernel=k, bias=b) for a, k, b in pairs))

    @property
    def nbytes(self) -> int:
        """Memory of the weights, in bytes."""
        return sum(layer.kernel.nbytes + layer.bias.nbytes for layer in self.layers)

    @property
    def n_parameters(self) -> int:
        """Weights and biases together."""
        return sum(layer.kernel.size + layer.bias.size for layer in self.layers)


def classes(output: Array) -> NDArray[np.int64]:
    """The predicted class (n,) for outputs (n, n_classes), or (n, 1) with its 0.5 threshold."""
    if output.shape[-1] == 1:
        return (output[:, 0] > 0.5).astype(np.int64)
    return np.asarray(output.argmax(axis=-1))


@dataclass(frozen=True)
class Gradients:
    """Gradients of each layer, from the input to the output.

    Every gradient is of the mean loss over the n examples, without any L1/L2 penalty. Row i of `z`,
    `a` and `input` belongs to example i: times n, it is the gradient of that example's own loss.
    """

    losses: Array  # (n,) of each example
    kernels: tuple[Array, ...]  # ∂L/∂W, each (n_in, n_out)
    biases: tuple[Array, ...]  # ∂L/∂b, each (n_out,)
    z: tuple[Array, ...]  # with respect to the pre-activations, each (n, n_out)
    a: tuple[Array, ...]  # with respect to the activations, each (n, n_out)
    input: Array  # with respect to the scaled inputs, (n, n_features)

    @property
    def loss(self) -> float:
        """The mean loss."""
        return float(self.losses.mean())

    def rms(self) -> Array:
        """√(mean g²) over the kernel and the bias of each layer together: (n_layers,)."""
        pairs = zip(self.kernels, self.biases, strict=True)
        both = (np.concatenate([kernel.ravel(), bias]) for kernel, bias in pairs)
        return np.array([np.sqrt(np.mean(np.square(g, dtype=np.float64))) for g in both])


def backward(snapshot: Snapshot, x: Array, y: NDArray[Any], loss: str) -> Gradients:
    """The gradients of the mean of `loss`, a name in LOSSES, over some examples.

    x: scaled inputs (n, n_features). y: class numbers (n,), or values (n,) where there is one
    output, or targets (n, n_outputs). With u = ∂L/∂z: ∂L/∂W = xᵀ·u, ∂L/∂b = Σᵢ uᵢ, ∂L/∂x = u·Wᵀ.
    Cross-entropy is computed from z, as in training, which is exact for any confidence.
    """
    entry, target, n = LOSSES[loss], targets(snapshot, y), len(x)
    passes = snapshot.forward(x)
    z, a = passes[-1]
    of_output = entry.df(target, a) / n
    losses = entry.f(target, a) if entry.f_z is None else entry.f_z(target, z)
    if entry.df_z is None:
        last = _through_activation(snapshot.layers[-1], z, a, of_output)
    else:
        last = entry.df_z(target, a) / n
    of_z, of_a, of_x = _through_layers(snapshot, passes, last)
    inputs = [x, *(a for _, a in passes[:-1])]
    kernels = tuple(before.T @ u for before, u in zip(inputs, of_z, strict=True))
    biases = tuple(u.sum(axis=0) for u in of_z)
    return Gradients(losses, kernels, biases, of_z, (*of_a, of_output), of_x)


def input_gradient(snapshot: Snapshot, x: Array, classes: int | Sequence[int] | Array) -> Array:
    """∂(−ln p_c)/∂x of each example towards its class c (or one class for all): (n, n_features).

    A step against it makes class c more likely. ValueError if the outputs are no probabilities
    (regression).
    """
    return output_and_input_gradient(snapshot, x, classes)[1]


def output_and_input_gradient(
    snapshot: Snapshot, x: Array, classes: int | Sequence[int] | Array
) -> tuple[Array, Array]:
    """The output (n, n_outputs) and `input_gradient`, in one forward and backward pass."""
    activation = snapshot.layers[-1].activation
    if activation not in ("softmax", "sigmoid"):
        raise ValueError(f"output activation must be softmax or sigmoid, got {activation}")
    passes = snapshot.forward(x)
    output = passes[-1][1]
    target = targets(snapshot, np.broadcast_to(np.asarray(classes), (len(x),)))
    return output, _through_layers(snapshot, passes, output - target)[2]


def output_gradient(snapshot: Snapshot, x: Array, unit: int = 0) -> Array:
    """∂a_unit/∂x of one output of the network, after its activation: (n, n_features)."""
    passes = snapshot.forward(x)
    z, a = passes[-1]
    selected = np.zeros_like(a)
    selected[:, unit] = 1
    return _through_layers(
        snapshot, passes, _through_activation(snapshot.layers[-1], z, a, selected)
    )[2]


def targets(snapshot: Snapshot, y: NDArray[Any]) -> Array:
    """Targets as the outputs are, float32 (n, n_outputs): one-hot for class numbers (n,).

    ValueError for a class without an output.
    """
    outputs = len(snapshot.layers[-1].bias)
    if y.ndim == 2:
        return y.astype(np.float32)
    if outputs == 1:
        return y.astype(np.float32)[:, None]
    if len(y) and not 0 <= y.min() <= y.max() < outputs:
        raise ValueError(f"class must be between 0 and {outputs - 1}, got {y.min()} to {y.max()}")
    return np.eye(outputs, dtype=np.float32)[y.astype(np.int64)]


def activation_slope(layer: Layer, z: Array) -> Array:
    """f′(z) of a layer with an elementwise activation; same shape."""
    return np.asarray(ACTIVATIONS[layer.activation].df(z, **layer.parameters))


def _through_activation(layer: Layer, z: Array, a: Array, of_a: Array) -> Array:
    """∂L/∂a → ∂L/∂z of one layer."""
    if layer.activation == "softmax":  # every output depends on every z
        return np.asarray(a * (of_a - (of_a * a).sum(axis=-1, keepdims=True)))
    return of_a * activation_slope(layer, z)


def _through_layers(
    snapshot: Snapshot, passes: list[tuple[Array, Array]], last: Array
) -> tuple[tuple[Array, ...], tuple[Array, ...], Array]:
    """From ∂L/∂z of the output: ∂L/∂z of all layers, ∂L/∂a of all but the last, and ∂L/∂x."""
    of_z, of_a = [last], list[Array]()
    for i in range(len(snapshot.layers) - 1, 0, -1):
        of_a.append(of_z[-1] @ snapshot.layers[i].kernel.T)
        of_z.append(_through_activation(snapshot.layers[i - 1], *passes[i - 1], of_a[-1]))
    of_x = of_z[-1] @ snapshot.layers[0].kernel.T
    return tuple(reversed(of_z)), tuple(reversed(of_a)), of_x
