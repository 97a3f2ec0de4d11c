"""What the units of a layer do with some examples: where they are flat, dead or saturated."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.nn.backprop import slope
from playground.nn.network import Array, Layer, Snapshot

FLAT = 0.05  # |f′| below it: hardly any gradient comes through
DEAD = 1e-3  # standard deviation of a unit's output over the examples, below it
SATURATED = 0.95  # share of the examples for which a unit is flat, from it on
BINS = 60
TAIL = 0.001  # share of the pre-activations at each end that may lie beyond the histogram
QUANTILES_OF = 50_000  # of the pre-activations say where the tails begin
LARGEST = 1e15  # a float32 of it can be squared, and summed over many units
WIDEST = 3.0  # the histogram reaches at least from −WIDEST to WIDEST


@dataclass(frozen=True)
class UnitStates:
    """Which units of a layer are of little use; no unit is both."""

    dead: NDArray[np.bool_]  # (units,): nearly the same output for every example
    saturated: NDArray[np.bool_]  # (units,): in a flat zone for nearly every example


@dataclass(frozen=True)
class ActivationHistogram:
    """Where the pre-activations of a layer lie: shares of all of them, in bins of equal width.

    What lies beyond the first or last edge is counted in the first or last bin.
    """

    edges: NDArray[np.float64]  # (BINS + 1,)
    flat: NDArray[np.float64]  # (BINS,) share of all values that are here and in a flat zone
    steep: NDArray[np.float64]  # (BINS,) share of all values that are here and in none
    beyond: float  # share of all values outside the edges


def is_flat(layer: Layer, z: Array) -> NDArray[np.bool_]:
    """Whether |f′(z)| < FLAT, same shape. For an activation that works on each number by itself."""
    return np.asarray(np.abs(slope(layer, z)) < FLAT)


def states(layer: Layer, z: Array, a: Array) -> UnitStates:
    """The dead and the saturated units, from z and a (n, units) of some examples."""
    dead = dead_units(a)
    if layer.activation == "softmax":
        return UnitStates(dead, np.zeros_like(dead))
    return UnitStates(dead, (is_flat(layer, z).mean(axis=0) >= SATURATED) & ~dead)


def dead_units(a: Array) -> NDArray[np.bool_]:
    """Which units (units,) give nearly the same output for all examples (n, units)."""
    return np.asarray(a.std(axis=0) < DEAD)


def histogram(layer: Layer, z: Array) -> ActivationHistogram:
    """The pre-activations z (n, units) of a layer, those in flat zones apart."""
    some = z.ravel()[:: max(1, z.size // QUANTILES_OF)]
    low, high = np.quantile(some, [TAIL, 1 - TAIL]).tolist()
    low, high = min(low, -WIDEST), max(high, WIDEST)
    edges = np.linspace(low, high, BINS + 1)
    # Not np.histogram: with equal widths, one division finds the bin of every value.
    place = np.clip((z - low) * (BINS / (high - low)), 0, BINS - 1).astype(np.int64).ravel()
    flat = is_flat(layer, z).ravel()
    both = np.bincount(place + BINS * flat, minlength=2 * BINS) / z.size
    return ActivationHistogram(
        edges, both[BINS:], both[:BINS], float(((z < low) | (z > high)).mean())
    )


def curve(layer: Layer, low: float, high: float, points: int = 300) -> tuple[Array, Array, Array]:
    """z, f(z) and f′(z) from `low` to `high`: (points,) each."""
    z = np.linspace(low, high, points).astype(np.float64)
    return z, layer.activate(z), slope(layer, z)


def finite(arrays: Any) -> bool:
    """Whether all numbers of all arrays are finite."""
    return all(np.isfinite(array).all() for array in arrays)


def bounded(snapshot: Snapshot, x: Array) -> bool:
    """Whether all that a network computes of scaled inputs `x` has squares that are finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        passes = snapshot.forward(x)
        return all(bool((np.abs(each) < LARGEST).all()) for both in passes for each in both)
