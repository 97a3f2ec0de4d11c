"""Axes of settings that vary: where a value stands, and which setting goes along with the score."""

import numpy as np
import pytest

from playground.analysis.comparison.hyperparameter_importance import (
    axes,
    axis,
    best_rows,
    importances,
    in_common,
    score_axis,
)
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import Experiment


def test_only_what_varies_gets_an_axis() -> None:
    runs = [
        active_hyperparameters(Experiment().replace(learning_rate=rate))
        for rate in (0.01, 0.1, 1.0)
    ]
    (found,) = axes(runs)
    assert (found.name, found.scale) == ("learning_rate", "log")
    assert found.positions == pytest.approx([0, 0.5, 1])
    assert [text for _, text in found.ticks] == ["0.01", "0.1", "1"]


def test_a_setting_without_effect_in_some_runs_has_gaps_there() -> None:
    runs = [
        active_hyperparameters(Experiment().replace(optimizer=name)) for name in ("sgd", "momentum")
    ]
    found = {each.name: each for each in axes(runs)}
    assert found["momentum"].partial
    assert np.isnan(found["momentum"].positions[0])
    assert found["optimizer"].ticks == ((0, "SGD"), (1, "SGD with momentum"))


def test_layers_stand_by_their_units_and_choices_as_in_their_table() -> None:
    found = axis("hidden", [(300, 100), (10,), (300, 100), ()])
    assert [text for _, text in found.ticks] == ["none", "10", "300-100"]
    assert found.positions == pytest.approx([1, 0.5, 1, 0])


def test_zero_among_magnitudes_is_listed() -> None:
    found = axis("l2", [0.0, 1e-5, 1e-4, 1e-2])
    assert found.scale == "listed"
    assert found.positions == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert axis("dropout", [0.0, 0.2, 0.5]).scale == "linear"


def test_many_values_get_round_ticks() -> None:
    values = np.geomspace(2e-5, 0.3, 40).tolist()
    assert [text for _, text in axis("learning_rate", values).ticks] == [
        "0.0001", "0.001", "0.01", "0.1"
    ]  # fmt: skip
    found = axis("dropout", np.linspace(0.03, 0.83, 40).tolist())
    assert [text for _, text in found.ticks] == ["0.2", "0.4", "0.6", "0.8"]
    assert found.ticks[0][0] == pytest.approx((0.2 - 0.03) / 0.8)


def test_equal_scores_are_one_place_and_no_accuracy_exceeds_one() -> None:
    assert score_axis(np.full(3, 0.267), True).ticks == ((0.0, "26.7%"),)
    assert score_axis(np.array([0.2, 1.0]), True).ticks[-1] == (1.0, "100.0%")


def test_the_setting_that_decides_the_score_has_all_the_weight() -> None:
    optimizers, seeds = ["sgd", "adam"] * 20, [i // 2 for i in range(40)]
    found = [axis("optimizer", optimizers), axis("seed", seeds)]
    scores = np.array([0.8 if name == "sgd" else 0.9 for name in optimizers])
    first, second = importances(found, scores)
    assert (first.name, first.share) == ("optimizer", pytest.approx(1))
    assert second.share == pytest.approx(0, abs=0.05)


def test_without_enough_runs_or_differences_nothing_matters() -> None:
    found = [axis("seed", range(20))]
    assert importances(found, np.full(20, 0.5)) == []
    assert importances([axis("seed", range(5))], np.arange(5.0)) == []


def test_what_the_best_have_in_common() -> None:
    runs = [{"optimizer": name, "seed": i} for i, name in enumerate(["sgd"] * 15 + ["adam"] * 5)]
    scores = np.array([0.1] * 15 + [0.9, 0.8, 0.7, 0.6, np.nan])
    rows = best_rows(scores, True, 0.1)
    assert list(rows) == [15, 16]
    assert in_common(runs, rows, ("optimizer", "seed")) == {"optimizer": "adam"}
    assert list(best_rows(scores, False, 0.001)) == [0]
    assert not len(best_rows(np.array([np.nan]), True, 0.5))
