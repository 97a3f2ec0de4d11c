"""Weights as files that Keras takes and numbers that sum up; edits, which change a copy only."""

import csv as reader
import io
import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.analysis.inspection import weights
from playground.analysis.inspection.weights import (
    Change,
    Edit,
    Noise,
    Prune,
    SwitchOff,
    edited,
)
from playground.analysis.metrics.score import score
from playground.datasets import load
from playground.experiment.model import Experiment
from playground.experiment.model_summary import assemble
from playground.nn.network import Layer, Snapshot

EXPERIMENTS = {
    "classes": Experiment().replace(
        dataset="iris", hidden=(5, 4), activation="tanh", loss="cross_entropy"
    ),
    "two classes": Experiment().replace(dataset="coffee", hidden=(3,), activation="sigmoid"),
    "squares of classes": Experiment().replace(
        dataset="iris", hidden=(), loss="mean_squared_error", l2=0.01
    ),
    "regression": Experiment().replace(dataset="sine", hidden=(6,), loss="huber"),
}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_keras_takes_the_file_and_gives_the_same_score(name: str) -> None:
    from playground.training.keras_model import build_model, initial_weights

    experiment = EXPERIMENTS[name]
    untrained = assemble(experiment, 0, initial_weights(experiment))
    shown = edited(untrained, [Noise(None, 1.0, 5)])
    model = build_model(experiment.replace(l2=0.0))
    archive = np.load(io.BytesIO(weights.npz(shown)))
    assert archive.files[:2] == ["W1", "b1"]
    model.set_weights([archive[key] for key in archive.files])
    dataset = load(experiment.data)
    x, y = dataset.transform(dataset.validation.x), dataset.validation.y
    wanted = y if experiment.training.loss == "cross_entropy" else None
    if wanted is None:
        n = experiment.data.source.n_outputs
        wanted = np.eye(n, dtype=np.float32)[y] if n > 1 else y
    loss, metric = model.evaluate(x, wanted, verbose=0)
    found = score(shown, dataset, dataset.validation, experiment.training.loss)
    assert found.loss == pytest.approx(loss, rel=1e-5)
    assert found.metric == pytest.approx(metric, rel=1e-5)


def test_without_examples_there_is_no_score() -> None:
    experiment = EXPERIMENTS["two classes"].replace(validation_size=0)
    dataset = load(experiment.data)
    snapshot = Snapshot(0, (layer(2, 1),))
    found = score(snapshot, dataset, dataset.validation, "cross_entropy")
    assert np.isnan([found.loss, found.metric]).all()


def layer(n_in: int, n_out: int) -> Layer:
    rng = np.random.default_rng(3)
    draws = rng.normal(size=(n_in + 1, n_out)).astype(np.float32)
    return Layer(draws[:-1], draws[-1], "sigmoid")


def test_the_table_gives_every_number_back() -> None:
    now = layer(3, 4)
    text = weights.csv(now, ['a "b", c', "=1+1", "x₃"])
    head, *rows = reader.reader(io.StringIO(text))
    assert head == ["input", "unit 1", "unit 2", "unit 3", "unit 4"]
    assert [row[0] for row in rows] == ['a "b", c', "'=1+1", "x₃", "bias"]
    back = np.array([row[1:] for row in rows], np.float32)
    np.testing.assert_array_equal(back, np.vstack([now.kernel, now.bias]))


def test_a_spread_counts_every_weight_on_one_symmetric_scale() -> None:
    now, initial = layer(30, 20).kernel, 3 * layer(20, 30).kernel.T
    found = weights.spread(now, initial)
    assert found.now.sum() == found.initial.sum() == 600
    assert found.edges[0] == -found.edges[-1] == pytest.approx(-np.abs(initial).max())
    assert found.mean == pytest.approx(now.mean(), abs=1e-6)
    assert found.initial_deviation == pytest.approx(initial.std(), rel=1e-5)


def test_a_spread_of_zeros_or_of_no_numbers_is_one_too() -> None:
    zeros, bad = np.zeros((3, 2), np.float32), np.full((3, 2), np.nan, np.float32)
    assert weights.spread(zeros, zeros).now.sum() == 6
    assert weights.spread(bad, zeros).now.sum() == 0


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12))
def test_no_weight_is_hidden_by_a_smaller_one(rows: int, columns: int, most: int) -> None:
    kernel = layer(rows, columns).kernel
    small, (high, wide) = weights.picture(kernel, most)
    assert max(small.shape) <= most
    assert np.abs(small).max() == np.abs(kernel).max()
    for i in range(small.shape[0]):
        for j in range(small.shape[1]):
            block = kernel[i * high : (i + 1) * high, j * wide : (j + 1) * wide]
            assert small[i, j] in block
            assert abs(small[i, j]) == np.abs(block).max()


def network(sizes: Sequence[int] = (4, 6, 5, 3), activation: str = "sigmoid") -> Snapshot:
    rng = np.random.default_rng(7)
    return Snapshot(
        2,
        tuple(
            Layer(
                rng.normal(0, 0.5, (a, b)).astype(np.float32),
                rng.normal(0, 0.5, b).astype(np.float32),
                "softmax" if i == len(sizes) - 2 else activation,
            )
            for i, (a, b) in enumerate(itertools.pairwise(sizes))
        ),
    )


def same(one: Snapshot, other: Snapshot) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))


X = np.random.default_rng(1).normal(size=(20, 4)).astype(np.float32)

layers = st.one_of(st.none(), st.integers(0, 2))
EVERY_KIND: st.SearchStrategy[Edit] = st.one_of(
    st.builds(
        Change, st.just(0), st.none() | st.integers(0, 3), st.integers(0, 5), st.floats(-9, 9)
    ),
    st.builds(SwitchOff, st.integers(0, 1), st.integers(0, 4)),
    st.builds(Noise, layers, st.floats(0, 10), st.integers(0, 99)),
    st.builds(Prune, layers, st.floats(0, 100)),
)


@given(st.lists(EVERY_KIND, max_size=4))
def test_the_network_itself_stays_as_it_was(edits: list[Edit]) -> None:
    before, now = network(), network()
    copy = edited(now, edits)
    assert same(before, now)
    assert copy.epoch == now.epoch
    assert all(a.dtype == np.float32 for a in copy.weights)
    assert [a.shape for a in copy.weights] == [a.shape for a in now.weights]
    assert same(edited(now, edits), copy)  # values: the same again gives the same
    assert same(edited(now, edits[:0]), now)  # everything undone


def test_one_number_changes_and_no_other() -> None:
    now = network()
    copy = edited(now, [Change(1, 2, 3, 0.25), Change(2, None, 1, -1.5)])
    assert copy.layers[1].kernel[2, 3] == 0.25
    assert copy.layers[2].bias[1] == -1.5
    differing = [int((a != b).sum()) for a, b in zip(now.weights, copy.weights, strict=True)]
    assert differing == [0, 0, 1, 0, 0, 1]


def test_a_unit_switched_off_is_as_if_it_said_zero() -> None:
    now = network()
    copy = edited(now, [SwitchOff(0, 4)])
    hidden = now.forward(X)[0][1].copy()
    hidden[:, 4] = 0  # what a sigmoid never says by itself
    for layer in now.layers[1:]:
        hidden = layer.activate(layer.pre_activation(hidden))
    np.testing.assert_allclose(copy.predict(X), hidden, rtol=1e-5)


@given(st.floats(0, 100), layers)
def test_exactly_the_share_is_pruned_and_they_are_the_smallest(
    percent: float, layer: int | None
) -> None:
    now = network()
    chosen = range(3) if layer is None else [layer]
    before = np.concatenate([now.layers[i].kernel.ravel() for i in chosen])
    copy = edited(now, [Prune(layer, percent)])
    after = np.concatenate([copy.layers[i].kernel.ravel() for i in chosen])
    n = round(before.size * percent / 100)
    assert (after == 0).sum() == n
    if 0 < n < before.size:
        assert np.abs(before[after == 0]).max() <= np.abs(before[after != 0]).min()
    np.testing.assert_array_equal(after[after != 0], before[after != 0])
    assert all(np.array_equal(a.bias, b.bias) for a, b in zip(now.layers, copy.layers, strict=True))


def test_equal_weights_are_pruned_to_the_exact_share_too() -> None:
    kernel = np.full((10, 10), 0.5, np.float32)
    now = Snapshot(0, (Layer(kernel, np.zeros(10, np.float32), "linear"),))
    assert (edited(now, [Prune(0, 37)]).layers[0].kernel == 0).sum() == 37


def test_noise_has_the_deviation_it_says_and_repeats() -> None:
    now = network((300, 200, 10))
    copy = edited(now, [Noise(0, 0.5, 3)])
    added = copy.layers[0].kernel - now.layers[0].kernel
    assert added.std() == pytest.approx(0.5 * now.layers[0].kernel.std(), rel=0.02)
    assert abs(added.mean()) < 0.01
    assert np.array_equal(copy.layers[1].kernel, now.layers[1].kernel)
    assert same(copy, edited(now, [Noise(0, 0.5, 3)]))
    assert not same(copy, edited(now, [Noise(0, 0.5, 4)]))


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda: Change(0, 9, 0, 1), "^input of Hidden 1 must be between 1 and 4, got 10"),
        (lambda: Change(0, 0, 6, 1), "^unit of Hidden 1 must be between 1 and 6, got 7"),
        (lambda: Change(2, None, -1, 1), "^unit of Output must be between 1 and 3, got 0"),
        (lambda: Change(7, 0, 0, 1), "^layer must be between 1 and 3, got 8"),
        (lambda: Change(0, 0, 0, float("nan")), "^new value must be between .*, got nan"),
        (lambda: SwitchOff(2, 0), "^layer of a unit to switch off must be a hidden one"),
        (lambda: SwitchOff(1, 5), "^unit of Hidden 2 must be between 1 and 5, got 6"),
        (lambda: Noise(None, -1, 0), "^noise must be between 0 and 10, got -1"),
        (lambda: Noise(None, 1, -1), "^seed must be between 0 and 2,147,483,647, got -1"),
        (lambda: Prune(None, 101), "^share to prune must be between 0 and 100 %, got 101"),
    ],
)
def test_a_bad_edit_is_refused_in_words(edit: Callable[[], Edit], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        edited(network(), [edit()])
