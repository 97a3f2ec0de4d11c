"""Saved runs: what was written is read again, by its owner only, whatever happens meanwhile."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, func, select, text, update
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from benchmarks.fixtures import fill
from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble, run_name
from playground.experiment.url import encode
from playground.history.events import (  # fmt: skip
    Diverged,
    Epoch,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    LayerStatistics,
    Score,
    WeightsLoaded,
)
from playground.nn.network import Snapshot
from playground.storage.query import RunQuery, process
from playground.storage.records import SavedState, StoreError
from playground.storage.schema import (
    DETAILS,
    EPOCHS,
    EVENTS,
    GROUPS,
    RUNS,
    SCHEMA,
    SCHEMAS,
    WEIGHTS,
    database_url,
    place,
    tables,
)
from playground.storage.store import Store

ME, YOU = "0" * 32, "1" * 32
IRIS = Experiment().replace(dataset="iris", hidden=(8,), epochs=20)


def epoch(number: int, accuracy: float = 0.5, loss: float | None = None) -> Epoch:
    layers = tuple(LayerStatistics(0.1 / number, 1.0, 1e-3, dead) for dead in (0.25, None))
    score = Score(1 / number if loss is None else loss, accuracy, 0.125)
    train = Score(0.9 / number, accuracy, 0.25)
    return Epoch(number, 4 * number, train, score, 0.01, 0.002, layers, 0.25 if number == 1 else 0)


def weights(experiment: Experiment = IRIS, at: int = 0, seed: int = 0) -> Snapshot:
    random = np.random.default_rng(seed + at)
    sizes = experiment.layer_sizes
    arrays: list[Any] = []
    for n_in, n_out in pairwise(sizes):
        arrays += [random.normal(size=(n_in, n_out)), random.normal(size=n_out)]
    return assemble(experiment, at, [array.astype(np.float32) for array in arrays])


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'folder' / 'runs.sqlite'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    yield made
    made.database.close()


def begun(store: Store, owner: str = ME, n: int = 3, **how: Any) -> str:
    id = store.create_run(owner, IRIS, **how)
    store.log_events(id, IRIS, [epoch(i) for i in range(1, n + 1)], "paused", n)
    return id


def test_a_run_is_read_as_it_was_written(store: Store) -> None:
    id = store.create_run(ME, IRIS, label="Adam")
    log: list[Event] = [
        epoch(1), epoch(2), HyperparametersChanged(2, "learning_rate", 0.01, 0.02), epoch(3),
        ExamplesAdded(3, 9),
        Finished(3, True, None, False, "target"), WeightsLoaded(3),
        Diverged(4, 17, "Try less."), Finished(4, True, 2, True),
    ]  # fmt: skip
    changed = IRIS.replace(learning_rate=0.02)
    store.log_events(id, IRIS, log[:2], "playing", 2)
    store.log_events(id, changed, log[2:], "finished", 3)
    saved = store.get(id, ME)
    assert list(saved.events) == log
    assert saved.experiment == changed
    assert saved.versions.keys() >= {"python", "numpy", "keras", "tensorflow", "threads"}
    line = saved.row
    assert (line.id, line.label, line.state, line.epoch) == (id, "Adam", "finished", 3)
    assert line.link == encode(changed)
    assert line.name == run_name(changed)
    assert (line.loss, line.val_loss) == (pytest.approx(0.3), pytest.approx(1 / 3))
    assert line.seconds == pytest.approx(0.006)
    assert line.compile_seconds == 0.25
    assert line.parameters == 4 * 8 + 8 + 8 * 3 + 3
    assert store.list_runs(ME) == [line]


def test_the_log_can_be_cut_and_goes_on_from_there(store: Store) -> None:
    id = store.create_run(ME, IRIS)
    store.log_events(id, IRIS, [epoch(1, 0.9), epoch(2, 0.95), epoch(3, 0.1)], "paused", 3)
    assert store.get(id, ME).row.best_metric == 0.95
    store.log_events(id, IRIS, [ExamplesAdded(1, 5), epoch(2, 0.4)], "paused", 2, at=1)
    saved = store.get(id, ME)
    assert list(saved.events) == [epoch(1, 0.9), ExamplesAdded(1, 5), epoch(2, 0.4)]
    assert (saved.row.best_metric, saved.row.metric) == (0.9, 0.4)
    assert saved.row.seconds == pytest.approx(0.004)
    store.log_events(id, IRIS, [], "paused", 0, at=0)
    assert len(store.get(id, ME).events) == 0


def test_the_last_validation_score_stays_after_epochs_without_one(store: Store) -> None:
    def blind(number: int) -> Epoch:
        return replace(epoch(number, 0.3), validation=None)

    def shown() -> tuple[float | None, float | None, float | None]:
        row = store.list_runs(ME)[0]
        return row.metric, row.val_metric, row.best_metric

    id = store.create_run(ME, IRIS)
    store.log_events(id, IRIS, [blind(1)], "playing", 1)
    assert shown() == (0.3, None, None)
    log = [blind(1), epoch(2, 0.9), epoch(3, 0.5), blind(4)]
    store.log_events(id, IRIS, log[1:], "playing", 4)
    assert shown() == (0.3, 0.5, 0.9)
    store.log_events(id, IRIS, [blind(5)], "playing", 5)
    assert shown() == (0.3, 0.5, 0.9)
    store.log_events(id, IRIS, [blind(3)], "paused", 3, at=2)
    assert shown() == (0.3, 0.9, 0.9)
    assert list(store.get(id, ME).events) == [*log[:2], blind(3)]


def test_scores_that_are_no_numbers_come_back_as_such(store: Store) -> None:
    id = store.create_run(ME, IRIS)
    store.log_events(id, IRIS, [epoch(1, loss=math.inf), epoch(2, math.nan)], "playing", 2)
    first, second = store.get(id, ME).events
    assert isinstance(first, Epoch)
    assert isinstance(second, Epoch)
    assert first.validation is not None
    assert math.isnan(first.validation.loss)
    assert math.isnan(second.train.metric)
    assert store.list_runs(ME)[0].best_metric == 0.5


def test_weights_are_kept_to_the_last_bit(store: Store) -> None:
    id = begun(store)
    kept = [weights(at=at) for at in (0, 2, 3)]
    store.save_checkpoints(id, kept[:2])
    store.save_checkpoints(id, kept[2:], keep=[0])
    assert store.get(id, ME).checkpoints == (0, 3)
    for wanted, snapshot in ((0, kept[0]), (2, kept[0]), (3, kept[2]), (99, kept[2])):
        found = store.snapshot(id, ME, wanted)
        assert found.epoch == snapshot.epoch
        assert [layer.activation for layer in found.layers] == ["relu", "softmax"]
        for one, other in zip(found.weights, snapshot.weights, strict=True):
            assert np.array_equal(one, other)


def test_a_state_is_kept_and_one_of_an_earlier_version_is_none(store: Store) -> None:
    id, state = begun(store), SavedState(3, 3, b"PK\x03\x04 an archive")
    store.save_state(id, state)
    assert store.state(id, ME) == state
    assert store.state(id, YOU) is None
    store.save_state(id, SavedState(3, 3, b"a" * 43 + b"\x80\x05 signed and pickled"))
    assert store.state(id, ME) is None
    store.save_state(id, None)
    assert store.state(id, ME) is None


def test_nobody_sees_the_runs_of_another(store: Store) -> None:
    mine = begun(store)
    store.save_checkpoints(mine, [weights()])
    store.create_group(ME, "race", "A race", "{}")
    assert store.list_runs(YOU) == []
    assert store.groups(YOU) == []
    for owner, id in ((YOU, mine), (ME, "f" * 32), (ME, ""), ("", mine)):
        for ask in (
            lambda o, i: store.get(i, o),
            lambda o, i: store.snapshot(i, o, 0),
            lambda o, i: store.rename(i, o, "x"),
            lambda o, i: store.set_note(i, o, "x"),
            lambda o, i: store.set_tags(i, o, ["x"]),
            lambda o, i: store.delete([i], o),
            lambda o, i: store.restore([i], o),
            lambda o, i: store.share(i, o),
            lambda o, i: store.shared(i),
        ):
            with pytest.raises(LookupError):
                ask(owner, id)
    assert store.list_runs(ME)[0].name == run_name(IRIS)


def test_a_token_shows_one_run_and_can_be_made_worthless(store: Store) -> None:
    one, other = begun(store), begun(store)
    store.save_checkpoints(one, [weights(at=2)])
    token = store.share(one, ME)
    assert store.share(one, ME) == token != store.share(other, ME)
    assert list(store.shared(token).events) == list(store.get(one, ME).events)
    store.unshare(one, ME)
    with pytest.raises(LookupError):
        store.shared(token)
    token = store.share(one, ME)
    store.delete([one], ME)
    with pytest.raises(LookupError):
        store.shared(token)


def test_what_is_deleted_can_be_restored(store: Store) -> None:
    runs = [begun(store) for _ in range(3)]
    store.delete(runs[:2], ME)
    assert [line.id for line in store.list_runs(ME)] == runs[2:]
    with pytest.raises(LookupError):
        store.get(runs[0], ME)
    store.restore(runs[:1], ME)
    assert [line.id for line in store.list_runs(ME)] == [runs[2], runs[0]]
    with pytest.raises(LookupError):  # all or nothing
        store.delete([runs[2], "f" * 32], ME)
    assert len(store.list_runs(ME)) == 2


def test_what_was_deleted_a_day_ago_is_gone(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr("playground.storage.store.RETENTION_INTERVAL", 1)
    old, new = begun(store), begun(store)
    store.delete([old], ME)
    with store.database.writing() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == old).values(deleted=1.0))
    store.delete([new], ME)
    begun(store)
    with pytest.raises(LookupError):
        store.restore([old], ME)
    store.restore([new], ME)
    with store.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(EPOCHS)).scalar() == 6


def test_the_oldest_plain_runs_make_room(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr("playground.storage.store.RETENTION_INTERVAL", 1)
    monkeypatch.setattr("playground.storage.retention.MAX_RUNS", 3)
    runs = [begun(store) for _ in range(3)]
    store.set_note(runs[0], ME, "remember this one")
    theirs = begun(store, YOU)
    runs.append(begun(store))
    assert [line.id for line in store.list_runs(ME)] == [runs[3], runs[2], runs[0]]
    assert [line.id for line in store.list_runs(YOU)] == [theirs]


def test_the_weights_of_the_oldest_runs_make_room(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr("playground.storage.store.RETENTION_INTERVAL", 1)
    monkeypatch.setattr("playground.storage.retention.MAX_WEIGHT_BYTES", 3 * weights().nbytes)
    runs = [begun(store) for _ in range(4)]
    for run in runs:
        store.save_checkpoints(run, [weights(at=3)])
    begun(store)
    assert [store.get(run, ME).checkpoints for run in runs] == [(), (3,), (3,), (3,)]
    with pytest.raises(LookupError, match="no weights"):
        store.snapshot(runs[0], ME, 3)


def test_names_notes_and_tags(store: Store) -> None:
    id = begun(store)
    store.rename(id, ME, "  my <b>best</b>\n run ")
    store.set_note(id, ME, "a $x$ *note*")
    store.set_tags(id, ME, ["good", " good ", "", "two  words"])
    line = store.list_runs(ME)[0]
    assert (line.name, line.note) == ("my <b>best</b> run", "a $x$ *note*")
    assert line.tags == ("good", "two words")
    store.rename(id, ME, "")
    assert store.list_runs(ME)[0].name == run_name(IRIS)


def test_what_is_too_long_is_refused_and_changes_nothing(store: Store) -> None:
    id = begun(store)
    before = store.list_runs(ME)
    with pytest.raises(ValueError, match="name must be at most 200 characters, got 201"):
        store.rename(id, ME, "x" * 201)
    with pytest.raises(ValueError, match="note must be at most 10,000 characters, got 10,001"):
        store.set_note(id, ME, "x" * 10_001)
    with pytest.raises(ValueError, match="tags must be at most 20, got 21"):
        store.set_tags(id, ME, [str(i) for i in range(21)])
    with pytest.raises(ValueError, match="a tag must be at most 50 characters, got 51"):
        store.set_tags(id, ME, ["x" * 51])
    with pytest.raises(ValueError, match="name must be text"):
        store.rename(id, ME, "a\x00b")
    with pytest.raises(ValueError, match="note must be text"):
        store.set_note(id, ME, "half a letter: \ud83d")
    assert store.list_runs(ME) == before


def test_groups_hold_runs_together(store: Store) -> None:
    race = store.create_group(ME, "race", "Optimizers", '{"seeds": 3}', tab="t")
    store.create_group(ME, "sweep", "Rates", "")
    runs = [begun(store, kind="race", group=race, label=name) for name in ("sgd", "adam")]
    begun(store)
    assert [line.label for line in store.list_runs(ME, RunQuery(group=race))] == ["adam", "sgd"]
    assert {line.id for line in store.list_runs(ME, RunQuery(group=race))} == set(runs)
    assert [group.title for group in store.groups(ME)] == ["Rates", "Optimizers"]
    assert [group.title for group in store.groups(ME, "race", tab="t")] == ["Optimizers"]
    assert store.groups(ME, tab="another") == []
    assert store.groups(ME, "race")[0].plan == '{"seeds": 3}'


def test_old_groups_without_runs_go(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr("playground.storage.store.RETENTION_INTERVAL", 1)
    old = [store.create_group(ME, "race", name, "") for name in ("empty", "full")]
    begun(store, group=old[1])
    with store.database.writing() as connection:
        connection.execute(update(GROUPS).values(created=1.0))
    new = store.create_group(ME, "race", "new", "")
    begun(store)
    assert [group.id for group in store.groups(ME)] == [new, old[1]]


def test_the_last_run_of_a_tab_is_found(store: Store) -> None:
    assert store.last(ME, "tab") is None
    begun(store, tab="tab")
    newest = begun(store, tab="tab")
    begun(store, tab="tab", kind="race")
    begun(store, YOU, tab="tab")
    found = store.last(ME, "tab")
    assert found is not None
    assert found.id == newest


# ---- several processes -------------------------------------------------------------------


def test_two_stores_write_into_one_file_at_once(url: str) -> None:
    stores = [Store(url) for _ in range(4)]
    owners = [str(i) * 32 for i in range(4)]

    def work(store: Store, owner: str) -> None:
        for _ in range(5):
            id = store.create_run(owner, IRIS)
            for i in range(1, 6):
                store.log_events(id, IRIS, [epoch(i)], "playing", i)

    threads = [Thread(target=work, args=pair) for pair in zip(stores, owners, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for owner in owners:
        assert [line.epoch for line in stores[0].list_runs(owner)] == [5] * 5
    for store in stores:
        store.database.close()


READER = """
import sys
from playground.storage.store import Store
store = Store(sys.argv[1])
line = store.list_runs("0" * 32)[0]
print(line.epoch, line.state, len(store.get(line.id, "0" * 32).events))
"""


def test_another_process_reads_while_this_one_writes(store: Store, url: str) -> None:
    id = begun(store)
    with store.database.writing() as connection:  # not over yet
        connection.execute(update(RUNS).where(RUNS.c.id == id).values(epoch=99))
        command = [sys.executable, "-c", READER, url]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert printed.stdout.split() == ["3", "paused", "3"]


def test_a_run_whose_server_is_gone_is_interrupted(store: Store) -> None:
    id = store.create_run(ME, IRIS)
    store.log_events(id, IRIS, [epoch(1)], "playing", 1)

    def state(**values: Any) -> str:
        with store.database.writing() as connection:
            if values:
                connection.execute(update(RUNS).where(RUNS.c.id == id).values(**values))
        return store.list_runs(ME)[0].state

    host = process().split()[0]
    assert state() == "playing"
    assert state(process=f"{host} 999999999 1") == "interrupted"
    assert state(process=f"{host} {os.getpid()} 1") == "interrupted"  # the number is used again
    assert state(process="elsewhere 999999999 1") == "playing"  # as far as one can tell from here
    assert state(written=time.time() - 100) == "interrupted"
    assert state(state="finished") == "finished"
    store.log_events(id, IRIS, [], "playing", 1)
    assert state() == "playing"


# ---- what goes wrong ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "PLAYGROUND_DATABASE_URL must be a database URL such as"),
        ("nosuch://here/db", "PLAYGROUND_DATABASE_URL must be a database URL such as"),
        ("sqlite:////proc/nowhere/runs.sqlite", "cannot be reached"),
        ("sqlite:////proc/version", "cannot be reached"),
    ],
)
def test_a_wrong_url_is_said_in_one_sentence(url: str, says: str) -> None:
    store = Store(url)  # what uses it says it, not what makes it
    for _ in range(2):
        with pytest.raises(StoreError, match=says) as caught:
            store.list_runs(ME)
        assert "\n" not in str(caught.value)


def test_a_password_is_not_told() -> None:
    with pytest.raises(StoreError) as caught:
        Store("sqlite://me:secret@host/x").list_runs(ME)
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "runs.sqlite").write_bytes(b"something else" * 1000)
    with pytest.raises(StoreError, match="file is not a database"):
        Store(f"sqlite:///{tmp_path / 'runs.sqlite'}").list_runs(ME)


def test_tables_of_another_version_are_left_alone(store: Store, url: str) -> None:
    begun(store)
    with store.database.writing() as connection:
        connection.execute(update(SCHEMAS).values(version=99))
    other = Store(url)
    with pytest.raises(StoreError, match=r"tables of version 99, this program needs 2"):
        other.list_runs(ME)
    other.database.close()


def test_tables_of_version_1_get_the_columns_they_lack(store: Store, url: str) -> None:
    id = begun(store)
    with store.database.writing() as connection:
        for table in ("playground_runs", "playground_epochs"):
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN compile_seconds"))
        connection.execute(update(SCHEMAS).values(version=1))
    stores = [Store(url) for _ in range(3)]
    threads = [Thread(target=each.list_runs, args=(ME,)) for each in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    again = stores[0]
    assert [event.epoch for event in again.get(id, ME).events] == [1, 2, 3]
    again.log_events(id, IRIS, [replace(epoch(4), compile_seconds=0.5)], "paused", 4)
    assert again.list_runs(ME)[0].compile_seconds == 0.5
    with again.database.reading() as connection:
        assert connection.execute(select(SCHEMAS.c.version)).scalars().all() == [SCHEMA]
    for each in stores:
        each.database.close()


def test_the_folder_is_for_its_user_alone(store: Store, url: str) -> None:
    begun(store)
    folder = Path(url.removeprefix("sqlite:///")).parent
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("drive", ["nfs4", "tmpfs"])
def test_on_a_network_drive_the_database_does_without_shared_memory(
    drive: str, store: Store, url: str, tmp_path: Path, monkeypatch: Any
) -> None:
    mounts = [SimpleNamespace(mountpoint="/", fstype="ext4", opts="rw")]
    mounts.append(SimpleNamespace(mountpoint=str(tmp_path), fstype=drive, opts="rw,noatime"))
    monkeypatch.setattr("psutil.disk_partitions", lambda all: mounts)
    begun(store)
    with store.database.reading() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    assert mode == ("delete" if drive == "nfs4" else "wal")
    said = place({"PLAYGROUND_DATABASE_URL": url})
    assert said.startswith(url.removeprefix("sqlite:///"))
    assert said.endswith("(on a network drive, which is slower)") == (drive == "nfs4")


def test_where_runs_lie_is_told_without_a_password() -> None:
    told = place({"PLAYGROUND_DATABASE_URL": "postgresql://me:secret@host/runs"})
    assert told == "postgresql://me:***@host/runs"


def test_the_usual_place_is_the_users_data_folder(tmp_path: Path) -> None:
    data = {"XDG_DATA_HOME": str(tmp_path)}
    assert database_url(data) == f"sqlite:///{tmp_path}/mlp-playground/runs.sqlite"
    assert database_url(data | {"PLAYGROUND_DATABASE_URL": " x://y "}) == "x://y"


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (DETAILS, {"experiment": "{"}),
        (DETAILS, {"experiment": '{"data": {"dataset": "nowhere"}}'}),
        (EPOCHS, {"layers": b"123"}),
        (EPOCHS, {"layers": b""}),
        (EPOCHS, {"loss": "much"}),
        (EPOCHS, {"epoch": 1}),
        (EPOCHS, {"step": -1}),
        (EVENTS, {"kind": "unknown"}),
        (EVENTS, {"body": '{"epoch": "many"}'}),
        (EVENTS, {"position": 77}),
    ],
)
def test_a_damaged_run_is_said_and_the_others_stay(
    store: Store, table: Any, values: dict[str, Any]
) -> None:
    good = begun(store)
    bad = store.create_run(ME, IRIS)
    log = [epoch(1), epoch(2), HyperparametersChanged(2, "learning_rate", 0.1, 0.2)]
    store.log_events(bad, IRIS, log, "paused", 2)
    number = select(RUNS.c.number).where(RUNS.c.id == bad).scalar_subquery()
    sql = update(table).where(table.c.run == number).values(**values)
    with store.database.writing() as connection:
        # not by the table's types: damage need not keep to them
        names = ", ".join(f"{name} = :{name}" for name in values)
        run = connection.execute(select(RUNS.c.number).where(RUNS.c.id == bad)).scalar()
        connection.execute(
            text(f"UPDATE {sql.table} SET {names} WHERE run = :of"), values | {"of": run}
        )
    with pytest.raises(StoreError, match="This run cannot be read"):
        store.get(bad, ME)
    assert len(store.list_runs(ME)) == 2
    assert len(store.get(good, ME).events) == 3


@pytest.mark.parametrize("column", ["created", "epoch", "link", "tags", "loss"])
def test_a_damaged_row_can_still_be_deleted(store: Store, column: str) -> None:
    id = begun(store)
    with store.database.writing() as connection:
        connection.execute(
            text(f"UPDATE playground_runs SET {column} = :bad"), {"bad": b"\xff\x00"}
        )
    assert len(store.list_runs(ME)) == 1
    store.delete([id], ME)
    assert store.list_runs(ME) == []


def test_damaged_weights_are_not_shown(store: Store) -> None:
    id = begun(store)
    store.save_checkpoints(id, [weights(at=3)])
    for bad in (b"", b"\x00" * 7, np.full(weights().n_parameters, np.nan, "<f4").tobytes()):
        with store.database.writing() as connection:
            connection.execute(update(WEIGHTS).values(content=bad))
        with pytest.raises(StoreError, match="Saved weights must"):
            store.snapshot(id, ME, 3)


def test_weights_that_are_not_finite_are_not_kept(store: Store) -> None:
    id, good = begun(store), weights(at=1)
    store.save_checkpoints(id, [good, good.with_weights([w * np.nan for w in good.weights])])
    assert store.get(id, ME).checkpoints in ((), (1,))
    with pytest.raises(LookupError):
        store.save_checkpoints("f" * 32, [good])
    with pytest.raises(LookupError):
        store.log_events("f" * 32, IRIS, [epoch(1)], "playing", 1)


# ---- many --------------------------------------------------------------------------------


def test_a_page_of_ten_thousand_runs_is_one_statement_on_short_rows(store: Store) -> None:
    fill(store, ME, 10_000, epochs=1)
    fill(store, YOU, 10, epochs=1)
    statements: list[str] = []
    with store.database.reading() as connection:
        event.listen(connection.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    query = RunQuery(text="SEED fashion", order="best")
    began = time.perf_counter()
    rows = store.list_runs(ME, query, limit=100, offset=200)
    assert time.perf_counter() - began < 2  # about 0.1 on an idle machine
    assert len({row.id for row in rows}) == 100
    (statement,) = statements
    assert "playground_epochs" not in statement
    assert "LIMIT" in statement
    assert store.count(ME, query) == len(store.list_runs(ME)) == 10_000
    own = f"SELECT * FROM playground_runs WHERE owner = '{'0' * 64}' AND deleted IS NULL"
    with store.database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {own}").all()
    assert any("playground_runs_owner" in str(row) for row in plan)


@pytest.mark.parametrize("dialect", [postgresql, mysql, sqlite])
def test_the_tables_can_be_made_in_other_databases(dialect: Any) -> None:
    for table in tables.sorted_tables:
        made = str(CreateTable(table).compile(dialect=dialect.dialect()))
        assert table.name in made
        assert "TEXT(" not in made  # PostgreSQL knows no length of a text
        for index in table.indexes:
            assert table.name in str(CreateIndex(index).compile(dialect=dialect.dialect()))


def test_runs_can_be_kept_in_memory_only() -> None:
    store = Store("sqlite://")
    ids: list[str] = []
    thread = Thread(target=lambda: ids.append(begun(store)))
    thread.start()
    thread.join()
    assert [line.id for line in store.list_runs(ME)] == ids
    store.database.close()
