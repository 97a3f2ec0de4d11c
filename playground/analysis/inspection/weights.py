"""The weights of a network: their distribution, the share near zero, files, and edits."""

import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playground.experiment.model import LARGEST_SEED
from playground.experiment.model_summary import layer_name
from playground.nn.format import escape_formula, format_number
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


LARGEST_VALUE = 1_000_000
LARGEST_NOISE = 10


class Edit(Protocol):
    """A change of the weights; layers, inputs and units count from 0, in texts and errors from 1.

    `apply` raises ValueError where the network has no such layer, input or unit.
    """

    def apply(self, snapshot: Snapshot) -> Snapshot:
        """The changed copy."""

    def text(self, count: int) -> str:
        """The edit in words, for a network of `count` layers."""


@dataclass(frozen=True, slots=True)
class Change:
    """One weight, or with `source` None the bias of the unit, becomes `value`."""

    layer: int
    source: int | None  # the input of the layer that the weight comes from
    unit: int
    value: float

    def __post_init__(self) -> None:
        _within("new value", self.value, -LARGEST_VALUE, LARGEST_VALUE)

    def apply(self, snapshot: Snapshot) -> Snapshot:
        """The changed copy."""
        kernel, bias = _layer(snapshot, self.layer)
        name = layer_name(self.layer, len(snapshot.layers))
        _number(f"unit of {name}", self.unit, len(bias))
        if self.source is None:
            bias = bias.copy()
            bias[self.unit] = self.value
        else:
            _number(f"input of {name}", self.source, len(kernel))
            kernel = kernel.copy()
            kernel[self.source, self.unit] = self.value
        return with_layer(snapshot, self.layer, kernel, bias)

    def text(self, count: int) -> str:
        """ "Hidden 1: weight from input 3 to unit 5 becomes 0.5"."""
        what = "bias of" if self.source is None else f"weight from input {self.source + 1} to"
        return (
            f"{layer_name(self.layer, count)}: {what} unit {self.unit + 1} becomes {self.value:g}"
        )


@dataclass(frozen=True, slots=True)
class SwitchOff:
    """Removes a hidden unit: its outgoing weights become 0."""

    layer: int
    unit: int

    def apply(self, snapshot: Snapshot) -> Snapshot:
        """The changed copy."""
        _, bias = _layer(snapshot, self.layer)
        count = len(snapshot.layers)
        if self.layer == count - 1:
            raise ValueError("layer of a unit to switch off must be a hidden one, got Output")
        _number(f"unit of {layer_name(self.layer, count)}", self.unit, len(bias))
        kernel = snapshot.layers[self.layer + 1].kernel.copy()
        kernel[self.unit] = 0
        return with_layer(snapshot, self.layer + 1, kernel)

    def text(self, count: int) -> str:
        """ "Hidden 1: unit 5 is switched off"."""
        return f"{layer_name(self.layer, count)}: unit {self.unit + 1} is switched off"


@dataclass(frozen=True, slots=True)
class Noise:
    """Normal noise on the weights of one layer, or with `layer` None of all; biases stay.

    Its deviation is `share` times the deviation of the layer's own weights.
    """

    layer: int | None
    share: float
    seed: int

    def __post_init__(self) -> None:
        _within("noise", self.share, 0, LARGEST_NOISE)
        _within("seed", self.seed, 0, LARGEST_SEED)

    def apply(self, snapshot: Snapshot) -> Snapshot:
        """The changed copy."""
        for i in _layers(snapshot, self.layer):
            kernel = snapshot.layers[i].kernel
            draws = np.random.default_rng([self.seed, i]).standard_normal(kernel.shape, np.float32)
            deviation = np.float32(self.share * kernel.std(dtype=np.float64))
            snapshot = with_layer(snapshot, i, kernel + deviation * draws)
        return snapshot

    def text(self, count: int) -> str:
        """ "All layers: noise of 0.5 × the layer's own σ, seed 0"."""
        where = "All layers" if self.layer is None else layer_name(self.layer, count)
        return f"{where}: noise of {self.share:g} × the layer's own σ, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Prune:
    """The smallest weights by size become 0; biases stay.

    Of the n weights of one layer, or with `layer` None of all together, round(n·percent/100).
    """

    layer: int | None
    percent: float

    def __post_init__(self) -> None:
        _within("share to prune", self.percent, 0, 100, " %")

    def apply(self, snapshot: Snapshot) -> Snapshot:
        """The changed copy."""
        layers = _layers(snapshot, self.layer)
        kernels = [snapshot.layers[i].kernel for i in layers]
        sizes = np.concatenate([np.abs(kernel).ravel() for kernel in kernels])
        kept = ~_smallest(sizes, round(len(sizes) * self.percent / 100))
        ends = np.cumsum([kernel.size for kernel in kernels])
        for i, kernel, keep in zip(layers, kernels, np.split(kept, ends[:-1]), strict=True):
            shown = np.where(keep.reshape(kernel.shape), kernel, np.float32(0))
            snapshot = with_layer(snapshot, i, shown)
        return snapshot

    def text(self, count: int) -> str:
        """ "All layers: the smallest 50 % of the weights become 0"."""
        where = "All layers" if self.layer is None else layer_name(self.layer, count)
        return f"{where}: the smallest {self.percent:g} % of the weights become 0"


@dataclass(frozen=True)
class EditKind:
    """A kind of edit on the screen."""

    label: str
    icon: str  # a Material symbol
    help: str
    edit: type[Change] | type[SwitchOff] | type[Noise] | type[Prune]


EDITS: dict[str, EditKind] = {
    "change": EditKind(
        "Change one number", "edit", "One weight or one bias gets the value you give it.", Change
    ),
    "switch_off": EditKind(
        "Switch off a unit", "toggle_off",
        "The outgoing weights of a hidden unit become 0.",
        SwitchOff,
    ),
    "noise": EditKind(
        "Add noise", "grain",
        "Random numbers are added to the weights: how precise must they be?", Noise,
    ),
    "prune": EditKind(
        "Prune", "content_cut",
        "The weights closest to 0 become exactly 0: how many are needed?", Prune,
    ),
}  # fmt: skip


def edited(snapshot: Snapshot, edits: Iterable[Edit]) -> Snapshot:
    """The copy after all edits, in their order; ValueError where one does not fit."""
    for edit in edits:
        snapshot = edit.apply(snapshot)
    return snapshot


def _smallest(sizes: Array, n: int) -> NDArray[np.bool_]:
    """Which n of the sizes are smallest, the first of equals."""
    if n == 0:
        return np.zeros(len(sizes), bool)
    largest = np.partition(sizes, n - 1)[n - 1]  # of them
    chosen = np.asarray(sizes < largest)
    chosen[np.flatnonzero(sizes == largest)[: n - np.count_nonzero(chosen)]] = True
    return chosen


def _within(name: str, value: float, low: float, high: float, unit: str = "") -> None:
    if not (math.isfinite(value) and low <= value <= high):
        rule = f"between {format_number(low)} and {format_number(high)}{unit}"
        raise ValueError(f"{name} must be {rule}, got {format_number(value)}")


def _number(name: str, index: int, count: int) -> None:
    if not 0 <= index < count:
        raise ValueError(f"{name} must be between 1 and {count:,}, got {index + 1}")


def _layer(snapshot: Snapshot, index: int) -> tuple[Array, Array]:
    _number("layer", index, len(snapshot.layers))
    return snapshot.layers[index].kernel, snapshot.layers[index].bias


def _layers(snapshot: Snapshot, index: int | None) -> list[int]:
    if index is None:
        return list(range(len(snapshot.layers)))
    _number("layer", index, len(snapshot.layers))
    return [index]
