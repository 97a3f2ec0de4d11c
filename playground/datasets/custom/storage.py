"""Storage of custom tables on the server's disk: a file each, and who has uploaded it.

`PLAYGROUND_TABLES` names the folder; by default it is in the user's cache. The least recently used
tables are deleted where there are too many.
"""

import hashlib
import os
import zlib
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

from playground.datasets.custom.table import NAME, Table, TableError, in_use, interned, read
from playground.datasets.download import write

MOST_TABLES = 500
MOST_BYTES = 500_000_000
LARGEST_FILE = 20_000_000
UNKNOWN_OWNER = "unknown"  # of a table from before owners were recorded

UNREADABLE = (OSError, ValueError, KeyError, TypeError, EOFError, zlib.error, BadZipFile)


def folder() -> Path:
    """The folder on this machine; it may not exist yet."""
    if chosen := os.environ.get("PLAYGROUND_TABLES"):
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = Path("~").expanduser()
    parent = Path(cache).expanduser() if os.access(home, os.W_OK) else Path("/tmp")
    return parent / "mlp-playground" / "tables"


def put(table: Table, owner: str = "") -> Table:
    """Store a table for `owner`; returns the one object of this table in this process.

    TableError where it cannot be stored.
    """
    place, path = folder(), _path(table.name)
    owners = _owners(table.name)
    if path.is_file() and not owners:
        owners = {UNKNOWN_OWNER}
    try:
        write(place, {path.name: table.archive()})
        _write_owners(table.name, owners | {_digest(owner)})
        _make_room(place, keep=table.name)
    except OSError as error:
        raise TableError(
            f"The table could not be kept on the server ({error.strerror or error}): ask whoever "
            f"runs it to make room in {place}."
        ) from error
    return interned(table)


def get(name: str) -> Table | None:
    """The table of this name, if it is in use or stored, whole and unchanged."""
    if not NAME.fullmatch(name):
        return None
    table = in_use(name)
    if table is not None:
        return table
    try:
        return interned(_recent(folder(), name))
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


def remove(name: str, owner: str = "") -> bool:
    """Remove `owner` from a table, and the table if nobody else has uploaded it.

    Returns whether the file is gone. Experiments that use the table keep it in memory.
    """
    if not NAME.fullmatch(name):
        return False
    others = _owners(name) - {_digest(owner)}
    if others:
        _write_owners(name, others)
        return False
    _recent.cache_clear()
    _delete(_path(name))
    return True


def _path(name: str) -> Path:
    return folder() / f"{name}.npz"


def _digest(owner: str) -> str:
    """An owner's id as it is stored: whoever reads the file cannot act as the owner."""
    return hashlib.sha256(owner.encode()).hexdigest()[:16]


def _owners(name: str) -> set[str]:
    try:
        return set(_path(name).with_suffix(".owners").read_text("utf-8").split())
    except (OSError, UnicodeDecodeError):
        return set()


def _write_owners(name: str, owners: set[str]) -> None:
    path = _path(name).with_suffix(".owners")
    write(path.parent, {path.name: "\n".join(sorted(owners)).encode()})


def _delete(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_suffix(".owners").unlink(missing_ok=True)


def _make_room(place: Path, keep: str) -> None:
    """Delete the least recently used tables until number and size are within their limits."""
    files = []
    for path in place.glob("own-*.npz"):
        try:
            stat = path.stat()
        except FileNotFoundError:  # another process makes room as well
            continue
        files.append((path.stem != keep, -stat.st_mtime, stat.st_size, path))
    total = 0
    for i, (_, _, size, path) in enumerate(sorted(files)):
        total += size
        if i and (i >= MOST_TABLES or total > MOST_BYTES):
            _delete(path)
