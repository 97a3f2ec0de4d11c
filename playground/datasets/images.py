"""Image sets as their authors published them, their file formats, and the bundled subsets."""

import gzip
import hashlib
import io
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.datasets.registry import DataConfig

Bytes = NDArray[np.uint8]

UNSIGNED_BYTE = 0x08  # the element type in an IDX header

BUNDLED = 6_000  # training images in the package
BUNDLED_TEST = 1_000  # test images

IMAGES = ("fashion_mnist", "mnist")

# The four IDX files, in the order of the fields of Collection.
IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


class Collection(NamedTuple):
    """Images, uint8 (n, 28, 28), 0 background … 255, and labels, uint8 (n,), 0 … 9."""

    x_train: Bytes
    y_train: Bytes
    x_test: Bytes
    y_test: Bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the four arrays, one after the other, in hexadecimal."""
        sha = hashlib.sha256()
        for array in self:
            sha.update(np.ascontiguousarray(array).data)
        return sha.hexdigest()

    def read_only(self) -> "Collection":
        """The same arrays, made read-only."""
        for array in self:
            array.setflags(write=False)
        return self


def parse_idx(content: bytes) -> Bytes:
    """The array of an IDX file of unsigned bytes.

    Header: two zero bytes, the element type, the number of axes; then the length of each axis as
    a big-endian 32-bit number; then the elements. ValueError where the content is anything else.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise ValueError(f"an IDX file must start with 00 00 08, got {content[:3].hex(' ')}")
    start = 4 + 4 * content[3]
    shape = tuple(int(n) for n in np.frombuffer(content[4:start], ">u4"))
    if len(shape) != content[3] or len(content) - start != prod(shape):
        raise ValueError(
            f"an IDX file of shape {shape} must have {start + prod(shape)} bytes, "
            f"got {len(content)}"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def from_idx(contents: Mapping[str, bytes]) -> Collection:
    """The collection in four IDX files, plain or compressed (name ending in .gz)."""
    return Collection(*(parse_idx(_plain(contents, name)) for name in IDX_FILES))


def _plain(contents: Mapping[str, bytes], name: str) -> bytes:
    return contents[name] if name in contents else gzip.decompress(contents[f"{name}.gz"])


def from_npz(content: bytes) -> Collection:
    """The collection in a NumPy archive of x_train, y_train, x_test and y_test.

    ValueError where it is no archive, KeyError where an array is missing.
    """
    if not content.startswith(b"PK"):
        raise ValueError(f"a NumPy archive must start with 50 4b, got {content[:2].hex(' ')}")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return Collection(*(archive[name] for name in Collection._fields))


def to_npz(collection: Collection) -> bytes:
    """A compressed NumPy archive that `from_npz` reads."""
    archive = io.BytesIO()
    np.savez_compressed(archive, **collection._asdict())
    return archive.getvalue()


def bundle_suffices(data: DataConfig) -> bool:
    """Whether the bundled images are all that these settings need."""
    if data.validate_on_test:
        return data.train_size <= BUNDLED and data.validation_size <= BUNDLED_TEST
    return data.train_size + data.validation_size <= BUNDLED


@lru_cache(maxsize=2)
def bundled(name: str) -> Collection:
    """The first 6,000 training and the first 1,000 test images, read-only."""
    content = files("playground.datasets").joinpath("bundled", f"{name}.npz").read_bytes()
    return from_npz(content).read_only()
