"""A setting counts as having an effect exactly where another value of it changes the numbers."""

import functools
from typing import Any

import numpy as np
import pytest

from playground.datasets.custom import storage, table
from playground.experiment.describe import active_hyperparameters, unused_settings
from playground.experiment.model import FIELDS, Experiment
from playground.nn.losses import REGRESSION
from playground.training import Trainer

SMALL: dict[str, Any] = {
    "train_size": 40, "validation_size": 20, "epochs": 4, "hidden": (3,), "batch_size": 16,
    "learning_rate": 0.05, "activation": "tanh", "clip_limit": 0.001,
}  # fmt: skip

# Kinds of experiments: each field is varied in each of them.
KINDS: dict[str, dict[str, Any]] = {
    "images": {"dataset": "digits"},
    "images, standardized": {"dataset": "digits", "standardize": True, "optimizer": "adam"},
    "table": {"dataset": "iris", "optimizer": "rmsprop", "schedule": "step", "milestones": (1, 2)},
    "points": {
        "dataset": "moons", "optimizer": "momentum", "schedule": "cosine_restarts",
        "period_epochs": 1.5, "activation": "leaky_relu", "clipping": "norm", "clip_limit": 0.001,
        "kernel_initializer": "random_normal",
    },
    "values, large batches": {"dataset": "plane", "optimizer": "adagrad", "batch_size": 100},
    "a line, no hidden layer": {
        "dataset": "sine", "hidden": (), "optimizer": "adamw", "schedule": "one_cycle",
    },
    "no validation": {
        "dataset": "xor", "validation_size": 0, "optimizer": "lion", "schedule": "polynomial",
    },
    "early stopping": {
        "dataset": "moons", "early_stopping": True, "patience": 1, "learning_rate": 5.0,
    },
    "small gains": {
        "dataset": "moons", "early_stopping": True, "patience": 1, "optimizer": "adam",
        "restore_best": False,
    },
    "plateau": {
        "dataset": "moons", "schedule": "plateau", "plateau_patience": 1, "learning_rate": 5.0,
    },
    "target": {"dataset": "moons", "target_metric": "loss", "target_value": 10.0},
    "own table": {"dataset": "own", "optimizer": "adadelta", "schedule": "triangular"},
}  # fmt: skip

OTHER: dict[str, Any] = {
    "train_size": 30, "validation_size": 10, "input_noise": 0.3, "target_noise": 0.3,
    "label_noise": 0.5,
    "standardize": lambda value: not value, "leaked_fraction": 0.5, "data_seed": 1,
    "hidden": (4,), "activation": "relu", "negative_slope": 0.5, "kernel_initializer": "he_normal",
    "bias_initializer": "ones", "stddev": 1.0, "dropout": 0.5, "l1": 0.1, "l2": 0.1, "seed": 1,
    "loss": "huber", "optimizer": "adam", "learning_rate": 0.02, "momentum": 0.5, "rho": 0.5,
    "beta_1": 0.5, "beta_2": 0.5, "epsilon": 0.5, "initial_accumulator_value": 1.0,
    "weight_decay": 0.5, "clipping": "value", "clip_limit": 0.02, "schedule": "exponential",
    "warmup_epochs": 2.0, "decay_rate": 0.3, "period_epochs": 0.7, "milestones": (1, 3),
    "power": 3.0, "period_growth": 1.5, "peak_decay": 0.5, "start_share": 0.3, "rise_share": 0.6,
    "final_share": 0.5, "plateau_patience": 3, "batch_size": 200, "epochs": 3, "patience": 3,
    "min_delta": 0.5, "target_metric": lambda value: "metric" if value == "none" else "none",
    "target_value": 1e-6, "time_limit": 5.0, "validation_freq": 2,
}  # fmt: skip


def base(kind: str) -> Experiment:
    changes = SMALL | KINDS[kind]
    if changes["dataset"] == "own":
        rng = np.random.default_rng(0)
        x = rng.normal(size=(100, 2)).astype(np.float32)  # 20 of them to test on
        y = (x[:, 0] * 2).astype(np.float32)
        own = table.Table("Own", "A table", REGRESSION, ("a", "b"), (), True, x, y)
        changes["dataset"] = storage.put(own).name
    return Experiment().replace(**changes)


def varied(experiment: Experiment, name: str) -> Experiment:
    """The experiment with another value of one field, and everything else as it is."""
    values = experiment.to_dict()
    value = OTHER.get(name, lambda value: not value)
    if name == "scaler":
        value = "nothing"
    if name == "dataset":
        value = "circle" if experiment.data.source.classes else "multi_gauss"
    if name == "activations":
        value = ("sigmoid",) * len(values["hidden"])
    changed = values | {name: value(values[name]) if callable(value) else value}
    if name == "hidden":
        changed["activations"] = ()
    return Experiment().replace(**changed)


@functools.cache
def numbers(experiment: Experiment) -> list[Any]:
    """Scores of all epochs and the last weights."""
    trainer = Trainer(experiment)
    events = trainer.advance(seconds=60).events
    scores = [(e.train, e.validation) for e in events if hasattr(e, "validation")]
    return [repr(scores), *(w.tobytes() for w in trainer.latest().weights)]


def has_effect(experiment: Experiment, name: str) -> bool:
    other = varied(experiment, name)
    return active_hyperparameters(other) != active_hyperparameters(experiment)


@pytest.mark.parametrize("kind", KINDS)
def test_settings_without_an_effect_change_no_number(kind: str) -> None:
    experiment = other = base(kind)
    for name in FIELDS:
        if not has_effect(experiment, name):
            values = other.to_dict() | {name: varied(experiment, name).to_dict()[name]}
            other = Experiment().replace(**values)
    assert other != experiment
    assert numbers(other) == numbers(experiment)


# Effects that a run of four epochs need not show: nothing improves too late, nothing is too large.
UNSEEN = {
    **dict.fromkeys(("early_stopping", "patience", "restore_best"), "early stopping"),
    "min_delta": "small gains",
    **dict.fromkeys(("target_metric", "target_value"), "target"),
    "epochs": "images",  # others may stop before
}
TIMED = {"time_limit"}  # what it ends depends on the machine


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - TIMED))
def test_a_setting_with_an_effect_changes_the_numbers(name: str) -> None:
    kinds = [UNSEEN[name]] if name in UNSEEN else KINDS
    experiment = next(e for e in map(base, kinds) if has_effect(e, name))
    assert numbers(varied(experiment, name)) != numbers(experiment)


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", KINDS)
def test_each_setting_has_an_effect_where_it_changes_the_numbers(kind: str) -> None:
    experiment = base(kind)
    before = numbers(experiment)
    wrong = {}
    for name in FIELDS:
        if (claimed := has_effect(experiment, name)) != (
            numbers(varied(experiment, name)) != before
        ):
            wrong[name] = claimed
    assert {
        name for name, claimed in wrong.items() if not claimed or name not in UNSEEN.keys() | TIMED
    } == set()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"momentum": 0.9},
            "momentum has no effect with optimizer sgd: it is used by momentum, nesterov, rmsprop",
        ),
        ({"negative_slope": 0.5}, "with activation relu: it is used by leaky_relu"),
        ({"negative_slope": 0.5, "hidden": ()}, "negative_slope has no effect without hidden"),
        ({"stddev": 1.0}, "with kernel_initializer glorot_uniform: it is used by random_normal"),
        ({"power": 2.0}, "power has no effect with schedule constant: it is used by polynomial"),
        ({"patience": 3}, "patience has no effect without early_stopping"),
        (
            {"dataset": "spiral", "target_noise": 0.1},
            "with dataset spiral: it is used by circle, xor, plane, multi_gauss, sine",
        ),
        ({"scaler": "nothing", "dataset": "xor"}, "scaler has no effect without standardize"),
    ],
)
def test_a_setting_without_an_effect_is_told_with_what_would_use_it(
    changes: dict[str, Any], sentence: str
) -> None:
    (told,) = unused_settings(Experiment().replace(**changes))
    assert sentence in told


def test_on_a_page_they_are_told_by_their_labels() -> None:
    experiment = Experiment().replace(momentum=0.9, patience=3, dropout=0.1, hidden=())
    assert unused_settings(experiment, labels=True) == [
        "Dropout has no effect without hidden layers",
        "Momentum has no effect with optimizer SGD: it is used by SGD with momentum, "
        "Nesterov momentum, RMSprop",
        "Patience (epochs) has no effect without early stopping",
    ]


def test_settings_with_an_effect_are_not_told() -> None:
    assert unused_settings(Experiment().replace(optimizer="adam", beta_1=0.5, noise=0.1)) == []
