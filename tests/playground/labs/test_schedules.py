"""Schedules at work on (w + 1)²: the published run, closed forms, and plateaus."""

import numpy as np
import pytest

from playground.experiment.model import Training
from playground.labs.gradient_descent import CURVES, MIN_DELTA, descend, scheduled_descent
from playground.nn.schedules import SCHEDULES
from playground.training.callbacks import Plateau

PARABOLA = CURVES["parabola"]


def plan(schedule: str, **given: object) -> Training:
    return Training(schedule=schedule, **{"learning_rate": 0.2, "epochs": 40, **given})


def test_the_published_figures() -> None:
    made = scheduled_descent(PARABOLA, 5.0, plan("exponential", decay_rate=0.99, period_epochs=1))
    assert f"{made.rate[39]:f}" == "0.135146"
    assert f"{made.rate[0]:f} {made.loss[0]:f} {made.w[1]:f}" == "0.200000 36.000000 2.600000"
    np.testing.assert_array_equal(made.w, descend(PARABOLA, 5.0, 0.2, 0.99, 40).w)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("warmup", [0, 5])
def test_each_update_shortens_the_way_by_one_less_twice_the_rate(name: str, warmup: int) -> None:
    made = scheduled_descent(PARABOLA, 5.0, plan(name, warmup_epochs=warmup))
    distance = 6 * np.cumprod(1 - 2 * made.rate.astype(np.float64))
    np.testing.assert_allclose(made.w[1:] + 1, distance, atol=1e-5)
    if warmup:
        spans = SCHEDULES[name].after_warmup
        full = made.rate[4] if spans else scheduled_descent(PARABOLA, 5.0, plan(name)).rate[:5]
        np.testing.assert_allclose(made.rate[:5], full * np.arange(1, 6) / 5, rtol=1e-6)


@pytest.mark.parametrize("rate", [0.2, 1.0, 1.02])
def test_a_plateau_is_what_the_trainer_calls_one(rate: float) -> None:
    training = plan("plateau", learning_rate=rate, plateau_patience=2, decay_rate=0.5)
    made = scheduled_descent(PARABOLA, 5.0, training)
    watch, expected = Plateau(training), []
    for after in made.w[1:]:
        expected.append(rate * watch.factor)
        watch = watch.after(float(PARABOLA.f(after)))
    np.testing.assert_allclose(made.rate, expected, rtol=1e-6)
    assert made.rate[-1] < rate
    assert MIN_DELTA == Plateau.MIN_DELTA


def test_a_rate_that_diverges_converges_once_a_schedule_lowers_it() -> None:
    assert scheduled_descent(PARABOLA, 5.0, plan("constant", learning_rate=1.05)).loss[-1] > 36
    assert scheduled_descent(PARABOLA, 5.0, plan("plateau", learning_rate=1.05)).loss[-1] < 1e-9
