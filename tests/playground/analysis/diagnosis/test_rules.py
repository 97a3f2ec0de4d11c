"""The rules at their thresholds, with histories made up for the purpose, and with any history."""

import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, strategies
from hypothesis import settings as limits

from playground import Experiment, load
from playground.analysis.diagnosis import (
    RULES,
    Diagnosis,
    Monitor,
    RunWindow,
    WeightInspection,
    diagnose,
    run_window,
)
from playground.analysis.diagnosis.rule import FixStep, Rule, make_fix
from playground.analysis.metrics.score import Baseline, baseline
from playground.history.events import (
    Diverged,
    Epoch,
    Event,
    ExamplesAdded,
    Finished,
    HyperparametersChanged,
    LayerStatistics,
    Score,
)
from playground.history.history import Log

TEN = Experiment().replace(dataset="digits", hidden=(64,), epochs=100)
GUESS = Baseline(2.302585, 0.1)
WAVE = Experiment().replace(dataset="sine", hidden=(64,), epochs=100)


def epochs(
    train: Sequence[float],
    validation: Sequence[float | None] | None = None,
    accuracy: float | tuple[float, float] = 0.5,
    first: int = 1,
    dead: float = 0.0,
    gradients: Sequence[float] = (0.01, 0.01),
    step: float = 0.01,
) -> list[Event]:
    """Epochs with these losses; `step`: update beside weight."""
    ours, theirs = accuracy if isinstance(accuracy, tuple) else (accuracy, accuracy)
    made: list[Event] = []
    for i, loss in enumerate(train):
        after = None if validation is None else validation[i]
        seen = None if after is None else Score(after, theirs)
        layers = [LayerStatistics(g, 0.1, 0.1 * step, dead) for g in gradients[:-1]]
        layers.append(LayerStatistics(gradients[-1], 0.1, 0.1 * step, None))
        epoch, score = first + i, Score(loss, ours)
        made.append(Epoch(epoch, 36 * epoch, score, seen, 0.01, 0.1, tuple(layers)))
    return made


def found(
    events: Sequence[Event], experiment: Experiment = TEN, looked: WeightInspection | None = None,
    guess: Baseline = GUESS,
) -> list[str]:  # fmt: skip
    return [each.name for each in told(events, experiment, looked, guess)]


def told(
    events: Sequence[Event], experiment: Experiment = TEN, looked: WeightInspection | None = None,
    guess: Baseline = GUESS,
) -> tuple[Diagnosis, ...]:  # fmt: skip
    return diagnose(run_window(experiment, Log(events), guess, looked))


def test_the_rules_stand_in_the_order_of_their_severity() -> None:
    assert sorted(RULES, key=lambda name: RULES[name].severity) == [
        "diverged", "not_learning", "worse_than_constant", "too_slow", "jumping", "underfitting",
        "overfitting", "dead_units", "saturated_units", "gradients", "over_regularized",
        "little_data", "validation_better",
    ]  # fmt: skip
    for rule in RULES.values():
        assert rule.fixes
        assert set(rule.explained_by) <= RULES.keys()


def test_one_entry_adds_a_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = Rule(0, "New", "info", "descent", "Because.", lambda _: "Always.", ())
    monkeypatch.setitem(RULES, "new", rule)
    learns = [1.0 - 0.05 * i for i in range(10)]
    assert found(epochs(learns, learns, 0.9)) == ["new"]
    assert found(epochs([2.3] * 6, [2.3] * 6, 0.1)) == ["new", "not_learning"]


def test_a_network_worse_than_a_constant_answer_is_named_as_such() -> None:
    falls = [0.2 - 0.005 * i for i in range(10)]
    rare = Baseline(0.052, 0.991)  # one example in a hundred is of the other class
    thousand = Experiment().replace(hidden=(64,))  # validation examples
    (only,) = told(epochs(falls, falls, 0.984), thousand, None, rare)
    assert only.name == "worse_than_constant"
    assert "accuracy 98.4% over epochs 6 to 10, where always predicting" in only.evidence
    assert "reaches 99.1%" in only.evidence
    assert found(epochs(falls, falls, 0.992), thousand, None, rare) == []
    assert found(epochs(falls, falls, 0.990), thousand, None, rare) == []  # that may be chance
    alone = Baseline(0.0, 1.0)  # only one class is among the validation examples
    assert found(epochs(falls, falls, 0.6), thousand, None, alone) == ["worse_than_constant"]
    assert found(epochs(falls, falls, 1.0), thousand, None, alone) == []
    few = thousand.replace(train_size=200)
    begun = epochs(falls, falls, 0.9)
    assert found(begun, few, None, rare) == []  # 70 updates: it has only begun to learn
    ended = [*begun, Finished(10, False, None, False)]
    assert found(ended, few, None, rare) == ["worse_than_constant"]


def test_the_best_epoch_of_overfitting_is_that_of_the_chart() -> None:
    learns = [1.0 - 0.02 * i for i in range(40)]
    noisy = [0.7 - 0.01 * i if i < 20 else 0.5 + 0.02 * (i - 20) for i in range(40)]
    noisy[14] = 0.45  # one lucky epoch, which the mean over five does not follow
    events = epochs(learns, noisy, 0.9)
    evidence = next(d for d in told(events) if d.name == "overfitting").evidence
    assert Log(events).history().best_epoch == 15
    assert "lowest at epoch 15 (0.45)" in evidence
    assert "as a mean of 5 epochs" in evidence


def test_an_accuracy_counts_from_that_of_the_commonest_class() -> None:
    flat = [2.3] * 6
    assert found(epochs(flat, flat, 0.24)) == ["not_learning"]
    assert found(epochs(flat, flat, 0.26)) == []
    roasts = Baseline(0.52, 0.785)  # coffee: as good as nothing, though 80% are right
    coffee = Experiment().replace(dataset="coffee", batch_size=4)
    assert "not_learning" in found(epochs([0.52] * 6, [0.52] * 6, 0.8), coffee, None, roasts)
    assert found(epochs([0.2] * 6, [0.2] * 6, 0.9), coffee, None, roasts) == []


def test_the_baseline_is_the_commonest_class_or_the_mean() -> None:
    dataset = load(TEN.data)
    guess = baseline(dataset, "cross_entropy")
    counts = np.bincount(dataset.train.y)
    assert guess.metric == pytest.approx((dataset.validation.y == counts.argmax()).mean())
    assert guess.loss == pytest.approx(np.log(10), rel=0.01)
    wave = load(WAVE.data)
    mean = baseline(wave, "mean_squared_error")
    target = wave.validation.y - wave.train.y.mean()
    assert mean.loss == pytest.approx(float((target**2).mean()), rel=1e-5)
    assert mean.metric == pytest.approx(float(np.abs(target).mean()), rel=1e-5)
    binary = baseline(load(Experiment().replace(dataset="circle").data), "cross_entropy")
    assert binary.loss == pytest.approx(np.log(2), rel=1e-3)


def test_not_learning_waits_for_three_epochs_and_a_hundred_updates() -> None:
    flat = [2.3, 2.31, 2.3]
    assert found(epochs(flat, flat, 0.1)) == ["not_learning"]
    assert found(epochs(flat[:2], flat[:2], 0.1)) == []
    assert found(epochs(flat, flat, 0.1), TEN.replace(batch_size=1_000)) == []


def test_one_rise_of_the_loss_is_no_jumping_and_two_are() -> None:
    once = [1.0, 1.0, 1.0, 1.3, 1.0, 1.0, 1.0]
    twice = [1.0, 1.0, 1.3, 1.0, 1.3, 1.0, 1.0]
    small = [1.0, 1.0, 1.1, 1.0, 1.1, 1.0, 1.0]  # 0.1 is less than 5% of ln 10
    assert found(epochs(once, once, 0.6)) == []
    assert found(epochs(twice, twice, 0.6)) == ["jumping"]
    assert found(epochs(small, small, 0.6)) == []
    assert found(epochs(twice, None, 0.6)) == ["jumping"]  # without validation examples


def test_rules_on_both_parts_judge_the_epochs_that_were_validated() -> None:
    learns, turns = np.geomspace(1.0, 0.2, 60), [0.9, 0.6, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1]
    seen = [turns[i // 6] if i % 6 == 5 else None for i in range(60)]
    (problem,) = told(epochs(learns.tolist(), seen, 0.9))
    assert problem.name == "overfitting"
    assert "lowest at epoch 18 (0.5)" in problem.evidence
    never, without = [None] * 60, None
    assert found(epochs(learns.tolist(), never)) == found(epochs(learns.tolist(), without))


def test_overfitting_is_a_best_epoch_long_ago_or_a_gap() -> None:
    learns = [1.0 - 0.05 * i for i in range(10)]
    falls, turns = [1.0 - 0.04 * i for i in range(10)], [1.0, 0.8, 0.7, *[0.75] * 2, *[0.9] * 5]
    assert found(epochs(learns, falls, 0.9)) == []
    assert found(epochs(learns, turns, 0.9)) == ["overfitting"]
    assert found(epochs(learns[:5], turns[:5], 0.9)) == []  # too early to tell
    assert found(epochs(learns, falls, (0.99, 0.92))) == []
    assert found(epochs(learns, falls, (0.99, 0.90))) == ["overfitting"]


def test_a_gap_on_thirty_examples_may_be_luck() -> None:
    learns, falls = [0.5 - 0.02 * i for i in range(10)], [0.5 - 0.015 * i for i in range(10)]
    iris = Experiment().replace(dataset="iris", hidden=(64,), epochs=100)
    guess = Baseline(1.0986, 1 / 3)
    assert found(epochs(learns, falls, (1.0, 0.9)), iris, None, guess) == []
    assert found(epochs(learns, falls, (1.0, 0.8)), iris, None, guess) == ["overfitting"]


def test_regression_is_judged_by_its_loss_beside_that_of_the_mean() -> None:
    guess = Baseline(0.5, 0.6)
    flat = [0.49] * 12
    assert found(epochs(flat, flat, 0.6), WAVE.replace(batch_size=4), None, guess)[0] == (
        "not_learning"
    )
    good = [0.01] * 12
    assert found(epochs(good, good, 0.05), WAVE, None, guess) == []
    apart = epochs([0.02] * 12, [0.1] * 12, 0.1)
    assert found(apart, WAVE, None, guess) == ["overfitting"]


def test_every_cure_in_use_makes_room_for_the_next_one() -> None:
    learns, falls = [1.0 - 0.05 * i for i in range(10)], [1.0 - 0.02 * i for i in range(10)]
    experiment, order = TEN.replace(train_size=400), []
    for _ in range(6):
        fixed = told(epochs(learns, falls, (1.0, 0.85)), experiment)[0].fix
        if fixed is None:
            break
        order.append(fixed.change)
        experiment = fixed.experiment
    assert order[:4] == [
        "Dropout 0 → 0.2",
        "L2 0 → 0.001",
        "Training examples 400 → 1,137",
        ["Early stopping off → on", " patience 10 → 10"][0],
    ]


def test_thirty_per_cent_of_dead_units_are_too_many() -> None:
    good = [0.2] * 6
    assert found(epochs(good, good, 0.95, dead=0.29)) == []
    assert found(epochs(good, good, 0.95, dead=0.30)) == ["dead_units"]


def test_gradients_fade_over_several_layers_only() -> None:
    poor = [2.0 - 0.05 * i for i in range(8)]
    faded = (1e-5, 1e-4, 2e-3)
    deep = TEN.replace(hidden=(64, 64), activation="tanh")
    assert found(epochs(poor, poor, 0.3, gradients=faded), deep) == ["gradients"]
    assert found(epochs(poor, poor, 0.3, gradients=(1e-4, 1e-3, 2e-3)), deep) == []
    assert found(epochs(poor, poor, 0.3, gradients=(1e-5, 2e-3))) == []
    huge = [300.0 - i for i in range(8)]
    assert "gradients" in found(epochs(huge, huge, 0.1, gradients=(5.0, 6.0)))


def test_saturation_counts_where_an_activation_is_flat_on_both_sides() -> None:
    poor, sigmoid = [1.5 - 0.05 * i for i in range(8)], TEN.replace(activation="sigmoid")
    looked = WeightInspection(8, (0.3,), Score(1.2, 0.5), 1.0, identical=False)
    assert found(epochs(poor, poor, 0.5), sigmoid, looked) == ["saturated_units"]
    less = WeightInspection(8, (0.29,), Score(1.2, 0.5), 1.0, identical=False)
    assert found(epochs(poor, poor, 0.5), sigmoid, less) == []


@pytest.mark.parametrize(
    ("field", "much", "less"),
    [("l2", 0.005, 0.004), ("l1", 0.0005, 0.0004), ("dropout", 0.6, 0.5)],
)
def test_regularisation_is_too_much_where_training_is_poor(
    field: str, much: float, less: float
) -> None:
    poor = [1.2 - 0.05 * i for i in range(8)]
    assert found(epochs(poor, poor, 0.8), TEN.replace(**{field: much})) == ["over_regularized"]
    assert found(epochs(poor, poor, 0.8), TEN.replace(**{field: less})) == []
    assert found(epochs(poor, poor, 0.92), TEN.replace(**{field: much})) == []


def test_a_symptom_stands_behind_its_cause() -> None:
    flat = [2.3] * 12
    names = found(epochs(flat, flat, 0.1, dead=1.0))
    assert names[0] == "dead_units"
    assert "not_learning" in names[1:]


def test_validation_may_be_better_for_reasons_that_are_no_fault() -> None:
    ours, theirs = [1.0 - 0.02 * i for i in range(10)], [0.8 - 0.02 * i for i in range(10)]
    accuracy = (0.7, 0.8)
    for changes, wanted in (
        ({"dropout": 0.4}, "Dropout 0.4 → 0"),
        ({"label_noise": 0.2}, "Label noise 0.2 → 0"),
        ({"leaked_fraction": 0.5}, "Train/validation leakage 0.5 → 0"),
    ):
        (only,) = told(epochs(ours, theirs, accuracy), TEN.replace(**changes))
        assert only.name == "validation_better"
        assert only.rule.kind == "info"
        assert only.fix is not None
        assert only.fix.change == wanted
    looked = WeightInspection(10, (0.0,), Score(0.6, 0.81), 1.0, identical=False)
    (only,) = told(epochs(ours, theirs, accuracy), TEN, looked)
    assert "81.0% on training examples" in only.evidence
    assert only.fix is not None
    assert "within every epoch" in only.fix.reason


def test_only_what_came_after_a_change_or_a_lesson_is_judged() -> None:
    flat, falls = [2.3] * 6, [1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
    before = epochs(flat, flat, 0.1)
    assert found([*before, HyperparametersChanged(6, "learning_rate", 0.1, 0.01)]) == []
    after = epochs(falls, falls, 0.9, first=7)
    assert found([*before, HyperparametersChanged(6, "learning_rate", 0.1, 0.01), *after]) == []
    assert found([*before, ExamplesAdded(6, 3)]) == []


def test_a_run_that_went_back_to_its_best_weights_does_not_overfit() -> None:
    learns = [1.0 - 0.08 * i for i in range(10)]
    turns = [1.0, 0.8, 0.7, 0.6, 0.55, 0.5, 0.7, 0.8, 0.9, 0.9]
    assert found(epochs(learns, turns, 0.9)) == ["overfitting"]
    assert found([*epochs(learns, turns, 0.9), Finished(10, True, 6, True)]) == []


def test_a_fix_says_what_it_changes_and_keeps() -> None:
    one = FixStep("why", lambda _: {"learning_rate": 0.1})
    made = make_fix(TEN, one, {"learning_rate": 0.1})
    assert made is not None
    assert made.live
    assert made.label == "Try learning rate 0.1"
    assert made.sentence(True) == "Learning rate 0.01 → 0.1; the run continues with its weights."
    assert "same initial weights, same data" in made.sentence(False)
    other = make_fix(TEN, one, {"hidden": (128,)})
    assert other is not None
    assert not other.live
    assert "other initial weights" in other.kept
    assert make_fix(TEN, one, {"learning_rate": 0.01}) is None  # nothing changes
    assert make_fix(TEN, one, {"learning_rate": 99.0}) is None  # out of range


def test_a_diagnosis_neither_flickers_nor_returns_when_dismissed() -> None:
    dataset, monitor = load(TEN.data), Monitor("one")
    twice = [1.0, 1.0, 1.3, 1.0, 1.3, 1.0, 1.0]
    log = Log(epochs(twice, twice, 0.6))
    assert [each.name for each in monitor.update(TEN, log, None, dataset)] == ["jumping"]
    log.extend(epochs([0.9, 0.85], [0.9, 0.85], 0.6, first=8))
    assert "jumping" not in found(log)
    assert [each.name for each in monitor.update(TEN, log, None, dataset)] == ["jumping"]
    log.extend(epochs([0.8, 0.75, 0.7, 0.65], [0.8, 0.75, 0.7, 0.65], 0.6, first=10))
    assert monitor.update(TEN, log, None, dataset) == ()
    again = Monitor("two")
    again.dismissed.add("jumping")
    assert again.update(TEN, Log(epochs(twice, twice, 0.6)), None, dataset) == ()


def test_that_nothing_was_found_is_said_after_three_epochs_and_three_after_a_change() -> None:
    dataset, monitor, log = load(TEN.data), Monitor("one"), Log()
    settled = []
    for epoch in range(1, 8):
        log.extend(epochs([1 / epoch], [1 / epoch], 0.6, first=epoch))
        if epoch == 4:
            log.extend([HyperparametersChanged(4, "learning_rate", 0.01, 0.02)])
        monitor.update(TEN, log, None, dataset)
        settled.append(monitor.is_settled)
    assert settled == [False, False, True, False, False, False, True]


numbers = strategies.floats(width=32, allow_nan=True, allow_infinity=True)
shares = strategies.floats(0, 1, width=32) | strategies.just(float("nan"))
scores = strategies.builds(Score, numbers, shares, numbers)


@strategies.composite
def histories(
    draw: strategies.DrawFn,
) -> tuple[Experiment, list[Event], Baseline, WeightInspection | None]:
    experiment = draw(strategies.from_type(Experiment))
    layers = len(experiment.network.hidden)
    hidden = strategies.builds(LayerStatistics, numbers, numbers, numbers, shares)
    last = strategies.builds(LayerStatistics, numbers, numbers, numbers, strategies.none())
    validated = experiment.data.validation_size > 0
    events: list[Event] = []
    for epoch in range(1, draw(strategies.integers(0, 12)) + 1):
        seen = draw(scores) if validated else None
        each = (*(draw(hidden) for _ in range(layers)), draw(last))
        events.append(Epoch(epoch, epoch, draw(scores), seen, draw(numbers), 0.1, each))
    done = len(events)
    at = strategies.integers(0, done)
    ends = strategies.none() | strategies.builds(Diverged, at, at, strategies.just(""))
    ends |= strategies.builds(Finished, at, strategies.booleans(), at, strategies.booleans())
    ends |= strategies.builds(HyperparametersChanged, at, strategies.just("l2"), numbers, numbers)
    end = draw(ends)
    events += [] if end is None else [end]
    units = strategies.lists(shares, min_size=layers, max_size=layers).map(tuple)
    looks = strategies.builds(WeightInspection, at, units, scores, numbers, strategies.booleans())
    guess = draw(strategies.builds(Baseline, numbers, shares))
    return experiment, events, guess, draw(strategies.none() | looks)


@given(histories())
@limits(max_examples=60)
def test_no_history_makes_a_rule_fail(
    case: tuple[Experiment, list[Event], Baseline, WeightInspection | None],
) -> None:
    experiment, events, guess, looked = case
    run: RunWindow = run_window(experiment, Log(events), guess, looked)
    for each in diagnose(run):
        assert each.evidence
        if each.fix is not None:
            assert each.fix.experiment != experiment
            assert each.fix.label
    for rule in RULES.values():  # a fix can be asked for at any time
        with np.errstate(all="ignore"):
            rule.fix(run)


def test_a_large_network_on_a_plateau_may_have_learnt_all_there_is() -> None:
    flat = [1.1] * 12
    small, large = TEN.replace(hidden=(8,)), TEN.replace(hidden=(128, 128), optimizer="adam")
    assert found(epochs(flat, flat, 0.7), small) == ["underfitting"]
    assert found(epochs(flat, flat, 0.7), large) == []


def test_ten_thousand_epochs_are_judged_in_milliseconds() -> None:
    losses = [1 / (1 + i / 100) for i in range(10_000)]
    log, seconds = Log(epochs(losses, losses, 0.9)), []
    for _ in range(10):
        began = time.process_time()
        diagnose(run_window(TEN, log, GUESS))
        seconds.append(time.process_time() - began)
    assert min(seconds) < 0.005


def test_a_schedule_that_slows_down_is_not_called_too_slow() -> None:
    creeps = [2.2 - 0.001 * i for i in range(12)]
    assert found(epochs(creeps, creeps, 0.3, step=1e-5)) == ["too_slow"]
    falling = TEN.replace(learning_rate=0.1)  # the updates used 0.01 by now
    assert "too_slow" not in found(epochs(creeps, creeps, 0.3, step=1e-5), falling)
    warming = TEN.replace(warmup_epochs=10, learning_rate=0.1)
    assert found(epochs([2.3] * 6, [2.3] * 6, 0.1), warming) == []


def test_a_change_that_a_paused_run_has_not_told_yet_begins_a_new_judgement() -> None:
    dataset, monitor, flat = load(TEN.data), Monitor("one"), [2.3] * 6
    log, before = Log(epochs(flat, flat, 0.1)), TEN
    assert [each.name for each in monitor.update(before, log, None, dataset)] == ["not_learning"]
    assert monitor.update(TEN.replace(learning_rate=0.1), log, None, dataset) == ()
    assert monitor.since == 6
