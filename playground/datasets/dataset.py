"""A data set ready for training: three parts, and how raw inputs become the network's inputs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets import images, mistakes, plane, tables
from playground.datasets.fetch import fetch
from playground.datasets.origins import Progress
from playground.datasets.randomness import Purpose, stream
from playground.datasets.scaling import SCALERS, scaling
from playground.datasets.sources import Source

if TYPE_CHECKING:
    from playground.experiment import Data


@dataclass(frozen=True)
class Part:
    """Examples of one part; the arrays are read-only.

    x: raw inputs. Images: uint8, (n, height, width), 0 … 255 (16 for digits).
       Everything else: float32, (n, n_features), in the units of the feature names.
    y: targets. Classification: int32, (n,), class numbers from 0. Regression: float32, (n,).
    """

    x: NDArray[Any]
    y: NDArray[Any]

    def __len__(self) -> int:
        return len(self.y)


@dataclass(frozen=True)
class Dataset:
    """`load(data)`: training, validation and the sealed test part, with their scaling.

    `spare` holds examples that are in none of these, where there are any left: new ones to try out
    what a network has learnt without opening the test part.
    The network's input is (x − shift) / scale; both are float32 and broadcast over (n_features,).
    Images use one number for all pixels.
    """

    source: Source
    train: Part
    validation: Part
    test: Part
    shift: NDArray[np.float32]
    scale: NDArray[np.float32]
    spare: Part

    def scaled(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Raw inputs of any part → the network's inputs, float32, (n, n_features)."""
        flat = x.reshape(len(x), self.source.n_features).astype(np.float32)
        return (flat - self.shift) / self.scale


# How each data set's parts are made, before they are typed, scaled and sealed.
MAKERS: dict[str, Callable[["Data"], list[tuple[NDArray[Any], NDArray[Any]]]]] = {
    **dict.fromkeys(images.IMAGES, images.parts),
    **dict.fromkeys(tables.TABLES, tables.parts),
    **dict.fromkeys(plane.GENERATORS, plane.parts),
}


def load(data: "Data", progress: Progress | None = None) -> Dataset:
    """The data set of these choices, the same for equal ones.

    Where the full images are needed and not on this machine they are fetched, telling `progress`
    the bytes so far and the bytes in all; FetchError where that is impossible.
    """
    if data.dataset in images.IMAGES and not images.bundle_suffices(data):
        fetch(data.dataset, progress)
    return _load(data)


@lru_cache(maxsize=4)
def _load(data: "Data") -> Dataset:
    source = data.source
    x_type = np.uint8 if source.shape else np.float32
    y_type = np.int32 if source.classes else np.float32
    make = MAKERS.get(data.dataset, tables.parts)  # what has no maker is a table of one's own
    train, validation, test, spare = (
        (x.astype(x_type, copy=False), y.astype(y_type)) for x, y in make(data)
    )
    if data.sorted_split:
        train, validation = mistakes.in_order(train, validation)
    train = mistakes.with_copies(train, validation, data.copied, data.data_seed)
    train = train[0], _shuffled(train[1], data)
    parts = {
        name: _sealed(*pair)
        for name, pair in (("train", train), ("validation", validation), ("test", test))
    }
    seen = [parts[name].x for name in SCALERS[data.scaler].parts]
    shift, scale = scaling(seen, source, data.standardise)
    return Dataset(source, **parts, shift=shift, scale=scale, spare=_sealed(*spare))


def _sealed(x: NDArray[Any], y: NDArray[Any]) -> Part:
    x.setflags(write=False)
    y.setflags(write=False)
    return Part(x, y)


def _shuffled(y: NDArray[Any], data: "Data") -> NDArray[Any]:
    """Training targets with round(share·n) of them made meaningless.

    Each of these gets a class drawn from all with equal chance, now and then its own again; in
    regression they change places among themselves.
    """
    rng = stream(data.data_seed, Purpose.LABELS)
    chosen = rng.permutation(len(y))[: round(data.shuffled_labels * len(y))]
    classes = len(data.source.classes)
    y[chosen] = rng.integers(classes, size=len(chosen)) if classes else rng.permutation(y[chosen])
    return y
