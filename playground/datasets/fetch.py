"""The full image sets, 60,000 and 10,000 images, kept where and as Keras keeps them."""

import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException
from pathlib import Path
from uuid import uuid4
from zipfile import BadZipFile

from playground.datasets.collection import Collection, from_idx, from_npz
from playground.datasets.origins import FASHION_FILES, MNIST_FILES, ORIGINS, Origin, Progress


@dataclass(frozen=True)
class Kept:
    """How Keras keeps a set: in which files of which folder; and the digest it must have."""

    folder: str  # below Keras' datasets folder
    files: tuple[str, ...]
    digest: str  # Collection.digest

    @property
    def path(self) -> Path:
        """The folder on this machine; it may not exist yet."""
        return home() / "datasets" / self.folder


KEPT: dict[str, Kept] = {
    "mnist": Kept(
        "", MNIST_FILES,
        "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16",
    ),
    "fashion_mnist": Kept(
        "fashion-mnist", FASHION_FILES,
        "ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f",
    ),
}  # fmt: skip

BUNDLED = 6_000  # training images that need no fetching

# What a source without an answer, or with a bad one, may raise.
NO_ANSWER = (OSError, ValueError, KeyError, EOFError, zlib.error, BadZipFile, HTTPException)


class FetchError(OSError):
    """No source had the set; the text says what was tried and what to do by hand."""


def home() -> Path:
    """Keras' own folder: KERAS_HOME, or .keras in the home folder (/tmp if that is read-only)."""
    if chosen := os.environ.get("KERAS_HOME"):
        return Path(chosen).expanduser()
    user = Path("~").expanduser()
    return (user if os.access(user, os.W_OK) else Path("/tmp")) / ".keras"


def cached(name: str) -> bool:
    """Whether all files of the set are in Keras' cache; `full` checks what is in them."""
    kept = KEPT[name]
    return all((kept.path / file).is_file() for file in kept.files)


def full(name: str) -> Collection:
    """The full set from Keras' cache, read-only; OSError or ValueError where it is not there."""
    return _full(name, KEPT[name].path)


@lru_cache(maxsize=2)
def _full(name: str, folder: Path) -> Collection:
    kept = KEPT[name]
    return _checked(kept, {file: (folder / file).read_bytes() for file in kept.files})


def _checked(kept: Kept, files: Mapping[str, bytes]) -> Collection:
    """The collection in the files Keras keeps; ValueError where it is not the expected one."""
    collection = from_npz(files["mnist.npz"]) if "mnist.npz" in files else from_idx(files)
    if collection.digest != kept.digest:
        raise ValueError(f"SHA-256 must be {kept.digest}, got {collection.digest}")
    return collection.sealed()


def fetch(
    name: str, progress: Progress | None = None, origins: Sequence[Origin] | None = None
) -> Path:
    """Get a full set into Keras' cache, if it is not there, and return the file or folder.

    The first of `origins` (ORIGINS[name]) that has the right arrays is taken. `progress` is told
    the bytes so far and the bytes in all, None where not known. FetchError where there is none.
    """
    kept = KEPT[name]
    place = kept.path / (kept.files[0] if len(kept.files) == 1 else "")
    try:
        full(name)
        return place
    except NO_ANSWER as error:
        absent = isinstance(error, FileNotFoundError)
        tried = [f"Keras' cache ({place}): {'not there' if absent else _reason(error)}"]
    for origin in ORIGINS[name] if origins is None else origins:
        try:
            files = origin.get(progress or _silent)
            _checked(kept, files)
        except NO_ANSWER as error:
            tried.append(f"{origin.label}: {_reason(error)}")
            continue
        try:
            write(kept.path, {file: files[file] for file in kept.files})
        except OSError as error:
            raise FetchError(
                f"The full {name} could not be kept in {kept.path}: {error}"
            ) from error
        return place
    raise FetchError(
        f"The full {name} could not be got. Tried:\n- "
        + "\n- ".join(tried)
        + f"\nPut {', '.join(kept.files)} into {kept.path} by hand, "
        f"or choose at most {BUNDLED:,} examples: these are there already."
    )


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _silent(done: int, total: int | None) -> None:
    pass


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files into a folder; each is there whole or not at all, whenever this is stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    whole = {folder / f".{name}.{uuid4().hex}": folder / name for name in files}
    try:
        for temporary, path in whole.items():
            temporary.write_bytes(files[path.name])
        for temporary, path in whole.items():
            os.replace(temporary, path)
    finally:
        for temporary in whole:
            temporary.unlink(missing_ok=True)
