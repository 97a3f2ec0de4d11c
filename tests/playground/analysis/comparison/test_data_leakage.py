"""Honest and flawed runs: what is trained, how it is evaluated, and known effects."""

import numpy as np
import pytest
from distributed import Client

from playground.analysis.comparison.data_leakage import (
    MISTAKES,
    MOST_TRAINING,
    LeakageScores,
    Outcome,
    most_epochs,
    outcome,
    pair,
    start,
    summarized,
)
from playground.datasets import DATASETS, load
from playground.experiment.model import Experiment


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_pair_differs_in_the_mistake_alone_and_leaves_new_examples(name, mistake):
    experiment = Experiment().replace(dataset=name, hidden=(4,))
    honest, flawed = pair(experiment, [mistake], 7)
    assert not honest.data.flawed
    assert honest.training.shuffle
    changed = {n for n, value in flawed.to_dict().items() if value != honest.to_dict()[n]}
    assert changed == set(MISTAKES[mistake].flawed)
    assert honest.training.epochs == 7
    assert honest.data.train_size <= MOST_TRAINING
    assert honest.data.validation_size > 0
    a, b = load(honest.data), load(flawed.data)
    assert len(a.holdout) >= min(honest.data.validation_size, 1_000)
    assert np.array_equal(a.holdout.x, b.holdout.x)
    inputs = [data.transform(data.train.x) for data in (a, b)]
    if mistake == "shuffled_apart":  # the inputs stay, their targets do not
        assert np.array_equal(*inputs)
        inputs = [data.train.y for data in (a, b)]
    assert mistake == "no_shuffling" or not np.array_equal(*inputs)


def test_mistakes_may_be_made_together():
    _, flawed = pair(Experiment().replace(dataset="iris"), list(MISTAKES), 5)
    assert (flawed.data.scaler, flawed.data.leaked_fraction) == ("nothing", 1.0)
    assert flawed.data.split_without_shuffle


def test_an_experiment_with_a_mistake_has_an_honest_side():
    flawed = Experiment().replace(
        leaked_fraction=0.5, scaler="everything", split_without_shuffle=True, shuffle=False
    )
    assert not pair(flawed, ["duplicates"], 5).honest.data.flawed


def test_epochs_are_limited_by_what_they_cost():
    assert most_epochs(Experiment().replace(hidden=(1024,) * 6)) == 5
    assert most_epochs(Experiment().replace(dataset="iris", hidden=(4,))) == 300
    assert 20 < most_epochs(Experiment()) < 300


def test_a_difference_is_clear_where_chance_does_not_explain_it():
    assert LeakageScores(0.1, 0.04, 0.01).clear
    assert not LeakageScores(0.1, 0.06, 0.01).clear
    assert not LeakageScores(1 / 30, 0.0, 1 / 30).clear  # one example of 30
    found = summarized(np.array([1.0, 0.0, 1.0, 1.0]), is_accuracy=True)
    assert found.mean == 0.75
    assert found.error == pytest.approx(np.sqrt(0.75 * 0.25 / 4))


def trained(experiment: Experiment, mistake: str, epochs: int) -> Outcome:
    pair_ = pair(experiment, [mistake], epochs)
    runs = start(pair_)
    for run in runs:
        assert run.wait(120) == "finished"
    honest, flawed = (run.latest for run in runs)
    assert honest is not None
    assert flawed is not None
    return outcome((honest, flawed), (load(pair_.honest.data), load(pair_.flawed.data)))


def test_known_effects_and_no_trainer_is_left(dask: Client, actors) -> None:
    # Much noise: only by heart can one know these answers.
    noisy = Experiment().replace(
        dataset="gauss", noise=0.8, hidden=(64, 64), optimizer="adam", train_size=100,
        validation_size=100, learning_rate=0.01,
    )  # fmt: skip
    copies = trained(noisy, "duplicates", 300)
    assert copies.hidden is not None
    assert copies.hidden.mean > 0.05
    assert copies.hidden.clear
    iris = Experiment().replace(dataset="iris", hidden=(8,), optimizer="adam", learning_rate=0.01)
    order = trained(iris, "no_shuffling", 100)
    assert order.validation[0].mean > 0.8
    assert order.validation[1].mean < 0.2  # classes it has never seen
    assert order.hidden is not None
    assert order.hidden.mean < -0.2
    coffee = Experiment().replace(
        dataset="coffee", hidden=(16,), optimizer="adam", learning_rate=0.01
    )
    scaling = trained(coffee, "no_scaling", 100)
    assert scaling.lost is not None
    assert scaling.lost.clear
    assert scaling.lost.mean > 0
    while actors():
        pass
