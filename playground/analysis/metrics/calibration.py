"""Calibration: does a confidence of 97 % mean 97 % correct? Temperature scaling."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.analysis.metrics.classification import Predictions
from playground.nn.activations import softmax

Array = NDArray[Any]

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
