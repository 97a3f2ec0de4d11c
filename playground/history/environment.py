"""What a run is trained with: versions of packages, processor, number of threads."""

import contextlib
import ctypes
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

THREADS = "PLAYGROUND_THREADS"  # of one TensorFlow operation; 0: TensorFlow decides
PACKAGES = ("mlp-playground", "keras", "tensorflow", "numpy", "pandas", "scikit-learn")


def threads() -> int:
    """The number of threads of one TensorFlow operation, one by default; 0: TensorFlow decides."""
    return int(os.environ.get(THREADS, "1"))


def processor() -> str:
    """The processor and its widest vector instructions, on which the last digits depend."""
    name, vectors = platform.processor() or platform.machine(), ""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return name
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in fields.items()}
    flags = fields.get("flags", "").split()
    vectors = next((v for v in ("amx_tile", "avx512f", "avx2", "avx") if v in flags), "")
    return " ".join(filter(None, [fields.get("model name", name), vectors]))


@cache
def packages() -> dict[str, str]:
    """Python and PACKAGES → version, those that are installed."""
    installed = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:  # not installed as a package, or workers elsewhere
            continue
    return installed


@cache
def versions() -> dict[str, str]:
    """Package → version, "processor" and "threads"."""
    return packages() | {
        "processor": processor()[:100],
        "threads": str(threads() or os.cpu_count() or 1),
    }


def versions_text() -> str:
    """One line: "python 3.11.2 · mlp-playground 0.1.0 · keras 3.15.1 · …"."""
    return " · ".join(f"{name} {text}" for name, text in packages().items())


def snapshot_bytes() -> int:
    """Memory for snapshots and checkpoints, of the server and of every worker."""
    given = os.environ.get("PLAYGROUND_SNAPSHOT_MB", "") or "512"
    if not given.isdecimal() or not 16 <= int(given) <= 1_000_000:
        raise ValueError(f"PLAYGROUND_SNAPSHOT_MB must be between 16 and 1000000, got {given}")
    return int(given) * 2**20


@contextlib.contextmanager
def quiet_start() -> Iterator[None]:
    """Import TensorFlow inside: what its libraries log to standard error while they are loaded is
    shown only if the import fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    sys.stderr.flush()
    with tempfile.TemporaryFile() as captured:
        terminal = os.dup(2)
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except Exception:
            captured.seek(0)
            os.write(terminal, captured.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def return_free_memory() -> None:
    """Give what this process has freed back to the system, where its C library does not at once."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
