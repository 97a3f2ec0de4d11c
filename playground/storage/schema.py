"""The tables of the database of runs, and the connection to it by any SQLAlchemy URL."""

import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Engine,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlalchemy.schema import CreateColumn

from playground.nn.format import truncate
from playground.storage.records import StoreError

SCHEMA = 2  # version of the tables below
PATIENCE = 5  # seconds to wait for the server, or for others who write
RETRY = 5.0  # seconds until a database that could not be reached is tried again
VARIABLE = "PLAYGROUND_DATABASE_URL"

# Kinds of file systems of other machines.
NETWORK = {
    "9p", "afs", "cifs", "davfs", "drvfs", "fuse.davfs2", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
    "glusterfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "smb2", "smb3", "smbfs", "vboxsf",
    "vmhgfs", "webdav",
}  # fmt: skip

# What each kind of database calls the connection timeout.
WAIT = {"sqlite": "timeout", "postgresql": "connect_timeout", "mysql": "connect_timeout"}

tables = MetaData()

LONG = Text().with_variant(MEDIUMTEXT, "mysql")  # whose TEXT ends at 64 kB

SCHEMAS = Table("playground_schema", tables, Column("version", Integer, nullable=False))

GROUPS = Table(
    "playground_groups",
    tables,
    Column("number", Integer, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("owner", String(64), nullable=False),
    Column("tab", String(64), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("title", String(300), nullable=False),
    Column("plan", LONG, nullable=False),
    Column("created", Double, nullable=False),  # seconds since 1970
    Column("deleted", Double),
    Index("playground_groups_owner", "owner", "kind"),
)

RUNS = Table(  # what the list shows: rows are short
    "playground_runs",
    tables,
    Column("number", Integer, primary_key=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("owner", String(64), nullable=False),
    Column("tab", String(64), nullable=False),
    Column("group_id", String(32), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("label", String(200), nullable=False),
    Column("generated", String(300), nullable=False),  # name
    Column("named", String(200), nullable=False),  # by its owner; "": not
    Column("tags", Text, nullable=False),  # JSON
    Column("link", Text, nullable=False),
    Column("dataset", String(100), nullable=False),
    Column("task", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("process", String(200), nullable=False),  # that trains it
    Column("events", Integer, nullable=False),  # in the log, epochs among them
    Column("epoch", Integer, nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("loss", Double),
    Column("metric", Double),
    Column("val_loss", Double),
    Column("val_metric", Double),
    Column("best_metric", Double),
    Column("parameters", Integer, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("kept", BigInteger, nullable=False),  # bytes of weights
    Column("created", Double, nullable=False),  # seconds since 1970
    Column("written", Double, nullable=False),
    Column("deleted", Double),
    Column("share", String(32), unique=True),
    Column("note", Text, nullable=False),
    Column("compile_seconds", Double),
    Index("playground_runs_owner", "owner", "group_id"),
    Index("playground_runs_tab", "tab"),
)


def _of_run() -> Column[Any]:
    target = ForeignKey(RUNS.c.number, ondelete="CASCADE")
    return Column("run", Integer, target, primary_key=True)


def _position() -> Column[Any]:
    """Where in the log: epochs and other events count together."""
    return Column("position", Integer, primary_key=True, autoincrement=False)


DETAILS = Table(
    "playground_details",
    tables,
    _of_run(),
    Column("experiment", LONG, nullable=False),  # JSON
    Column("versions", Text, nullable=False),  # JSON
)

EPOCHS = Table(
    "playground_epochs",
    tables,
    _of_run(),
    _position(),
    Column("epoch", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("loss", Double),  # no number: it was not finite
    Column("metric", Double),
    Column("penalty", Double),
    Column("validated", Boolean, nullable=False),
    Column("val_loss", Double),
    Column("val_metric", Double),
    Column("val_penalty", Double),
    Column("learning_rate", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("layers", LargeBinary(4096), nullable=False),  # float64, (n_layers, 4)
    Column("compile_seconds", Double),
)

EVENTS = Table(
    "playground_events",
    tables,
    _of_run(),
    _position(),
    Column("kind", String(20), nullable=False),
    Column("body", Text, nullable=False),  # JSON
)

WEIGHTS = Table(
    "playground_weights",
    tables,
    _of_run(),
    Column("epoch", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("content", LargeBinary(2**26), nullable=False),
)

STATES = Table(  # from which training continues after a restart
    "playground_states",
    tables,
    _of_run(),
    Column("epoch", Integer, nullable=False),
    Column("events", Integer, nullable=False),  # in the log then
    Column("content", LargeBinary(2**26), nullable=False),
)

TEST_EVALUATIONS = Table(
    "playground_test_evaluations",
    tables,
    Column("number", Integer, primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("tab", String(64), nullable=False),
    Column("dataset", String(100), nullable=False),
    Column("network", String(64), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("loss", Double),
    Column("metric", Double),
    Column("penalty", Double),
    Index("playground_test_evaluations_tab", "tab"),
)

# Version → the columns that it adds to the tables of the version before.
NEW_COLUMNS = {2: (RUNS.c.compile_seconds, EPOCHS.c.compile_seconds)}


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that have equal columns in equal order."""
    if connection.dialect.paramstyle != "qmark":
        connection.execute(insert(table), rows)
        return
    # SQLite: half the time for the hundreds of epochs that a small network trains in a slice.
    connection.exec_driver_sql(
        _statement(table, tuple(rows[0])), [tuple(row.values()) for row in rows]
    )


@cache
def _statement(table: Table, names: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def database_url(environment: Mapping[str, str] = os.environ) -> str:
    """The URL in the environment, or that of a file in the user's data folder."""
    if given := environment.get(VARIABLE, "").strip():
        return given
    return f"sqlite:///{_data_folder(environment) / 'runs.sqlite'}"


def folder(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of a SQLite database, the user's data folder for any other; it may not exist."""
    try:
        url = make_url(database_url(environment))
    except SQLAlchemyError:
        return _data_folder(environment)
    is_file = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)).parent if is_file else _data_folder(environment)


def _data_folder(environment: Mapping[str, str]) -> Path:
    data = environment.get("XDG_DATA_HOME") or "~/.local/share"
    home = Path("~").expanduser()
    parent = Path(data).expanduser() if os.access(home, os.W_OK) else Path("/tmp")
    return parent / "mlp-playground"


class Database:
    """One database, connected to at first use; every method may be called from any thread.

    Every failure is a StoreError.
    """

    def __init__(self, url: str) -> None:
        self._given = url
        self._connecting = threading.Lock()
        self._engine: Engine | None = None
        self._failed: tuple[float, StoreError] | None = None
        self._write_lock: Any = nullcontext()
        self._memory = False

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with."""
        engine = self._open()
        with (
            self._errors(),
            self._write_lock if self._memory else nullcontext(),
            engine.connect() as connection,
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: at the end all of its changes are committed, or none."""
        engine = self._open()
        with self._errors(), self._write_lock, engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections; the next use opens new ones."""
        with self._connecting:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    # ---- connecting ----------------------------------------------------------------------

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreError(f"The database of runs gave an error: {_reason(error)}.") from error

    def _open(self) -> Engine:
        with self._connecting:
            if self._engine is not None:
                return self._engine
            if self._failed is not None and time.monotonic() < self._failed[0] + RETRY:
                raise StoreError(str(self._failed[1]))
            try:
                self._engine = self._connect()
            except StoreError as error:
                self._failed = time.monotonic(), error
                raise
            return self._engine

    def _connect(self) -> Engine:
        url = self._url()
        name, where = url.get_backend_name(), url.render_as_string(hide_password=True)
        options: dict[str, Any] = {"connect_args": {WAIT[name]: PATIENCE} if name in WAIT else {}}
        options["pool_pre_ping"] = name != "sqlite"  # a server may have closed a connection
        if name == "sqlite":
            self._write_lock = threading.RLock()  # fairer than waiting in SQLite
            self._memory = url.database in (None, "", ":memory:")
            if self._memory:
                options["poolclass"] = StaticPool
                options["connect_args"]["check_same_thread"] = False
        try:
            if name == "sqlite" and not self._memory:
                make_folder(Path(str(url.database)).parent)
            engine = create_engine(url, **options)
            if name == "sqlite":
                shared = self._memory or not is_on_network(Path(str(url.database)))
                event.listen(
                    engine, "connect", lambda connection, _: _configure(connection, shared)
                )
            self._create(engine, where)
        except (SQLAlchemyError, ImportError, OSError) as error:
            raise StoreError(
                f"The database of runs at {where} cannot be reached: {_reason(error)}."
            ) from error
        return engine

    def _url(self) -> URL:
        try:
            url = make_url(self._given)
            url.get_dialect()
        except (SQLAlchemyError, ImportError, ValueError, TypeError) as error:
            raise StoreError(
                f"{VARIABLE} must be a database URL such as sqlite:////folder/runs.sqlite or "
                f"postgresql://user@host/name, whose driver is installed: {_reason(error)}."
            ) from None
        return url

    def _create(self, engine: Engine, where: str) -> None:
        """Create missing tables and columns; StoreError for those of a newer version."""
        for last in (False, True):
            try:
                with self._write_lock, engine.begin() as connection:
                    tables.create_all(connection)
                    stored = connection.execute(select(SCHEMAS.c.version)).scalars().all()
                    if not stored:
                        connection.execute(insert(SCHEMAS).values(version=SCHEMA))
                    elif stored[0] in range(1, SCHEMA):
                        _migrate(connection, stored[0])
                break
            except SQLAlchemyError:  # another process may be doing it at this moment
                if last:
                    raise
                time.sleep(0.2)
        if stored and stored[0] not in range(1, SCHEMA + 1):
            engine.dispose()
            raise StoreError(
                f"The database of runs at {where} has tables of version {truncate(stored[0])}, "
                f"this program needs {SCHEMA}: give it another database by {VARIABLE}."
            )


def _migrate(connection: Connection, version: int) -> None:
    """Add what is missing from tables of an earlier version; their rows stay as they are."""
    for column in (c for v, columns in NEW_COLUMNS.items() if v > version for c in columns):
        table = column.table.name
        if column.name not in {
            existing["name"] for existing in inspect(connection).get_columns(table)
        }:
            definition = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {definition}")
    connection.execute(update(SCHEMAS).values(version=SCHEMA))


def make_folder(folder: Path) -> None:
    """Make a folder; a new one is accessible to its user only."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(stat.S_IRWXU)


def _configure(connection: Any, shared_memory: bool) -> None:
    """A search takes upper and lower case of all letters alike.

    With `shared_memory` readers do not wait for writers (WAL), which no network drive offers.
    """
    cursor = connection.cursor()
    modes = ("journal_mode = WAL", "synchronous = NORMAL")
    if shared_memory:
        try:
            for pragma in modes:
                cursor.execute(f"PRAGMA {pragma}")
        except sqlite3.OperationalError:  # a network drive that does not look like one
            shared_memory = False
    if not shared_memory:
        for pragma in ("journal_mode = DELETE", "synchronous = FULL"):
            cursor.execute(f"PRAGMA {pragma}")
    for pragma in ("foreign_keys = ON", "case_sensitive_like = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function("lower", 1, _lower, deterministic=True)


def is_on_network(path: Path) -> bool:
    """Whether a file lies on a drive of another machine."""
    try:
        mounted = psutil.disk_partitions(all=True)
    except OSError:  # a container may hide them
        return False
    drives = {Path(drive.mountpoint): drive for drive in mounted}
    drives = {mount: drive for mount, drive in drives.items() if mount in path.absolute().parents}
    if not drives:
        return False
    drive = drives[max(drives, key=lambda mount: len(mount.parts))]
    return drive.fstype.lower() in NETWORK or "remote" in drive.opts.split(",")


def place(environment: Mapping[str, str] = os.environ) -> str:
    """Where the runs lie, for a person: a file, or a URL without its password."""
    try:
        url = make_url(database_url(environment))
    except SQLAlchemyError:
        return f"no database: {VARIABLE} is no database URL"
    if url.get_backend_name() != "sqlite":
        return url.render_as_string(hide_password=True)
    if url.database in (None, "", ":memory:"):
        return "memory, until the server ends"
    on_network = is_on_network(Path(str(url.database)))
    return f"{url.database}{' (on a network drive, which is slower)' if on_network else ''}"


def _lower(text: Any) -> Any:
    return text.casefold() if isinstance(text, str) else text  # SQLite's own knows ASCII only


def _reason(error: Exception) -> str:
    """The first line of a driver's message."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    return (text if len(text) <= 200 else text[:199] + "…").rstrip(".")
