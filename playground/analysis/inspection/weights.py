"""The weights of a network: their distribution, the share near zero, and files."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from playground.nn.format import escape_formula
from playground.nn.network import Array, Layer, Snapshot

NEARLY = 1e-3  # the largest |w| that counts as zero
BINS = 61  # odd: the middle one is around zero
ALL = "All layers"


def kernel(snapshot: Snapshot, layer: int | None) -> NDArray[np.float32]:
    """The finite weights (n,) of one layer, or of all; biases are not penalised and not counted."""
    layers = snapshot.layers if layer is None else snapshot.layers[layer : layer + 1]
    joined = np.concatenate([each.kernel.ravel() for each in layers]).astype(np.float32)
    return joined[np.isfinite(joined)]


def share(weights: NDArray[np.float32], nearly: float = NEARLY) -> float:
    """The share of the weights with |w| ≤ `nearly`; NaN without any."""
    return float((np.abs(weights) <= nearly).mean()) if weights.size else float("nan")


def shares(snapshot: Snapshot) -> list[float]:
    """The share of each layer, and of all layers last."""
    layers = [*range(len(snapshot.layers)), None]
    return [share(kernel(snapshot, layer)) for layer in layers]


@dataclass(frozen=True)
class Histograms:
    """The weights of several networks in the same bins."""

    edges: NDArray[np.float64]  # (BINS + 1,), symmetric around 0
    counts: tuple[NDArray[np.int64], ...]  # (BINS,) each


def histograms(weights: Sequence[NDArray[np.float32]]) -> Histograms:
    """Histograms of several sets of weights over one axis that covers all of them."""
    largest = max((float(np.abs(each).max()) for each in weights if each.size), default=0.0) or 1.0
    edges = np.linspace(-largest, largest, BINS + 1)
    return Histograms(edges, tuple(np.histogram(each, edges)[0] for each in weights))


FEWEST_BINS, MOST_BINS = 10, 60
MOST_CELLS = 400  # along each side of a picture of a kernel


def with_layer(
    snapshot: Snapshot, index: int, kernel: Array | None = None, bias: Array | None = None
) -> Snapshot:
    """A copy in which one layer has another kernel or bias; the other arrays are shared."""
    layers = list(snapshot.layers)
    old = layers[index]
    layers[index] = replace(
        old,
        kernel=old.kernel if kernel is None else kernel,
        bias=old.bias if bias is None else bias,
    )
    return replace(snapshot, layers=tuple(layers))


def npz(snapshot: Snapshot) -> bytes:
    """A NumPy archive of W1, b1, W2, b2, … in this order.

    `archive = np.load("weights.npz"); model.set_weights([archive[k] for k in archive.files])`
    """
    names = [f"{kind}{i}" for i in range(1, len(snapshot.layers) + 1) for kind in "Wb"]
    content = io.BytesIO()
    np.savez(content, **dict(zip(names, snapshot.weights, strict=True)))  # type: ignore[arg-type]
    return content.getvalue()


def csv(layer: Layer, inputs: Sequence[str]) -> str:
    """One layer as text: a column a unit, a row an input, the biases in the last row.

    Nine digits, which give back the same float32. A name with a comma or a quote is quoted.
    """
    n_units = len(layer.bias)
    lines = [",".join(["input", *(f"unit {j + 1}" for j in range(n_units))])]
    rows = np.vstack([layer.kernel, layer.bias]).tolist()
    for name, row in zip([*inputs, "bias"], rows, strict=True):
        lines.append(_quoted(name) + "," + ",".join([f"{value:.9g}" for value in row]))
    return "\n".join(lines) + "\n"


def _quoted(name: str) -> str:
    name = escape_formula(name)
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\n\r') else name


@dataclass(frozen=True)
class WeightDistribution:
    """The distribution of the weights of a kernel, now and before training, in the same bins."""

    edges: NDArray[np.float64]  # (bins + 1,), symmetric around 0
    now: NDArray[np.int64]  # weights in each bin
    initial: NDArray[np.int64]
    mean: float
    deviation: float
    initial_mean: float
    initial_deviation: float


def spread(kernel: Array, initial: Array) -> WeightDistribution:
    """The histogram of a kernel beside its initial one, without NaN and infinite weights.

    The deviation is that of the population, σ = √mean((w − mean)²). About 2·√n bins for n weights.
    """
    bins = int(np.clip(2 * kernel.size**0.5, FEWEST_BINS, MOST_BINS))
    now, first = (a[np.isfinite(a)].ravel() for a in (kernel, initial))
    largest = max((float(np.abs(a).max()) for a in (now, first) if a.size), default=0.0) or 1.0
    edges = np.linspace(-largest, largest, bins + 1)
    counts = [np.histogram(a, bins, (-largest, largest))[0] for a in (now, first)]
    moments = [
        (float(a.mean(dtype=np.float64)), float(a.std(dtype=np.float64))) if a.size else (0.0, 0.0)
        for a in (now, first)
    ]
    return WeightDistribution(edges, counts[0], counts[1], *moments[0], *moments[1])


def picture(kernel: Array, most: int = MOST_CELLS) -> tuple[Array, tuple[int, int]]:
    """A kernel in at most `most` rows and columns, and how many weights one cell represents.

    A cell of several weights shows the largest of them by size, so that none is averaged away.
    """
    block = (-(-kernel.shape[0] // most), -(-kernel.shape[1] // most))
    small = kernel
    for axis, size in enumerate(block):
        small = _largest(small, size, axis)
    return small, block


def _largest(values: Array, size: int, axis: int) -> Array:
    """The value largest by size of each `size` consecutive ones along `axis`."""
    if size == 1:
        return values
    starts = np.arange(0, values.shape[axis], size)
    high = np.maximum.reduceat(values, starts, axis)
    low = np.minimum.reduceat(values, starts, axis)
    return np.where(high >= -low, high, low)


def unit_images(layer: Layer, shape: tuple[int, ...], units: slice) -> Array:
    """The incoming weights of some units of a first layer as images (n, height, width)."""
    return layer.kernel[:, units].T.reshape(-1, *shape)
