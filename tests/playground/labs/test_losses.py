"""The losses lab against the course's figures, closed forms and real Keras."""

import keras
import numpy as np
import pytest

from playground.labs import losses
from playground.labs.losses import (
    REGRESSION_LOSSES,
    error_loss,
    error_slope,
    fit,
    mean_loss,
    sigmoid_gradient,
    softmax_gradient,
)
from playground.nn.activations import softmax
from playground.training.keras_model import keras_cross_entropies

TARGETS = losses.one_hot(losses.CLASSES, 3)
TABLE = np.array(losses.LOGITS)
PUBLISHED = [1.68795487e-04, 1.82210289e-03, 6.58839038e-02, 2.13415060e00, 5.49852354e-02]


def test_the_published_table_in_one_step_and_in_two() -> None:
    """To the nine digits printed, in double precision."""
    for method in (losses.in_one_step, losses.in_two_steps):
        result = method(TARGETS, TABLE)
        assert result.dtype == np.float64
        assert [f"{each:.8e}" for each in result] == [f"{each:.8e}" for each in PUBLISHED]


@pytest.mark.parametrize(("p", "h"), [((0.6, 0.4), 0.511), ((0.8, 0.2), 0.223)])
def test_the_published_entropies(p: tuple[float, ...], h: float) -> None:
    result = losses.cross_entropy(np.array([[1.0, 0]]), np.array([p]))
    assert round(float(result[0]), 3) == h


def test_keras_gives_the_same_table_and_stops_where_we_do() -> None:
    two, one = keras_cross_entropies(TARGETS, TABLE)
    np.testing.assert_allclose(two, losses.in_two_steps(TARGETS, TABLE), rtol=1e-11)
    np.testing.assert_allclose(one, losses.in_one_step(TARGETS, TABLE), rtol=1e-11)
    two, one = keras_cross_entropies(np.array([[1.0, 0]]), np.array([[0.0, 100]]))
    assert two[0] == pytest.approx(16.118, abs=5e-4)
    assert one[0] == pytest.approx(100)


def test_keras_divides_a_prediction_by_its_sum_as_we_do() -> None:
    p = np.array([[0.6, 0.4, 0.3], [0.0, 0.8, 0.2]])
    y = losses.one_hot((0, 0), 3)
    theirs = np.asarray(keras.losses.categorical_crossentropy(y, p))
    np.testing.assert_allclose(theirs, losses.cross_entropy(y, p), rtol=1e-12)


def test_huber_of_any_delta_is_keras_huber() -> None:
    e = np.linspace(-4, 4, 41)
    for delta in (0.3, 1.0, 2.5):
        theirs = [float(keras.losses.huber([0.0], [each], delta)) for each in e]
        np.testing.assert_allclose(error_loss("huber", e, delta), theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", REGRESSION_LOSSES)
def test_the_slope_is_that_of_the_curve(name: str) -> None:
    e = np.array([-3.3, -0.7, 0.4, 1.9])
    h = 1e-6
    both = (error_loss(name, e + h, 0.9) - error_loss(name, e - h, 0.9)) / (2 * h)
    np.testing.assert_allclose(error_slope(name, e, 0.9), both, atol=1e-6)


@pytest.mark.parametrize("line", [False, True])
@pytest.mark.parametrize("name", REGRESSION_LOSSES)
def test_nothing_near_the_fit_is_better(name: str, line: bool) -> None:
    rng = np.random.default_rng(0)
    x = np.arange(8.0)
    y = 0.6 * x + rng.normal(0, 0.4, 8)
    y[6] = 25
    result = fit(name, x, y, line, 0.8)
    least = mean_loss(name, x, y, result, 0.8)
    steps = [(a, b) for a in (-0.01, 0, 0.01) for b in (-0.01, 0, 0.01)]
    for a, b in steps if line else [(0.0, b) for _, b in steps]:
        assert mean_loss(name, x, y, (result[0] + a, result[1] + b), 0.8) >= least - 1e-12


def test_a_far_outlier_pulls_the_mean_only() -> None:
    x, y = np.arange(5.0), np.array([1.0, 2, 3, 4, 5])
    far = np.array([1.0, 2, 3, 4, 500])
    assert fit("mean_squared_error", x, far, False)[1] == pytest.approx(102)
    assert fit("mean_absolute_error", x, far, False)[1] == 3
    near, huber = (fit("huber", x, each, False, 0.5)[1] for each in (y, far))
    assert abs(huber - near) < 0.2
    with pytest.raises(ValueError, match=r"loss must be one of .*, got hinge"):
        fit("hinge", x, y, False)


def test_slope_of_the_loss_times_jacobian_is_p_minus_y() -> None:
    for z, y in zip(TABLE, TARGETS, strict=True):
        result = softmax_gradient("cross_entropy", y, z)
        np.testing.assert_allclose(result.dz, softmax(z) - y, atol=1e-12)
    far = np.array([-7.5, 7.5, 7.5])  # the farthest that the lab's sliders go
    result = softmax_gradient("cross_entropy", np.eye(3)[0], far)
    np.testing.assert_allclose(result.dz, softmax(far) - np.eye(3)[0], atol=1e-12)


def test_squared_error_hardly_learns_where_it_is_wrong_and_sure() -> None:
    y, z = np.array([1.0, 0, 0]), np.array([-8.0, 8, 0])
    squared, cross = (
        np.abs(softmax_gradient(name, y, z).dz).max()
        for name in ("mean_squared_error", "cross_entropy")
    )
    assert squared < 1e-3
    assert cross > 0.99
    z = np.array([-10.0])
    assert sigmoid_gradient("cross_entropy", 1, z)[1][0] == pytest.approx(-1, abs=1e-4)
    assert abs(sigmoid_gradient("mean_squared_error", 1, z)[1][0]) < 1e-4
    loss = sigmoid_gradient("mean_squared_error", 1, np.array([0.3, 0.3 + 1e-6]))
    assert np.diff(loss[0])[0] / 1e-6 == pytest.approx(loss[1][0], rel=1e-4)


def test_large_logits_overflow_naively_and_not_together() -> None:
    small, large = (
        losses.float32_cross_entropy(size * np.array([-1.0, 1, 0.5]), 0) for size in (2, 100)
    )
    assert small.naive == pytest.approx(small.from_logits, rel=1e-5)
    assert small.clipped == pytest.approx(small.from_logits, rel=1e-5)
    assert np.isinf(large.exponentials[1])
    assert np.isnan(large.probabilities[1])
    assert np.isinf(large.naive)
    assert np.isinf(large.shifted)
    assert large.clipped == pytest.approx(16.118, abs=5e-4)
    assert large.from_logits == pytest.approx(200)
    assert np.isnan(losses.float32_cross_entropy(np.array([100.0, 99]), 0).naive)
