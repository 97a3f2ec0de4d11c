"""One example's way through a network: sums, strongest contributions, softmax, Keras' answer."""

import numpy as np
import pytest

from playground import Experiment, load
from playground.analysis.inspection.forward_pass import errors, next_error, softmax_steps, trace
from playground.datasets.dataset import Split
from playground.nn.activations import ACTIVATIONS, softmax
from playground.nn.network import Layer, Snapshot
from playground.training import Trainer, keras_outputs


def network(*sizes: int, activation: str = "tanh", output: str = "softmax") -> Snapshot:
    rng = np.random.default_rng(0)
    names = [*[activation] * (len(sizes) - 2), output]
    layers = [
        Layer(rng.normal(size=(a, b)).astype("f4"), rng.normal(size=b).astype("f4"), name)
        for a, b, name in zip(sizes, sizes[1:], names, strict=False)
    ]
    return Snapshot(0, tuple(layers))


def test_contributions_and_bias_add_up_to_z() -> None:
    x = np.random.default_rng(1).random(30).astype("f4")
    for step in trace(network(30, 20, 5), x):
        for unit in range(len(step.z)):
            total = step.contributions(unit).sum() + step.layer.bias[unit]
            assert total == pytest.approx(step.z[unit], abs=1e-5)


def test_the_trace_ends_with_the_prediction() -> None:
    snapshot, x = network(6, 4, 3), np.ones(6, np.float32)
    steps = trace(snapshot, x)
    np.testing.assert_array_equal(steps[-1].a, snapshot.predict(x[None])[0])
    np.testing.assert_array_equal(steps[1].x, steps[0].a)


@pytest.mark.parametrize("most", [1, 5, 30, 99])
def test_the_strongest_contributions_are_the_largest(most: int) -> None:
    step = trace(network(30, 20, 5), np.random.default_rng(1).normal(size=30).astype("f4"))[0]
    rows, values = step.strongest(most)
    assert rows.shape == values.shape == (min(most, 30), 20)
    for unit in range(20):
        every = step.contributions(unit)
        np.testing.assert_array_equal(every[rows[:, unit]], values[:, unit])
        expected = np.sort(np.abs(every))[::-1][:most]
        np.testing.assert_array_equal(np.abs(values[:, unit]), expected)


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 3.0, 10.0])
def test_softmax_with_temperature(temperature: float) -> None:
    z = np.array([2.0, 1.0, -3.0, 100.0])
    found = softmax_steps(z, temperature)
    powers = np.exp((z - 100) / temperature)
    np.testing.assert_allclose(found.shares, powers / powers.sum())
    assert found.shares.sum() == pytest.approx(1)
    assert found.total == pytest.approx(found.exponentials.sum())
    if temperature == 1:
        np.testing.assert_allclose(found.shares, softmax(z))


def test_two_classes_with_temperature_are_a_sigmoid() -> None:
    """Softmax of (z, 0) at T is σ(z/T)."""
    assert softmax_steps(np.array([1.5, 0.0]), 2.0).shares[0] == pytest.approx(
        1 / (1 + np.exp(-0.75))
    )


def test_hot_softmax_knows_nothing_and_cold_softmax_doubts_nothing() -> None:
    z = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(softmax_steps(z, 1e6).shares, 0.25, atol=1e-5)
    assert softmax_steps(z, 0.01).shares.max() == pytest.approx(1)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_none(temperature: float) -> None:
    with pytest.raises(ValueError, match="temperature must be above 0, got"):
        softmax_steps(np.zeros(3), temperature)


def test_mistakes_of_each_task() -> None:
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    truth = np.array([0, 0, 1])
    np.testing.assert_array_equal(errors(probabilities, truth, "classification"), [1, 2])
    np.testing.assert_array_equal(errors(probabilities[:, :1], truth, "classification"), [0])
    values = np.array([[1.0], [1.1], [5.0]])
    np.testing.assert_array_equal(errors(values, np.ones(3), "regression"), [2])


def test_the_next_mistake_goes_round() -> None:
    """A network that says "blue" of everything is wrong wherever the truth is orange."""
    dataset = load(Experiment().replace(dataset="xor").data)
    always = Layer(np.zeros((2, 1), "f4"), np.full(1, 9, "f4"), "sigmoid")
    snapshot, part = Snapshot(0, (always,)), dataset.validation
    wrong = np.flatnonzero(part.y == 0)
    row, seen = -1, []
    for _ in range(len(wrong) + 1):
        row = next_error(snapshot, dataset, part, row) or 0
        seen.append(row)
    assert seen == [*wrong.tolist(), wrong[0]]


def test_there_may_be_no_mistake() -> None:
    dataset = load(Experiment().replace(dataset="xor").data)
    right = Split(dataset.validation.x, np.ones(len(dataset.validation), np.int32))
    always = Layer(np.zeros((2, 1), "f4"), np.full(1, 9, "f4"), "sigmoid")
    assert next_error(Snapshot(0, (always,)), dataset, right, 3) is None


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_numpy_answers_as_keras_does(name: str) -> None:
    """All layers' outputs agree to 1e-5, beside numbers above 1 to that share of them."""
    experiment = Experiment().replace(
        dataset="digits", hidden=(24, 16), activation=name, dropout=0.2
    )
    snapshot = Trainer(experiment).snapshot(0)
    dataset = load(experiment.data)
    x = dataset.transform(dataset.validation.x[:64])
    for theirs, (_, ours) in zip(
        keras_outputs(experiment, snapshot, x), snapshot.forward(x), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dataset", ["spiral", "sine", "iris"])
@pytest.mark.parametrize("hidden", [(), (5,)])
def test_numpy_answers_as_keras_does_for_every_output(dataset: str, hidden: tuple[int]) -> None:
    experiment = Experiment().replace(dataset=dataset, hidden=hidden)
    snapshot = Trainer(experiment).snapshot(0)
    found = load(experiment.data)
    x = found.transform(found.train.x[:20])
    outputs = keras_outputs(experiment, snapshot, x)
    assert [a.shape for a in outputs] == [a.shape for _, a in snapshot.forward(x)]
    np.testing.assert_allclose(snapshot.predict(x), outputs[-1], atol=1e-5)
