"""Curves as tables."""

import csv
import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from playground.export.csv import curves_csv, runs_csv
from playground.history.events import Epoch, HyperparametersChanged, Score
from playground.history.history import history
from playground.nn.format import escape_formula


def finished(epoch: int, validated: bool = True) -> Epoch:
    seen = Score(0.5, 0.25) if validated else None
    return Epoch(epoch, 7 * epoch, Score(1 / 3, 0.1), seen, 0.01, 0.5, ())


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_an_epoch_under_the_names_of_keras() -> None:
    rows = read(
        curves_csv(
            [finished(1), HyperparametersChanged(1, "l2", 0, 1), finished(2)], "classification"
        )
    )
    assert list(rows[0]) == [
        "epoch", "updates", "seconds", "loss", "accuracy", "val_loss", "val_accuracy",
        "learning_rate",
    ]  # fmt: skip
    assert [(row["epoch"], row["updates"], row["seconds"]) for row in rows] == [
        ("1", "7", "0.5"),
        ("2", "14", "1.0"),
    ]
    assert float(rows[1]["loss"]) == 1 / 3


def test_compilation_is_a_column_of_its_own() -> None:
    epochs = [replace(finished(i), compile_seconds=c) for i, c in ((1, 2.0), (2, 0.0))]
    rows = read(curves_csv(epochs, "classification"))
    assert [(row["seconds"], row["compile_seconds"]) for row in rows] == [
        ("0.5", "2.0"),
        ("1.0", "2.0"),
    ]


def test_regression_without_validation() -> None:
    (row,) = read(curves_csv([finished(1, validated=False)], "regression"))
    assert list(row)[3:] == ["loss", "mean_absolute_error", "learning_rate"]
    assert curves_csv([], "regression") == "epoch\n"


def test_epochs_that_were_not_validated_have_empty_cells() -> None:
    epochs = [finished(n, validated=n % 2 == 0) for n in range(1, 6)]
    text = curves_csv(epochs, "classification")
    rows = read(text)
    assert [row["val_loss"] for row in rows] == ["", "0.5", "", "0.5", ""]
    assert read(runs_csv([("a", epochs, "classification")]))[0]["val_accuracy"] == ""
    table = pd.read_csv(io.StringIO(text), index_col="epoch")
    own = history(epochs)
    assert own.val_loss is not None
    np.testing.assert_array_equal(table["val_loss"].to_numpy(np.float32), own.val_loss)
    assert table["val_accuracy"].dropna().index.tolist() == own.validated.epoch.tolist() == [2, 4]


def test_several_runs_below_each_other() -> None:
    rows = read(
        runs_csv([("a, b", [finished(1)], "classification"), ("=1+1", [finished(1)], "regression")])
    )
    assert [row["run"] for row in rows] == ["a, b", "'=1+1"]
    assert (rows[0]["accuracy"], rows[0]["mean_absolute_error"]) == ("0.1", "")
    assert (rows[1]["accuracy"], rows[1]["mean_absolute_error"]) == ("", "0.1")


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\t=1", "\r=1", "＝1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert escape_formula(text) == "'" + text
    assert escape_formula("a" + text) == "a" + text
