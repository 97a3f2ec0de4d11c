"""Gradient descent on one weight: the published table, closed forms, and TensorFlow."""

import numpy as np
import pytest

from playground.labs.gradient_descent import CURVES, LossCurve, descend, verdict

PUBLISHED = """\
After 0 epoch, w is 2.600000, loss is 36.000000, lr is 0.200000
After 1 epoch, w is 1.174400, loss is 12.959999, lr is 0.198000
After 26 epoch, w is -0.999952, loss is 0.000000, lr is 0.154009
After 27 epoch, w is -0.999967, loss is 0.000000, lr is 0.152469
After 28 epoch, w is -0.999977, loss is 0.000000, lr is 0.150944
After 29 epoch, w is -0.999984, loss is 0.000000, lr is 0.149434
After 30 epoch, w is -0.999989, loss is 0.000000, lr is 0.147940
After 31 epoch, w is -0.999992, loss is 0.000000, lr is 0.146461
After 32 epoch, w is -0.999994, loss is 0.000000, lr is 0.144996
After 33 epoch, w is -0.999996, loss is 0.000000, lr is 0.143546
After 34 epoch, w is -0.999997, loss is 0.000000, lr is 0.142111
After 35 epoch, w is -0.999998, loss is 0.000000, lr is 0.140690
After 36 epoch, w is -0.999999, loss is 0.000000, lr is 0.139283
After 37 epoch, w is -0.999999, loss is 0.000000, lr is 0.137890
After 38 epoch, w is -0.999999, loss is 0.000000, lr is 0.136511
After 39 epoch, w is -0.999999, loss is 0.000000, lr is 0.135146
"""

PARABOLA = CURVES["parabola"]


def test_the_published_table_to_six_decimals() -> None:
    made = descend(PARABOLA, 5.0, 0.2, 0.99, 40)
    printed = [
        f"After {k} epoch, w is {made.w[k + 1]:f}, loss is {made.loss[k]:f}, lr is {made.rate[k]:f}"
        for k in (0, 1, *range(26, 40))
    ]
    assert printed == PUBLISHED.splitlines()


def test_every_epoch_is_tensorflows_to_the_last_bit() -> None:
    import tensorflow as tf

    made = descend(PARABOLA, 5.0, 0.2, 0.99, 40)
    w = tf.Variable(5.0)
    for k in range(40):
        with tf.GradientTape() as tape:
            loss = tf.square(w + 1)
        w.assign_sub(0.2 * 0.99**k * tape.gradient(loss, w))
        assert (float(loss), float(w)) == (float(made.loss[k]), float(made.w[k + 1]))


@pytest.mark.parametrize("rate", [0.01, 0.3, 0.5, 0.95, 1.0])
def test_on_the_parabola_each_update_multiplies_the_distance(rate: float) -> None:
    made = descend(PARABOLA, 5.0, rate, 1.0, 20)
    assert made.w + 1 == pytest.approx(6 * (1 - 2 * rate) ** np.arange(21), abs=1e-5)


@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_slopes_and_minima_are_those_of_the_curve(curve: LossCurve) -> None:
    w = np.linspace(*curve.w, 101) + 1e-3  # not on the kink
    h = 1e-6
    assert curve.df(w) == pytest.approx((curve.f(w + h) - curve.f(w - h)) / (2 * h), abs=1e-4)
    assert all(abs(curve.df(minimum)) < 1e-12 for minimum in curve.minima)
    losses = [curve.f(minimum) for minimum in curve.minima]
    assert losses == sorted(losses)
    assert losses[0] <= curve.f(w).min()
    assert curve.w[0] < curve.start < curve.w[1]
    assert curve.loss[0] < 0 < curve.f(curve.start) < curve.loss[1]


@pytest.mark.parametrize(
    ("curve", "kinds"),
    {
        "parabola": ("slow", "converged", "oscillating", "diverged"),
        "valleys": ("slow", "converged", "oscillating", "diverged"),
        "ripples": ("stuck", "converged", "oscillating", "oscillating"),
        "corner": ("slow", "converged", "oscillating", "oscillating"),
    }.items(),
)
def test_each_preset_has_the_outcome_of_its_name(curve: str, kinds: tuple[str, ...]) -> None:
    chosen = CURVES[curve]
    went = [
        verdict(descend(chosen, chosen.start, rate, decay, 40), chosen).kind
        for rate, decay in chosen.presets
    ]
    assert tuple(went) == kinds


def test_a_diverged_descent_ends() -> None:
    curve = CURVES["valleys"]
    made = descend(curve, 3.0, 1.5, 1.0, 100)
    assert made.diverged_at is not None
    assert made.epochs == made.diverged_at + 1 < 10
    assert np.isfinite(made.w).all()
    assert verdict(made, curve).kind == "diverged"
