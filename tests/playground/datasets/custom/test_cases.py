"""Files as people have them: each is read as its author meant it, and can be trained on."""

from pathlib import Path

import numpy as np
import pytest

from playground.datasets import load
from playground.datasets.custom import storage
from playground.datasets.custom.columns import PreparedTable, prepare
from playground.datasets.custom.csv_reader import Sheet, read
from playground.datasets.custom.roles import default_choice
from playground.experiment.model import Experiment
from playground.nn.losses import CLASSIFICATION, REGRESSION

CASES = Path(__file__).parent / "cases"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_TABLES", str(tmp_path))


def sheet(name: str) -> Sheet:
    (path,) = CASES.glob(f"{name}.*")
    return read(path.read_bytes())


def prepared(name: str) -> PreparedTable:
    of = sheet(name)
    return prepare(of, default_choice(of))


def notes(name: str) -> str:
    return " ".join((*sheet(name).notes, *prepared(name).notes))


@pytest.mark.parametrize(
    ("name", "rows", "features", "classes"),
    [
        ("title_above_header", 24, ("height", "weight"), ("no", "yes")),
        ("sep_line", 16, ("length",), ("round", "square")),
        ("comment_above_header", 20, ("t", "light"), ("off", "on")),
        ("no_header_text_class", 30, ("column 1", "column 2"), ("kind-a", "kind-b", "kind-c")),
        ("units", 20, ("length (cm)", "width (cm)"), ("a", "b")),
        ("frame_index", 30, ("x",), ("hi", "lo")),
        ("x_y_colour", 30, ("x", "y"), ("blue", "red")),
        ("plus_minus_target", 30, ("f1", "f2"), ("+", "−")),
        ("none_is_a_class", 60, ("age", "dust"), ("mild", "none", "strong")),
        ("and_truth_table", 4, ("a", "b"), ("0", "1")),
        ("imbalanced", 100, ("t", "p"), ("healthy", "ill")),
        ("gbk", 24, ("身高", "体重"), ("否", "是")),
        ("spaces", 20, ("x", "y"), ("a", "b")),
        ("duplicate_headers", 20, ("score", "score (2)"), ("no", "yes")),
        ("dates", 40, ("day (days since 2025-01-01)", "visitors"), ("no", "yes")),
        ("level_order", 30, ("points",), ("level 1", "level 2", "level 10")),
    ],
)
def test_classification(
    name: str, rows: int, features: tuple[str, ...], classes: tuple[str, ...]
) -> None:
    table = prepared(name).table
    assert table.task == CLASSIFICATION
    assert (len(table.y), table.features, table.classes) == (rows, features, classes)
    experiment = Experiment().replace(dataset=storage.put(table).name)
    assert np.isfinite(load(experiment.data).train.x).all()


@pytest.mark.parametrize(
    ("name", "target", "unit", "features"),
    [
        ("currency_percent", "price", "＄", ("area", "rate (%)")),
        ("euro_decimal_comma", "Miete", "€", ("Fläche",)),
    ],
)
def test_regression(name: str, target: str, unit: str, features: tuple[str, ...]) -> None:
    table = prepared(name).table
    assert (table.task, table.target, table.unit) == (REGRESSION, target, unit)
    assert table.features == features


def test_titanic_like() -> None:
    table = prepared("titanic_like").table
    assert table.features == (
        "Pclass", "Sex = female", "Sex = male", "Age", "Fare", "Embarked = C", "Embarked = Q",
        "Embarked = S",
    )  # fmt: skip
    assert table.classes == ("0", "1")
    text = notes("titanic_like")
    assert "Target: “Survived”, because this is a usual name of a target." in text
    assert "“PassengerId” is left out: it numbers the rows." in text
    assert "“Name” is left out: it holds 60 different texts" in text
    assert "28 gaps are filled with the median of the training rows" in text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("title_above_header", "Line 1, “Class 7b, autumn”, above the header: left out."),
        ("sep_line", "Line 1, “sep=;”, names the separator and is left out."),
        ("comment_above_header", "Lines 1 to 2 above the table: left out as comment."),
        ("no_header_text_class", "Line 1 is a row of values: the table has no header."),
        ("frame_index", "“column 1” is left out: it numbers the rows."),
        ("and_truth_table", "All 4 rows are for training: none is left to validate or to test on."),
        ("imbalanced", "“healthy” is 95% of the rows: always predicting it has that accuracy."),
        ("imbalanced", "more rows of the rare classes, or fewer of “healthy”."),
        ("duplicate_headers", "the second one is “score (2)” here."),
        ("dates", "“day”: dates were read as days since 2025-01-01."),
        ("spaces", "Columns are separated by spaces."),
        ("gbk", "Line 1 is not UTF-8: read as GB 18030 (GBK)"),
    ],
)
def test_a_note_says_what_was_assumed(name: str, sentence: str) -> None:
    assert sentence in notes(name)


def test_the_values_are_those_in_the_file() -> None:
    assert prepared("currency_percent").table.y[:2].tolist() == [158_000, 143_000]
    assert prepared("currency_percent").table.x[0].tolist() == [77, 4.5]
    assert prepared("euro_decimal_comma").table.y[0] == np.float32(1078.76)
    assert prepared("dates").table.x[:3, 0].tolist() == [0, 1, 2]
    assert prepared("units").table.x[0].tolist() == np.float32([2.1, 1.6]).tolist()


def test_a_truth_table_is_for_training_alone() -> None:
    experiment = Experiment().replace(dataset=storage.put(prepared("and_truth_table").table).name)
    dataset = load(experiment.data)
    sizes = [len(split) for split in (dataset.train, dataset.validation, dataset.test)]
    assert sizes == [4, 0, 0]
    assert dataset.source.kind == "plane"


def test_gaps_and_target_scaling_are_fitted_on_the_training_split_alone() -> None:
    rows = "".join(f"{'' if i % 3 == 0 else i * i},{i * i * 10}\n" for i in range(60))
    of = read(("a,price\n" + rows).encode())
    table = storage.put(prepare(of, default_choice(of)).table)
    dataset = load(Experiment().replace(dataset=table.name).data)
    splits = (dataset.train, dataset.validation, dataset.test)
    kept = [i * i for i in range(60) if i % 3]
    filled = [split.x[~np.isin(split.x[:, 0], kept), 0] for split in splits]
    present = dataset.train.x[np.isin(dataset.train.x[:, 0], kept), 0]
    median = np.median(present)
    assert all((values == median).all() for values in filled if len(values))
    assert sum(map(len, filled)) in (0, 20)  # 0 where the median is one of the values
    assert dataset.train.y.mean() == pytest.approx(0, abs=1e-6)
    assert dataset.train.y.std() == pytest.approx(1, abs=1e-6)
    y = [dataset.target_mean + dataset.target_std * split.y for split in splits]
    assert np.allclose(sorted(np.concatenate(y)), sorted(table.y), rtol=1e-5, atol=0.1)
    assert dataset.target_mean != pytest.approx(float(table.y.mean()))
