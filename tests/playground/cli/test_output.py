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
