"""A log of events, its columns, and the seconds of training without compilation."""

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, strategies

from playground.history.events import Epoch, Event, Finished, HyperparametersChanged, Score
from playground.history.history import History, Log, history


def epoch(number: int, val_loss: float | None = 0.5) -> Epoch:
    validation = None if val_loss is None else Score(val_loss, 0.75)
    return Epoch(number, 10 * number, Score(1 / number, 0.5), validation, 0.01, 0.25, ())


def test_each_epoch_is_one_row() -> None:
    h = history([epoch(1, 0.4), epoch(2, 0.3), Finished(2, False, None, False)])
    assert h.epoch.tolist() == [1, 2]
    assert h.loss.tolist() == [1.0, 0.5]
    assert h.metric.tolist() == [0.5, 0.5]
    assert h.val_loss is not None
    assert h.val_loss == pytest.approx([0.4, 0.3])
    assert h.val_metric is not None
    assert h.val_metric.tolist() == [0.75, 0.75]
    assert h.learning_rate == pytest.approx([0.01, 0.01])
    assert h.seconds.tolist() == [0.25, 0.25]
    assert len(h) == 2


def test_without_validation_there_are_no_validation_columns() -> None:
    h = history([epoch(1, None)])
    assert h.val_loss is None
    assert h.val_metric is None
    assert h.best_epoch is None


def test_epochs_that_were_not_validated_are_left_out_where_validation_is_read() -> None:
    h = history(epoch(n, {2: 0.4, 4: 0.3, 6: 0.5}.get(n)) for n in range(1, 8))
    assert h.val_loss is not None
    assert np.isnan(h.val_loss).tolist() == [True, False, True, False, True, False, True]
    assert (len(h), h.best_epoch) == (7, 4)
    assert h.validated.epoch.tolist() == [2, 4, 6]
    assert h.validated.val_loss == pytest.approx([0.4, 0.3, 0.5])
    assert h.validated.loss == pytest.approx([1 / 2, 1 / 4, 1 / 6])
    assert h.validated.validated is h.validated
    assert repr(h).endswith("loss 0.1429, metric 0.5, val_loss 0.5, val_metric 0.75>")
    table = h.to_pandas()
    assert table["val_loss"].dropna().index.tolist() == [2, 4, 6]
    loss = next(t for t in h.plot().data if t.name == "validation" and t.showlegend)
    assert (list(loss.x), list(loss.y)) == ([2, 4, 6], pytest.approx([0.4, 0.3, 0.5]))


@pytest.mark.parametrize("given", [[], [epoch(1, None)], [epoch(1), epoch(2)]])
def test_where_every_epoch_or_none_was_validated_that_is_the_history_itself(
    given: list[Event],
) -> None:
    h = history(given)
    assert h.validated is h


def test_nothing_happened_yet() -> None:
    h = history([])
    assert len(h) == 0
    assert h.loss.shape == (0,)
    assert h.best_epoch is None


def test_the_best_epoch_is_the_first_of_the_smallest_validation_losses() -> None:
    assert history([epoch(1, 0.5), epoch(2, 0.2), epoch(3, 0.2), epoch(4, 0.3)]).best_epoch == 2


def test_changes_are_kept_in_order() -> None:
    changes = (
        HyperparametersChanged(1, "learning_rate", 0.1, 0.2),
        HyperparametersChanged(1, "l2", 0.0, 0.1),
    )
    assert history([epoch(1), *changes, epoch(2)]).changes == changes


def test_a_log_is_a_sequence_of_its_events() -> None:
    events: list[Event] = [epoch(1), HyperparametersChanged(1, "l2", 0.0, 0.1), epoch(2)]
    log = Log(events)
    assert list(log) == events
    assert (len(log), log[-1], log[1:]) == (3, events[2], events[1:])


@given(strategies.lists(strategies.integers(0, 90), max_size=5))
def test_how_a_log_grew_does_not_show(cuts: list[int]) -> None:
    log, numbers = Log(), itertools.count(1)
    for length in cuts:
        before = log.history()
        kept = before.loss.copy()
        log.extend(epoch(next(numbers)) for _ in range(length))
        assert np.array_equal(before.loss, kept)  # what was handed out stays as it was
    once = history([epoch(n) for n in range(1, sum(cuts) + 1)])
    assert np.array_equal(log.history().epoch, once.epoch)
    assert np.array_equal(log.history().loss, once.loss)


def test_columns_cannot_be_written() -> None:
    h = history([epoch(1)])
    with pytest.raises(ValueError, match="read-only"):
        h.loss[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        h.epoch[0] = 0


def test_a_poll_of_ten_thousand_epochs_takes_less_than_5_ms() -> None:
    log = Log(epoch(n) for n in range(1, 10_001))
    times = []
    for n in range(10_001, 10_021):
        began = time.perf_counter()
        log.extend([epoch(n)])
        history(log)
        times.append(time.perf_counter() - began)
    assert np.median(times) < 0.005


def timed(seconds: list[float], compiling: list[float | None]) -> History:
    score = Score(1.0, 0.5)
    pairs = enumerate(zip(seconds, compiling, strict=True), start=1)
    return history(Epoch(i, i, score, score, 0.1, s, (), c) for i, (s, c) in pairs)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], []),
        ([5], [5]),  # nothing else is known yet
        ([5, 1], [1, 2]),
        ([5, 1, 1, 2, 2, 1, 9], [1, 2, 3, 5, 7, 8, 17]),
        ([1, 2, 2], [1, 3, 5]),  # nothing was compiled
    ],
)
def test_a_first_epoch_with_its_compilation_counts_as_a_typical_one(
    seconds: list[float], expected: list[float]
) -> None:
    found = timed(seconds, [None] * len(seconds))
    assert found.training_seconds().tolist() == expected
    assert found.total_compile_seconds() is None


def test_measured_compilation_is_no_part_of_the_training_seconds() -> None:
    found = timed([5, 1, 1], [2.0, 0.0, 0.5])
    assert found.training_seconds().tolist() == [5, 6, 7]
    assert found.total_compile_seconds() == 2.5


def test_a_validation_loss_that_is_no_number_is_never_the_best() -> None:
    assert history([epoch(1, float("nan")), epoch(2, 0.5)]).best_epoch == 2
