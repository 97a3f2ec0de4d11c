"""Scores per class, errors, reject option, calibration and residuals, against scikit-learn."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    balanced_accuracy_score,
    confusion_matrix,
    mean_absolute_error,
    precision_recall_fscore_support,
    r2_score,
    root_mean_squared_error,
)

from playground.analysis.metrics.classification import (
    HOTTEST,
    Predictions,
    class_scores,
    confusion,
    max_samples,
    most_confident_errors,
    predict,
    reliability,
    sample,
    scaled_by,
    selective_accuracy,
    temperature,
    temperature_scaling,
)
from playground.analysis.metrics.score import Residuals
from playground.datasets import load
from playground.datasets.dataset import Split
from playground.experiment.model import Experiment
from playground.nn.activations import softmax
from playground.nn.network import Layer, Snapshot, classes


def predictions(seed: int = 0, n: int = 400, k: int = 4, sharp: float = 1.0) -> Predictions:
    """Answers drawn from the network's own probabilities, which are made `sharp`er afterwards."""
    rng = np.random.default_rng(seed)
    logits = 2 * rng.standard_normal((n, k))
    truth = np.array([rng.choice(k, p=p) for p in softmax(logits)])
    return Predictions(truth, sharp * logits, softmax(sharp * logits))


def network(*sizes: int, activation: str = "softmax") -> Snapshot:
    rng = np.random.default_rng(1)
    layers = [
        Layer(
            rng.standard_normal((a, b)).astype(np.float32) / np.sqrt(a),
            rng.standard_normal(b).astype(np.float32),
            "relu",
        )
        for a, b in pairwise(sizes)
    ]
    last = layers.pop()
    return Snapshot(0, (*layers, Layer(last.kernel, last.bias, activation)))


pairs = st.integers(2, 6).flatmap(
    lambda k: st.tuples(
        st.just(k),
        st.lists(st.tuples(st.integers(0, k - 1), st.integers(0, k - 1)), min_size=1, max_size=40),
    )
)


@given(pairs)
def test_confusion_and_class_scores_are_those_of_scikit_learn(
    drawn: tuple[int, list[tuple[int, int]]],
) -> None:
    k, rows = drawn
    truth, guess = np.array(rows).T
    counts = confusion(truth, guess, k)
    np.testing.assert_array_equal(counts, confusion_matrix(truth, guess, labels=range(k)))
    ours = class_scores(counts)
    theirs = precision_recall_fscore_support(truth, guess, zero_division=0)
    seen = np.union1d(truth, guess)  # the classes that scikit-learn counts
    for mine, other in zip(
        (ours.precision, ours.recall, ours.f1, ours.support), theirs, strict=True
    ):
        np.testing.assert_allclose(mine[seen], other)
    macro = precision_recall_fscore_support(truth, guess, zero_division=0, average="macro")
    np.testing.assert_allclose(ours.macro(), macro[:3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of predicted classes without examples
        assert ours.balanced_accuracy == pytest.approx(balanced_accuracy_score(truth, guess))


def test_a_class_never_predicted_has_precision_0_and_counts_in_the_macro_mean() -> None:
    scores = class_scores(np.array([[78, 0, 0], [22, 0, 0], [0, 0, 0]]))
    assert scores.precision[:2].tolist() == [0.78, 0]
    assert scores.macro()[0] == pytest.approx(0.39)
    assert scores.balanced_accuracy == pytest.approx(0.5)
    assert (scores.precision[2], scores.recall[2], scores.f1[2]) == (0, 0, 0)
    nothing = class_scores(np.zeros((2, 2), np.int64))
    assert np.isnan(nothing.macro()).all()


def test_errors_are_the_wrong_predictions_from_the_most_confident_on() -> None:
    found = predictions()
    rows = most_confident_errors(found)
    assert set(rows) == set(np.flatnonzero(found.guess != found.truth))
    assert (np.diff(found.confidence[rows]) <= 0).all()


def test_selective_accuracy_is_that_of_the_predictions_left() -> None:
    found = predictions()
    thresholds = np.linspace(0, 1.1, 23)
    curves = selective_accuracy(found, thresholds)
    for i, threshold in enumerate(thresholds):
        kept = found.confidence >= threshold
        assert curves.coverage[i] == pytest.approx(kept.mean())
        if kept.any():
            assert curves.accuracy[i] == pytest.approx(found.right[kept].mean())
        else:
            assert np.isnan(curves.accuracy[i])
    assert curves.coverage[0] == 1
    assert curves.accuracy[0] == pytest.approx(found.accuracy)


@pytest.mark.parametrize("n_bins", [1, 5, 10, 15])
def test_reliability_is_that_of_scikit_learn(n_bins: int) -> None:
    found = predictions(sharp=2)
    bins = reliability(found.confidence, found.right, n_bins)
    accuracy, confidence = calibration_curve(found.right, found.confidence, n_bins=n_bins)
    filled = bins.count > 0
    np.testing.assert_allclose(bins.accuracy[filled], accuracy)
    np.testing.assert_allclose(bins.confidence[filled], confidence)
    gaps = bins.count[filled] / len(found) * np.abs(accuracy - confidence)
    assert bins.expected_calibration_error == pytest.approx(gaps.sum())


def test_the_calibration_error_of_known_answers() -> None:
    half = reliability(np.full(10, 0.9), np.arange(10) < 5, 10)
    assert half.expected_calibration_error == pytest.approx(0.4)
    sure = reliability(np.ones(4), np.ones(4, bool), 10)
    assert sure.expected_calibration_error == 0
    assert sure.count[-1] == 4


@pytest.mark.parametrize("sharp", [0.5, 1.0, 3.0])
def test_the_temperature_undoes_what_sharpened_the_answers(sharp: float) -> None:
    found = predictions(n=4000, sharp=sharp)
    t = temperature(found.logits, found.truth)
    assert t == pytest.approx(sharp, rel=0.1)
    likelihood = [
        -np.log(scaled_by(found, each).probability[np.arange(4000), found.truth]).mean()
        for each in (0.98 * t, t, 1.02 * t)
    ]
    assert likelihood[1] == min(likelihood)
    np.testing.assert_array_equal(scaled_by(found, t).guess, found.guess)
    better = temperature_scaling(found, 10)
    assert better is not None
    if sharp != 1:
        assert better.after < 0.5 * better.before


def test_a_temperature_that_has_no_limit_stays_within_bounds() -> None:
    found = predictions(n=50)
    assert temperature(found.logits, (found.guess + 1) % 4) == pytest.approx(HOTTEST, rel=1e-3)
    assert temperature_scaling(predictions(n=10), 10) is None


@pytest.mark.parametrize("name", ["digits", "iris", "circle"])
def test_predictions_agree_with_the_network(name: str) -> None:
    data = load(Experiment().replace(dataset=name).data)
    source = data.source
    net = network(
        source.n_features, 7, source.n_outputs,
        activation="softmax" if source.n_outputs > 1 else "sigmoid",
    )  # fmt: skip
    found = predict(net, data, data.validation)
    output = net.predict(data.transform(data.validation.x))
    np.testing.assert_array_equal(found.guess, classes(output))
    whole: NDArray[np.floating] = (
        output if source.n_outputs > 1 else np.hstack([1 - output, output])
    )
    np.testing.assert_allclose(found.probability, whole, atol=1e-6)
    np.testing.assert_allclose(found.probability.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(found.truth, data.validation.y)


def test_of_many_examples_only_as_many_as_time_allows() -> None:
    small, large = network(2, 3, 1), network(784, 1024, 1024, 10)
    assert max_samples(small, 500) == 500
    assert max_samples(small, 60_000) == 10_000
    assert max_samples(large, 60_000) == 1_000


@pytest.mark.parametrize(("n", "most", "kept"), [(10, 10, 10), (10, 9, 5), (7, 3, 3), (1, 5, 1)])
def test_a_sample_is_spread_evenly(n: int, most: int, kept: int) -> None:
    part = Split(np.arange(n)[:, None], np.arange(n))
    rows = sample(part, most).y
    assert len(rows) == kept <= most
    assert len(set(np.diff(rows))) <= 1
    assert sample(part, most).x[:, 0].tolist() == rows.tolist()


def test_residuals_are_measured_as_scikit_learn_does() -> None:
    rng = np.random.default_rng(0)
    truth = rng.standard_normal(200).astype(np.float32)
    found = Residuals(truth, truth + 0.3 * rng.standard_normal(200).astype(np.float32))
    assert found.mean_absolute_error == pytest.approx(mean_absolute_error(truth, found.predicted))
    assert found.root_mean_squared_error == pytest.approx(
        root_mean_squared_error(truth, found.predicted)
    )
    assert found.r2 == pytest.approx(r2_score(truth, found.predicted))
    assert np.isnan(Residuals(np.ones(3), np.zeros(3)).r2)
