"""Metrics of a classifier: scores per class, errors, reject option, calibration."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.nn.activations import softmax
from playground.nn.network import Snapshot

Array = NDArray[Any]

MULTIPLICATIONS = 1.5e9  # of one forward pass through all examples evaluated: 0.1 s
FEWEST, MOST = 1_000, 10_000  # examples evaluated, where there are as many
CHUNK = 2_000  # examples at a time: their inputs take four times the memory of the pixels


@dataclass(frozen=True)
class Predictions:
    """Predictions for n examples of K ≥ 2 classes, beside the true classes."""

    truth: NDArray[np.int64]  # (n,) class numbers
    logits: Array  # (n, K): softmax(logits) = probability
    probability: Array  # (n, K), rows sum to 1

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def guess(self) -> NDArray[np.int64]:
        """The predicted class (n,): the most probable one, the first of equals."""
        return np.asarray(self.probability.argmax(axis=1))

    @property
    def confidence(self) -> Array:
        """The probability (n,) of the predicted class."""
        return np.asarray(self.probability.max(axis=1))

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether (n,) the prediction is correct."""
        return np.asarray(self.guess == self.truth)

    @property
    def accuracy(self) -> float:
        """The share that is correct."""
        return float(self.right.mean())


def max_samples(snapshot: Snapshot, available: int) -> int:
    """How many examples to evaluate: all, or as many as take no noticeable time."""
    affordable = int(MULTIPLICATIONS / max(snapshot.n_parameters, 1))
    return min(available, max(FEWEST, min(affordable, MOST)))


def sample(part: Split, most: int) -> Split:
    """At most `most` ≥ 1 evenly spaced examples, in their order: a part may be sorted."""
    step = -(-len(part) // most)
    return part if step <= 1 else Split(part.x[::step], part.y[::step])


def predict(snapshot: Snapshot, dataset: Dataset, part: Split) -> Predictions:
    """Predictions for the examples of a part of a classification set.

    One output unit (two classes) counts as two: its logits are (0, z), which softmax turns into
    (1 − σ(z), σ(z)).
    """
    chunks = [part.x[start : start + CHUNK] for start in range(0, len(part), CHUNK)]
    z = np.concatenate([_logits(snapshot, dataset.transform(x)) for x in chunks])
    if z.shape[1] == 1:
        z = np.hstack([np.zeros_like(z), z])
    return Predictions(part.y.astype(np.int64), z, softmax(z))


def _logits(snapshot: Snapshot, x: Array) -> Array:
    *hidden, output = snapshot.layers
    for layer in hidden:
        x = layer.activate(layer.pre_activation(x))
    return output.pre_activation(x)


def confusion(truth: Array, guess: Array, n_classes: int) -> NDArray[np.int64]:
    """Counts (n_classes, n_classes): row i, column j: examples of class i predicted as j."""
    cells = np.bincount(truth * n_classes + guess, minlength=n_classes**2)
    return np.asarray(cells.reshape(n_classes, n_classes))


@dataclass(frozen=True)
class ClassScores:
    """Scores of each class (K,), as scikit-learn's with `zero_division=0`.

    precision = TP / (TP + FP), 0 for a class that is never predicted;
    recall = TP / (TP + FN), 0 for a class without examples;
    f1 = 2 TP / (2 TP + FP + FN), 0 for a class neither predicted nor present.
    """

    precision: Array
    recall: Array
    f1: Array
    support: NDArray[np.int64]  # examples of the class
    predicted: NDArray[np.int64]  # examples predicted as the class

    def macro(self) -> tuple[float, float, float]:
        """Means of precision, recall and F1 over the classes present or predicted; NaN without any.

        As scikit-learn's `average="macro", zero_division=0`.
        """
        counted = self.support + self.predicted > 0
        first, second, third = (
            _mean(score[counted]) for score in (self.precision, self.recall, self.f1)
        )
        return first, second, third

    @property
    def balanced_accuracy(self) -> float:
        """The mean recall over the classes that have examples; NaN without any."""
        return _mean(self.recall[self.support > 0])


def class_scores(counts: NDArray[np.int64]) -> ClassScores:
    """Precision, recall, F1 and support of each class, from a confusion matrix."""
    hits = counts.diagonal()
    predicted, support = counts.sum(axis=0), counts.sum(axis=1)
    precision, recall, f1 = (
        np.nan_to_num(_ratio(above, below))
        for above, below in ((hits, predicted), (hits, support), (2 * hits, predicted + support))
    )
    return ClassScores(precision, recall, f1, support, predicted)


def _mean(values: Array) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _ratio(above: Array, below: Array) -> Array:
    nothing = np.full(len(above), np.nan)
    return np.asarray(np.divide(above, below, out=nothing, where=below > 0))


def most_confident_errors(predictions: Predictions) -> NDArray[np.int64]:
    """Rows of the wrong predictions, the most confident first; equal ones in their own order."""
    wrong = np.flatnonzero(~predictions.right)
    return wrong[np.argsort(-predictions.confidence[wrong], kind="stable")]


@dataclass(frozen=True)
class RejectOption:
    """Coverage and accuracy if predictions below a confidence are withheld, by threshold (m,)."""

    threshold: Array
    coverage: Array  # share of the examples that get a prediction
    accuracy: Array  # share of those that is correct; NaN where none gets one


def selective_accuracy(predictions: Predictions, thresholds: Array) -> RejectOption:
    """Coverage and accuracy where a prediction counts from a confidence ≥ threshold."""
    order = np.argsort(predictions.confidence, kind="stable")
    confidence, right = predictions.confidence[order], predictions.right[order]
    first = np.searchsorted(confidence, thresholds.astype(confidence.dtype), side="left")
    kept = len(predictions) - first
    hits = np.concatenate([np.cumsum(right[::-1])[::-1], [0]])[first]
    return RejectOption(thresholds, kept / max(len(predictions), 1), _ratio(hits, kept))


# ---- calibration -------------------------------------------------------------------------

COOLEST, HOTTEST = 0.05, 20.0  # temperatures searched
STEPS = 60  # halvings of the interval between them at most


@dataclass(frozen=True)
class Reliability:
    """Examples in bins of equal width by their confidence: each array is (n_bins,)."""

    edges: Array  # (n_bins + 1,) from 0 to 1; a bin includes its upper edge
    count: NDArray[np.int64]
    confidence: Array  # mean in the bin; NaN where empty
    accuracy: Array  # share that is correct; NaN where empty

    @property
    def expected_calibration_error(self) -> float:
        """ECE = Σ_b (n_b / n) · |accuracy_b − confidence_b|."""
        gap = np.abs(self.accuracy - self.confidence)
        return float(np.nansum(self.count * gap) / max(self.count.sum(), 1))


def reliability(confidence: Array, right: Array, n_bins: int) -> Reliability:
    """The reliability diagram of predictions; `confidence` and `right`: (n,)."""
    edges = np.linspace(0, 1, n_bins + 1)
    which = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, n_bins - 1)
    count = np.bincount(which, minlength=n_bins)
    sums = [np.bincount(which, values, n_bins) for values in (confidence, right)]
    means = [
        np.divide(total, count, out=np.full(n_bins, np.nan), where=count > 0) for total in sums
    ]
    return Reliability(edges, count, *means)


def temperature(logits: Array, truth: Array) -> float:
    """The T > 0 that minimizes −mean ln softmax(z / T)[truth], between COOLEST and HOTTEST.

    In β = 1/T it is convex, with the slope mean(Σ_k p_k z_k − z_truth): bisection finds its zero.
    """
    z = (logits - logits.max(axis=1, keepdims=True)).astype(np.float64)
    wanted = np.take_along_axis(z, truth[:, None], axis=1).mean()
    low, high = 1 / HOTTEST, 1 / COOLEST
    for _ in range(STEPS):
        beta = np.sqrt(low * high)
        slope = (softmax(beta * z) * z).sum(axis=1).mean() - wanted
        low, high = (low, beta) if slope > 0 else (beta, high)
        if high / low < 1 + 1e-5:
            break
    return float(1 / np.sqrt(low * high))


def scaled_by(predictions: Predictions, t: float, rows: Array | slice = slice(None)) -> Predictions:
    """The same predictions with probabilities softmax(z / t): every predicted class stays."""
    logits = predictions.logits[rows] / t
    return Predictions(predictions.truth[rows], logits, softmax(logits))


@dataclass(frozen=True)
class TemperatureScaling:
    """A temperature fitted on every second example, and the calibration error on the others."""

    temperature: float
    before: float
    after: float


def temperature_scaling(predictions: Predictions, n_bins: int) -> TemperatureScaling | None:
    """Temperature scaling, measured on examples it was not fitted on; None for fewer than 20."""
    if len(predictions) < 20:
        return None
    t = temperature(predictions.logits[::2], predictions.truth[::2])
    others = slice(1, None, 2)
    errors = [
        reliability(j.confidence, j.right, n_bins).expected_calibration_error
        for j in (scaled_by(predictions, 1.0, others), scaled_by(predictions, t, others))
    ]
    return TemperatureScaling(t, *errors)
