"""How weights are spread around zero: histograms on one axis, and shares that are nearly zero."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from playground.snapshot import Snapshot

NEARLY = 1e-3  # a weight no larger is nearly zero
BINS = 61  # odd: the middle one is around zero
ALL = "All layers"


def kernel(snapshot: Snapshot, layer: int | None) -> NDArray[np.float32]:
    """The finite weights (n,) of one layer, or of all; biases are not penalised and not counted."""
    layers = snapshot.layers if layer is None else snapshot.layers[layer : layer + 1]
    joined = np.concatenate([each.kernel.ravel() for each in layers]).astype(np.float32)
    return joined[np.isfinite(joined)]


def share(weights: NDArray[np.float32], nearly: float = NEARLY) -> float:
    """Which share of the weights has |w| ≤ `nearly`; NaN without any."""
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
    """Histograms of several sets of weights over one axis that holds the largest of them."""
    largest = max((float(np.abs(each).max()) for each in weights if each.size), default=0.0) or 1.0
    edges = np.linspace(-largest, largest, BINS + 1)
    return Histograms(edges, tuple(np.histogram(each, edges)[0] for each in weights))
