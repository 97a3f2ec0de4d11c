"""The From scratch lab: three computations of the same numbers, and the published figures."""

import inspect
import os
from itertools import pairwise

import numpy as np
import pytest

from playground.datasets.download import cached
from playground.datasets.images import BUNDLED
from playground.labs import numpy_network
from playground.labs.keras import scratch, scratch_keras, scratch_run
from playground.labs.scratch import (
    ALL,
    CHUNK,
    PUBLISHED_ACCURACY,
    ScratchConfig,
    all_batches,
    listing,
    published_batches,
    published_points,
)
from playground.nn.network import Layer, Snapshot, backward


def trained(plan: ScratchConfig, side: str) -> tuple[list[float], list[float]]:
    """The loss of every batch and the test accuracy of every epoch."""
    state, losses, accuracies = plan.initial_weights(), [], []
    for epoch in range(plan.epochs):
        for first in range(0, plan.steps, CHUNK):
            done = scratch_run.train_chunk(plan, side, epoch, first, state)
            state, losses = done.state, losses + done.losses
        accuracies.append(done.accuracy)
    return losses, accuracies


@pytest.mark.parametrize("rate", [0.01, 1.0])
def test_numpy_gradient_tape_and_keras_agree_in_every_number_of_every_step(rate):
    x, y = numpy_network.examples()
    results = scratch_run.steps(
        numpy_network.initial_weights(), x, y, numpy_network.BATCH_SIZE, rate
    )
    steps = numpy_network.epoch_steps(rate)
    assert len(results) == len(steps) == numpy_network.STEPS
    for ours, theirs in zip(steps, results, strict=True):
        assert ours.loss == pytest.approx(theirs.loss, abs=1e-6)
        assert ours.loss == pytest.approx(theirs.keras_loss, abs=1e-6)
        for part in range(4):
            np.testing.assert_allclose(ours.gradients[part], theirs.gradients[part], atol=1e-6)
            np.testing.assert_allclose(ours.after[part], theirs.after[part], atol=2e-6)
            np.testing.assert_allclose(ours.after[part], theirs.keras_after[part], atol=2e-6)


def test_a_gradient_is_the_central_difference():
    step = numpy_network.epoch_steps(0.1)[3]
    for part, place in numpy_network.weight_indices():
        tried = numpy_network.numerical_gradient(step, part, place)
        assert step.gradients[part][place] == pytest.approx(tried, abs=1e-8)


def test_the_gradient_by_hand_is_that_of_the_engine():
    for step in numpy_network.epoch_steps(0.5)[::6]:
        kernel_1, bias_1, kernel_2, bias_2 = step.weights
        network = Snapshot(0, (Layer(kernel_1, bias_1, "relu"), Layer(kernel_2, bias_2, "softmax")))
        result = backward(network, step.x, step.y, "cross_entropy")
        np.testing.assert_allclose(result.losses, step.losses, rtol=1e-6)
        np.testing.assert_allclose(result.kernels[0], step.gradients[0], atol=1e-7)
        np.testing.assert_allclose(result.biases[1], step.gradients[3], atol=1e-7)


def test_numpy_learns_and_passes_its_weights_on():
    steps = numpy_network.epoch_steps(0.5)
    assert steps[-1].loss < steps[0].loss
    for step, after in pairwise(steps):
        assert all(a is b for a, b in zip(step.after, after.weights, strict=True))


@pytest.mark.parametrize(
    "plan",
    [
        ScratchConfig(epochs=2),
        ScratchConfig(1_000, "glorot", "sgd", 0.1, epochs=2, shuffle=True, partial_batch=True),
        ScratchConfig(
            1_000, "glorot", "rmsprop", 0.001, epochs=1, shuffle=True, partial_batch=True
        ),
    ],
)
def test_from_scratch_and_keras_have_equal_losses_batch_by_batch(plan):
    (ours, our_accuracy), (theirs, their_accuracy) = (
        trained(plan, side) for side in ("scratch", "keras")
    )
    assert len(ours) == plan.epochs * plan.steps
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    np.testing.assert_allclose(our_accuracy, their_accuracy, atol=0.0011)  # one image of 1,000


def test_the_bug_makes_the_loss_fall_to_ln_10_and_learns_nothing():
    plan = ScratchConfig(1_280, optimizer="wrong", learning_rate=0.1, epochs=10)
    losses, accuracies = trained(plan, "scratch")
    assert losses[0] > 3
    assert losses[-1] == pytest.approx(np.log(10), abs=1e-3)
    assert accuracies[-1] < 0.2
    shrunk = numpy_network.wrong_update([np.array([2.0, -1.0])], 0.1)
    np.testing.assert_allclose(shrunk[0], [1.8, -0.9])


def test_an_empty_batch_has_no_average_loss_and_moves_nothing():
    plan = ScratchConfig()
    model = scratch.network(plan.initial_weights())
    none = np.zeros((0, 784), np.float32), np.zeros(0, np.int32)
    loss, gradients = scratch.gradients(model, *none)
    assert np.isnan(loss.numpy())
    assert all(np.all(gradient.numpy() == 0) for gradient in gradients)


@pytest.mark.parametrize("images", [1, 127, 128, 60_000])
@pytest.mark.parametrize("batch_size", [1, 64, 96, 128, 130, 256])
def test_the_generator_yields_what_slicing_does(images, batch_size):
    rows = np.arange(images)
    batches = [rows[i * 128 : (i + 1) * 128] for i in range(images // batch_size)]
    sizes = np.array([len(batch) for batch in batches], int)
    result = published_batches(images, batch_size)
    assert result.steps == len(batches)
    assert result.full == (sizes == 128).sum()
    assert result.empty == (sizes == 0).sum()
    assert result.seen == sizes.sum()
    ours = all_batches(images, batch_size)
    assert ours.steps == len(list(numpy_network.batches(rows, rows, batch_size)))
    assert ours.seen == images


def test_published_batches_of_mnist():
    assert published_batches(60_000, 128).steps == 468
    assert 60_000 - published_batches(60_000, 128).seen == 96
    assert published_batches(60_000, 64).empty == 468
    assert published_batches(60_000, 256).seen == 29_952


def test_the_code_shown_is_the_code_that_runs():
    assert (
        listing("labs/keras/scratch.py", "gradients")
        == inspect.getsource(scratch.gradients).rstrip()
    )
    assert (
        listing("labs/keras/scratch.py", "NaiveDense")
        == inspect.getsource(scratch.NaiveDense).rstrip()
    )
    shown = listing("labs/keras/scratch_keras.py", "compiled", "fit")
    assert shown.endswith(inspect.getsource(scratch_keras.fit).rstrip())
    with pytest.raises(KeyError):
        listing("labs/keras/scratch.py", "nothing")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"learning_rate": 0.0}, "learning_rate must be between 0.0001 and 1.0, got 0.0"),
        ({"epochs": 101}, "epochs must be between 1 and 100, got 101"),
        ({"initializer": "ones"}, "initializer must be one of positive, glorot, got ones"),
        ({"optimizer": "adam"}, "optimizer must be one of sgd, rmsprop, wrong, got adam"),
        ({"images": 100}, "images must be between 128 and 60000, got 100"),
    ],
)
def test_a_configuration_names_the_field_the_rule_and_the_value(changes, words):
    with pytest.raises(ValueError, match=words):
        ScratchConfig(**changes)


def test_the_bundled_images_tell_the_same_story():
    """Measured here with 6,000 images: 0.39 as published, 0.91 with Keras' choices."""
    _, first = trained(ScratchConfig(), "scratch")
    _, keras = trained(
        ScratchConfig(BUNDLED, "glorot", "rmsprop", epochs=5, shuffle=True, partial_batch=True),
        "scratch",
    )
    assert first[-1] == pytest.approx(0.39, abs=0.05)
    assert keras[-1] == pytest.approx(0.91, abs=0.015)


full = pytest.mark.skipif(
    os.environ.get("PLAYGROUND_NETWORK_TESTS") != "1" or not cached("mnist"),
    reason="trains on all of MNIST; PLAYGROUND_NETWORK_TESTS=1 and `fetch mnist` run it",
)


@full
def test_published_from_scratch_084():
    losses, accuracies = trained(ScratchConfig(ALL), "scratch")
    assert accuracies[-1] == pytest.approx(PUBLISHED_ACCURACY["scratch"], abs=0.015)
    # the first losses hang on the random weights, the others hardly
    for update, loss in published_points()[1:]:
        assert losses[update] == pytest.approx(loss, abs=0.08)


@full
@pytest.mark.parametrize("side", ["scratch", "keras"])
def test_published_keras_0979(side):
    plan = ScratchConfig(ALL, "glorot", "rmsprop", epochs=5, shuffle=True, partial_batch=True)
    _, accuracies = trained(plan, side)
    assert accuracies[-1] == pytest.approx(PUBLISHED_ACCURACY["keras"], abs=0.004)
