"""Tables of one's own: what they are, where they are kept, and how experiments use them."""

import io
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from pydantic import ValidationError

from playground.datasets import load
from playground.datasets.custom import storage
from playground.datasets.custom import table as own
from playground.datasets.custom.table import (
    LARGEST,
    NAME,
    RANGE,
    Table,
    TableError,
    clean,
    distinct,
    painted,
    painted_points,
    points,
    read,
)
from playground.experiment.model import Data, Experiment, explain
from playground.experiment.url import decode, encode
from playground.nn.losses import CLASSIFICATION, REGRESSION

ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty shelf."""
    monkeypatch.setenv("PLAYGROUND_TABLES", str(tmp_path / "tables"))
    return tmp_path / "tables"


def table(seed: int = 0, rows: int = 50, features: int = 2, classes: int = 2, **of: Any) -> Table:
    rng = np.random.default_rng(seed)
    task = CLASSIFICATION if classes else REGRESSION
    y = np.arange(rows) % classes if classes else rng.normal(size=rows)
    values = {
        "label": "Mine", "description": "Own data", "task": task,
        "features": tuple(f"f{i}" for i in range(features)),
        "classes": tuple(f"c{i}" for i in range(classes)), "standardize": True,
        "x": rng.normal(size=(rows, features)).astype(np.float32),
        "y": y.astype(np.int32 if classes else np.float32),
    }  # fmt: skip
    return Table(**(values | of))


def test_a_table_is_named_by_what_it_holds() -> None:
    assert NAME.fullmatch(table().name)
    assert table() == table()
    others = [table(1), table(classes=3), table(classes=0), table(label="Yours"), table(rows=51)]
    assert len({table().name, *(other.name for other in others)}) == 6


@pytest.mark.parametrize(
    ("of", "kind"),
    [
        ({}, "plane"),
        ({"classes": 0}, "plane"),
        ({"classes": 3}, "table"),
        ({"features": 3}, "table"),
        ({"features": 1, "classes": 0}, "line"),
        ({"features": 1}, "table"),
        ({"x": np.eye(50, 2, dtype=np.float32)}, "table"),
    ],
)
def test_the_kind_follows_features_and_classes(of: dict[str, Any], kind: str) -> None:
    assert table(**of).source.kind == kind


def test_a_kept_table_comes_back_whole(folder: Path) -> None:
    name = storage.put(table()).name
    assert own.in_use(name) is None  # nobody holds it any more
    found = storage.get(name)
    assert found is not None
    assert found == table()
    assert found.x.tobytes() == table().x.tobytes()
    assert not found.x.flags.writeable
    assert storage.get(name) is found
    assert sorted(path.name for path in folder.iterdir()) == [f"{name}.npz", f"{name}.owners"]


def test_a_table_goes_when_its_last_owner_removes_it(folder: Path) -> None:
    name = storage.put(table(), "alice").name
    storage.put(table(), "bob")
    assert not storage.remove(name, "carol")
    assert not storage.remove(name, "alice")
    assert storage.get(name) == table()
    assert storage.remove(name, "bob")
    assert list(folder.iterdir()) == []
    text = " ".join(path.read_text("utf-8") for path in folder.glob("*.owners"))
    assert "alice" not in text


def test_a_table_stored_before_owners_were_recorded_is_not_removed_by_one_of_them(
    folder: Path,
) -> None:
    name = storage.put(table(), "alice").name
    (folder / f"{name}.owners").unlink()
    storage.put(table(), "bob")
    assert not storage.remove(name, "bob")
    (folder / f"{name}.owners").unlink()
    assert storage.remove(name, "alice")


OLD = "own-6b24147c7cdf28dabf2c1d7ec110cc3d"


def test_a_table_of_an_earlier_version_is_read_under_its_name() -> None:
    x = (np.arange(40, dtype=np.float32).reshape(20, 2) * 7) % 11
    y = (np.arange(20) % 2).astype(np.int32)
    meta = {
        "classes": ["no", "yes"], "description": "Own data: “y” from 2 columns",
        "features": ["a", "b"], "label": "Mine", "standardise": True, "task": CLASSIFICATION,
    }  # fmt: skip
    content = io.BytesIO()
    text = json.dumps(meta, ensure_ascii=False, sort_keys=True).encode()
    np.savez_compressed(content, meta=np.frombuffer(text, np.uint8), x=x, y=y)
    found = read(content.getvalue())
    assert found.name == OLD
    assert found.archive() == Table(**vars_of(found)).archive()
    assert (found.standardize, found.scale_target, found.unit) == (True, False, "")
    assert (found.n_test, found.source.train_size, found.source.validation_size) == (4, 13, 3)


def vars_of(of: Table) -> dict[str, Any]:
    return {name: getattr(of, name) for name in Table.__dataclass_fields__}


def test_a_regression_table_keeps_target_unit_and_scaling() -> None:
    mine = table(classes=0, scale_target=True, target="price", unit="€")
    again = read(mine.archive())
    assert again == mine
    assert (again.scale_target, again.target, again.unit) == (True, "price", "€")
    assert mine.name != table(classes=0).name
    x = mine.x.copy()
    x[3, 1] = np.nan
    assert np.isnan(read(table(classes=0, x=x).archive()).x[3, 1])


def test_whoever_holds_a_table_keeps_it_when_its_file_is_gone(folder: Path) -> None:
    held = storage.put(table(3))
    storage.remove(held.name)
    assert storage.get(held.name) is held
    name = held.name
    del held
    assert storage.get(name) is None


@pytest.mark.parametrize("name", ["", "own-", "own-" + "g" * 32, "../own", "own-" + "0" * 32, "é"])
def test_other_names_are_none(name: str) -> None:
    assert storage.get(name) is None
    storage.remove(name)


@pytest.mark.parametrize(
    "change",
    [
        {"x": np.full((50, 2), np.nan, np.float32)},
        {"x": np.full((50, 2), 2 * LARGEST, np.float32)},
        {"x": np.zeros((50, 3), np.float32)},
        {"x": np.zeros((50, 2))},
        {"y": np.zeros(50, np.int32)},
        {"y": np.full(50, 7, np.int32)},
        {"features": ("a", "a")},
        {"features": ("a", "")},
        {"features": ("a", 5)},
        {"classes": ("only",)},
        {"task": "magic"},
        {"label": "x" * 1_000},
    ],
)
def test_what_is_no_sound_table_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        table(**change)


def test_a_damaged_or_foreign_file_is_as_good_as_none(folder: Path) -> None:
    name = storage.put(table(4)).name
    path = folder / f"{name}.npz"
    for content in (b"", b"PK\x03\x04", path.read_bytes()[:-40], table(5).archive()):
        path.write_bytes(content)
        assert storage.get(name) is None
    with ZipFile(path, "w") as archive:
        archive.writestr("meta.npy", pickle.dumps(os.system))
    assert storage.get(name) is None


@settings(max_examples=30)
@given(strategies.binary(max_size=200))
def test_no_content_is_read_as_anything_but_a_table(content: bytes) -> None:
    with pytest.raises(storage.UNREADABLE):
        read(content)


def test_a_file_with_too_much_in_it_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, meta=np.zeros(1), x=np.zeros((3_000, 3_000)), y=np.zeros(1))
    with pytest.raises(ValueError, match="at most"):
        read(path.read_bytes())


def test_the_tables_used_longest_ago_make_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "MOST_TABLES", 3)
    names = []
    for seed in range(5):
        names.append(storage.put(table(10 + seed)).name)
        os.utime(folder / f"{names[-1]}.npz", (seed, seed))
    assert {path.stem for path in folder.glob("*")} == set(names[-3:])
    monkeypatch.setattr(storage, "MOST_BYTES", 1)
    name = storage.put(table(20)).name
    assert {path.stem for path in folder.iterdir()} == {name}


def test_a_shelf_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PLAYGROUND_TABLES", str(tmp_path / "file" / "tables"))
    with pytest.raises(TableError, match="could not be kept"):
        storage.put(table())


# In experiments.


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("features", [1, 2, 5])
def test_it_is_data_like_any_other(classes: int, features: int) -> None:
    mine = storage.put(table(classes=classes, features=features))
    experiment = Experiment().replace(dataset=mine.name, hidden=(4,))
    assert experiment.data.source is mine.source
    assert experiment.layer_sizes == (features, 4, classes if classes > 2 else 1)
    dataset = load(experiment.data)
    sizes = [len(part) for part in (dataset.train, dataset.validation, dataset.test)]
    assert sizes == [32, 8, 10]
    together = np.concatenate([dataset.train.x, dataset.validation.x, dataset.test.x])
    assert sorted(map(tuple, together)) == sorted(map(tuple, mine.x))


def test_its_link_leads_back_to_it() -> None:
    mine = storage.put(table())
    experiment = Experiment().replace(dataset=mine.name, epochs=7, train_size=20)
    assert f"dataset={mine.name}" in encode(experiment)
    decoded = decode(encode(experiment))
    assert decoded.problems == ()
    assert decoded.experiment == experiment


def test_a_link_to_a_table_that_is_gone_says_so_and_shows_the_usual_data() -> None:
    decoded = decode(f"dataset=own-{'0' * 32}&epochs=7")
    (problem,) = decoded.problems
    assert "dataset must be own data that this server still keeps" in problem
    assert decoded.experiment == Experiment().replace(epochs=7)
    with pytest.raises(ValidationError) as refused:
        Data(dataset=f"own-{'1' * 32}")
    assert "upload them again" in explain(refused.value)[0]


def test_an_experiment_holds_on_to_its_table() -> None:
    mine = storage.put(table(30))
    experiment = Experiment().replace(dataset=mine.name)
    name = mine.name
    del mine
    storage.remove(name)
    assert experiment.replace(epochs=3).data.source.label == "Mine"


def test_an_experiment_takes_its_table_along_to_a_machine_that_has_none(tmp_path: Path) -> None:
    experiment = Experiment().replace(dataset=storage.put(table(31)).name)
    script = (
        "import pickle, sys; from playground.datasets import load;"
        "e = pickle.loads(sys.stdin.buffer.read());"
        "e = e.replace(epochs=5); print(len(load(e.data).train), e.data.source.label)"
    )
    environment = os.environ | {"PLAYGROUND_TABLES": str(tmp_path / "nothing")}
    told = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(experiment), cwd=ROOT, env=environment,
        capture_output=True, check=True,
    )  # fmt: skip
    assert told.stdout.decode().split() == ["32", "Mine"]


# Names.

TEXTS = strategies.text(max_size=100) | strategies.text(alphabet="<>[]*_`$:#~/w.a ", max_size=20)


@given(TEXTS)
def test_a_clean_name_is_short_visible_and_no_markup(text: str) -> None:
    name = clean(text)
    assert len(name) <= 60
    assert name.isprintable()
    assert not set(name) & set("<>[]*`$~\\")
    assert "://" not in name
    assert "www." not in name.lower()


def test_a_usual_name_stays_as_it_is() -> None:
    for name in ("petal_length", "age (years)", "x²", "Größe", "a-b", "p = 0.5", "T-shirt/top"):
        assert clean(name) == name


@given(strategies.lists(TEXTS, max_size=30))
def test_distinct_names_are_distinct(names: list[str]) -> None:
    found = distinct(names)
    assert len(found) == len(names) == len(set(found))
    assert all(0 < len(name) <= 60 for name in found)


# Painted points.

PLACES = strategies.floats(-RANGE, RANGE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strategies.lists(strategies.tuples(PLACES, PLACES, strategies.integers(0, 1)), max_size=40))
def test_painted_points_are_a_table_if_there_are_enough(
    told: list[tuple[float, float, int]],
) -> None:
    found = points(json.loads(json.dumps(told)))
    kinds = [kind for *_, kind in told]
    if len(told) < 10 or min(kinds.count(0), kinds.count(1)) < 2:
        with pytest.raises(TableError, match="Paint at least 10 points"):
            painted(found)
        return
    mine = painted(found)
    assert mine.source.kind in ("plane", "table")  # a table where all lie on 0 or 1
    assert mine.x.tolist() == np.float32([point[:2] for point in told]).tolist()
    assert mine.y.tolist() == kinds
    again = painted_points(mine)
    assert np.allclose(again, told, atol=1e-3)


@pytest.mark.parametrize(
    "told",
    [
        None, 5, "12", {"list": []}, [[1, 2]], [[1, 2, 3]], [[1, 2, "0"]], [["1", 2, 0]],
        [[7, 0, 0]], [[float("nan"), 0, 0]], [[float("inf"), 0, 0]], [[True, 0, 0]], ["abc"],
        [[0, 0, 0.5]], [[0, 0, 0]] * 2_001, [None],
    ],
)  # fmt: skip
def test_what_is_no_list_of_points_is_refused(told: object) -> None:
    with pytest.raises(ValueError, match="painted point"):
        points(told)
