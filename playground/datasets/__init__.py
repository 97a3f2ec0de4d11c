"""Data sets: the table of what there is, and `load`, which makes one ready for training."""

from playground.datasets.dataset import Dataset, Split, load
from playground.datasets.download import FetchError, cached, fetch
from playground.datasets.registry import DATASETS, DatasetInfo

__all__ = ["DATASETS", "Dataset", "DatasetInfo", "FetchError", "Split", "cached", "fetch", "load"]
