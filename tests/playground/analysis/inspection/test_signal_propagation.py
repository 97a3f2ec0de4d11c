"""The check before training: drawn weights against Keras' own, verdicts on textbook cases."""

import keras
import numpy as np
import pytest

from playground import Experiment, load
from playground.analysis.inspection.signal_propagation import (
    Profile,
    alternatives,
    chosen,
    compared,
    deepened,
    draw,
    profile,
    recommended,
    verdict,
)
from playground.experiment.model_summary import assemble
from playground.nn.activations import ACTIVATIONS
from playground.nn.initializers import INITIALIZERS
from playground.training import keras_model


@pytest.mark.parametrize("name", INITIALIZERS)
def test_drawn_as_keras_draws(name: str) -> None:
    """The same quantiles of 120,000 numbers, and the same largest one where there is a limit."""
    entry, shape = INITIALIZERS[name], (400, 300)
    given = {"stddev": 0.3} if entry.parameters else {}
    seed = {"seed": 1} if entry.random else {}
    theirs = np.asarray(getattr(keras.initializers, entry.keras)(**given, **seed)(shape))
    ours = entry.draw(np.random.default_rng(0), *shape, **given)
    assert (ours.shape, ours.dtype) == (shape, np.float32)
    extremes = [] if name == "random_normal" else [0, 1]
    shares = [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, *extremes]
    expected = np.quantile(theirs, shares)
    np.testing.assert_allclose(np.quantile(ours, shares), expected, atol=0.03 * theirs.std() + 1e-9)


def checked(**changes: object) -> tuple[Profile, str]:
    experiment = Experiment().replace(**changes)
    data = load(experiment.data)
    snapshot = draw(experiment, chosen(experiment))
    x, y = data.transform(data.train.x[:256]), data.train.y[:256]
    found = profile(snapshot, x, y, experiment.training.loss)
    return found, verdict(found).kind


DEEP = {"dataset": "digits", "hidden": (64,) * 6}

CASES = [
    ({"activation": "relu", "kernel_initializer": "he_normal"}, "well_scaled"),
    ({"activation": "tanh", "kernel_initializer": "glorot_uniform"}, "well_scaled"),
    ({"activation": "selu", "kernel_initializer": "lecun_normal"}, "well_scaled"),
    ({"activation": "sigmoid", "kernel_initializer": "glorot_uniform"}, "vanishing"),
    ({"activation": "relu", "kernel_initializer": "random_normal", "stddev": 0.05}, "vanishing"),
    ({"activation": "relu", "kernel_initializer": "random_normal", "stddev": 1.0}, "exploding"),
    ({"activation": "exponential", "kernel_initializer": "he_normal"}, "exploding"),
    ({"activation": "relu", "kernel_initializer": "zeros"}, "alike"),
    ({"activation": "tanh", "kernel_initializer": "ones"}, "alike"),
]


@pytest.mark.parametrize(("changes", "kind"), CASES)
def test_the_textbook_cases(changes: dict[str, object], kind: str) -> None:
    assert checked(**DEEP, **changes)[1] == kind


def test_inputs_that_were_not_scaled() -> None:
    assert checked(dataset="coffee", standardize=False, hidden=(8,))[1] == "large_inputs"


def test_saturated_where_weights_are_too_large_for_tanh() -> None:
    """64 units, σ = 3: |z| is often above 2, where tanh is flat."""
    found, _ = checked(**DEEP | {"hidden": (64,)}, kernel_initializer="random_normal",
                       activation="tanh", stddev=3.0)  # fmt: skip
    assert found.flat[0] > 0.75


def test_he_keeps_the_size_of_relu_signals_in_any_width() -> None:
    """‖∂L/∂z‖ stays the same on its way back through 256, 64, 16 units."""
    found, _ = checked(
        dataset="digits", hidden=(256, 64, 128), activation="relu", kernel_initializer="he_normal"
    )
    ratios = found.signal[:-1] / found.signal[1:]
    np.testing.assert_allclose(ratios, 1, atol=0.35)
    second_moments = found.mean[:-1]
    assert second_moments.max() < 3 * second_moments.min()


def test_a_linear_layer_by_hand() -> None:
    """Without hidden layers: spread of z, and the signal ‖p − y‖."""
    experiment = Experiment().replace(dataset="iris", hidden=())
    data = load(experiment.data)
    x, y = data.transform(data.train.x), data.train.y
    snapshot = draw(experiment, chosen(experiment))
    found = profile(snapshot, x, y, "cross_entropy")
    z = x @ snapshot.layers[0].kernel
    assert found.spread[0] == pytest.approx(np.sqrt(z.var(axis=0).mean()), rel=1e-5)
    error = snapshot.predict(x) - np.eye(3)[y]
    assert found.signal[0] == pytest.approx(np.sqrt((error**2).sum(axis=1).mean()), rel=1e-4)
    assert verdict(found).kind == "well_scaled"


def test_the_first_weights_of_keras_get_the_same_verdict() -> None:
    """Other numbers of the same distribution: nearly the same profile."""
    experiment = Experiment().replace(**DEEP, activation="tanh")
    data = load(experiment.data)
    x, y = data.transform(data.train.x[:256]), data.train.y[:256]
    theirs = assemble(experiment, 0, keras_model.initial_weights(experiment))
    ours = draw(experiment, chosen(experiment))
    assert [layer.kernel.shape for layer in ours.layers] == [
        layer.kernel.shape for layer in theirs.layers
    ]
    pair = [profile(each, x, y, "cross_entropy") for each in (ours, theirs)]
    np.testing.assert_allclose(pair[0].spread, pair[1].spread, rtol=0.4)
    assert {verdict(each).kind for each in pair} == {"well_scaled"}


def test_every_activation_has_an_initializer_made_for_it() -> None:
    made_for = {"relu": "he_normal", "tanh": "glorot_uniform", "selu": "lecun_normal"}
    for name, entry in ACTIVATIONS.items():
        assert entry.initializer in INITIALIZERS
        assert entry.initializer == made_for.get(name, entry.initializer)


def test_what_else_could_be_chosen() -> None:
    experiment = Experiment().replace(dataset="iris", hidden=(8,) * 6, activation="sigmoid")
    others = alternatives(experiment)
    assert chosen(experiment) not in others
    assert len(set(others)) == len(others)
    assert others[-2].label == "He normal, ReLU"
    assert recommended(chosen(experiment)) == "glorot_uniform"
    assert deepened(others[-1], 2).activations == ("tanh", "tanh")
    data = load(experiment.data)
    x, y = data.transform(data.train.x), data.train.y
    found = list(compared(experiment, draw(experiment, chosen(experiment)), x, y, (8,) * 6))
    assert len(found) == len(others) + 1
    assert all(len(each.spread) == 7 for _, each in found)
