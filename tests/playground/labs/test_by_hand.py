"""Layers by hand against the published figures and against Keras' own layers."""

import numpy as np
import pytest

from playground.labs.by_hand import coffee, dense, normalization
from playground.labs.by_hand.dense import apart, border, neuron, sigmoid
from playground.labs.keras import by_hand

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
    told = by_hand.neuron(activation, w, b, X)
    asked = [answer for code, answer in told.lines if code == "layer.get_weights()"]
    assert asked == ["[]", weights]
    assert "expecting 0 weights" in told.text
    steps = apart(neuron(activation, w, b, X)[1], told.outputs)
    assert steps.max() <= (0 if activation == "linear" else 8)


def test_the_sigmoid_neuron_answers_as_published() -> None:
    z, a = neuron("sigmoid", 2, -4.5, np.zeros(1))
    assert z[0] == -4.5
    assert f"{a[0]:.2f}" == "0.01"
    assert border(2, -4.5) == 2.25
    assert border(0, 1) is None
    assert sigmoid(np.array([-1e4, 0, 1e4])).tolist() == [0, 0.5, 1]


def test_neighbouring_numbers_are_one_step_apart() -> None:
    ones = np.array([1, -1, 0, 1e-45], np.float32)
    beside = np.array([np.nextafter(np.float32(1), np.float32(2)), -1, -0.0, -1e-45], np.float32)
    assert apart(ones, beside).tolist() == [1, 0, 0, 2]


def test_normalization_gives_the_published_limits() -> None:
    x = coffee.roasts().train.x
    learnt = normalization.adapt(x)
    before, after = normalization.limits(x), normalization.limits(learnt(x))
    assert [f"{v:.2f}" for pair in before for v in pair] == ["284.99", "151.32", "15.45", "11.51"]
    assert [f"{v:.2f}" for pair in after for v in pair] == ["1.66", "-1.69", "1.79", "-1.70"]
    np.testing.assert_allclose(learnt(x).mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(learnt(x).std(axis=0), 1, atol=1e-5)


def test_normalization_agrees_with_keras() -> None:
    x = coffee.roasts().train.x
    told, learnt = by_hand.normalization(x), normalization.adapt(x)
    np.testing.assert_allclose(learnt(x), told.outputs, atol=1e-5)
    np.testing.assert_allclose(learnt.variance, told.variance, rtol=1e-5)
    assert told.shapes == ((2,), (2,), ())


def test_a_feature_that_never_varies_becomes_zero() -> None:
    x = np.full((5, 1), 7.0, np.float32)
    assert normalization.adapt(x)(x).tolist() == [[0]] * 5


def test_a_layer_as_keras_has_it() -> None:
    kernel, bias = dense.start(4, 2)
    x = np.random.default_rng(0).normal(size=(3, 4))
    told = by_hand.layer("sigmoid", *(np.float32(each) for each in (kernel, bias, x)))
    np.testing.assert_allclose(sigmoid(dense.sums(x, kernel, bias)), told.outputs, atol=1e-6)
    answers = dict(told.lines)
    assert answers["layer.get_weights()"] == "[]"
    assert answers["[each.shape for each in layer.get_weights()]"] == "[(4, 2), (2,)]"
    assert "not compatible" in answers["layer.set_weights([W.T, b])"]
    assert answers["layer.count_params()"] == str(dense.n_parameters(4, 2)) == "10"
    assert "incompatible" in answers["layer(np.zeros((3, 5)))"]


def test_columns_of_w_are_the_units() -> None:
    kernel, bias = dense.start(2, 3)
    assert kernel.tolist() == [[0.8, 0.94, 0.54], [-0.16, 0.8, -0.07]]  # published
    x = np.random.default_rng(1).normal(size=(5, 2))
    z = dense.sums(x, kernel, bias)
    other = kernel.copy()
    other[:, 1] = 9
    changed = dense.sums(x, other, bias) != z
    assert changed[:, 1].all()
    assert not changed[:, [0, 2]].any()
    np.testing.assert_allclose(dense.transposed(x, kernel, bias, 3), z[3])
    assert dense.products(x, kernel, 3, 2).sum() + bias[2] == pytest.approx(z[3, 2])


def test_the_roasting_network_beats_always_saying_bad() -> None:
    data = coffee.roasts()
    good = data.train.y
    assert coffee.baseline(good) == 0.785  # published: 43 of 200 are good
    output = coffee.network().predict(data.scaled(data.train.x))[:, 0]
    assert coffee.judge(output, good, 0.5).accuracy == 1
    assert coffee.judge(output, good, 1.0) == coffee.Judged(0, 43, 0, 157)
    assert coffee.judge(output, good, -1.0) == coffee.Judged(43, 0, 157, 0)


def test_the_weights_are_printed_with_their_shapes() -> None:
    lines = coffee.printed(coffee.network()).splitlines()
    assert [line for line in lines if line.startswith(("W", "b"))] == [
        "W1(2, 3):", "b1(3,): [13.63  1.27 14.09]", "W2(3, 1):", "b2(1,): [-35.71]",
    ]  # fmt: skip


def test_training_makes_the_answers_better() -> None:
    found = by_hand.roasting(3, (0, 400))
    assert [snapshot.epoch for snapshot in found] == [0, 400]
    data = coffee.roasts()
    right = [
        coffee.judge(each.predict(data.scaled(data.train.x))[:, 0], data.train.y, 0.5).accuracy
        for each in found
    ]
    assert right[0] < coffee.baseline(data.train.y) < right[1]
