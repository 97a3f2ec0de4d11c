"""What counts of a run towards an assignment, against histories of real runs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from playground.analysis.metrics.run_summary import gap
from playground.experiment.model import Experiment
from playground.history.events import Epoch, Event, ExamplesAdded, HyperparametersChanged, Score
from playground.history.history import Log, history
from playground.lessons.assignment import Assignment, make
from playground.lessons.metrics import METRICS, CheckContext
from playground.lessons.targets import (
    AT_LEAST,
    AT_MOST,
    TARGET_METRICS,
    is_available,
    target_status,
)

IRIS = Experiment().replace(dataset="iris", hidden=(8,), optimizer="adam", learning_rate=0.05)
SINE = Experiment().replace(dataset="sine", hidden=(8,), optimizer="adam", learning_rate=0.05)


def trained(experiment: Experiment, epochs: int, **changes: Any) -> list[Event]:
    """What a real run says; `changes` are made halfway."""
    from playground.training import Trainer

    trainer = Trainer(experiment.replace(epochs=epochs))
    told = list(trainer.advance(seconds=60, until_epoch=epochs // 2, with_snapshot=False).events)
    told += trainer.advance(
        seconds=60, until_epoch=epochs, changes=changes, with_snapshot=False
    ).events
    return told


def target(measure: str, operator: str, number: float) -> dict[str, Any]:
    return {"metric": measure, "operator": operator, "threshold": number}


def iris(*targets: dict[str, Any], locked: tuple[str, ...] = ("dataset",)) -> Assignment:
    return make(title="Iris", start=IRIS, locked=locked, targets=targets)


def epochs(*accuracies: float) -> list[Event]:
    """A run of such validation accuracies."""
    return [
        Epoch(i, 10 * i, Score(1.0, 0.5), Score(1.0, accuracy), 0.05, 0.5, ())
        for i, accuracy in enumerate(accuracies, start=1)
    ]


def test_an_epoch_that_was_not_validated_meets_no_target_and_hides_no_value() -> None:
    events = [
        e if e.epoch % 2 == 0 else replace(e, validation=None)
        for e in epochs(0.9, 0.7, 0.9, 0.8, 0.9)
        if isinstance(e, Epoch)
    ]
    assignment = iris(target("validation_accuracy", "at_least", 0.85))
    status = target_status(assignment.targets, {}, IRIS, history(events))
    assert (status.values, status.passed) == ((0.8,), False)
    context = CheckContext(IRIS, Log(events))
    assert METRICS["validation_accuracy"].value(context) == pytest.approx(0.8)
    assert METRICS["accuracy_gap"].value(context) == pytest.approx(0.5 - 0.8)
    assert METRICS["best_validation_accuracy"].value(context) == pytest.approx(0.8)


@pytest.mark.parametrize("experiment", [IRIS, SINE])
def test_every_target_metric_is_available_where_it_says_and_its_newest_value_is_the_metric(
    experiment: Experiment,
) -> None:
    events = trained(experiment, 9)
    for length in (1, 2, 5, 9):
        log = Log([e for e in events if isinstance(e, Epoch)][:length])
        for name, entry in TARGET_METRICS.items():
            values = entry.metric.values(experiment, log.history())
            newest = METRICS[name].value(CheckContext(experiment, log))
            assert (values is not None) == is_available(name, experiment), name
            assert newest == (None if values is None else float(values[-1])), name
            assert values is None or len(values) == length
        shown = gap(log.history(), experiment is IRIS)
        newest = METRICS["accuracy_gap"].value(CheckContext(experiment, log))
        if experiment is IRIS:
            assert shown is not None
            assert newest == pytest.approx(shown.metric, rel=1e-5, abs=1e-7)


def test_a_real_run_meets_its_targets_together_and_tells_its_figures() -> None:
    events = trained(IRIS, 40)
    log = history(events)
    best = float(log.val_metric.max()) if log.val_metric is not None else 0.0
    wanted = iris(target("validation_accuracy", AT_LEAST, 0.8), target("epochs_done", AT_MOST, 30))
    found = wanted.status(IRIS, log)
    assert found.passed
    assert found.epoch is not None
    assert found.epoch <= 30
    early = log.val_metric[:30] if log.val_metric is not None else log.metric
    assert found.epoch == int(np.argmax(early)) + 1
    assert found.metrics["validation_accuracy"] == pytest.approx(float(early.max()), abs=1e-7)
    assert found.metrics["parameters"] == 4 * 8 + 8 + 8 * 3 + 3
    assert found.metrics["epochs_done"] == found.epoch
    assert found.values[1] == 40
    assert found.met == (found.values[0] >= 0.8, False)  # type: ignore[operator]
    assert best >= 0.8


def test_targets_must_be_met_after_the_same_epoch() -> None:
    wanted = iris(target("validation_accuracy", AT_LEAST, 0.9), target("epochs_done", AT_MOST, 2))
    late = wanted.status(IRIS, history(epochs(0.5, 0.8, 0.95)))
    assert not late.passed
    assert late.met == (True, False)
    assert wanted.status(IRIS, history(epochs(0.5, 0.9, 0.3))).epoch == 2


def test_an_accuracy_of_88_in_100_is_at_least_0_88() -> None:
    wanted = iris(target("validation_accuracy", AT_LEAST, 0.88))
    found = wanted.status(IRIS, history(epochs(0.5, 0.88)))
    assert float(np.float32(0.88)) < 0.88
    assert found.passed
    assert found.metrics["validation_accuracy"] == 0.88


def test_what_is_known_before_training_is_told_before_it() -> None:
    wanted = iris(target("parameters", AT_MOST, 67), target("validation_loss", AT_MOST, 1))
    found = wanted.status(IRIS, history(()))
    assert found.values == (67, None)
    assert found.met == (True, False)
    assert not found.passed


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (
            HyperparametersChanged(2, "learning_rate", 0.05, 0.5),
            "learning_rate was changed after epoch 2",
        ),
        (ExamplesAdded(2, 9), "examples were added after epoch 2"),
    ],
)
def test_only_what_came_before_a_change_of_something_locked_counts(
    event: Event, reason: str
) -> None:
    told = epochs(0.5, 0.8, 0.95)
    told.insert(2, event)
    now = IRIS.replace(learning_rate=0.5) if isinstance(event, HyperparametersChanged) else IRIS
    wanted = target("validation_accuracy", AT_LEAST, 0.9)
    found = iris(wanted, locked=("learning_rate",)).status(now, history(told))
    assert (found.epochs_counted, found.reason) == (2, reason)
    assert not found.passed
    if isinstance(event, HyperparametersChanged):
        assert iris(wanted, locked=("hidden",)).status(now, history(told)).passed
    easy = iris(target("validation_accuracy", AT_LEAST, 0.8), locked=("learning_rate",))
    assert easy.status(now, history(told)).epoch == 2


def test_a_real_change_of_something_locked_on_the_way_counts_no_further() -> None:
    told = trained(IRIS, 10, learning_rate=0.5)
    wanted = iris(target("epochs_done", AT_LEAST, 6), locked=("learning_rate",))
    found = wanted.status(IRIS.replace(learning_rate=0.5), history(told))
    assert found.epochs_counted == 5
    assert not found.passed


def test_a_run_that_began_otherwise_does_not_count() -> None:
    wanted = iris(target("validation_accuracy", AT_LEAST, 0.1), locked=("hidden",))
    log = history(epochs(0.9))
    other = wanted.status(IRIS.replace(hidden=(20,)), log)
    assert other.reason == "hidden was 20 in this run, the assignment locks 8"
    assert not other.passed
    assert not wanted.status(IRIS, log, custom_start=True).passed
    # Begun with another rate, and set to the locked one later: the beginning decides.
    rate = iris(target("validation_accuracy", AT_LEAST, 0.1), locked=("learning_rate",))
    told = [epochs(0.9)[0], HyperparametersChanged(1, "learning_rate", 0.5, 0.05)]
    assert rate.status(IRIS, history(told)).epochs_counted == 0
