"""Where tables of one's own are kept on the server's disk, each under its own name.

`PLAYGROUND_TABLES` names the folder; usually it is in the user's cache. What has not been used for
longest makes room for new tables.
"""

import os
import zlib
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

from playground.datasets.custom.table import NAME, Table, TableError, held, in_use, read
from playground.datasets.download import write

MOST_TABLES = 500
MOST_BYTES = 500_000_000
LARGEST_FILE = 20_000_000

UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error, BadZipFile)


def folder() -> Path:
    """The folder on this machine; it may not exist yet."""
    if chosen := os.environ.get("PLAYGROUND_TABLES"):
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = Path("~").expanduser()
    usual = Path(cache).expanduser() if os.access(home, os.W_OK) else Path("/tmp")
    return usual / "mlp-playground" / "tables"


def put(table: Table) -> Table:
    """Keep a table, and make room for it; returns the object that stands for it in this process.

    TableError where it cannot be kept.
    """
    content, place = table.archive(), folder()
    try:
        write(place, {f"{table.name}.npz": content})
        _make_room(place, keep=table.name)
    except OSError as error:
        raise TableError(
            f"The table could not be kept on the server ({error.strerror or error}): ask whoever "
            f"runs it to make room in {place}."
        ) from error
    return held(table)


def get(name: str) -> Table | None:
    """The table of this name, if it is in use or on the shelf, whole and unchanged."""
    if not NAME.fullmatch(name):
        return None
    table = in_use(name)
    if table is not None:
        return table
    try:
        return held(_recent(folder(), name))
    except UNREADABLE:
        return None


@lru_cache(maxsize=4)
def _recent(place: Path, name: str) -> Table:
    path = place / f"{name}.npz"
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"a table must have at most {LARGEST_FILE:,} bytes")
    table = read(path.read_bytes())
    if table.name != name:
        raise ValueError(f"the table must be {name}, got {table.name}")
    os.utime(path)
    return table


def remove(name: str) -> None:
    """Take a table off the shelf; whoever uses it just now keeps it until then."""
    if NAME.fullmatch(name):
        _recent.cache_clear()
        (folder() / f"{name}.npz").unlink(missing_ok=True)


def _make_room(place: Path, keep: str) -> None:
    """Remove what was used longest ago, until number and size are within their limits."""
    kept = []
    for path in place.glob("own-*.npz"):
        try:
            found = path.stat()
        except FileNotFoundError:  # somebody else makes room as well
            continue
        kept.append((path.stem != keep, -found.st_mtime, found.st_size, path))
    size = 0
    for i, (_, _, each, path) in enumerate(sorted(kept)):
        size += each
        if i and (i >= MOST_TABLES or size > MOST_BYTES):
            path.unlink(missing_ok=True)
