"""Regularizers and overfitting presets: the fields they change and their effect in training."""

import pytest
from hypothesis import given
from hypothesis.strategies import floats, sampled_from

from playground.analysis.inspection.weights import shares
from playground.analysis.metrics.run_summary import (
    GeneralizationGap,
    gap,
    loss_rise,
    losses,
    restored_epoch,
)
from playground.analysis.metrics.score import score
from playground.datasets import DATASETS
from playground.datasets.images import bundle_suffices
from playground.experiment.model import TUNABLE_WHILE_TRAINING, Experiment
from playground.experiment.overfitting import (
    REGULARIZERS,
    detect_regularizer,
    memorizing,
    overfitting,
    penalized,
    preset,
    tunable_changes,
    with_regularizer,
    without_regularizer,
)
from playground.history.history import History, Log, history
from playground.runs.race_presets import (
    WITHOUT,
    l1_and_l2,
    three_sizes,
    true_and_random,
    with_and_without,
)
from playground.training import Trainer

IMAGES = overfitting(Experiment())
POINTS = overfitting(Experiment().replace(dataset="moons"))


def trained(experiment: Experiment) -> tuple[Trainer, Log]:
    trainer, log = Trainer(experiment), Log()
    while not trainer.over:
        log.extend(trainer.advance(seconds=10, with_snapshot=False).events)
    return trainer, log


def apart(experiment: Experiment) -> GeneralizationGap:
    """The gap at the end; of a network that went back, at the epoch it went back to."""
    _, log = trained(experiment)
    found = gap(history(log), bool(experiment.data.source.classes), restored_epoch(log[-1]))
    assert found is not None
    return found


def strength(dataset: str, cure: str) -> float:
    return preset(dataset).strengths.get(cure, REGULARIZERS[cure].default)


# ---- by value ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "strength", "field", "value"),
    [
        ("l2", 0.02, "l2", 0.02),
        ("l1", 0.002, "l1", 0.002),
        ("dropout", 0.4, "dropout", 0.4),
        ("early_stopping", 7, "patience", 7),
        ("more_data", 4, "train_size", 1_200),
        ("smaller", 12, "hidden", (12,)),
    ],
)
def test_a_cure_changes_its_own_field_and_no_other(
    name: str, strength: float, field: str, value: object
) -> None:
    before, after = IMAGES.to_dict(), with_regularizer(IMAGES, name, strength).to_dict()
    differing = {each for each in before if before[each] != after[each]}
    assert after[field] == value
    assert differing - {"early_stopping"} == {field}


@given(sampled_from(list(REGULARIZERS)), floats(0, 1))
def test_every_cure_is_recognised_again_with_its_strength(name: str, share: float) -> None:
    cure = REGULARIZERS[name]
    steps = round(share * (cure.high - cure.low) / cure.step)
    strength = cure.low + steps * cure.step
    if cure.tunable_field and strength == 0:
        assert detect_regularizer(IMAGES, with_regularizer(IMAGES, name, 0)) is None
    else:
        assert detect_regularizer(IMAGES, with_regularizer(IMAGES, name, strength)) == (
            name,
            strength,
        )


def test_one_cure_takes_the_place_of_the_other() -> None:
    both = with_regularizer(with_regularizer(IMAGES, "l2", 0.01), "dropout", 0.5)
    assert (both.network.l2, both.network.dropout) == (0.0, 0.5)
    assert tunable_changes("dropout", 0.5) == {"l2": 0.0, "l1": 0.0, "dropout": 0.5}
    assert (
        without_regularizer(with_regularizer(IMAGES, "early_stopping", 5)).training.early_stopping
        is False
    )


@pytest.mark.parametrize("name", list(REGULARIZERS))
def test_a_strength_out_of_range_is_refused_with_the_number(name: str) -> None:
    cure = REGULARIZERS[name]
    with pytest.raises(ValueError, match=f"between {cure.low:g} and {cure.high:g}, got 1000"):
        with_regularizer(IMAGES, name, 1000)
    assert not cure.tunable_field or cure.tunable_field in TUNABLE_WHILE_TRAINING


def test_more_data_ends_where_the_data_end() -> None:
    iris = overfitting(Experiment().replace(dataset="iris"))
    data = with_regularizer(iris, "more_data", 16).data
    assert data.train_size == 120 - data.validation_size
    most = with_regularizer(IMAGES, "more_data", REGULARIZERS["more_data"].high).data
    assert bundle_suffices(most)  # nothing has to be fetched for a cure


@pytest.mark.parametrize("name", list(DATASETS))
def test_every_recipe_keeps_the_data_set_and_the_seeds(name: str) -> None:
    base = Experiment().replace(dataset=name, data_seed=3, seed=4, l2=0.5, optimizer="sgd")
    made = overfitting(base)
    assert (made.data.dataset, made.data.data_seed, made.network.seed) == (name, 3, 4)
    assert without_regularizer(made) == made
    for cure in REGULARIZERS:
        assert with_regularizer(made, cure, strength(name, cure)) != made
    penalized(base), memorizing(base)


def test_twins_and_triplets_differ_in_one_thing() -> None:
    plain, treated = with_and_without(IMAGES, "l2", 0.01)
    assert (plain.label, treated.label) == (WITHOUT, "L2")
    assert treated.experiments[0].replace(l2=0.0) == plain.experiments[0]
    none, l1, l2 = (each.experiments[0] for each in l1_and_l2(IMAGES, 0.001, 0.01))
    assert l1.replace(l1=0.0) == l2.replace(l2=0.0) == none
    true, drawn = (each.experiments[0] for each in true_and_random(memorizing(Experiment())))
    assert drawn.replace(label_noise=0.0) == true
    assert drawn.data.label_noise == 1.0
    three = [each.experiments[0].network.hidden for each in three_sizes(POINTS, ((), (5,), (9, 9)))]
    assert three == [(), (5,), (9, 9)]


def test_data_without_classes_are_replaced_where_labels_are_drawn() -> None:
    assert memorizing(Experiment().replace(dataset="sine")).data.dataset == "fashion_mnist"


# ---- by training ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plain() -> dict[str, History]:
    return {e.data.dataset: history(trained(e)[1]) for e in (IMAGES, POINTS)}


def last(past: History) -> GeneralizationGap:
    found = gap(past, True)
    assert found is not None
    return found


@pytest.mark.parametrize("dataset", ["fashion_mnist", "moons"])
def test_without_a_cure_the_validation_loss_turns_and_rises(
    dataset: str, plain: dict[str, History]
) -> None:
    past = plain[dataset]
    best = past.best_epoch
    assert best is not None
    assert best < 0.5 * len(past)
    assert loss_rise(past) > 0.2
    assert last(past).loss > 0.6
    assert last(past).metric > 0.05


@pytest.mark.parametrize(
    ("dataset", "cure"),
    [*(("fashion_mnist", cure) for cure in REGULARIZERS), ("moons", "l1"), ("moons", "more_data")],
)
def test_each_cure_makes_the_gap_smaller(
    dataset: str, cure: str, plain: dict[str, History]
) -> None:
    base = overfitting(Experiment().replace(dataset=dataset))
    treated = apart(with_regularizer(base, cure, strength(dataset, cure)))
    assert treated.loss < 0.85 * last(plain[dataset]).loss
    if dataset == "fashion_mnist":
        assert treated.metric < last(plain[dataset]).metric


def test_random_labels_are_learnt_by_heart_and_mean_nothing() -> None:
    base = memorizing(Experiment())
    trainer, log = trained(base)
    past = history(log)
    assert past.metric[-1] == 1.0
    assert past.val_metric is not None
    assert abs(float(past.val_metric[-5:].mean()) - 0.1) < 0.04  # chance: one class in ten
    true = Trainer(base.replace(label_noise=0.0)).dataset
    assert (trainer.dataset.validation.y == true.validation.y).all()
    assert abs((trainer.dataset.train.y == true.train.y).mean() - 0.1) < 0.05


def test_l1_makes_most_weights_zero_and_l2_only_small() -> None:
    found = []
    for competitor in l1_and_l2(
        penalized(Experiment()), REGULARIZERS["l1"].default, REGULARIZERS["l2"].default
    ):
        trainer, _ = trained(competitor.experiments[0])
        found.append(shares(trainer.latest())[-1])
    none, l1, l2 = found
    assert none < 0.03
    assert l1 > 0.7
    assert l2 < 0.3


def test_losses_are_those_without_the_penalty() -> None:
    experiment = with_regularizer(POINTS, "l2", 0.02).replace(epochs=20)
    trainer, log = trained(experiment)
    data = trainer.dataset
    plain = score(trainer.latest(), data, data.validation, experiment.training.loss)
    assert losses(history(log)).validation[-1] == pytest.approx(plain.loss, rel=1e-3)
