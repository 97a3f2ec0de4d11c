"""The tables beside real Keras, numerical derivatives and closed forms."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, strategies

from playground.experiment.model import FIELDS, Experiment, Network, Training
from playground.nn.activations import ACTIVATIONS, softmax
from playground.nn.initializers import INITIALIZERS
from playground.nn.losses import CLASSIFICATION, LOSSES
from playground.nn.optimizers import OPTIMIZERS
from playground.nn.schedules import SCHEDULES, rates

STEPS = np.arange(200)
PER_EPOCH = 10

RNG = np.random.default_rng(0)
Z = np.concatenate([np.linspace(-30, 30, 601), RNG.normal(size=400), [-3.0, 0.0, 3.0, 6.0]])


def parameters(names: tuple[str, ...]) -> dict[str, Any]:
    """The default values of some fields of `Network`, as keyword arguments."""
    return {name: getattr(Network(), name) for name in names}


def keras_activation(name: str, z: Any) -> Any:
    entry = ACTIVATIONS[name]
    return np.asarray(keras.activations.get(entry.keras)(z, **parameters(entry.parameters)))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_equals_keras(name: str) -> None:
    z = Z.astype(np.float32)
    ours = ACTIVATIONS[name].f(z, **parameters(ACTIVATIONS[name].parameters))
    assert ours.dtype == np.float32
    assert ours.shape == z.shape
    # Keras' GELU and softplus lose digits far out on the left, hence the absolute part.
    np.testing.assert_allclose(ours, keras_activation(name, z), rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slope_equals_the_difference_quotient(name: str) -> None:
    entry, step = ACTIVATIONS[name], 1e-6
    z = np.concatenate([np.linspace(-8.03, 8.03, 500), RNG.normal(size=100)])  # no kink among them
    given = parameters(entry.parameters)
    quotient = (entry.f(z + step, **given) - entry.f(z - step, **given)) / (2 * step)
    np.testing.assert_allclose(entry.df(z, **given), quotient, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slope_keeps_shape_and_dtype_and_is_finite(name: str) -> None:
    entry = ACTIVATIONS[name]
    for dtype in (np.float32, np.float64):
        z = Z.astype(dtype).reshape(5, -1)
        slope = entry.df(z, **parameters(entry.parameters))
        assert slope.dtype == dtype
        assert slope.shape == z.shape
        assert np.isfinite(slope).all()


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "elu", "selu", "gelu", "silu", "mish",
                                  "softplus", "softsign", "relu6", "hard_silu"])  # fmt: skip
def test_activation_is_finite_far_out(name: str) -> None:
    z = np.array([-1e4, -100, 100, 1e4], dtype=np.float32)
    assert np.isfinite(ACTIVATIONS[name].f(z)).all()
    assert np.isfinite(ACTIVATIONS[name].df(z)).all()


def test_leaky_relu_takes_its_slope() -> None:
    z = np.array([-2.0, 3.0])
    leaky = ACTIVATIONS["leaky_relu"]
    np.testing.assert_allclose(leaky.f(z, negative_slope=0.3), [-0.6, 3.0])
    np.testing.assert_allclose(leaky.df(z, negative_slope=0.3), [0.3, 1.0])


def test_softmax_equals_keras_even_where_exponentials_overflow() -> None:
    z = (RNG.normal(size=(50, 10)) * 100).astype(np.float32)
    np.testing.assert_allclose(softmax(z), np.asarray(keras.ops.softmax(z)), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(softmax(z).sum(axis=1), 1, rtol=1e-5)


# Variance of each initializer's draws, for a kernel (n_in, n_out).
VARIANCES = {
    "glorot_uniform": lambda n_in, n_out: 2 / (n_in + n_out),
    "glorot_normal": lambda n_in, n_out: 2 / (n_in + n_out),
    "he_uniform": lambda n_in, n_out: 2 / n_in,
    "he_normal": lambda n_in, n_out: 2 / n_in,
    "lecun_uniform": lambda n_in, n_out: 1 / n_in,
    "lecun_normal": lambda n_in, n_out: 1 / n_in,
    "random_normal": lambda n_in, n_out: Network().stddev ** 2,
    "zeros": lambda n_in, n_out: 0,
    "ones": lambda n_in, n_out: 0,
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializer_draws_with_the_variance_of_its_formula(name: str) -> None:
    entry, shape = INITIALIZERS[name], (400, 300)
    given = parameters(entry.parameters) | ({"seed": 1} if entry.random else {})
    weights = np.asarray(getattr(keras.initializers, entry.keras)(**given)(shape))
    variance = VARIANCES[name](*shape)
    assert np.var(weights) == pytest.approx(variance, rel=0.02)  # 120,000 draws: ± 0.5 %
    assert np.mean(weights) == pytest.approx(1 if name == "ones" else 0, abs=0.002)
    if name.endswith("uniform"):  # U(±a) has variance a²/3
        assert np.abs(weights).max() == pytest.approx(np.sqrt(3 * variance), rel=0.01)


def loss_examples(name: str, n_outputs: int) -> tuple[Any, Any]:
    """Targets and outputs (64, n_outputs) that make sense for a loss."""
    if LOSSES[name].tasks != (CLASSIFICATION,):
        y, p = RNG.normal(size=(64, n_outputs)), 3 * RNG.normal(size=(64, n_outputs))
    elif n_outputs == 1:
        y, p = RNG.integers(0, 2, size=(64, 1)), RNG.uniform(size=(64, 1))
    else:
        y = np.eye(n_outputs)[RNG.integers(0, n_outputs, size=64)]
        p = softmax(RNG.normal(size=(64, n_outputs)))
    return y.astype(np.float32), p.astype(np.float32)


@pytest.mark.parametrize("n_outputs", [1, 4])
@pytest.mark.parametrize("name", LOSSES)
def test_loss_equals_keras(name: str, n_outputs: int) -> None:
    y, p = loss_examples(name, n_outputs)
    is_binary = name == "cross_entropy" and n_outputs == 1
    keras_name = "BinaryCrossentropy" if is_binary else LOSSES[name].keras
    theirs = getattr(keras.losses, keras_name)(reduction="none")(y, p)
    ours = LOSSES[name].f(y, p)
    assert ours.shape == (64,)
    np.testing.assert_allclose(ours, np.asarray(theirs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_cross_entropy_of_certain_answers_is_finite(n_outputs: int) -> None:
    y = np.eye(3, dtype=np.float32)[:, :n_outputs]
    assert np.isfinite(LOSSES["cross_entropy"].f(y, y)).all()
    assert np.isfinite(LOSSES["cross_entropy"].f(y, 1 - y)).all()
    np.testing.assert_allclose(LOSSES["cross_entropy"].f(y, y), 0, atol=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_keras_takes_the_optimizer_as_it_stands_in_the_table(name: str) -> None:
    entry = OPTIMIZERS[name]
    optimizer = getattr(keras.optimizers, entry.keras)(**entry.defaults, **entry.constants)
    config = optimizer.get_config()
    for parameter, value in {**entry.defaults, **entry.constants}.items():
        assert config[parameter] == pytest.approx(value), parameter


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_parameter_of_an_optimizer_is_a_field_with_its_default_value(name: str) -> None:
    defaults = Training(optimizer=name)
    for parameter, value in OPTIMIZERS[name].defaults.items():
        assert parameter in FIELDS
        assert getattr(defaults, parameter) == value


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_comes_down_a_parabola(name: str) -> None:
    entry = OPTIMIZERS[name]
    optimizer = getattr(keras.optimizers, entry.keras)(**entry.defaults, **entry.constants)
    w = keras.Variable([1.0])
    for _ in range(20):
        optimizer.apply([2 * w], [w])
    assert abs(float(w[0])) < 1


def planned(steps: Any = STEPS, **choices: Any) -> Any:
    return rates(Training(learning_rate=0.2, epochs=20, **choices), steps, PER_EPOCH)


Keras = keras.optimizers.schedules

REFERENCES = [
    (
        {"schedule": "exponential", "decay_rate": 0.7, "period_epochs": 2},
        Keras.ExponentialDecay(0.2, decay_steps=20, decay_rate=0.7),
    ),
    (
        {"schedule": "staircase", "decay_rate": 0.7, "period_epochs": 2},
        Keras.ExponentialDecay(0.2, decay_steps=20, decay_rate=0.7, staircase=True),
    ),
    (  # Keras changes the value after the boundary, one step later
        {"schedule": "step", "decay_rate": 0.5, "milestones": (3, 8)},
        Keras.PiecewiseConstantDecay([29, 79], [0.2, 0.1, 0.05]),
    ),
    (
        {"schedule": "inverse_time", "decay_rate": 0.7, "period_epochs": 2},
        Keras.InverseTimeDecay(0.2, decay_steps=20, decay_rate=0.7),
    ),
    (
        {"schedule": "polynomial", "power": 2.5, "final_share": 0.1},
        Keras.PolynomialDecay(0.2, decay_steps=200, end_learning_rate=0.02, power=2.5),
    ),
    (
        {"schedule": "cosine", "final_share": 0.1},
        Keras.CosineDecay(0.2, decay_steps=200, alpha=0.1),
    ),
    (
        {"schedule": "cosine_restarts", "period_epochs": 3, "period_growth": 1, "peak_decay": 0.8},
        Keras.CosineDecayRestarts(0.2, first_decay_steps=30, t_mul=1.0, m_mul=0.8),
    ),
    (
        {
            "schedule": "cosine_restarts",
            "period_epochs": 2,
            "period_growth": 2,
            "peak_decay": 0.8,
            "final_share": 0.1,
        },
        Keras.CosineDecayRestarts(0.2, first_decay_steps=20, t_mul=2.0, m_mul=0.8, alpha=0.1),
    ),
]


@pytest.mark.parametrize(("choices", "reference"), REFERENCES)
def test_schedule_equals_keras(choices: dict[str, Any], reference: Any) -> None:
    theirs = [float(reference(float(step))) for step in STEPS]
    np.testing.assert_allclose(planned(**choices), theirs, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", ["constant", "plateau"])
def test_rate_stays_where_nothing_plans_it(name: str) -> None:
    np.testing.assert_array_equal(planned(schedule=name), 0.2)


def test_warm_up_multiplies_the_schedule_by_a_ramp_of_equal_steps() -> None:
    rate = planned(schedule="exponential", decay_rate=0.5, period_epochs=1, warmup_epochs=2)
    full = 0.2 * 0.5 ** (np.arange(200) / 10)
    np.testing.assert_allclose(rate[:20], full[:20] * np.arange(1, 21) / 20)
    np.testing.assert_allclose(rate[20:], full[20:])


def test_milestones_and_periods_count_from_the_start_of_training_also_with_warm_up() -> None:
    steps = {"schedule": "step", "decay_rate": 0.5, "milestones": (3, 8)}
    assert planned(steps=[29, 30, 79, 80], warmup_epochs=2, **steps) == pytest.approx(
        [0.2, 0.1, 0.1, 0.05]
    )
    stairs = {"schedule": "staircase", "decay_rate": 0.5, "period_epochs": 4}
    for name in (steps, stairs):
        np.testing.assert_allclose(
            planned(warmup_epochs=2, **name)[20:], planned(**name)[20:], rtol=1e-12
        )


def test_warm_up_shortens_a_schedule_over_the_whole_run() -> None:
    rate = planned(steps=[19, 20, 110, 200], schedule="polynomial", warmup_epochs=2)
    np.testing.assert_allclose(rate, [0.2, 0.2, 0.1, 0.0], atol=1e-12)


def test_cosine_after_warm_up_equals_keras() -> None:
    keras_rate = Keras.CosineDecay(0.0, 180, alpha=0.1, warmup_target=0.2, warmup_steps=20)
    ours = planned(schedule="cosine", final_share=0.1, warmup_epochs=2)
    theirs = [float(keras_rate(float(step))) for step in STEPS]
    np.testing.assert_allclose(ours[20:], theirs[20:], rtol=1e-4, atol=1e-7)
    # In warm-up ours is a step ahead: the first update already has a rate above 0.
    np.testing.assert_allclose(ours[:20], theirs[1:21], rtol=1e-4)


def test_warm_up_longer_than_the_run_never_reaches_the_rate() -> None:
    rate = planned(schedule="cosine", warmup_epochs=40)
    np.testing.assert_allclose(rate, 0.2 * np.arange(1, 201) / 400)


def test_one_cycle_rises_to_the_rate_and_falls_to_the_end() -> None:
    choices = {"start_share": 0.25, "rise_share": 0.4, "final_share": 0.1}
    rate = planned(steps=[0, 40, 80, 140, 200, 500], schedule="one_cycle", **choices)
    np.testing.assert_allclose(rate, [0.05, 0.125, 0.2, 0.11, 0.02, 0.02])


def test_triangular_goes_up_and_down_once_a_period() -> None:
    rate = planned(
        steps=[0, 10, 20, 30, 40, 50], schedule="triangular", start_share=0.5, period_epochs=4
    )
    np.testing.assert_allclose(rate, [0.1, 0.15, 0.2, 0.15, 0.1, 0.15])


@pytest.mark.parametrize("name", SCHEDULES)
def test_rate_is_never_negative_nor_above_the_learning_rate(name: str) -> None:
    rate = planned(steps=np.arange(400), schedule=name, warmup_epochs=1)
    assert (rate >= 0).all()
    assert (rate <= 0.2 * (1 + 1e-12)).all()


@given(strategies.from_type(Experiment))
def test_every_valid_plan_is_finite_and_within_bounds(experiment: Experiment) -> None:
    training, per_epoch = experiment.training, experiment.steps_per_epoch
    rate = rates(training, np.linspace(0, training.epochs * per_epoch, 97), per_epoch)
    assert np.isfinite(rate).all()
    assert (rate >= 0).all()
    assert (rate <= training.learning_rate * (1 + 1e-9)).all()


@pytest.mark.parametrize("name", SCHEDULES)
def test_rate_of_one_step_is_that_of_many(name: str) -> None:
    many = planned(schedule=name)
    np.testing.assert_allclose([float(planned(steps=s, schedule=name)) for s in STEPS], many)


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_parameter_of_a_schedule_is_a_field_with_its_default_value(name: str) -> None:
    defaults = Training(schedule=name)
    for parameter, value in SCHEDULES[name].defaults.items():
        assert parameter in FIELDS
        assert getattr(defaults, parameter) == value


@pytest.mark.parametrize("growth", [1.0, 1.1, 2.0, 3.7])
def test_each_restart_begins_at_its_peak(growth: float) -> None:
    starts = np.cumsum([0, *(growth**k for k in range(6))]) * 30
    rate = planned(
        steps=starts, schedule="cosine_restarts", period_epochs=3, period_growth=growth,
        peak_decay=0.9,
    )  # fmt: skip
    np.testing.assert_allclose(rate, 0.2 * 0.9 ** np.arange(7), rtol=1e-6)
