"""A data set ready for training: three parts, and how raw inputs become the network's inputs."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets import images, split, synthetic, tabular
from playground.datasets.download import Progress, fetch
from playground.datasets.preprocessing import SCALERS, Purpose, scaling, stream
from playground.datasets.registry import DataConfig, DatasetInfo


@dataclass(frozen=True)
class Split:
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

    source: DatasetInfo
    train: Split
    validation: Split
    test: Split
    shift: NDArray[np.float32]
    scale: NDArray[np.float32]
    spare: Split

    def scaled(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Raw inputs of any part → the network's inputs, float32, (n, n_features)."""
        flat = x.reshape(len(x), self.source.n_features).astype(np.float32)
        return (flat - self.shift) / self.scale


# How each data set's parts are made, before they are typed, scaled and sealed.
MAKERS: dict[str, Callable[[DataConfig], list[tuple[NDArray[Any], NDArray[Any]]]]] = {
    **dict.fromkeys(images.IMAGES, images.parts),
    **dict.fromkeys(tabular.TABLES, tabular.parts),
    **dict.fromkeys(synthetic.GENERATORS, synthetic.parts),
}


def load(data: DataConfig, progress: Progress | None = None) -> Dataset:
    """The data set of these choices, the same for equal ones.

    Where the full images are needed and not on this machine they are fetched, telling `progress`
    the bytes so far and the bytes in all; FetchError where that is impossible.
    """
    if data.dataset in images.IMAGES and not images.bundle_suffices(data):
        fetch(data.dataset, progress)
    return _load(data)


@lru_cache(maxsize=4)
def _load(data: DataConfig) -> Dataset:
    source = data.source
    x_type = np.uint8 if source.shape else np.float32
    y_type = np.int32 if source.classes else np.float32
    make = MAKERS.get(data.dataset, tabular.parts)  # what has no maker is a table of one's own
    train, validation, test, spare = (
        (x.astype(x_type, copy=False), y.astype(y_type)) for x, y in make(data)
    )
    if data.split_without_shuffle:
        train, validation = split.in_order(train, validation)
    train = split.with_copies(train, validation, data.leaked_fraction, data.data_seed)
    train = train[0], _shuffled(train[1], data)
    parts = {
        name: _sealed(*pair)
        for name, pair in (("train", train), ("validation", validation), ("test", test))
    }
    seen = [parts[name].x for name in SCALERS[data.scaler].parts]
    shift, scale = scaling(seen, source, data.standardize)
    return Dataset(source, **parts, shift=shift, scale=scale, spare=_sealed(*spare))


def _sealed(x: NDArray[Any], y: NDArray[Any]) -> Split:
    x.setflags(write=False)
    y.setflags(write=False)
    return Split(x, y)


def _shuffled(y: NDArray[Any], data: DataConfig) -> NDArray[Any]:
    """Training targets with round(share·n) of them made meaningless.

    Each of these gets a class drawn from all with equal chance, now and then its own again; in
    regression they change places among themselves.
    """
    rng = stream(data.data_seed, Purpose.LABELS)
    chosen = rng.permutation(len(y))[: round(data.label_noise * len(y))]
    classes = len(data.source.classes)
    y[chosen] = rng.integers(classes, size=len(chosen)) if classes else rng.permutation(y[chosen])
    return y
