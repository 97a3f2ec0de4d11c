"""The summary: shapes, parameters and the sums they come from."""

from typing import Any

import pytest
from hypothesis import given, strategies

from playground.experiment.model import Experiment
from playground.experiment.model_summary import (
    LayerRow,
    Summary,
    distinguishing_names,
    run_name,
    summary,
    title,
)


def test_the_network_of_the_sources_has_266_610_parameters() -> None:
    assert summary(Experiment()) == Summary(
        rows=(
            LayerRow("Input", "", (784,), 0, ""),
            LayerRow("Hidden 1", "ReLU", (300,), 235_500, "784·300 + 300 = 235,500"),
            LayerRow("Hidden 2", "ReLU", (100,), 30_100, "300·100 + 100 = 30,100"),
            LayerRow("Output", "softmax", (10,), 1_010, "100·10 + 10 = 1,010"),
        ),
        parameters=266_610,
        multiply_adds=266_200,
    )


def test_iris_with_no_hidden_layer_has_15_parameters() -> None:
    assert summary(Experiment().replace(dataset="iris", hidden=())).parameters == 15


@pytest.mark.parametrize(
    ("dataset", "output"),
    [("mnist", "softmax"), ("iris", "softmax"), ("coffee", "sigmoid"), ("sine", "linear")],
)
def test_the_output_suits_the_task(dataset: str, output: str) -> None:
    assert summary(Experiment().replace(dataset=dataset)).rows[-1].activation == output


@given(strategies.from_type(Experiment))
def test_every_network_adds_up(experiment: Experiment) -> None:
    result = summary(experiment)
    assert len(result.rows) == len(experiment.network.hidden) + 2
    units = sum(row.parameters > 0 and row.output_shape[0] for row in result.rows)
    assert result.parameters == result.multiply_adds + units  # a weight each, and a bias a unit


def test_title_says_what_a_person_would() -> None:
    assert (
        title(Experiment()) == "Fashion-MNIST · 784-300-100-10 ReLU · SGD 0.01 · batch 32 · seed 0"
    )
    experiment = Experiment().replace(
        dataset="spiral", hidden=(8, 4), activations=("tanh", "relu"), optimizer="adam",
        dropout=0.2, l2=0.001, seed=3,
    )  # fmt: skip
    assert title(experiment) == (
        "Spiral · 2-8-4-1 Tanh/ReLU · Adam 0.001 · batch 32 · dropout 0.2 · L2 0.001 · seed 3"
    )


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        (
            {"optimizer": "adam", "dropout": 0.2, "seed": 3},
            "fashion_mnist · 300-100 relu · adam 0.001 · dropout 0.2 · seed 3",
        ),
        ({"dataset": "mnist", "hidden": ()}, "mnist · no hidden layer · sgd 0.01 · seed 0"),
        (
            {"hidden": (5, 4), "activations": ("tanh", "relu"), "train_size": 100},
            "fashion_mnist · 5-4 tanh/relu · sgd 0.01 · 100 examples · seed 0",
        ),
        (
            {"schedule": "cosine", "batch_size": 64, "l2": 1e-4, "learning_rate": 0.25},
            "fashion_mnist · 300-100 relu · sgd 0.25 · cosine · L2 0.0001 · batch 64 · seed 0",
        ),
        (
            {"early_stopping": True, "label_noise": 1.0, "split_without_shuffle": True},
            "fashion_mnist · 300-100 relu · sgd 0.01 · label noise 1 · split without shuffling · "
            "early stopping · seed 0",
        ),
    ],
)
def test_the_name_of_a_run_says_what_is_unusual(changes: dict[str, Any], name: str) -> None:
    assert run_name(Experiment().replace(**changes)) == name


def test_other_settings_give_another_name() -> None:
    names = {run_name(Experiment())}
    for name, value in {"momentum": 0.5, "batch_size": 33, "data_seed": 1, "shuffle": False,
                        "clipping": "norm", "bias_initializer": "ones"}.items():  # fmt: skip
        names.add(run_name(Experiment().replace(**{name: value})))
    assert len(names) == 7


@given(strategies.from_type(Experiment))
def test_every_run_has_a_name_of_one_line(experiment: Experiment) -> None:
    name = run_name(experiment)
    assert name.endswith(f"seed {experiment.network.seed}")
    assert name.isprintable()


def test_runs_beside_each_other_are_named_by_what_differs_and_has_an_effect() -> None:
    base = Experiment().replace(dataset="spiral", optimizer="momentum")
    slow, fast = base, base.replace(momentum=0.99)
    assert distinguishing_names([slow, fast]) == ["momentum 0.9", "momentum 0.99"]
    clipped = [base.replace(clipping=name) for name in ("none", "norm")]
    assert distinguishing_names(clipped) == ["None", "Each layer's norm"]
    adam = base.replace(optimizer="adam", learning_rate=0.001)
    assert distinguishing_names([slow, adam]) == [
        "SGD with momentum, η 0.01, momentum 0.9", "Adam, η 0.001"
    ]  # fmt: skip
    assert distinguishing_names([slow, slow]) == ["same settings (1)", "same settings (2)"]
