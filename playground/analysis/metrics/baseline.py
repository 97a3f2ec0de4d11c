"""What an answer reaches that never looks at the example: the least that learning must beat."""

from dataclasses import dataclass

import numpy as np

from playground.datasets import Dataset
from playground.nn.losses import CLASSIFICATION, LOSSES


@dataclass(frozen=True)
class Baseline:
    """The score of always giving the same answer, measured on the examples that judge.

    Classification: the commonest class of the training examples (`metric`), and the shares of
    all classes as probabilities (`loss`). Regression: the mean of the training targets.
    """

    loss: float
    metric: float  # accuracy (0 to 1) or mean absolute error

    def skill(self, loss: float, metric: float, task: str) -> float:
        """How much of the way from the baseline (0) to perfection (1) a score has gone.

        (accuracy − baseline) / (1 − baseline), or 1 − loss / baseline; NaN where the baseline
        is perfect already.
        """
        if task == CLASSIFICATION:
            return (metric - self.metric) / (1 - self.metric) if self.metric < 1 else np.nan
        return 1 - loss / self.loss if self.loss > 0 else np.nan


def baseline(dataset: Dataset, loss: str) -> Baseline:
    """The baseline of `loss`, a name in LOSSES, on the validation examples, or the training ones.

    It costs a few milliseconds with 60,000 examples.
    """
    train, judge = dataset.train.y, (dataset.validation if len(dataset.validation) else None)
    y = train if judge is None else judge.y
    if dataset.source.task != CLASSIFICATION:
        answer, wanted = np.array([train.mean()]), y[:, None]
        metric = float(np.abs(wanted - answer).mean())
    else:
        counts = np.bincount(train, minlength=len(dataset.source.classes))
        shares = counts / len(train)
        metric = float((y == counts.argmax()).mean())
        if dataset.source.n_outputs == 1:
            answer, wanted = shares[1:2], y[:, None].astype(np.float64)
        else:
            answer, wanted = shares, np.eye(len(counts))[y]
    p = np.broadcast_to(answer, wanted.shape)
    return Baseline(float(LOSSES[loss].f(wanted, p).mean()), metric)
