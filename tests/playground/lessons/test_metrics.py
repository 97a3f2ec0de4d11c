"""What is measured of a run, by closed form; and the sentences that tell it."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies
from pydantic import ValidationError

from playground.analysis.inspection.signal_propagation import chosen, draw
from playground.experiment.model import FIELDS, Experiment
from playground.history.events import Diverged, Epoch, Event, Finished, LayerStatistics, Score
from playground.lessons.check import Check
from playground.lessons.metrics import METRICS, CheckContext, DrawnDigit, RaceResult
from playground.nn.network import Layer, Snapshot

EXPERIMENT = Experiment().replace(dataset="moons", hidden=(4, 3), epochs=6)
CURVE = Experiment().replace(dataset="sine", hidden=(4,))
LAYERS = (
    LayerStatistics(0.02, 1.0, 0.001, 0.25),
    LayerStatistics(0.1, 1.0, 0.001, 0.5),
    LayerStatistics(0.4, 1.0, 0.001, None),
)


def epoch(
    n: int, loss: float, metric: float, val_loss: float | None, val_metric: float = 0.0
) -> Epoch:
    validation = None if val_loss is None else Score(val_loss, val_metric)
    return Epoch(n, 10 * n, Score(loss, metric), validation, 0.1 / n, 0.5, LAYERS)


EVENTS: tuple[Event, ...] = (
    epoch(1, 0.8, 0.5, 0.9, 0.5),
    epoch(2, 0.4, 0.8, 0.5, 0.75),
    epoch(3, 0.2, 0.9, 0.6, 0.8),
    epoch(4, 0.1, 1.0, 0.7, 0.7),
    Finished(4, False, None, False),
)
NETWORK = Snapshot(
    4,
    (
        Layer(np.array([[1, 1, 2], [0, 0, 1]], np.float32), np.zeros(3, np.float32), "relu"),
        Layer(np.ones((3, 1), np.float32), np.zeros(1, np.float32), "sigmoid"),
    ),
)
ALL = CheckContext(
    EXPERIMENT,
    EVENTS,
    "finished",
    NETWORK,
    test_evaluations=2,
    runs_finished=3,
    race=RaceResult(("SGD", "Adam"), (0.7, 0.9), 3, 12, True),
    drawing=DrawnDigit(7, 0.5),
)
EXPECTED = {
    "parameters": (2 * 4 + 4) + (4 * 3 + 3) + (3 + 1),
    "hidden_layers": 2,
    "hidden_units": 7,
    "epochs_done": 4,
    "seconds": 2.0,
    "finished": 1,
    "diverged": 0,
    "training_loss": 0.1,
    "validation_loss": 0.7,
    "best_validation_loss": 0.5,
    "training_accuracy": 1.0,
    "validation_accuracy": 0.7,
    "best_validation_accuracy": 0.8,
    "epochs_to": 2,  # the target is 0.75
    "accuracy_gap": 0.95 - 0.75,  # of the last half of so short a run
    "loss_gap": 0.65 - 0.15,
    "loss_risen": 0.2,
    "loss_rises": 2,
    "loss_fallen": 0.875,
    "learning_rate_used": 0.025,
    "dead_share": 0.5,
    "gradient_ratio": 0.05,
    "different_units": 2,
    "test_openings": 2,
    "runs_finished": 3,
    "race_over": 1,
    "race_competitors": 2,
    "race_seeds": 3,
    "race_epoch": 12,
    "drawing_answer": 7,
    "drawing_confidence": 0.5,
}
ERRORS = {"training_error": 0.1, "validation_error": 0.7, "best_validation_error": 0.5}


@pytest.mark.parametrize("name", METRICS)
def test_each_measure_has_the_value_that_one_reckons_by_hand(name: str) -> None:
    if name in ERRORS:
        events = [epoch(1, 1.0, 0.2, 0.5, 0.5), epoch(2, 0.5, 0.1, 0.4, 0.7)]
        assert METRICS[name].value(ALL) is None  # a classifier has no mean error
        measured = METRICS[name].value(CheckContext(CURVE, events))
        assert measured == pytest.approx(ERRORS[name])
    else:
        assert METRICS[name].value(ALL, 0.75) == pytest.approx(EXPECTED[name])


def test_a_regression_has_no_accuracy() -> None:
    context = CheckContext(CURVE, [epoch(1, 1.0, 0.2, 0.5, 0.5)])
    for name in METRICS:
        if "accuracy" in name:
            assert METRICS[name].value(context) is None
    assert METRICS["epochs_to"].value(context, 0.5) == 1  # an error of at most 0.5


@pytest.mark.parametrize("name", METRICS)
def test_before_anything_is_done_nothing_is_measured_and_nothing_fails(name: str) -> None:
    always = {"parameters", "hidden_layers", "hidden_units", "epochs_done", "seconds"}
    always |= {"finished", "diverged", "test_openings", "runs_finished"}
    value = METRICS[name].value(CheckContext(EXPERIMENT), 0.5)
    assert (value is not None) == (name in always)
    without = CheckContext(EXPERIMENT, [epoch(1, 0.5, 0.5, None)], "playing")
    assert name in always or "val" not in name or METRICS[name].value(without) is None


def test_a_run_that_diverged_is_over_and_has_no_infinite_measure() -> None:
    events = [epoch(1, math.inf, 0.1, math.nan, 0.1), Diverged(2, 11, "Try less.")]
    context = CheckContext(EXPERIMENT, events, "diverged")
    assert METRICS["diverged"].value(context) == METRICS["finished"].value(context) == 1
    for name in ("training_loss", "validation_loss", "best_validation_loss", "loss_gap"):
        assert METRICS[name].value(context) is None


def test_units_that_begin_alike_are_one_and_others_are_many() -> None:
    for initializer, different in (("ones", 1), ("zeros", 1), ("glorot_uniform", 4)):
        experiment = EXPERIMENT.replace(kernel_initializer=initializer)
        snapshot = draw(experiment, chosen(experiment))
        assert METRICS["different_units"].value(CheckContext(experiment, (), "", snapshot)) == (
            different
        )


# ---- conditions ----------------------------------------------------------------------------


def test_a_sentence_tells_what_is_and_what_must_be() -> None:
    told = Check(measure="validation_accuracy", at_least=0.9)
    assert told.sentence(ALL) == "validation accuracy is 70%, it must be at least 90%"
    assert not told.passes(ALL)
    assert told.sentence(CheckContext(EXPERIMENT)) == (
        "validation accuracy is not available yet, it must be at least 90%"
    )
    between = Check(measure="epochs_done", at_least=2, at_most=5)
    assert between.passes(ALL)
    assert between.sentence(ALL) == "the number of epochs done is 4, it must be between 2 and 5"
    over = Check(measure="finished", equals=True)
    assert over.sentence(CheckContext(EXPERIMENT)) == "the run is over: no, it must be yes"
    assert over.sentence(ALL) == "the run is over: yes, as it must be"
    hidden = Check(setting="hidden", equals=())
    assert hidden.sentence(ALL) == "hidden layers: 4-3, it must be none"
    assert Check(setting="hidden", equals=(4, 3)).passes(ALL)
    assert Check(setting="dataset", equals="moons").passes(ALL)
    assert Check(setting="standardize", equals=True).sentence(ALL) == (
        "standardize: off, it must be on"
    )
    assert Check(setting="learning_rate", at_most=0.1).passes(ALL)
    assert Check(measure="epochs_to", target=0.75, at_most=2).passes(ALL)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "either a measure or a setting, got no measure and no setting"),
    ({"measure": "luck", "at_least": 1}, "measure must be one of parameters"),
    ({"setting": "luck", "equals": 1}, "setting must be one of dataset"),
    ({"measure": "seconds", "setting": "epochs", "at_least": 1}, "got seconds and epochs"),
    ({"measure": "seconds"}, "at_least and/or at_most, or equals, got nothing"),
    ({"measure": "seconds", "at_least": 1, "equals": 1}, "got both"),
    ({"measure": "seconds", "at_least": 2, "at_most": 1}, "at_most must be at least at_least"),
    ({"measure": "seconds", "at_least": math.nan}, "a finite number"),
    ({"measure": "seconds", "equals": "fast"}, "equals must be a number, true or false, got fast"),
    ({"measure": "epochs_to", "at_most": 3}, "target must be a number for epochs_to, got nothing"),
    ({"measure": "seconds", "at_most": 3, "target": 1}, "target must be left out for seconds"),
    ({"setting": "optimizer", "equals": "magic"}, "a value of optimizer (optimizer must be one of"),
    ({"setting": "optimizer", "at_least": 1}, "left out (it is not a number), got optimizer"),
    ({"setting": "epochs", "equals": 0}, "between 1 and 10,000, got 0"),
    ({"measure": "seconds", "at_least": 1, "colour": "red"}, "colour"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_a_condition_that_makes_no_sense_is_refused(given: dict[str, Any], told: str) -> None:
    from playground.experiment.model import explain

    with pytest.raises(ValidationError) as error:
        Check.model_validate(given)
    assert told in "; ".join(explain(error.value))


@given(strategies.from_type(Experiment), strategies.sampled_from(list(FIELDS)))
def test_every_setting_of_every_experiment_equals_itself(experiment: Experiment, name: str) -> None:
    context, value = CheckContext(experiment), experiment.to_dict()[name]
    if name in ("activations", "train_size", "validation_size", "loss", "dataset"):
        return  # what they may be depends on other fields
    condition = Check.model_validate({"setting": name, "equals": value})
    assert condition.passes(context)
    assert condition.sentence(context)
