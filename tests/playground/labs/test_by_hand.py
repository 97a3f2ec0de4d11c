"""Layers by hand against the published figures and against Keras' own; training by Adam."""

from itertools import islice

import numpy as np
import pytest

from playground.analysis.metrics.score import baseline
from playground.datasets import load
from playground.experiment.model import Experiment
from playground.labs import by_hand
from playground.labs.by_hand import Normalization, adam_steps, neuron, roasts, sigmoid, ulp_distance
from playground.labs.keras import by_hand as in_keras
from playground.nn.network import Snapshot, backward

X = np.linspace(-2, 6, 101, dtype=np.float32)


@pytest.mark.parametrize(
    ("activation", "w", "b", "weights"),
    [
        ("linear", 200, 100, "[array([[200.]], dtype=float32), array([100.], dtype=float32)]"),
        ("sigmoid", 2, -4.5, "[array([[2.]], dtype=float32), array([-4.5], dtype=float32)]"),
    ],
)
def test_a_neuron_as_keras_has_it(activation: str, w: float, b: float, weights: str) -> None:
    """Published: no weights at first, those two arrays after `set_weights`."""
    session = in_keras.neuron(activation, w, b, X)
    results = [result for code, result in session.lines if code == "layer.get_weights()"]
    assert results == ["[]", weights]
    assert "expecting 0 weights" in session.text
    named = dict(session.lines)
    assert named['model.get_layer("L1").get_weights()'] == weights
    assert named["print(w, b, w.shape, b.shape)"].endswith(" [0.] (1, 1) (1,)")
    if activation == "sigmoid":
        at_zero = dict(in_keras.neuron(activation, w, b, np.zeros(1, np.float32)).lines)
        assert at_zero["model.predict(np.array([[0]])).round(2)"].startswith("array([[0.01]]")
    distance = ulp_distance(neuron(activation, w, b, X)[1], session.outputs)
    assert distance.max() <= (0 if activation == "linear" else 8)


def test_the_sigmoid_neuron_has_the_published_output() -> None:
    z, a = neuron("sigmoid", 2, -4.5, np.zeros(1))
    assert z[0] == -4.5
    assert f"{a[0]:.2f}" == "0.01"
    assert by_hand.decision_boundary(2, -4.5) == 2.25
    assert by_hand.decision_boundary(0, 1) is None
    assert sigmoid(np.array([-1e4, 0, 1e4])).tolist() == [0, 0.5, 1]


def test_adjacent_float32_are_one_step_apart() -> None:
    ones = np.array([1, -1, 0, 1e-45], np.float32)
    beside = np.array([np.nextafter(np.float32(1), np.float32(2)), -1, -0.0, -1e-45], np.float32)
    assert ulp_distance(ones, beside).tolist() == [1, 0, 0, 2]


def test_normalization_gives_the_published_limits() -> None:
    x, y = roasts().train.x, roasts().train.y
    assert (x.shape, y[:, None].shape) == ((200, 2), (200, 1))
    scaled = Normalization.adapt(x)(x)
    before, after = by_hand.limits(x), by_hand.limits(scaled)
    assert [f"{v:.2f}" for pair in before for v in pair] == ["284.99", "151.32", "15.45", "11.51"]
    assert [f"{v:.2f}" for pair in after for v in pair] == ["1.66", "-1.69", "1.79", "-1.70"]
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-5)


def test_normalization_agrees_with_keras() -> None:
    x = roasts().train.x
    theirs, ours = in_keras.normalization(x), Normalization.adapt(x)
    np.testing.assert_allclose(ours(x), theirs.outputs, atol=1e-5)
    np.testing.assert_allclose(ours.variance, theirs.variance, rtol=1e-5)
    assert theirs.shapes == ((2,), (2,), ())


def test_a_constant_feature_becomes_zero() -> None:
    x = np.full((5, 1), 7.0, np.float32)
    assert Normalization.adapt(x)(x).tolist() == [[0]] * 5


def test_a_layer_as_keras_has_it() -> None:
    kernel, bias = by_hand.initial_weights(4, 2)
    x = np.random.default_rng(0).normal(size=(3, 4))
    session = in_keras.layer("sigmoid", *(np.float32(array) for array in (kernel, bias, x)))
    z = by_hand.pre_activations(x, kernel, bias)
    np.testing.assert_allclose(sigmoid(z), session.outputs, atol=1e-6)
    results = dict(session.lines)
    assert results["layer.get_weights()"] == "[]"
    assert results["[w.shape for w in layer.get_weights()]"] == "[(4, 2), (2,)]"
    assert "not compatible" in results["layer.set_weights([W.T, b])"]
    assert results["layer.count_params()"] == str(by_hand.n_parameters(4, 2)) == "10"
    assert "incompatible" in results["layer(np.zeros((3, 5)))"]


def test_columns_of_w_are_the_units() -> None:
    kernel, bias = by_hand.initial_weights(2, 3)
    assert kernel.tolist() == [[0.8, 0.94, 0.54], [-0.16, 0.8, -0.07]]  # published
    x = np.random.default_rng(1).normal(size=(5, 2))
    z = by_hand.pre_activations(x, kernel, bias)
    other = kernel.copy()
    other[:, 1] = 9
    changed = by_hand.pre_activations(x, other, bias) != z
    assert changed[:, 1].all()
    assert not changed[:, [0, 2]].any()
    np.testing.assert_allclose(by_hand.transposed_product(x, kernel, bias, 3), z[3])
    assert by_hand.products(x, kernel, 3, 2).sum() + bias[2] == pytest.approx(z[3, 2])


def accuracy(network: Snapshot) -> float:
    data = roasts()
    positive = network.predict(data.transform(data.train.x))[:, 0] > 0.5
    return float((positive == data.train.y).mean())


def test_the_coffee_network_beats_the_majority_class() -> None:
    assert baseline(roasts(), "cross_entropy").metric == 0.785  # published: 43 of 200 are good
    assert accuracy(by_hand.coffee_network()) == 1


def test_the_weights_are_printed_with_their_shapes() -> None:
    lines = by_hand.format_weights(by_hand.coffee_network()).splitlines()
    assert [line for line in lines if line.startswith(("W", "b"))] == [
        "W1(2, 3):", "b1(3,): [13.63  1.27 14.09]", "W2(3, 1):", "b2(1,): [-35.71]",
    ]  # fmt: skip


def test_copies_of_the_roasts_are_more_updates_and_nothing_else() -> None:
    assert 10 * by_hand.updates_per_epoch(1_000) == 62_500  # 1,000 copies, 10 epochs, batches of 32
    assert by_hand.updates_per_epoch(1) == by_hand.EXPERIMENT.steps_per_epoch == 7
    few, many, equal = by_hand.compare_copies(32, 4)
    assert (few.updates, many.updates, equal.updates) == (28, 800, 798)
    assert many.loss < few.loss
    assert many.loss == pytest.approx(equal.loss, rel=0.1)  # other batches, the same way


def test_training_improves_the_accuracy() -> None:
    before, after = in_keras.coffee(3, (0, 400))
    assert (before.epoch, after.epoch) == (0, 400)
    assert accuracy(before) < baseline(roasts(), "cross_entropy").metric < accuracy(after)


SMALL = Experiment().replace(
    dataset="xor", train_size=60, validation_size=20, hidden=(6,), activation="tanh",
    learning_rate=0.05, batch_size=20,
)  # fmt: skip


def test_the_first_update_of_adam_moves_each_weight_by_the_rate_against_its_gradient() -> None:
    dataset = load(SMALL.data)
    first, second = islice(adam_steps(SMALL, dataset), 2)
    slopes = backward(first, dataset.transform(dataset.train.x[:20]), dataset.train.y[:20],
                      SMALL.training.loss)  # fmt: skip
    for before, after, g in zip(
        first.weights[::2], second.weights[::2], slopes.kernels, strict=True
    ):
        moved = np.abs(g) > 1e-4
        np.testing.assert_allclose(
            (after - before)[moved], -0.05 * np.sign(g)[moved], rtol=0, atol=1e-4
        )


def test_adam_learns_exclusive_or() -> None:
    dataset = load(SMALL.data)
    *_, last = islice(adam_steps(SMALL, dataset), 300)
    right = (last.predict(dataset.transform(dataset.train.x))[:, 0] > 0.5) == dataset.train.y
    assert right.mean() > 0.9
