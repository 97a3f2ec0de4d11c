"""Weights as files that Keras takes, scores that are Keras' own, and numbers that sum up."""

import csv as reader
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.analysis.inspection import weights
from playground.analysis.inspection.weight_edits import Noise, edited
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
