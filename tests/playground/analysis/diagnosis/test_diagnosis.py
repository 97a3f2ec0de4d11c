"""Each rule detects its problem in a real run, and its fix removes the problem."""

from collections.abc import Sequence
from typing import Any

import pytest

from playground import Experiment, load
from playground.analysis.diagnosis import Diagnosis, diagnose, inspect_weights, run_window
from playground.analysis.metrics.score import baseline
from playground.history.events import Event
from playground.history.history import Log
from playground.training import Trainer


def made(**choices: Any) -> Experiment:
    return Experiment().replace(**choices)


def judged(experiment: Experiment) -> tuple[Diagnosis, ...]:
    """The diagnoses at the end of a whole run."""
    trainer, events = Trainer(experiment), list[Event]()
    while not trainer.over:
        events += trainer.advance(seconds=600).events
    return seen(trainer, events)


def seen(trainer: Trainer, events: Sequence[Event]) -> tuple[Diagnosis, ...]:
    experiment, dataset = trainer.experiment, load(trainer.experiment.data)
    loss = experiment.training.loss
    inspection = inspect_weights(trainer.latest(), dataset, loss)
    return diagnose(run_window(experiment, events, baseline(dataset, loss), inspection))


ADAM = {"optimizer": "adam", "learning_rate": 0.001}
WILD = {"kernel_initializer": "random_normal"}
FAULTS: dict[str, dict[str, Any]] = {
    "diverged": {
        "dataset": "plane", "activation": "linear", "hidden": (16,), "learning_rate": 0.1,
        "epochs": 20,
    },
    "not_learning": {
        "dataset": "xor", "hidden": (), "optimizer": "adam", "learning_rate": 0.03, "epochs": 40,
    },
    "too_slow": {"dataset": "digits", "hidden": (16,), "learning_rate": 0.0003, "epochs": 20},
    "jumping": {  # with units that cannot die: with ReLU most do, on some processors
        "dataset": "digits", "hidden": (64,), "activation": "leaky_relu", "optimizer": "adam",
        "learning_rate": 0.15, "epochs": 30,
    },
    "underfitting": {
        "dataset": "moons", "hidden": (), "optimizer": "adam", "learning_rate": 0.03, "epochs": 60,
    },
    "overfitting": {
        "dataset": "digits", "hidden": (64,), "train_size": 400, "noise": 0.25, "epochs": 20,
        "optimizer": "adam", "learning_rate": 0.003,
    },
    "dead_units": {"dataset": "digits", "hidden": (64,), "learning_rate": 1.0, "epochs": 15},
    "saturated_units": {
        "dataset": "digits", "hidden": (64,), "activation": "tanh", "stddev": 3.0, "epochs": 12,
        **WILD, **ADAM,
    },
    "gradients": {
        "dataset": "moons", "hidden": (16,) * 5, "activation": "sigmoid", "epochs": 30,
        "learning_rate": 0.1,
    },
    "over_regularized": {
        "dataset": "moons", "hidden": (32,), "l2": 0.1, "optimizer": "adam", "learning_rate": 0.01,
        "epochs": 40,
    },
    "little_data": {
        "dataset": "digits", "hidden": (64,), "train_size": 50, "epochs": 60, **ADAM,
    },
    "validation_better": {
        "dataset": "digits", "hidden": (64,), "dropout": 0.6, "epochs": 20, **ADAM,
    },
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_real_run_shows_its_problem_and_after_the_fix_no_longer_does(fault: str) -> None:
    experiment = made(**FAULTS[fault])
    found = judged(experiment)
    assert [each.name for each in found][:1] == [fault], found
    assert found[0].fix is not None
    cured = found[0].fix.experiment
    assert cured.network.seed == experiment.network.seed
    assert cured.data.data_seed == experiment.data.data_seed
    after = judged(cured)
    assert fault not in [each.name for each in after], (found[0].fix, after)


HEALTHY: dict[str, dict[str, Any]] = {
    "digits": {"dataset": "digits", "hidden": (64,), "epochs": 30, **ADAM},
    "moons": {"dataset": "moons", "hidden": (32,), "epochs": 60, **ADAM, "learning_rate": 0.01},
    "no validation": {
        "dataset": "digits", "hidden": (64,), "validation_size": 0, "epochs": 15, **ADAM,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_run_has_no_diagnosis_after_any_epoch(name: str) -> None:
    experiment = made(**HEALTHY[name])
    trainer, log = Trainer(experiment), Log()
    for epoch in range(1, experiment.training.epochs + 1):
        log.extend(trainer.advance(seconds=600, until_epoch=epoch).events)
        assert seen(trainer, log) == (), epoch


def test_a_change_while_training_begins_a_new_window() -> None:
    experiment = made(**FAULTS["over_regularized"])
    trainer = Trainer(experiment)
    log = Log(trainer.advance(seconds=600, until_epoch=20).events)
    first = seen(trainer, log)[0]
    assert first.name == "over_regularized"
    assert first.fix is not None
    assert first.fix.live
    changed = first.fix.experiment.network.l2
    log.extend(trainer.advance(0, 20, {"l2": changed}).events)
    assert seen(trainer, log) == ()
    log.extend(trainer.advance(seconds=600).events)
    assert "over_regularized" not in [each.name for each in seen(trainer, log)]
