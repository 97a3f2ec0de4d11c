"""A network as NumPy arrays: its layers, the forward pass and the predicted classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from playground.nn.activations import ACTIVATIONS, softmax

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
