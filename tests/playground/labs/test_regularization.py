"""The Regularization lab against fine grids, closed forms and real Keras."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from playground.labs import regularization as lab
from playground.labs.regularization import (
    NORMS,
    QuadraticLoss,
    minimizers,
    penalty,
    penalty_contour,
    penalty_descent,
    penalty_slope,
    zero_threshold,
)

STRENGTHS = np.linspace(0, 4, 41)
LOSSES = [
    QuadraticLoss.of((1.5, 0.6), 1.0, 0.0),
    QuadraticLoss.of((1.2, -0.5), 3.0, 0.7),
    QuadraticLoss.of((-2, 0), 0.4, -0.9),
]


@pytest.mark.parametrize("norm", list(NORMS))
@pytest.mark.parametrize("data_loss", LOSSES)
def test_the_minimizers_are_the_lowest_of_a_fine_grid(data_loss: QuadraticLoss, norm: str) -> None:
    axis = np.linspace(-2.5, 2.5, 251)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    some = STRENGTHS[::5]
    for strength, w in zip(some, minimizers(data_loss, norm, some), strict=True):
        lowest = (data_loss(grid) + strength * penalty(norm, grid)).min()
        ours = data_loss(w) + strength * penalty(norm, w)
        assert ours <= lowest + 1e-12
        assert ours >= lowest - 2e-3


def test_l1_of_a_round_valley_is_soft_thresholding_and_l2_shrinks() -> None:
    """With H = I: w = sign(c)·max(|c| − λ, 0), and w = c/(1 + 2λ), which is never 0."""
    data_loss = LOSSES[0]
    soft = np.maximum(data_loss.center - STRENGTHS[:, None], 0)
    np.testing.assert_allclose(minimizers(data_loss, "l1", STRENGTHS), soft, atol=1e-12)
    ridge = data_loss.center / (1 + 2 * STRENGTHS[:, None])
    np.testing.assert_allclose(minimizers(data_loss, "l2", STRENGTHS), ridge, atol=1e-12)
    assert zero_threshold(soft[:, 1], STRENGTHS) == pytest.approx(0.6)
    assert zero_threshold(soft[:5, 0], STRENGTHS[:5]) is None
    assert zero_threshold(ridge[:, 1], STRENGTHS) is None
    assert zero_threshold(0 * soft[:, 1], STRENGTHS) == 0


def test_contours_lie_where_they_say() -> None:
    data_loss = LOSSES[1]
    np.testing.assert_allclose(data_loss(data_loss.contour(0.7)), 0.7)
    for norm in NORMS:
        np.testing.assert_allclose(penalty(norm, penalty_contour(norm, 1.3)), 1.3)
    with pytest.raises(ValueError, match="tilt between"):
        QuadraticLoss.of((0, 0), 1, 1)


def test_the_slope_of_the_penalty_is_that_of_keras() -> None:
    w = tf.Variable([-1.5, -0.1, 0.2, 1.9])
    for norm, theirs in (("l1", keras.regularizers.L1(0.3)), ("l2", keras.regularizers.L2(0.3))):
        with tf.GradientTape() as tape:
            cost = theirs(w)
        expected = tape.gradient(cost, w).numpy()
        np.testing.assert_allclose(penalty_slope(norm, w.numpy(), 0.3), expected, rtol=1e-6)


def test_l1_arrives_at_zero_and_l2_does_not() -> None:
    one, two = (penalty_descent(norm, -0.8, 0.5, 0.1, 40) for norm in NORMS)
    assert one[16:].tolist() == [0] * 25
    assert one[15] == pytest.approx(-0.05)
    np.testing.assert_allclose(two, -0.8 * 0.9 ** np.arange(41))


def test_the_penalties_are_those_of_keras() -> None:
    kernel = np.array([[1.5, -2.0], [0.25, 0.0], [-0.75, 3.0]], dtype=np.float32)
    for strength in (0.01, 0.3):
        theirs = keras.regularizers.L1(strength)(kernel), keras.regularizers.L2(strength)(kernel)
        ours = [strength * float(penalty(norm, kernel.ravel())) for norm in NORMS]
        np.testing.assert_allclose(ours, [float(each) for each in theirs], rtol=1e-6)


def test_ridge_is_the_solution_of_its_equations() -> None:
    """(XᵀX/n + λI)w = Xᵀy/n with columns and targets less their means."""
    x, y = lab.curve_points(20, 0)
    strengths = np.array([1e-4, 0.1, 10])
    columns = lab.curve_features(x, 6)
    fit = lab.ridge(columns, y, strengths)
    np.testing.assert_allclose(fit.predict(columns).mean(axis=1), y.mean())
    columns = columns - columns.mean(axis=0)
    for strength, w in zip(strengths, fit.weights, strict=True):
        system = columns.T @ columns / 20 + strength * np.eye(6)
        np.testing.assert_allclose(system @ w, columns.T @ (y - y.mean()) / 20, atol=1e-10)
    three = lab.curve_features(x, 3)
    plain = lab.ridge(three, y, np.zeros(1)).predict(three)[0]
    np.testing.assert_allclose(plain, np.polyval(np.polyfit(x, y, 3), x))
    for features, at in (
        (lab.curve_features, x),
        (lab.plane_features, x[:, None]),
    ):
        with pytest.raises(ValueError, match="degree must be between 1 and 15, got 16"):
            features(at, 16)


def test_little_l2_overfits_much_underfits_and_between_is_good() -> None:
    x, y = lab.curve_points(15, 0)
    held, truth = lab.curve_validation(0)
    of, of_held = (lab.curve_features(each, 14) for each in (x, held))
    fit = lab.ridge(of, y, lab.STRENGTHS)
    training, validation = fit.mean_squared_error(of, y), fit.mean_squared_error(of_held, truth)
    assert (np.diff(training) > -1e-12).all()
    states = [lab.fit_quality(validation, row) for row in range(len(training))]
    assert list(dict.fromkeys(states)) == ["overfit", "good fit", "underfit"]


def test_columns_of_the_plane_are_all_products_of_powers() -> None:
    x = np.array([[2.0, 3.0]])
    assert lab.plane_features(x, 2).tolist() == [[3, 9, 2, 6, 4]]
    x, y = lab.plane_points(4_000, 0)
    true = np.where(x[:, 1] > lab.true_boundary(x[:, 0]), 1, -1)
    assert (y != true).mean() == pytest.approx(lab.LABEL_NOISE, abs=0.02)


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.8])
def test_dropout_keeps_the_mean_and_scales_what_stays(rate: float) -> None:
    """One hidden layer: the mean over masks is the prediction, within four standard errors."""
    net = lab.dropout_network(1)
    masks = lab.dropout_masks(net, rate, np.random.default_rng(0), 20_000)
    hidden, outputs = lab.training_outputs(net, masks, rate)[1:]
    _, full, prediction = lab.prediction_outputs(net)
    error = outputs.std() / np.sqrt(len(outputs))
    assert abs(outputs.mean() - prediction[0, 0]) <= 4 * error + 1e-12
    np.testing.assert_allclose(hidden, np.where(masks[0] == 1, full / (1 - rate), 0))


def test_keras_drops_and_scales_alike() -> None:
    x = np.ones((1, 20_000), dtype=np.float32)
    layer = keras.layers.Dropout(0.3, seed=1)
    theirs = np.asarray(layer(x, training=True))
    rng = np.random.default_rng(0)
    ours = (rng.random(x.shape) >= 0.3) / 0.7
    np.testing.assert_allclose(np.unique(theirs), np.unique(ours), rtol=1e-6)
    assert theirs.mean() == pytest.approx(1, abs=0.02)
    assert ours.mean() == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(layer(x, training=False), x)


def test_bad_input_is_named() -> None:
    net = lab.dropout_network(2)
    with pytest.raises(ValueError, match=r"rate must be between 0 and 0.9, got 1"):
        lab.dropout_masks(net, 1.0, np.random.default_rng(0), 1)
    with pytest.raises(ValueError, match="hidden layers must be between 1 and 2, got 3"):
        lab.dropout_network(3)
