"""Backpropagation in NumPy against TensorFlow's GradientTape, and against closed forms."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from playground import Experiment, load
from playground.experiment.model_summary import assemble
from playground.nn.activations import ACTIVATIONS
from playground.nn.losses import LOSSES
from playground.nn.network import (
    Gradients,
    Snapshot,
    backward,
    input_gradient,
    output_gradient,
    targets,
)
from playground.training import keras_model

TOLERANCE = 1e-5
ROWS = 24

CASES = [
    (dataset, loss)
    for dataset in ("iris", "xor", "plane")
    for loss in LOSSES
    if (dataset, loss) != ("plane", "cross_entropy")
]


def case(dataset: str, **changes: object) -> tuple[Experiment, Snapshot, np.ndarray, np.ndarray]:
    """An experiment, its first weights with biases that are not 0, and some examples."""
    usual: dict[str, object] = {"hidden": (7, 5), "activation": "tanh"}
    experiment = Experiment().replace(dataset=dataset, **usual | changes)
    first = assemble(experiment, 0, keras_model.initial_weights(experiment))
    rng = np.random.default_rng(1)
    layers = tuple(
        replace(layer, bias=rng.normal(0, 0.5, layer.bias.shape).astype(np.float32))
        for layer in first.layers
    )
    loaded = load(experiment.data)
    return experiment, Snapshot(0, layers), loaded.transform(loaded.train.x[:ROWS]), loaded.train.y[
        :ROWS
    ]  # fmt: skip


def tape(experiment: Experiment, snapshot: Snapshot, x: np.ndarray, y: np.ndarray) -> Gradients:
    """The same by TensorFlow: Keras' activations and Keras' loss, from logits as the engine."""
    network, logits = experiment.network, experiment.training.loss == "cross_entropy"
    functions = [keras_model.activation(network, name) for name in network.layer_activations]
    functions.append(keras.activations.get(experiment.output_activation))
    kernels = [tf.constant(layer.kernel) for layer in snapshot.layers]
    biases = [tf.constant(layer.bias) for layer in snapshot.layers]
    inputs, zs, activations = tf.constant(x), [], []
    with tf.GradientTape(persistent=True) as watcher:
        watcher.watch([inputs, *kernels, *biases])
        a = inputs
        for kernel, bias, function in zip(kernels, biases, functions, strict=True):
            zs.append(a @ kernel + bias)
            a = function(zs[-1])
            activations.append(a)
        outputs = zs[-1] if logits else a
        losses = keras_model.loss(experiment, logits, None)(
            keras_model.targets(experiment, y), outputs
        )
        mean = tf.reduce_mean(losses)

    def of(sources: list[tf.Tensor]) -> tuple[np.ndarray, ...]:
        return tuple(g.numpy() for g in watcher.gradient(mean, sources))

    hidden = of(activations[:-1])
    return Gradients(losses.numpy(), of(kernels), of(biases), of(zs), hidden, of([inputs])[0])


def assert_same(experiment: Experiment, *given: object) -> None:
    snapshot, x, y = given
    ours = backward(snapshot, x, y, experiment.training.loss)
    theirs = tape(experiment, snapshot, x, y)
    np.testing.assert_allclose(ours.losses, theirs.losses, rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_allclose(ours.input, theirs.input, atol=TOLERANCE)
    for name in ("kernels", "biases", "z", "a"):
        pairs = zip(getattr(ours, name), getattr(theirs, name), strict=False)
        for mine, reference in pairs:
            assert mine.shape == reference.shape
            assert mine.dtype == np.float32
            np.testing.assert_allclose(mine, reference, atol=TOLERANCE, err_msg=name)


@pytest.mark.parametrize(("dataset", "loss"), CASES)
def test_every_loss_and_every_output(dataset: str, loss: str) -> None:
    assert_same(*case(dataset, loss=loss))


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_every_activation(name: str) -> None:
    assert_same(*case("iris", activation=name, negative_slope=0.07))


def test_a_network_on_images_and_one_without_hidden_layers() -> None:
    assert_same(*case("digits", hidden=(30, 20, 10), activation="relu"))
    assert_same(*case("iris", hidden=()))


@pytest.mark.parametrize("dataset", ["iris", "xor", "digits"])
def test_towards_a_class(dataset: str) -> None:
    """∂(−ln p_c)/∂x is what backward finds for the targets c, and −∂p_c/∂x / p_c."""
    _, snapshot, x, y = case(dataset)
    towards = (np.asarray(y) + 1) % max(len(snapshot.layers[-1].bias), 2)
    found = input_gradient(snapshot, x, towards)
    every = backward(snapshot, x, towards, "cross_entropy")
    np.testing.assert_allclose(found, len(x) * every.input, rtol=1e-4, atol=1e-6)
    p = snapshot.predict(x)
    same = input_gradient(snapshot, x, 1)
    unit = min(1, p.shape[1] - 1)
    closed = -output_gradient(snapshot, x, unit) / p[:, [unit]]
    np.testing.assert_allclose(same, closed, rtol=1e-3, atol=1e-6)


def test_a_sure_network_still_has_the_exact_cross_entropy() -> None:
    """z = ±100: p rounds to 0 and 1, the loss is 100 and its gradient (p − y) all the same."""
    _, snapshot, x, _ = case("xor", hidden=())
    layer = replace(snapshot.layers[0], kernel=np.zeros((2, 1), np.float32))
    sure = Snapshot(0, (replace(layer, bias=np.array([100.0], np.float32)),))
    found = backward(sure, x, np.zeros(len(x)), "cross_entropy")
    assert found.loss == pytest.approx(100)
    assert found.biases[0][0] == pytest.approx(1)


def test_a_step_against_the_input_gradient_makes_the_class_more_likely() -> None:
    _, snapshot, x, _ = case("iris")
    for wanted in range(3):
        step = -1e-2 * input_gradient(snapshot, x, wanted)
        before, after = (snapshot.predict(at)[:, wanted] for at in (x, x + step))
        assert (after > before).all()


def test_bad_input() -> None:
    _, snapshot, _, _ = case("iris")
    with pytest.raises(ValueError, match="between 0 and 2, got 0 to 3"):
        targets(snapshot, np.array([0, 3]))
    _, regression, points, _ = case("plane")
    with pytest.raises(ValueError, match="softmax or sigmoid, got linear"):
        input_gradient(regression, points, 1)
    assert output_gradient(regression, points).shape == points.shape


def test_rms_counts_weights_and_biases_alike() -> None:
    _, snapshot, x, y = case("iris", hidden=())
    found = backward(snapshot, x, y, "cross_entropy")
    every = np.concatenate([found.kernels[0].ravel(), found.biases[0]])
    assert found.rms()[0] == pytest.approx(np.sqrt((every**2).mean()))
