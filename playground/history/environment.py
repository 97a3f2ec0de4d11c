"""What a run is trained with: versions of packages, processor, number of threads."""

import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

THREADS = "PLAYGROUND_THREADS"  # of one TensorFlow operation; 0: TensorFlow decides
PACKAGES = ("keras", "tensorflow", "numpy", "mlp-playground")


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
def versions() -> dict[str, str]:
    """Package → version, "processor" and "threads"."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # not installed as a package, or workers elsewhere
            continue
    return found | {
        "processor": processor()[:100],
        "threads": str(threads() or os.cpu_count() or 1),
    }
