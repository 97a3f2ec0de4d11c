"""Data sets: the table of what there is, and `load`, which makes one ready for training."""

from playground.datasets.dataset import Dataset, load
from playground.datasets.sources import DATASETS, Source

__all__ = ["DATASETS", "Dataset", "Source", "load"]
