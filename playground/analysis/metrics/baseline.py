"""The score of always giving the same answer: the least that a network must beat."""

from dataclasses import dataclass

import numpy as np

from playground.datasets import Dataset
from playground.datasets.dataset import Split
from playground.nn.losses import CLASSIFICATION, LOSSES


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
