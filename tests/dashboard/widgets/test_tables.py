"""Rows of examples under the names of their features."""

import numpy as np

from dashboard.widgets.tables import frame
from playground.analysis.inspection.activations import feature_ranges
from playground.datasets.dataset import Dataset, Split
from playground.datasets.registry import DATASETS


def test_a_feature_keeps_its_numbers_beside_a_column_of_the_same_name() -> None:
    table = frame(np.array([[1, 2], [3, 4]], np.float32), ["truth", "b"], ("truth", "said"))
    table["truth"] = ["x", "y"]
    assert table.columns.tolist() == ["truth ", "b", "truth"]
    assert table["truth "].tolist() == [1, 3]


def test_the_range_of_a_huge_constant_feature_has_two_ends() -> None:
    x = np.full((4, 1), 1e9, np.float32)
    part, one = Split(x, np.zeros(4, np.float32)), np.ones(1, np.float32)
    ((low, high),) = feature_ranges(Dataset(DATASETS["sine"], part, part, part, one, one, part))
    assert low < 1e9 < high
