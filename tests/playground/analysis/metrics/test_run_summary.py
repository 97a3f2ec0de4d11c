"""Last, best, gap and epochs to a target, by value; weights near zero."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from playground.analysis.inspection.weights import BINS, NEARLY, histograms, kernel, share, shares
from playground.analysis.metrics.run_summary import (
    LAST,
    accuracy_gaps,
    gap,
    loss_rise,
    losses,
    measured_gap,
    metrics,
    plateau_start,
    restored_epoch,
    summarize,
    target_score,
)
from playground.datasets import load
from playground.experiment.model import Experiment
from playground.history.events import Epoch, Finished, HyperparametersChanged, Score
from playground.history.history import History, Log, history
from playground.nn.network import Layer, Snapshot


def past(
    training: list[float], validation: Sequence[float | None] | None, penalty: float = 0.0
) -> History:
    """Losses as given, with `penalty` in them, accuracies of 1 − loss/10; None: not evaluated."""
    events = []
    for i, loss in enumerate(training):
        seen = None if validation is None else validation[i]
        score = None if seen is None else Score(seen + penalty, 1 - seen / 10, penalty)
        train = Score(loss + penalty, 1 - loss / 10, penalty)
        events.append(Epoch(i + 1, i + 1, train, score, 0.1, 0.1, ()))
    return history(events)


def test_the_gap_is_the_mean_of_the_last_epochs() -> None:
    training, validation = [2.0] * 10 + [0.5] * LAST, [2.0] * 10 + [1.5] * LAST
    found = gap(past(training, validation), True)
    assert found is not None
    assert found.loss == pytest.approx(1.0)
    assert found.metric == pytest.approx(0.1)
    assert found.epoch == 10 + LAST


def test_between_two_evaluations_all_numbers_are_those_of_the_last_one() -> None:
    """A run that was evaluated after every third epoch, and these epochs by themselves."""
    training = [3.0, 2.5, 2.0, 1.8, 1.6, 1.5, 1.4, 1.3, 1.2, 1.1]
    validation = [None, None, 2.2, None, None, 1.7, None, None, 1.9, None]
    log, alone = past(training, validation), past(training[2::3], [2.2, 1.7, 1.9])
    found, expected = gap(log, True), gap(alone, True)
    assert found is not None
    assert expected is not None
    assert (found.training, found.validation) == (expected.training, expected.validation)
    assert found.epoch == 9
    assert gap(log, True, until=8) == gap(log, True, until=6)
    assert loss_rise(log) == loss_rise(alone) == pytest.approx(0.2)
    gaps, every = accuracy_gaps(log), accuracy_gaps(alone)
    assert gaps is not None
    assert every is not None
    assert np.isnan(gaps).tolist() == [seen is None for seen in validation]
    assert gaps[2::3] == pytest.approx(every)
    told = summarize(log, True, target=0.825)
    assert (told.epochs, told.best_epoch, told.best_score_epoch, told.to_target) == (10, 6, 6, 6)
    assert told.last_loss == pytest.approx(1.9)
    assert told.last_score == pytest.approx(0.81)
    assert told.seconds == pytest.approx(1.0)


def test_the_gap_up_to_an_epoch_ends_there() -> None:
    found = gap(past([3.0, 2.0, 1.0], [3.0, 2.5, 4.0]), True, until=2)
    assert found is not None
    assert (found.epoch, found.loss) == (2, pytest.approx(0.5))


def test_the_gap_of_every_epoch_ends_with_the_gap() -> None:
    training = [2.0, 1.5, 1.2, 1.0, 0.9, 0.8, 0.7, 0.6]
    validation = [2.1, 1.4, 1.6, 1.3, 1.5, 1.2, 1.4, 1.6]
    for n in range(1, len(training) + 1):
        log = past(training[:n], validation[:n])
        found, every = gap(log, True), accuracy_gaps(log)
        assert found is not None
        assert every is not None
        assert every[-1] == pytest.approx(found.metric, abs=1e-6)
    assert accuracy_gaps(past(training, None)) is None


def test_the_gap_begins_anew_when_a_setting_changes() -> None:
    log = past([2.0] * 8 + [0.5] * 2, [2.0] * 8 + [1.5] * 2)
    changed = replace(log, changes=(HyperparametersChanged(8, "l2", 0.0, 0.1),))
    for run, mean in ((log, 0.4), (changed, 1.0)):
        found = gap(run, True)
        assert found is not None
        assert found.loss == pytest.approx(mean)


def test_a_run_is_summarized_in_numbers() -> None:
    found = summarize(past([3.0, 2.0, 1.0], [3.0, 1.0, 2.0]), True, target=0.9)
    assert (found.epochs, found.best_epoch, found.best_score_epoch) == (3, 2, 2)
    assert (found.best_loss, found.last_loss) == pytest.approx((1.0, 2.0))
    assert (found.best_score, found.last_score) == pytest.approx((0.9, 0.8))
    assert found.seconds == pytest.approx(0.3)
    bare = summarize(past([3.0, 2.0, 1.0], None), True)
    assert (bare.best_epoch, bare.to_target) == (3, None)
    assert bare.best_score == pytest.approx(0.9)
    assert summarize(past([], []), True).best_loss is None


def test_the_first_epoch_that_reaches_the_target_counts() -> None:
    errors = past([1.0] * 3, [3.0, 1.0, 2.0])  # here 1 − loss/10 stands for an error
    target = target_score(0.7, 0.95, False)
    assert target == pytest.approx(0.735)
    assert summarize(errors, False, target).to_target == 1
    assert summarize(errors, True, 0.95).to_target is None


def test_errors_count_the_other_way_round() -> None:
    found = gap(past([1.0], [2.0]), False)
    assert found is not None
    assert found.metric == pytest.approx(-0.1)  # here the validation "error" is the smaller one


def test_a_penalty_is_taken_out_of_losses_and_of_the_best_epoch() -> None:
    plain, penalized = past([2.0, 1.0], [1.5, 1.8]), past([2.0, 1.0], [1.5, 1.8], penalty=5.0)
    np.testing.assert_allclose(losses(penalized).training, losses(plain).training, atol=1e-6)
    assert penalized.best_epoch == plain.best_epoch == 1
    assert loss_rise(plain) == pytest.approx(0.3)


def test_without_validation_there_is_no_gap() -> None:
    log = past([1.0, 0.5], None)
    assert gap(log, True) is None
    assert log.best_epoch is None
    assert loss_rise(log) == 0.0
    assert metrics(log, True).best is None


def test_nothing_has_happened_yet() -> None:
    log = past([], [])
    assert gap(log, True) is None
    assert len(losses(log)) == 0


def test_a_plateau_begins_after_the_last_gain_of_a_hundredth() -> None:
    falling = [1.0, 0.8, 0.6]
    assert plateau_start(past([*falling, *[0.599] * 20], None)) == 3
    assert plateau_start(past([*falling, *[0.599] * 5], None)) is None  # too short
    assert plateau_start(past([0.98**i for i in range(60)], None)) is None
    assert plateau_start(past([], None)) is None


def test_the_best_of_accuracies_is_the_largest_and_of_errors_the_smallest() -> None:
    log = past([1.0] * 3, [3.0, 1.0, 2.0])
    assert metrics(log, True).best == 1
    assert metrics(log, False).best == 0


def test_only_a_run_that_went_back_has_a_restored_epoch() -> None:
    assert restored_epoch(Finished(9, True, 4, True)) == 4
    assert restored_epoch(Finished(9, True, 4, False)) is None
    assert restored_epoch(None) is None


def snapshot(*kernels: list[list[float]]) -> Snapshot:
    layers = tuple(
        Layer(np.array(k, np.float32), np.zeros(len(k[0]), np.float32), "linear") for k in kernels
    )
    return Snapshot(1, layers)


def test_a_network_is_measured_on_both_parts() -> None:
    dataset = load(Experiment().replace(dataset="sine", train_size=10, validation_size=20).data)
    found = measured_gap(snapshot([[0.0]]), dataset, "mean_squared_error")
    assert found is not None
    assert found.training.loss == pytest.approx(float(np.square(dataset.train.y).mean()), rel=1e-5)
    assert found.validation.metric == pytest.approx(float(np.abs(dataset.validation.y).mean()))
    alone = load(Experiment().replace(dataset="sine", train_size=10, validation_size=0).data)
    assert measured_gap(snapshot([[0.0]]), alone, "mean_squared_error") is None


def test_shares_near_zero_are_counted_layer_by_layer() -> None:
    two = snapshot([[0.0, NEARLY / 2], [0.5, -NEARLY / 2]], [[1.0], [np.nan]])
    assert shares(two) == [pytest.approx(0.75), 0.0, pytest.approx(0.6)]
    assert len(kernel(two, None)) == 5  # what is no number is left out
    assert np.isnan(share(np.zeros(0, np.float32)))


def test_histograms_share_one_axis_that_holds_every_weight() -> None:
    a, b = np.array([-0.5, 0.1], np.float32), np.array([2.0, 0.0, 0.0], np.float32)
    found = histograms([a, b])
    assert (found.edges[0], found.edges[-1]) == (-2.0, 2.0)
    assert [int(c.sum()) for c in found.counts] == [2, 3]
    assert found.counts[1][BINS // 2] == 2  # zero lies in the middle bin
    assert histograms([np.zeros(0, np.float32)]).counts[0].sum() == 0


class AppendingLog(Log):
    """Another thread appends an epoch just before the count is read, or just before it is set."""

    def __getattribute__(self, name: str) -> object:
        if name == "_count" and self.__dict__.get("late"):
            self.extend([self.__dict__.pop("late")])
        return super().__getattribute__(name)


def test_the_best_epoch_is_among_the_epochs_while_another_thread_appends() -> None:
    better = Epoch(2, 2, Score(0.5, 0.5), Score(0.5, 0.5), 0.1, 0.1, ())
    log = AppendingLog([replace(better, epoch=1, validation=Score(1.0, 0.5))])
    log.__dict__["late"] = better
    for _ in range(2):
        read = log.history()
        assert read.best_epoch in read.epoch


def test_the_best_epoch_is_not_announced_before_its_row() -> None:
    class Reading(Log):
        """A reader looks between the writes of an epoch."""

        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if name == "_best" and "_epochs" in self.__dict__:
                read = self.history()
                assert read.best_epoch is None or read.best_epoch in read.epoch

    log = Reading()
    log.extend([Epoch(1, 1, Score(0.5, 0.5), Score(0.5, 0.5), 0.1, 0.1, ())])
    assert log.history().best_epoch == 1
