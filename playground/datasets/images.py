"""Fashion-MNIST and MNIST: a part of each lies in the package, the whole is fetched."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

from numpy.typing import NDArray

from playground.datasets.collection import Collection, from_npz
from playground.datasets.download import BUNDLED, full
from playground.datasets.preprocessing import disturbed
from playground.datasets.registry import DataConfig
from playground.datasets.split import MOST_SPARE

Pair = tuple[NDArray[Any], NDArray[Any]]

IMAGES = ("fashion_mnist", "mnist")


def bundle_suffices(data: DataConfig) -> bool:
    """Whether the images of the package are all that these choices need."""
    return data.train_size + data.validation_size <= BUNDLED


@lru_cache(maxsize=2)
def bundled(name: str) -> Collection:
    """The first 6,000 training and the first 1,000 test images, read-only."""
    content = files("playground.datasets").joinpath("bundled", f"{name}.npz").read_bytes()
    return from_npz(content).sealed()


def parts(data: DataConfig) -> list[Pair]:
    """Training, validation, test and spare images.

    Validation is the first `validation_size` rows of the training file and training the
    `train_size` rows after them. The test part is the whole test file, 10,000 images, but its
    first 1,000 where the bundle covers training and validation: so it does not depend on what
    happens to be on the machine. Spare are rows after those for training.
    """
    images = (bundled if bundle_suffices(data) else full)(data.dataset)
    first, end = data.validation_size, data.validation_size + data.train_size
    train, validation, spare = (
        (images.x_train[rows], images.y_train[rows])
        for rows in (slice(first, end), slice(first), slice(end, end + MOST_SPARE))
    )
    chosen = [train, validation, (images.x_test, images.y_test), spare]
    return disturbed(chosen, data.source, data.noise, data.data_seed)
