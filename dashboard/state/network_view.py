"""One moment of a network: what the views of the pages show, at the epoch of the shared slider."""

from dataclasses import dataclass

from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.nn.network import Snapshot
from playground.runs.run import Run


@dataclass(frozen=True)
class NetworkView:
    """A network after some epoch, with the data it learns from.

    `run` is None for a network that came trained. As long as `uirevision` is the same, it is the same
    network: charts keep their zoom, and what was chosen stays chosen.
    """

    experiment: Experiment  # what the network is made of, which the settings may no longer be
    dataset: Dataset
    snapshot: Snapshot
    run: Run | None
    uirevision: str

    @property
    def epoch(self) -> int:
        """Epochs the network had learnt for."""
        return self.snapshot.epoch

    @property
    def task(self) -> str:
        """CLASSIFICATION or REGRESSION."""
        return self.dataset.source.task

    @property
    def initial(self) -> Snapshot:
        """The weights before training; those of now for a network that came trained."""
        if self.run is None:
            return self.snapshot
        try:
            return self.run.snapshot(0)
        except LookupError:  # its worker is gone, and the first weights with it
            return self.snapshot
