"""Activations: means and slopes against closed forms, depth against the analytic expectation."""

import math

import numpy as np
import pytest

from playground.experiment.model import Network
from playground.labs.activations.curves import (
    FACTS,
    PARAMETERS,
    curve,
    mean_between,
    output_statistics,
    properties,
)
from playground.labs.activations.depth import kernels, propagate
from playground.labs.activations.training import (
    SIZES,
    UNIT_STEPS,
    UNIT_X,
    UNIT_Y,
    BestPractices,
    ring_examples,
    train_network,
    train_unit,
)
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS

Z = np.linspace(-6, 6, 1_001)


def test_every_activation_has_facts_of_its_own() -> None:
    assert list(FACTS) == list(ACTIVATIONS)
    for facts in FACTS.values():
        assert facts.strengths
        assert facts.weaknesses
    assert len({facts.range + facts.slope for facts in FACTS.values()}) == len(FACTS)


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_at_its_default_is_what_networks_use(name: str) -> None:
    entry, parameter = ACTIVATIONS[name], PARAMETERS[name]
    given = {parameter.field: parameter.default} if parameter.field else {}
    np.testing.assert_allclose(curve(name).f(Z), entry.f(Z, **given), atol=1e-12)
    np.testing.assert_allclose(curve(name).df(Z), entry.df(Z, **given), atol=1e-12)
    if parameter.field:
        assert Network.model_fields[parameter.field].default == parameter.default


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("share", [0.2, 0.7])
def test_slopes_are_those_of_the_curve_wherever_the_parameter_stands(
    name: str, share: float
) -> None:
    parameter = PARAMETERS[name]
    of = curve(name, parameter.low + share * (parameter.high - parameter.low))
    z, h = Z + 0.0017, 1e-5  # kinks lie elsewhere
    z = z[np.abs(z - (of.value or 0)) > 2 * h]
    np.testing.assert_allclose(of.df(z), (of.f(z + h) - of.f(z - h)) / (2 * h), atol=1e-7)


def test_means_over_a_normal_distribution_are_the_closed_forms() -> None:
    density = 1 / math.sqrt(2 * math.pi)
    assert output_statistics(curve("relu")).mean == pytest.approx(density, abs=1e-5)
    assert output_statistics(curve("relu")).gradient_gain == pytest.approx(math.sqrt(0.5), abs=1e-3)
    assert output_statistics(curve("leaky_relu", 0.1)).mean == pytest.approx(
        0.9 * density, abs=1e-5
    )
    assert output_statistics(curve("sigmoid")).mean == pytest.approx(0.5)
    assert output_statistics(curve("tanh")).mean == pytest.approx(0, abs=1e-12)
    assert output_statistics(curve("gelu")).mean == pytest.approx(1 / (2 * math.sqrt(math.pi)))
    assert output_statistics(curve("exponential"), 0.3, 1.2).mean == pytest.approx(
        math.exp(0.3 + 0.72)
    )
    selu = output_statistics(
        curve("selu")
    )  # its constants are made for mean 0 and standard deviation 1
    assert (selu.mean, selu.deviation) == pytest.approx((0, 1), abs=1e-5)
    linear = output_statistics(curve("linear"), 2, 3)
    assert (linear.mean, linear.deviation, linear.gradient_gain) == pytest.approx((2, 3, 1))


def test_means_over_a_range() -> None:
    assert mean_between(curve("relu"), -1, 3) == pytest.approx(4.5 / 4, abs=1e-4)
    assert mean_between(curve("exponential"), 0, 2) == pytest.approx((math.e**2 - 1) / 2, abs=1e-5)


def test_properties_of_all_activations() -> None:
    results = {name: properties(curve(name)) for name in ACTIVATIONS}
    assert [name for name, each in results.items() if not each.nonlinear] == ["linear"]
    assert {name for name, each in results.items() if not each.monotone} == {
        "gelu", "silu", "mish", "hard_silu",
    }  # fmt: skip
    assert {name for name, each in results.items() if each.bounded} == {
        "sigmoid", "tanh", "softsign", "relu6", "hard_sigmoid",
    }  # fmt: skip
    assert {name for name, each in results.items() if each.identity} == {
        "linear", "tanh", "elu", "softsign",
    }  # fmt: skip
    assert {name for name, each in results.items() if not each.smooth} == {
        "relu", "leaky_relu", "selu", "relu6", "hard_sigmoid", "hard_silu",
    }  # fmt: skip
    assert not properties(curve("elu", 2.0)).smooth


@pytest.mark.parametrize("name", ["glorot_normal", "he_normal", "lecun_uniform", "random_normal"])
def test_a_gradient_through_a_linear_network_changes_as_its_weights_say(name: str) -> None:
    depth, width, draws, sigma = 12, 48, 24, 0.1
    weights = np.stack([kernels(name, depth, width, sigma, seed) for seed in range(draws)])
    results = propagate(curve("linear"), weights)
    variance = {"glorot_normal": 1 / width, "he_normal": 2 / width, "lecun_uniform": 1 / width,
                "random_normal": sigma**2}[name]  # fmt: skip
    factor = width * variance
    squares = np.mean([each.backward**2 for each in results], axis=0)
    # ∂L/∂z of the last layer has size 1; each layer before it has one more Wᵀ.
    np.testing.assert_allclose(squares, factor ** np.arange(depth - 1, -1, -1), rtol=0.45)
    forward = np.mean([each.forward**2 for each in results], axis=0)
    np.testing.assert_allclose(forward / forward[0], factor ** np.arange(depth + 1), rtol=0.45)


def test_the_kind_of_propagation() -> None:
    def kind(activation: str, initializer: str) -> str:
        return propagate(curve(activation), kernels(initializer, 20, 32)[None])[0].kind

    assert kind("sigmoid", "glorot_uniform") == "vanishing"
    assert kind("tanh", "glorot_uniform") == "kept"
    assert kind("relu", "he_normal") == "kept"
    assert kind("relu", "glorot_uniform") == "vanishing"
    assert kind("selu", "lecun_normal") == "kept"
    assert kind("linear", "ones") == "exploding"
    assert kind("relu", "zeros") == "zero"
    assert kind("exponential", "he_normal") == "overflow"


def test_all_initializers_can_go_through_at_once() -> None:
    weights = np.stack([kernels(name, 3, 8) for name in INITIALIZERS])
    together = propagate(curve("tanh"), weights)
    for one, alone in zip(weights, together, strict=True):
        np.testing.assert_allclose(propagate(curve("tanh"), one[None])[0].backward, alone.backward)


def test_one_step_too_large_kills_a_relu_and_a_leaky_one_comes_back() -> None:
    relu, leaky = train_unit(curve("relu"), 0.9), train_unit(curve("leaky_relu", 0.2), 0.9)
    assert relu.inactive_from == leaky.inactive_from == 1
    assert relu.is_dead
    assert relu.recovered_at is None
    assert (relu.z(1) < 0).all()
    assert (relu.gradient[1:] == 0).all()
    assert relu.w[-1] == relu.w[1]
    assert leaky.recovered_at is not None
    assert not leaky.is_dead
    assert leaky.loss[-1] < 1e-9
    np.testing.assert_allclose((leaky.w[-1], leaky.b[-1]), (0.3, 0.6), atol=1e-5)  # the targets
    small = train_unit(curve("relu"), 0.3)
    assert small.inactive_from is None
    assert not small.is_dead
    assert small.loss[UNIT_STEPS] < 1e-9


def test_a_living_unit_descends_as_least_squares_do() -> None:
    results = train_unit(curve("relu"), 0.1)
    # Slope and mean of the targets are learned separately, as UNIT_X is centered.
    square = float(np.mean(UNIT_X**2))
    assert results.w[3] == pytest.approx(0.3 + 0.7 * (1 - 0.2 * square) ** 3)
    assert results.b[3] == pytest.approx(UNIT_Y.mean() + (3 - UNIT_Y.mean()) * 0.8**3)


@pytest.mark.parametrize("seed", range(4))
def test_each_best_practice_is_worth_something(seed: int) -> None:
    best = train_network(BestPractices(), seed)
    assert best.has_learned
    assert best.accuracy > 0.97
    assert best.loss[-1] < 0.05
    for name in ("relu", "small_rate", "standardize"):
        without = train_network(BestPractices().without(name), seed)
        assert not without.has_learned, name
    assert train_network(BestPractices().without("he"), seed).loss[-1] > 5 * best.loss[-1]


def test_the_small_network_is_given_a_ring_it_must_learn() -> None:
    x, y = ring_examples()
    assert x.shape == (len(y), SIZES[0])
    assert y.mean() == 0.5
    distance = np.hypot((x[:, 0] - 40) / 10, (x[:, 1] - 5) / 2)
    assert distance[y == 0].mean() < 0.7 < 1.2 < distance[y == 1].mean()
