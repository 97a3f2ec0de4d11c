"""How far the values a regression network predicts are from the true ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from playground.datasets.dataset import Dataset, Split
from playground.nn.network import Snapshot

Array = NDArray[Any]


@dataclass(frozen=True)
class Residuals:
    """True and predicted values (n,), in the targets' unit."""

    truth: Array
    predicted: Array

    @property
    def residual(self) -> Array:
        """predicted − true (n,): above 0 is too high."""
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

        1 is perfect, 0 as good as always saying the mean, below 0 worse than that.
        """
        spread = np.square(self.truth - self.truth.mean(dtype=np.float64)).sum()
        if spread == 0:
            return float("nan")
        return float(1 - np.square(self.residual, dtype=np.float64).sum() / spread)


def residuals(snapshot: Snapshot, dataset: Dataset, part: Split) -> Residuals:
    """The answers for the examples of a part of a regression set."""
    output = snapshot.predict(dataset.scaled(part.x))
    return Residuals(part.y, output[:, 0])
