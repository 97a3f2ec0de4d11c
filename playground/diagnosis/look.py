"""What only the weights tell of a run: units stuck in flat zones, the score with all units on."""

from dataclasses import dataclass

import numpy as np

from playground.activity import LARGEST, is_flat, states
from playground.datasets import Dataset
from playground.datasets.dataset import Part
from playground.events import Score
from playground.score import score
from playground.snapshot import Layer, Snapshot

ROWS, FEWEST_ROWS = 500, 100  # examples looked at
MULTIPLICATIONS = 60_000_000  # of one pass: large networks are looked at with fewer examples
FAR = 20.0  # a pre-activation so large that any bounded activation is flat there


@dataclass(frozen=True)
class Look:
    """A network after `epoch`, on at most ROWS examples."""

    epoch: int
    saturated: tuple[float, ...]  # share of the units of each hidden layer
    training: Score  # with all units on, without penalty
    largest_input: float  # of the scaled inputs
    alike: bool  # all units of some hidden layer have the same weights


def look(snapshot: Snapshot, dataset: Dataset, loss: str) -> Look | None:
    """Look at a network; None where its numbers have grown beyond all bounds."""
    part = dataset.validation if len(dataset.validation) else dataset.train
    rows = int(np.clip(MULTIPLICATIONS // snapshot.n_parameters, FEWEST_ROWS, ROWS))
    x = dataset.scaled(part.x[:rows])
    with np.errstate(over="ignore", invalid="ignore"):
        passes = snapshot.forward(x)
        if not all(bool((np.abs(each) < LARGEST).all()) for both in passes for each in both):
            return None
    hidden = list(zip(snapshot.layers, passes, strict=True))[:-1]
    seen = Part(dataset.train.x[:rows], dataset.train.y[:rows])
    return Look(
        snapshot.epoch,
        tuple(_saturated(layer, z, a) for layer, (z, a) in hidden),
        score(snapshot, dataset, seen, loss),
        float(np.abs(x).max()),
        any(_alike(layer) for layer, _ in hidden),
    )


def _saturated(layer: Layer, z: np.ndarray, a: np.ndarray) -> float:
    """The share of saturated units; 0 where f is flat on one side only, as ReLU is by design."""
    if not is_flat(layer, np.array([-FAR, FAR])).all():
        return 0.0
    return float(states(layer, z, a).saturated.mean())


def _alike(layer: Layer) -> bool:
    """Whether all units have the same weights: then they stay alike for good."""
    same = bool((layer.kernel == layer.kernel[:, :1]).all() and (layer.bias == layer.bias[0]).all())
    return same and len(layer.bias) > 1
