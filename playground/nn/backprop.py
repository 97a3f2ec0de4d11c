"""Backpropagation in NumPy: gradients of the loss with respect to weights, activations, inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.nn.activations import ACTIVATIONS
from playground.nn.losses import LOSSES
from playground.nn.network import Layer, Snapshot

Array = NDArray[np.floating]


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
