"""A network after some epoch, as the views of the pages show it."""

from dataclasses import dataclass

from playground.datasets import Dataset
from playground.experiment.model import Experiment
from playground.nn.network import Snapshot
from playground.runs.run import Run


@dataclass(frozen=True)
class NetworkView:
    """A network after some epoch, with its data.

    run: None for a pretrained network. uirevision: the same as long as it is the same network, so
    that charts keep their zoom and choices stay.
    """

    experiment: Experiment  # of the network, which may differ from the current settings
    dataset: Dataset
    snapshot: Snapshot
    run: Run | None
    uirevision: str

    @property
    def epoch(self) -> int:
        """Epochs trained."""
        return self.snapshot.epoch

    @property
    def task(self) -> str:
        """CLASSIFICATION or REGRESSION."""
        return self.dataset.source.task

    @property
    def initial(self) -> Snapshot:
        """The weights before training; the present ones where those are not available."""
        if self.run is None:
            return self.snapshot
        try:
            return self.run.snapshot(0)
        except LookupError:  # lost with its worker
            return self.snapshot
