"""Scores of a network on some examples, in NumPy, and of always giving the same answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.history.events import Score
from playground.nn.losses import CLASSIFICATION, LOSSES
from playground.nn.network import Array, Snapshot, classes, targets

CHUNK = 2_000  # examples at a time, to keep memory small


def example_scores(output: Array, y: NDArray[Any], task: str) -> NDArray[np.float64]:
    """For each example (n,) of outputs (n, n_outputs): 1 if correct, else 0; |output − target|
    in regression.
    """
    if task == CLASSIFICATION:
        return np.asarray(classes(output) == y, np.float64)
    return np.asarray(np.abs(output[:, 0] - y), np.float64)


def metric(output: Array, y: NDArray[Any], task: str) -> float:
    """Accuracy (0 to 1), or the mean absolute error for regression."""
    return float(example_scores(output, y, task).mean())


def score(snapshot: Snapshot, dataset: Dataset, part: Split, loss: str) -> Score:
    """The mean of `loss`, a name in LOSSES, and the accuracy or mean absolute error on `part`.

    The error is in the target's own unit, also where the network is trained on scaled targets.

    The loss is Keras' own without the L1/L2 penalty; where the output layer and the loss belong
    together (cross-entropy) it is computed from z, as in training. NaN without examples.
    """
    if not len(part):
        return Score(float("nan"), float("nan"))
    entry, total, metric_total = LOSSES[loss], 0.0, 0.0
    *hidden, last = snapshot.layers
    with np.errstate(over="ignore", invalid="ignore"):  # edited weights may be enormous
        for start in range(0, len(part), CHUNK):
            rows = slice(start, start + CHUNK)
            x, y = dataset.transform(part.x[rows]), part.y[rows]
            for layer in hidden:
                x = layer.activate(layer.pre_activation(x))
            z = last.pre_activation(x)
            output, wanted = last.activate(z), targets(snapshot, y)
            losses = entry.f_z(wanted, z) if entry.f_z else entry.f(wanted, output)
            total += float(losses.sum(dtype=np.float64))
            metric_total += float(example_scores(output, y, dataset.source.task).sum())
    return Score(total / len(part), dataset.target_std * metric_total / len(part))


@dataclass(frozen=True)
class Residuals:
    """True and predicted values (n,), in the targets' unit."""

    truth: Array
    predicted: Array

    @property
    def residual(self) -> Array:
        """predicted − true (n,)."""
        return np.asarray(self.predicted - self.truth)

    @property
    def mean_absolute_error(self) -> float:
        """mean |residual|."""
        return float(np.abs(self.residual).mean())

    @property
    def root_mean_squared_error(self) -> float:
        """√ mean residual²."""
        return float(np.sqrt(np.square(self.residual, dtype=np.float64).mean()))

    @property
    def r2(self) -> float:
        """1 − Σ residual² / Σ (true − mean)²; NaN where all true values are equal.

        1 is perfect, 0 as good as always predicting the mean, below 0 worse than that.
        """
        total = np.square(self.truth - self.truth.mean(dtype=np.float64)).sum()
        if total == 0:
            return float("nan")
        return float(1 - np.square(self.residual, dtype=np.float64).sum() / total)


def residuals(snapshot: Snapshot, dataset: Dataset, part: Split) -> Residuals:
    """Predictions of a regression for some examples, beside the targets, in the targets' unit."""
    predicted = snapshot.predict(dataset.transform(part.x))[:, 0]
    return Residuals(dataset.own_unit(part.y), dataset.own_unit(predicted))


def standard_error(accuracy: float, n: int) -> float:
    """The standard error of an accuracy measured on n examples: √(p·(1 − p)/n)."""
    return float(np.sqrt(accuracy * (1 - accuracy) / n))


_X = np.linspace(-8, 8, 4001)


def best_of(n: int) -> float:
    """The expected largest of n independent standard normal numbers: ∫ x dΦ(x)ⁿ; 0 for n = 1."""
    from scipy.special import ndtr

    total = ndtr(_X) ** n
    return float(((_X[1:] + _X[:-1]) / 2 * np.diff(total)).sum())


def selection_bias(accuracy: float, n: int, evaluations: int) -> float:
    """Optimistic bias of the best of `evaluations` equally good networks on n test examples."""
    return best_of(evaluations) * standard_error(accuracy, n)


@dataclass(frozen=True)
class Baseline:
    """The score of a constant answer, as of scikit-learn's DummyClassifier and DummyRegressor.

    Classification: the most frequent class of the training examples (`metric`), and the shares of
    all classes as probabilities (`loss`). Regression: the mean of the training targets, or their
    median if the loss is the mean absolute error.
    """

    loss: float
    metric: float  # accuracy (0 to 1) or mean absolute error in the target's own unit
    answer: float = 0.0  # class number, or the constant

    def skill(self, loss: float, metric: float, task: str) -> float:
        """Skill score: 0 as good as the baseline, 1 perfect.

        (accuracy − baseline) / (1 − baseline), or 1 − loss / baseline; NaN where the baseline
        is perfect already.
        """
        if task == CLASSIFICATION:
            return (metric - self.metric) / (1 - self.metric) if self.metric < 1 else np.nan
        return 1 - loss / self.loss if self.loss > 0 else np.nan


def baseline(dataset: Dataset, loss: str, part: Split | None = None) -> Baseline:
    """The baseline on `part`, by default the validation examples, or the training ones.

    loss: a name in LOSSES. It takes a few milliseconds with 60,000 examples.
    """
    train = dataset.train.y
    if part is None:
        part = dataset.validation if len(dataset.validation) else dataset.train
    y = part.y
    if dataset.source.task == CLASSIFICATION:
        counts = np.bincount(train, minlength=len(dataset.source.classes))
        answer, shares = float(counts.argmax()), counts / len(train)
        metric = float((y == answer).mean())
    else:
        answer = float(LOSSES[loss].constant(train))
        shares = np.array([answer])
        metric = float(np.abs(y - answer).mean()) * dataset.target_std
    return Baseline(_loss(loss, shares, y), metric, answer)


def constant_answer(task: str, loss: str) -> str:
    """What the baseline always answers, in words."""
    if task == CLASSIFICATION:
        return "the most frequent class"
    middle = "median" if LOSSES[loss].constant is np.median else "mean"
    return f"the {middle} of the training targets"


def _loss(loss: str, shares: np.ndarray, y: np.ndarray) -> float:
    """The mean loss of one output for all; two classes have one output unit."""
    if len(shares) > 2:
        wanted = np.eye(len(shares))[y]
    else:
        shares, wanted = shares[-1:], y[:, None].astype(np.float64)
    output = np.broadcast_to(shares, wanted.shape)
    return float(LOSSES[loss].f(wanted, output).mean())
