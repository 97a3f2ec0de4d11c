"""Who races: values, limits, labels; what is the same for all, against the engine."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings, strategies
from pydantic import ValidationError

from playground.analysis.comparison.notes import comparison_notes, same_order, same_weights
from playground.experiment.model import FIELDS, Experiment
from playground.nn.optimizers import OPTIMIZERS
from playground.runs.cluster import cost, spread
from playground.runs.race_presets import (
    MOST,
    PRESETS,
    VARIABLES,
    entered,
    grid,
    preset,
    seeded,
    suggested,
    value_label,
    vary,
)

BASE = Experiment()


# ---- what competes -----------------------------------------------------------------------


def test_varying_the_optimizer_takes_its_usual_parameters_along() -> None:
    sgd, adam = vary(BASE, "optimizer", ["sgd", "adam"])
    assert (sgd.label, adam.label) == ("SGD", "Adam")
    assert sgd.experiments == (BASE,)
    assert (
        adam.experiments[0].training.learning_rate == OPTIMIZERS["adam"].defaults["learning_rate"]
    )


def test_a_grid_is_every_combination_and_keeps_what_is_varied() -> None:
    four = grid(BASE, {"optimizer": ["sgd", "adam"], "learning_rate": [0.1, 0.01]})
    assert [each.label for each in four] == [
        "SGD · η 0.1", "SGD · η 0.01", "Adam · η 0.1", "Adam · η 0.01",
    ]  # fmt: skip
    assert [each.experiments[0].training.learning_rate for each in four] == [0.1, 0.01] * 2


@pytest.mark.parametrize(
    ("field", "value", "label"),
    [
        ("hidden", (64, 32), "64-32"),
        ("hidden", (), "no hidden layer"),
        ("learning_rate", 0.03, "η 0.03"),
        ("batch_size", 64, "batch 64"),
        ("dropout", 0.2, "dropout 0.2"),
        ("l2", 1e-4, "L2 0.0001"),
        ("kernel_initializer", "he_normal", "He normal"),
    ],
)
def test_labels_are_short(field: str, value: object, label: str) -> None:
    assert value_label(field, value) == label


def test_seeds_follow_one_another() -> None:
    assert [e.network.seed for e in seeded(BASE.replace(seed=7), 3)] == [7, 8, 9]
    assert [e.network.seed for e in seeded(BASE.replace(seed=2**31 - 1), 2)] == [2**31 - 1, 0]
    with pytest.raises(ValueError, match="between 1 and 5, got 6"):
        seeded(BASE, 6)


def test_what_cannot_race_is_refused() -> None:
    with pytest.raises(ValueError, match="between 2 and 8, got 1"):
        vary(BASE, "learning_rate", [0.1, 0.1])  # equal ones count once
    with pytest.raises(ValueError, match="between 2 and 8, got 9"):
        grid(BASE, {"optimizer": ["sgd", "adam", "lion"], "l2": [0, 1e-3, 1e-2]})
    with pytest.raises(ValidationError):
        vary(BASE, "learning_rate", [0.1, -1])


def test_equal_labels_are_told_apart() -> None:
    assert [each.label for each in entered([("a", BASE), ("a", BASE), ("b", BASE)])] == [
        "a (1)", "a (2)", "b",
    ]  # fmt: skip


@given(base=strategies.from_type(Experiment), name=strategies.sampled_from(list(PRESETS)))
@settings(max_examples=60)
def test_every_preset_is_a_race_for_any_experiment(base: Experiment, name: str) -> None:
    competitors = preset(name, base)
    assert 2 <= len(competitors) <= MOST
    assert len({each.experiments[0] for each in competitors}) == len(competitors)
    assert comparison_notes(competitors)


@given(base=strategies.from_type(Experiment), field=strategies.sampled_from(list(VARIABLES)))
@settings(max_examples=60)
def test_what_is_suggested_is_valid_and_different(base: Experiment, field: str) -> None:
    values = suggested(base, field)
    assert 2 <= len(values) <= MOST or (field == "batch_size" and base.data.train_size < 16)
    assert len({base.replace(**{field: value, "activations": ()}) for value in values}) == len(
        values
    )


# ---- what is the same for all ------------------------------------------------------------

IRIS = BASE.replace(dataset="iris", hidden=(8, 4), batch_size=16)
VARIANTS = (
    IRIS,
    IRIS.replace(optimizer="adam"),
    IRIS.replace(activation="tanh"),
    IRIS.replace(dropout=0.2),
    IRIS.replace(batch_size=8),
    IRIS.replace(hidden=(8, 5)),
    IRIS.replace(kernel_initializer="he_normal"),
    IRIS.replace(seed=1),
    IRIS.replace(shuffle=False),
    IRIS.replace(shuffle=False, seed=1),
    IRIS.replace(train_size=60),
    IRIS.replace(kernel_initializer="zeros"),
    IRIS.replace(kernel_initializer="zeros", seed=1),
)


def test_what_is_said_of_weights_and_order_is_what_the_engine_does() -> None:
    from playground.training.batches import BatchOrder
    from playground.training.keras_model import initial_weights

    weights = [initial_weights(each) for each in VARIANTS]
    orders = [BatchOrder(each) for each in VARIANTS]
    epochs = [[order.next_epoch() for _ in range(2)] for order in orders]
    for i, j in combinations(range(len(VARIANTS)), 2):
        pairs = list(zip(weights[i], weights[j], strict=True))
        equal = all(a.shape == b.shape and np.array_equal(a, b) for a, b in pairs)
        assert same_weights(VARIANTS[i], VARIANTS[j]) == equal
        equal = all(np.array_equal(a, b) for a, b in zip(epochs[i], epochs[j], strict=True))
        assert same_order(VARIANTS[i], VARIANTS[j]) == equal


@pytest.mark.parametrize(
    ("field", "values", "said"),
    [
        ("activation", ["relu", "tanh"], "same initial weights"),
        ("activation", ["relu", "tanh"], "same batches in the same order"),
        ("hidden", [(8,), (16,)], "layers differ (4-8-3 and 4-16-3)"),
        ("hidden", [(8,), (16,)], "same batches in the same order"),
        ("kernel_initializer", ["zeros", "he_normal"], "initializers differ (Zeros and He normal)"),
        ("batch_size", [8, 16], "same order, in batches of 8 and 16"),
        ("optimizer", ["sgd", "adam"], "uses its default learning rate: SGD 0.01 and Adam 0.001"),
        ("train_size", [50, 60], "numbers of training examples differ: 50 and 60"),
    ],
)
def test_what_differs_is_said(field: str, values: list[object], said: str) -> None:
    given = [(str(value), IRIS.replace(**{field: value})) for value in values]
    assert any(said in sentence for sentence in comparison_notes(entered(given)))


def test_more_than_one_difference_is_warned_of() -> None:
    given = [("a", IRIS), ("b", IRIS.replace(activation="tanh", l2=0.01))]
    assert "Several settings differ (activation and L2)" in comparison_notes(entered(given))[-1]
    assert not any(
        "Several settings" in each for each in comparison_notes(preset("optimizers", BASE))
    )
    four = grid(BASE, {"optimizer": ["sgd", "adam"], "learning_rate": [0.1, 0.01]})
    assert "Several settings differ (optimizer and learning rate)" in comparison_notes(four)[-1]


# ---- who trains what ---------------------------------------------------------------------


def test_runs_are_spread_evenly_and_equal_shapes_stay_together() -> None:
    each = [e for c in preset("optimizers", BASE, seeds=5) for e in c.experiments]
    places = spread(each, 2)
    assert sorted(places) == [0] * 20 + [1] * 20
    kinds = [
        {e.training.optimizer for e, p in zip(each, places, strict=True) if p == n} for n in (0, 1)
    ]
    assert not kinds[0] & kinds[1]


@given(
    each=strategies.lists(strategies.from_type(Experiment), min_size=1, max_size=12),
    workers=strategies.integers(1, 6),
)
@settings(max_examples=30)
def test_no_worker_has_more_than_its_share_and_one_run(
    each: list[Experiment], workers: int
) -> None:
    places, costs = spread(each, workers), [cost(e) for e in each]
    assert all(0 <= place < workers for place in places)
    for worker in range(workers):
        own = sum(c for c, place in zip(costs, places, strict=True) if place == worker)
        assert own <= sum(costs) / workers + max(costs) + 1e-6 * sum(costs)


def test_every_variable_is_a_field() -> None:
    assert VARIABLES.keys() <= FIELDS.keys()
    assert {entry.field for entry in PRESETS.values()} <= VARIABLES.keys()
