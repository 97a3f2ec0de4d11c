"""MLPs built and trained from choices. Importing this loads neither TensorFlow nor Streamlit."""

from playground.datasets import DATASETS, Dataset, load
from playground.experiment.model import Data, Experiment, Network, Training

__all__ = ["DATASETS", "Data", "Dataset", "Experiment", "Network", "Training", "load"]
