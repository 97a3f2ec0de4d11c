"""What a run is trained with: versions of Python and packages, and the number of threads."""

import os
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

THREADS = "PLAYGROUND_THREADS"  # of one TensorFlow operation; 0: TensorFlow decides
PACKAGES = ("keras", "tensorflow", "numpy", "mlp-playground")


def threads() -> int:
    """The number of threads of one TensorFlow operation, one by default; 0: TensorFlow decides."""
    return int(os.environ.get(THREADS, "1"))


@cache
def versions() -> dict[str, str]:
    """Package → version, and "threads"."""
    found = {"python": python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # not installed as a package, or workers elsewhere
            continue
    return found | {"threads": str(threads() or os.cpu_count() or 1)}
