"""Seconds of training, of which preparing the first epoch is no part."""

import pytest

from playground.history.events import Epoch, Score
from playground.history.history import Log, seconds_spent


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], []),
        ([5], [5]),  # nothing else is known yet
        ([5, 1], [1, 2]),
        ([5, 1, 1, 2, 2, 1, 9], [1, 2, 3, 5, 7, 8, 17]),
        ([1, 2, 2], [1, 3, 5]),  # nothing was prepared
    ],
)
def test_the_first_epoch_counts_as_a_usual_one(seconds: list[float], expected: list[float]) -> None:
    score = Score(1.0, 0.5)
    log = Log(Epoch(i + 1, i + 1, score, score, 0.1, s, ()) for i, s in enumerate(seconds))
    assert seconds_spent(log.history()).tolist() == expected
