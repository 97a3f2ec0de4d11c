"""Activations: means and slopes against closed forms, depth against the analytic expectation."""

import math

import numpy as np
import pytest

from playground.experiment.model import Network
from playground.labs.activations.best_practices import SIZES, Advice, examples, trained
from playground.labs.activations.curves import PARAMETERS, curve, mean_between, outputs, qualities
from playground.labs.activations.depth import ROWS, kernels, passages
from playground.labs.activations.dying_relu import STEPS, X, Y, live
from playground.labs.activations.facts import FACTS
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
def test_a_parameter_at_its_usual_value_is_what_networks_use(name: str) -> None:
    entry, parameter = ACTIVATIONS[name], PARAMETERS[name]
    given = {parameter.field: parameter.usual} if parameter.field else {}
    np.testing.assert_allclose(curve(name).f(Z), entry.f(Z, **given), atol=1e-12)
    np.testing.assert_allclose(curve(name).df(Z), entry.df(Z, **given), atol=1e-12)
    if parameter.field:
        assert Network.model_fields[parameter.field].default == parameter.usual


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
    assert outputs(curve("relu")).mean == pytest.approx(density, abs=1e-5)
    assert outputs(curve("relu")).gain == pytest.approx(math.sqrt(0.5), abs=1e-3)
    assert outputs(curve("leaky_relu", 0.1)).mean == pytest.approx(0.9 * density, abs=1e-5)
    assert outputs(curve("sigmoid")).mean == pytest.approx(0.5)
    assert outputs(curve("tanh")).mean == pytest.approx(0, abs=1e-12)
    assert outputs(curve("gelu")).mean == pytest.approx(1 / (2 * math.sqrt(math.pi)))
    assert outputs(curve("exponential"), 0.3, 1.2).mean == pytest.approx(math.exp(0.3 + 0.72))
    selu = outputs(curve("selu"))  # its constants are made for mean 0 and spread 1
    assert (selu.mean, selu.spread) == pytest.approx((0, 1), abs=1e-5)
    linear = outputs(curve("linear"), 2, 3)
    assert (linear.mean, linear.spread, linear.gain) == pytest.approx((2, 3, 1))


def test_means_over_a_range() -> None:
    assert mean_between(curve("relu"), -1, 3) == pytest.approx(4.5 / 4, abs=1e-4)
    assert mean_between(curve("exponential"), 0, 2) == pytest.approx((math.e**2 - 1) / 2, abs=1e-5)


def test_qualities() -> None:
    found = {name: qualities(curve(name)) for name in ACTIVATIONS}
    assert [name for name, each in found.items() if not each.nonlinear] == ["linear"]
    assert {name for name, each in found.items() if not each.monotone} == {
        "gelu", "silu", "mish", "hard_silu",
    }  # fmt: skip
    assert {name for name, each in found.items() if each.bounded} == {
        "sigmoid", "tanh", "softsign", "relu6", "hard_sigmoid",
    }  # fmt: skip
    assert {name for name, each in found.items() if each.identity} == {
        "linear", "tanh", "elu", "softsign",
    }  # fmt: skip
    assert {name for name, each in found.items() if not each.smooth} == {
        "relu", "leaky_relu", "selu", "relu6", "hard_sigmoid", "hard_silu",
    }  # fmt: skip
    assert not qualities(curve("elu", 2.0)).smooth


@pytest.mark.parametrize("name", ["glorot_normal", "he_normal", "lecun_uniform", "random_normal"])
def test_a_gradient_through_a_linear_network_changes_as_its_weights_say(name: str) -> None:
    depth, width, draws, sigma = 12, 48, 24, 0.1
    weights = np.stack([kernels(name, depth, width, sigma, seed) for seed in range(draws)])
    found = passages(curve("linear"), weights)
    variance = {"glorot_normal": 1 / width, "he_normal": 2 / width, "lecun_uniform": 1 / width,
                "random_normal": sigma**2}[name]  # fmt: skip
    factor = width * variance
    squares = np.mean([each.back**2 for each in found], axis=0)
    # ∂L/∂z of the last layer has size 1; each layer before it has one more Wᵀ.
    np.testing.assert_allclose(squares, factor ** np.arange(depth - 1, -1, -1), rtol=0.45)
    forward = np.mean([each.forward**2 for each in found], axis=0)
    np.testing.assert_allclose(forward / forward[0], factor ** np.arange(depth + 1), rtol=0.45)
    assert ROWS > 1


def test_depth_tells_what_becomes_of_gradients() -> None:
    def kind(activation: str, initializer: str) -> str:
        return passages(curve(activation), kernels(initializer, 20, 32)[None])[0].kind

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
    together = passages(curve("tanh"), weights)
    for one, alone in zip(weights, together, strict=True):
        np.testing.assert_allclose(passages(curve("tanh"), one[None])[0].back, alone.back)


def test_one_step_too_large_kills_a_relu_and_a_leaky_one_comes_back() -> None:
    relu, leaky = live(curve("relu"), 0.9), live(curve("leaky_relu", 0.2), 0.9)
    assert relu.off == leaky.off == 1
    assert relu.dead
    assert relu.back is None
    assert (relu.z(1) < 0).all()
    assert (relu.gradient[1:] == 0).all()
    assert relu.w[-1] == relu.w[1]
    assert leaky.back is not None
    assert not leaky.dead
    assert leaky.loss[-1] < 1e-9
    np.testing.assert_allclose((leaky.w[-1], leaky.b[-1]), (0.3, 0.6), atol=1e-5)  # the targets
    small = live(curve("relu"), 0.3)
    assert small.off is None
    assert not small.dead
    assert small.loss[STEPS] < 1e-9


def test_a_living_unit_descends_as_least_squares_do() -> None:
    found = live(curve("relu"), 0.1)
    # Slope and mean of the targets are learnt apart, as X is centred: each by a constant factor.
    square = float(np.mean(X**2))
    assert found.w[3] == pytest.approx(0.3 + 0.7 * (1 - 0.2 * square) ** 3)
    assert found.b[3] == pytest.approx(Y.mean() + (3 - Y.mean()) * 0.8**3)


@pytest.mark.parametrize("seed", range(4))
def test_each_piece_of_advice_is_worth_something(seed: int) -> None:
    best = trained(Advice(), seed)
    assert best.learnt
    assert best.accuracy > 0.97
    assert best.loss[-1] < 0.05
    for name in ("relu", "small_rate", "standardize"):
        without = trained(Advice().flipped(name), seed)
        assert not without.learnt, name
    assert trained(Advice().flipped("he"), seed).loss[-1] > 5 * best.loss[-1]


def test_the_small_network_is_given_a_ring_it_must_learn() -> None:
    x, y = examples()
    assert x.shape == (len(y), SIZES[0])
    assert y.mean() == 0.5
    distance = np.hypot((x[:, 0] - 40) / 10, (x[:, 1] - 5) / 2)
    assert distance[y[:, 0] == 0].mean() < 0.7 < 1.2 < distance[y[:, 0] == 1].mean()
