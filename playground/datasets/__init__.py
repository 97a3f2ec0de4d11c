"""Data sets: the table of what there is, and `load`, which makes one ready for training."""

from playground.datasets.dataset import Dataset, Part, load
from playground.datasets.fetch import FetchError, cached, fetch
from playground.datasets.sources import DATASETS, Source

__all__ = ["DATASETS", "Dataset", "FetchError", "Part", "Source", "cached", "fetch", "load"]
