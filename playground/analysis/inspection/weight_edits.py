"""Edits of the weights: frozen values that are applied to any snapshot with the same layers."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from playground.analysis.inspection.weights import with_layer
from playground.experiment.model import LARGEST_SEED
from playground.experiment.model_summary import layer_name
from playground.nn.format import format_number
from playground.nn.network import Array, Snapshot

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
