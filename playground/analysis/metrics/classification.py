"""How good the answers of a classifier are: confusions, scores by class, mistakes, doubt."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.nn.activations import softmax
from playground.nn.network import Snapshot

Array = NDArray[Any]

MULTIPLICATIONS = 1.5e9  # of one forward pass through all examples that are judged: 0.1 s
FEWEST, MOST = 1_000, 10_000  # examples judged, where there are as many
CHUNK = 2_000  # examples at a time: their inputs take four times the memory of the pixels


@dataclass(frozen=True)
class Predictions:
    """What a network says of n examples of K ≥ 2 classes, beside the truth."""

    truth: NDArray[np.int64]  # (n,) class numbers
    logits: Array  # (n, K): softmax(logits) = probability
    probability: Array  # (n, K), rows sum to 1

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def guess(self) -> NDArray[np.int64]:
        """The most probable class (n,); the first of equals."""
        return np.asarray(self.probability.argmax(axis=1))

    @property
    def confidence(self) -> Array:
        """The probability (n,) of the guess."""
        return np.asarray(self.probability.max(axis=1))

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether (n,) the guess is the truth."""
        return np.asarray(self.guess == self.truth)

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return float(self.right.mean())


def judged_rows(snapshot: Snapshot, available: int) -> int:
    """How many examples are judged: all, or so many that it takes no noticeable time."""
    affordable = int(MULTIPLICATIONS / max(snapshot.n_parameters, 1))
    return min(available, max(FEWEST, min(affordable, MOST)))


def sample(part: Split, most: int) -> Split:
    """At most `most` ≥ 1 examples at even distances, in their order: it may be sorted."""
    step = -(-len(part) // most)
    return part if step <= 1 else Split(part.x[::step], part.y[::step])


def judge(snapshot: Snapshot, dataset: Dataset, part: Split) -> Predictions:
    """The answers for the examples of a part of a classification set.

    One output unit (two classes) counts as two: its logits are (0, z), which softmax turns into
    (1 − σ(z), σ(z)).
    """
    chunks = [part.x[start : start + CHUNK] for start in range(0, len(part), CHUNK)]
    z = np.concatenate([_logits(snapshot, dataset.scaled(x)) for x in chunks])
    if z.shape[1] == 1:
        z = np.hstack([np.zeros_like(z), z])
    return Predictions(part.y.astype(np.int64), z, softmax(z))


def _logits(snapshot: Snapshot, x: Array) -> Array:
    *hidden, output = snapshot.layers
    for layer in hidden:
        x = layer.activate(layer.pre_activation(x))
    return output.pre_activation(x)


def confusion(truth: Array, guess: Array, n_classes: int) -> NDArray[np.int64]:
    """Counts (n_classes, n_classes): row i, column j: examples of class i taken for class j."""
    cells = np.bincount(truth * n_classes + guess, minlength=n_classes**2)
    return np.asarray(cells.reshape(n_classes, n_classes))


@dataclass(frozen=True)
class ClassScores:
    """Scores of each class (K,), NaN where undefined.

    precision = TP / (TP + FP), undefined for a class that was never said;
    recall = TP / (TP + FN), undefined for a class without examples;
    f1 = 2 TP / (2 TP + FP + FN), undefined where it was neither said nor there.
    """

    precision: Array
    recall: Array
    f1: Array
    support: NDArray[np.int64]  # examples of the class

    def macro(self) -> tuple[float, float, float]:
        """Means of precision, recall and F1 over the classes where they are defined, or NaN."""
        first, second, third = (
            float(np.nanmean(score)) if not np.isnan(score).all() else float("nan")
            for score in (self.precision, self.recall, self.f1)
        )
        return first, second, third


def class_scores(counts: NDArray[np.int64]) -> ClassScores:
    """Precision, recall, F1 and support of each class, from a confusion matrix."""
    hits = counts.diagonal()
    said, support = counts.sum(axis=0), counts.sum(axis=1)
    return ClassScores(
        _ratio(hits, said), _ratio(hits, support), _ratio(2 * hits, said + support), support
    )


def _ratio(above: Array, below: Array) -> Array:
    nothing = np.full(len(above), np.nan)
    return np.asarray(np.divide(above, below, out=nothing, where=below > 0))


def mistakes(judgement: Predictions) -> NDArray[np.int64]:
    """Rows of the wrong answers, the surest first; equal ones in their own order."""
    wrong = np.flatnonzero(~judgement.right)
    return wrong[np.argsort(-judgement.confidence[wrong], kind="stable")]


@dataclass(frozen=True)
class RejectOption:
    """What remains if the network may say "I don't know" below each of some thresholds (m,)."""

    threshold: Array
    coverage: Array  # share of the examples it still answers
    accuracy: Array  # share of those that are right; NaN where it answers none


def doubt(judgement: Predictions, thresholds: Array) -> RejectOption:
    """Coverage and accuracy where an answer counts from a confidence ≥ threshold."""
    order = np.argsort(judgement.confidence, kind="stable")
    confidence, right = judgement.confidence[order], judgement.right[order]
    first = np.searchsorted(confidence, thresholds.astype(confidence.dtype), side="left")
    answered = len(judgement) - first
    hits = np.concatenate([np.cumsum(right[::-1])[::-1], [0]])[first]
    return RejectOption(thresholds, answered / max(len(judgement), 1), _ratio(hits, answered))
