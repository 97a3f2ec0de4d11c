"""Differences between runs: numbers by hand, and sentences that claim no more than is known."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.analysis.comparison.leaderboard import leaderboard
from playground.analysis.comparison.notes import cautions, letter, verdict
from playground.analysis.comparison.runs import CHANGED, Compared, SettingDifference, difference
from playground.experiment.describe import active_hyperparameters
from playground.experiment.model import Experiment, format_value
from playground.history.events import Epoch, Event, ExamplesAdded, HyperparametersChanged, Score
from playground.history.history import Log
from playground.runs.race import Competitor


def course(
    accuracies: list[float], losses: list[float] | None = None, validated: bool = True
) -> list[Event]:
    """Epochs of 2 s with these validation scores; training is 0.05 better."""
    losses = losses or [1 - value for value in accuracies]
    return [
        Epoch(
            epoch=i + 1,
            step=10 * (i + 1),
            train=Score(loss - 0.05, value + 0.05),
            validation=Score(loss, value) if validated else None,
            learning_rate=0.1,
            seconds=2.0,
            layers=(),
        )
        for i, (value, loss) in enumerate(zip(accuracies, losses, strict=True))
    ]


def run(
    accuracies: list[float],
    losses: list[float] | None = None,
    extra: tuple[Event, ...] = (),
    state: str = "finished",
    validated: bool = True,
    **changes: Any,
) -> Compared:
    events = [*course(accuracies, losses, validated), *extra]
    return Compared(Experiment().replace(**changes), Log(events).history(), state)


def told(*runs: Compared) -> str:
    return verdict(runs, difference(runs))


A = run([0.5, 0.861])


def test_the_only_difference_is_named_with_both_scores() -> None:
    assert told(A, run([0.6, 0.879], dropout=0.2)) == (
        "Run B reaches 87.9% validation accuracy instead of 86.1%: the only difference is "
        "dropout 0.2 instead of 0."
    )


def test_of_several_differences_none_is_the_cause() -> None:
    sentence = told(A, run([0.6, 0.879], dropout=0.2, hidden=(50,)))
    assert "they differ in hidden layers 50 instead of 300-100 and dropout 0.2" in sentence
    assert sentence.endswith("so the cause cannot be identified.")


def test_what_comes_along_with_an_optimizer_is_no_difference_of_its_own() -> None:
    found = difference([A, run([0.6, 0.879], optimizer="momentum")])
    names = {setting.name: setting for setting in found.settings}
    assert set(names) == {"optimizer", "momentum"}
    assert names["momentum"].text(0) == "–"
    assert not names["momentum"].independent
    assert "the only difference is optimizer SGD with momentum instead of SGD." in told(
        A, run([0.6, 0.879], optimizer="momentum")
    )


def test_a_default_learning_rate_that_follows_the_optimizer_is_no_cause_of_its_own() -> None:
    assert told(A, run([0.6, 0.879], optimizer="adam")).endswith(
        "the only difference is optimizer Adam instead of SGD, each at its default learning rate."
    )
    chosen = told(A, run([0.6, 0.879], optimizer="adam", learning_rate=0.1))
    assert "optimizer Adam instead of SGD and learning rate 0.1 instead of 0.01" in chosen


def test_another_seed_is_chance() -> None:
    assert told(A, run([0.6, 0.879], seed=1)).endswith(
        "seed 1 instead of 0, so a difference of this size is chance."
    )


def test_equal_runs_are_equal() -> None:
    assert "same experiment, and their curves are equal" in told(A, A)
    assert "other versions or machines" in told(A, run([0.5, 0.87]))


def test_training_longer_is_said_to_be_that() -> None:
    longer = run([0.5, 0.861, 0.9], epochs=3)
    shorter = run([0.5, 0.861], epochs=2)
    assert "only difference is epochs 3 instead of 2; as long as both" in told(shorter, longer)
    found = difference([shorter, longer])
    assert any("not trained equally long" in s for s in cautions([shorter, longer], found))


def test_validating_less_often_is_said_to_change_no_curve() -> None:
    often, seldom = run([0.5, 0.861, 0.6, 0.7]), run([0.5, 0.861, 0.6, 0.7], validation_freq=2)
    gaps = [
        replace(e, validation=None if e.epoch % 2 else e.validation)
        for e in course([0.5, 0.861, 0.6, 0.7])
        if isinstance(e, Epoch)
    ]
    seldom = replace(seldom, history=Log(gaps).history())
    assert told(often, seldom).endswith(
        "the only difference is validation frequency 1 instead of 2; where both were validated "
        "their curves are equal."
    )
    found = difference([often, seldom])
    assert [each.best_score_epoch for each in found.summaries] == [2, 2]
    assert (found.distances[0].area, found.distances[0].parting) == (0, None)


def test_a_run_that_diverged_is_said_to_have() -> None:
    failed = run([0.5], [float("nan")], state="diverged", learning_rate=10.0)
    sentence = told(A, failed)
    assert sentence.startswith("Run B diverged after epoch 1: the only")
    assert sentence.endswith("the only difference is learning rate 10 instead of 0.01.")


def test_other_data_and_other_tasks_cannot_be_compared() -> None:
    assert told(A, run([0.9], dataset="mnist")) == (
        "Scores on different data cannot be compared (A: Fashion-MNIST; B: MNIST)."
    )
    assert "Classification and regression scores" in told(A, run([0.9], dataset="sine"))
    assert difference([A, run([0.9], dataset="mnist")]).target is None


def test_a_run_without_an_epoch_has_nothing_to_compare() -> None:
    assert told(A, run([])) == "Run B has no finished epoch: nothing to compare yet."


def test_a_mean_error_is_better_when_it_is_smaller() -> None:
    errors = [run([0.5, e], dataset="sine", seed=seed) for seed, e in ((0, 0.2), (1, 0.4))]
    assert told(*errors).startswith(
        "Run A reaches 0.2 validation mean error instead of 0.4: the only"
    )
    assert difference(errors).target == pytest.approx(0.2 * 1.05)


def test_many_runs_are_ranked_and_the_varied_setting_listed() -> None:
    runs = [run([0.5, 0.8 + rate], dropout=rate) for rate in (0.0, 0.1, 0.05)]
    assert told(*runs) == (
        "Of 3 runs, B reaches the best validation accuracy (90.0%) and A the worst (80.0%): "
        "the only difference is dropout (0, 0.1, 0.05)."
    )


def test_the_numbers_of_the_curves() -> None:
    a = run([0.5, 0.7, 0.9], [1.0, 0.5, 0.6])
    b = run([0.5, 0.705, 0.85], [1.0, 0.7, 0.2])
    found = difference([a, b])
    first, second = found.summaries
    assert (first.best_epoch, first.best_score_epoch) == (2, 3)
    assert first.last_loss == pytest.approx(0.6)
    assert (first.to_target, second.to_target) == (3, None)  # 95 % of 0.9 is 0.855
    assert first.seconds == 6
    (distance,) = found.distances
    assert distance.area == pytest.approx((0 + 0.2) / 2 + (0.2 + 0.4) / 2)
    assert distance.mean == pytest.approx(0.2)
    assert distance.parting == 3  # 0.005 apart at epoch 2, 0.05 at epoch 3


def test_only_the_epochs_that_both_have_are_held_against_each_other() -> None:
    (distance,) = difference([run([0.5, 0.6, 0.7]), run([0.5])]).distances
    assert (distance.epochs, distance.area, distance.parting) == (1, 0, None)


def test_without_validation_examples_training_ones_are_compared_and_it_is_said() -> None:
    runs = [run([0.5, 0.8], validated=False), run([0.5, 0.8])]
    found = difference(runs)
    assert found.summaries[0].best_score == pytest.approx(0.85)
    assert found.summaries[1].best_score == pytest.approx(0.85)
    assert any("favor memorization" in sentence for sentence in cautions(runs, found))


def test_a_change_on_the_way_is_a_difference_and_the_beginning_is_compared() -> None:
    change = HyperparametersChanged(1, "learning_rate", 0.01, 0.5)
    found = difference([A, run([0.5, 0.9], extra=(change,), learning_rate=0.5)])
    assert found.settings == (
        SettingDifference(CHANGED, ("nothing", "learning rate 0.01 → 0.5 after epoch 1")),
    )
    taught = difference([A, run([0.5, 0.9], extra=(ExamplesAdded(1, 9),))])
    assert taught.settings[0].values == ("nothing", "9 examples after epoch 1")


def test_a_difference_smaller_than_chance_is_cautioned() -> None:
    close = [A, run([0.5, 0.87], dropout=0.2)]  # 0.9 points; ±2.1 points on 1,000 examples
    assert any("±2.1%" in s and "0.9%" in s for s in cautions(close, difference(close)))
    far = [A, run([0.5, 0.95], dropout=0.2)]
    assert not cautions(far, difference(far))


def test_losses_with_another_penalty_are_compared_without_it() -> None:
    event = course([0.8])[0]
    assert isinstance(event, Epoch)
    heavy = replace(event, validation=Score(0.9, 0.8, penalty=0.7))
    runs = [run([0.8], [0.2]), Compared(Experiment().replace(l2=0.1), Log([heavy]).history())]
    found = difference(runs)
    assert found.distances[0].mean == pytest.approx(0, abs=1e-6)
    assert found.summaries[1].last_loss == pytest.approx(0.2)
    assert any("exclude the L1/L2 penalty" in sentence for sentence in cautions(runs, found))
    runs = [run([0.5, 0.8]), run([0.5, 0.95], loss="mean_squared_error")]
    assert cautions(runs, difference(runs)) == [
        "Their losses are different functions: compare the accuracy."
    ]


def test_the_better_run_comes_first_whatever_its_letter() -> None:
    assert "only difference is dropout 0.2 instead of 0." in told(run([0.9], dropout=0.2), A)


def test_fewer_than_two_runs_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="at least 2 to be compared, got 1"):
        difference([A])


def test_letters_go_on_after_z() -> None:
    assert [letter(i) for i in (0, 25, 26, 27)] == ["A", "Z", "AA", "AB"]


@settings(max_examples=20)
@given(st.from_type(Experiment))
def test_any_experiment_can_be_compared(other: Experiment) -> None:
    runs = [A, Compared(other, Log(course([0.1, 0.2])).history())]
    found = difference(runs)
    assert verdict(runs, found).endswith(".")
    assert all(sentence.endswith(".") for sentence in cautions(runs, found))
    for setting in found.settings:
        assert setting.text(0) != setting.text(1) or setting.values[0] != setting.values[1]


def test_what_has_no_effect_is_left_out() -> None:
    plain = active_hyperparameters(Experiment())
    assert "beta_1" not in plain
    assert "patience" not in plain
    assert "clip_limit" not in plain
    assert "learning_rate" in plain
    assert "dropout" in plain
    assert "dropout" not in active_hyperparameters(Experiment().replace(hidden=()))
    each = active_hyperparameters(Experiment().replace(activations=("tanh", "tanh")))
    assert each["activation"] == "tanh"
    mixed = active_hyperparameters(Experiment().replace(activations=("tanh", "relu")))
    assert format_value("activation", mixed["activation"]) == "Tanh, ReLU"


@pytest.mark.parametrize(
    ("dataset", "scores"),
    [("fashion_mnist", [0.5, 0.84, 0.86, 0.9]), ("sine", [0.9, 0.2104, 0.2101, 0.2])],
)
def test_race_and_compare_reach_the_target_at_the_same_epoch(
    dataset: str, scores: list[float]
) -> None:
    runs = [run(scores, dataset=dataset), run(scores[:2], dataset=dataset)]
    differences = difference(runs)
    board = leaderboard(
        [Competitor(str(i), (one.experiment,)) for i, one in enumerate(runs)],
        [[one.history] for one in runs],
    )
    assert board.target == differences.target
    raced = [row.epochs and row.epochs.mean for row in board.rows]
    assert raced == [summary.to_target for summary in differences.summaries]
    assert [row.best and row.best.mean for row in board.rows] == [
        summary.best_score for summary in differences.summaries
    ]
