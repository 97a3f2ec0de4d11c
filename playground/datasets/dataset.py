"""A data set ready for training: three parts, and how raw inputs become the network's inputs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

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

    The network's input is (x − shift) / scale; both are float32 and broadcast over (n_features,).
    Images use one number for all pixels.
    """

    source: Source
    train: Part
    validation: Part
    test: Part
    shift: NDArray[np.float32]
    scale: NDArray[np.float32]

    def scaled(self, x: NDArray[Any]) -> NDArray[np.float32]:
        """Raw inputs of any part → the network's inputs, float32, (n, n_features)."""
        flat = x.reshape(len(x), -1).astype(np.float32)
        return (flat - self.shift) / self.scale


def load(data: "Data") -> Dataset:
    raise NotImplementedError
