"""The summary: shapes, parameters and the sums they come from."""

import pytest
from hypothesis import given, strategies

from playground.experiment import Experiment
from playground.summary import Row, Summary, summary, title


def test_the_network_of_the_sources_has_266_610_parameters() -> None:
    assert summary(Experiment()) == Summary(
        rows=(
            Row("Input", "", (784,), 0, ""),
            Row("Hidden 1", "ReLU", (300,), 235_500, "784·300 + 300 = 235,500"),
            Row("Hidden 2", "ReLU", (100,), 30_100, "300·100 + 100 = 30,100"),
            Row("Output", "softmax", (10,), 1_010, "100·10 + 10 = 1,010"),
        ),
        parameters=266_610,
        multiply_adds=266_200,
    )


def test_iris_with_no_hidden_layer_has_15_parameters() -> None:
    assert summary(Experiment().change(dataset="iris", hidden=())).parameters == 15


@pytest.mark.parametrize(
    ("dataset", "output"),
    [("mnist", "softmax"), ("iris", "softmax"), ("coffee", "sigmoid"), ("sine", "linear")],
)
def test_the_output_suits_the_task(dataset: str, output: str) -> None:
    assert summary(Experiment().change(dataset=dataset)).rows[-1].activation == output


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
    experiment = Experiment().change(
        dataset="spiral", hidden=(8, 4), activations=("tanh", "relu"), optimizer="adam",
        dropout=0.2, l2=0.001, seed=3,
    )  # fmt: skip
    assert title(experiment) == (
        "Spiral · 2-8-4-1 Tanh/ReLU · Adam 0.001 · batch 32 · dropout 0.2 · L2 0.001 · seed 3"
    )
