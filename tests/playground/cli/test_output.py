"""Tables for people: numbers as they are read, with units."""

import numpy as np
import pytest

from playground.cli.output import print_table
from playground.datasets import load
from playground.datasets.custom import storage
from playground.datasets.custom.table import Table
from playground.experiment.model import Experiment
from playground.history.events import Epoch, Finished, Score


def test_errors_of_own_data_have_their_unit_and_the_baseline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    x = np.arange(80, dtype=np.float32).reshape(40, 2)
    table = Table("Flats", "Own", "regression", ("a", "b"), (), True, x, 5_000 * x[:, 0], True,
                  "price", "€")  # fmt: skip
    experiment = Experiment().replace(dataset=storage.put(table).name, hidden=(2,))
    error = Score(0.5, 95_517.3)
    events = [Epoch(1, 1, error, error, 0.01, 0.1, ()), Finished(1, False, None, False)]
    assert not print_table(experiment, load(experiment.data), iter(events), lambda: error)
    text = capsys.readouterr().out
    assert "mean errors in €" in text
    assert "test mean error 95,520 €" in text
    assert "always predicting " in text
    assert "e+0" not in text


def test_an_epoch_that_was_not_validated_has_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    experiment = Experiment().replace(dataset="iris", hidden=(2,), validation_freq=2, epochs=3)
    score = Score(0.5, 0.75)
    epochs = [Epoch(n, n, score, None if n % 2 else score, 0.01, 0.1, ()) for n in (1, 2, 3)]
    events = iter([*epochs, Finished(3, False, None, False)])
    assert not print_table(experiment, load(experiment.data), events, None)
    lines = capsys.readouterr().out.splitlines()
    head = next(i for i, line in enumerate(lines) if "val accuracy" in line)
    table = [line.split() for line in lines[head + 1 : head + 4]]
    assert [row.count("–") for row in table] == [2, 0, 2]
    assert len({len(row) for row in table}) == 1
