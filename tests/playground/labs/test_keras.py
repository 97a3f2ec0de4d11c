"""The Activations lab against Keras, for several values of each parameter."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from playground.labs.activations.curves import ActivationCurve, curve
from playground.labs.activations.depth import EXAMPLES, kernels, propagate
from playground.nn import activations

Z = np.linspace(-6, 6, 241)


@pytest.mark.parametrize(
    ("name", "value", "theirs"),
    [
        ("leaky_relu", 0.01, lambda z: keras.activations.leaky_relu(z, negative_slope=0.01)),
        ("leaky_relu", 0.7, lambda z: keras.activations.leaky_relu(z, negative_slope=0.7)),
        ("elu", 1.7, lambda z: keras.activations.elu(z, alpha=1.7)),
        ("relu6", 2.5, lambda z: keras.activations.relu(z, max_value=2.5)),
        ("silu", 3.0, lambda z: z * keras.activations.sigmoid(3.0 * z)),
        ("softplus", 2.0, lambda z: keras.activations.softplus(2.0 * z) / 2.0),
    ],
)
def test_curves_with_a_parameter(name: str, value: float, theirs: Any) -> None:
    z = tf.Variable(Z)
    with tf.GradientTape() as tape:
        a = theirs(z)
    np.testing.assert_allclose(curve(name, value).f(Z), a.numpy(), atol=1e-6)
    slope = tape.gradient(a, z).numpy()
    smooth = (Z != 0) & (np.abs(Z - value) > 1e-9)  # at a kink either side is right
    np.testing.assert_allclose(curve(name, value).df(Z)[smooth], slope[smooth], atol=1e-6)


@pytest.mark.parametrize("of", [curve("tanh"), curve("relu"), curve("elu", 0.5)])
def test_a_gradient_through_depth(of: ActivationCurve) -> None:
    weights = kernels("he_normal", 5, 8)
    result = propagate(of, weights[None])[0]
    x, last = np.random.default_rng([0, 3]).standard_normal((2, EXAMPLES, 8))
    last /= np.sqrt(np.mean(last**2))
    f = {"tanh": tf.tanh, "relu": tf.nn.relu, "elu": lambda z: keras.activations.elu(z, 0.5)}
    sums = []
    with tf.GradientTape(persistent=True) as tape:
        a = tf.constant(x)
        for kernel in weights:
            sums.append(a @ kernel)
            tape.watch(sums[-1])
            a = f[of.name](sums[-1])
    sizes = [np.sqrt(np.mean(tape.gradient(a, z, last).numpy() ** 2)) for z in sums]
    np.testing.assert_allclose(result.backward, sizes, rtol=1e-6)
    np.testing.assert_allclose(result.forward[-1], np.sqrt(np.mean(a.numpy() ** 2)), rtol=1e-6)


def test_softmax_with_a_temperature() -> None:
    z = np.array([2.0, 1.0, 0.1])
    for temperature in (0.1, 1.0, 10.0):
        theirs = tf.nn.softmax(z / temperature).numpy()
        np.testing.assert_allclose(activations.softmax(z / temperature), theirs, rtol=1e-12)
        np.testing.assert_allclose(activations.softmax((z + 1000) / temperature), theirs, rtol=1e-9)
