"""The network and the drawing that the pages show."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dashboard.state import stored
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


Image = NDArray[np.uint8]


@dataclass(frozen=True)
class PadExample:
    """An image for the pad, which loads each name once: (side, side) uint8, 0 … 255."""

    name: str
    pixels: NDArray[np.uint8]


@dataclass
class DrawingState:
    """Shared by the fragments of the page: the fast one writes it, the slow one reads it.

    image: as the data set's own, (height, width), 0 … maximum; None while nothing is drawn.
    """

    now: NetworkView | None = None
    image: Image | None = None
    example: PadExample | None = None
    label: str = ""  # what the example shows
    next: dict[str, int] = field(default_factory=dict)  # class name -> position of its next example
    ranges: tuple[Snapshot | None, tuple[float, ...]] = (None, ())  # of activations


def drawing_state() -> DrawingState:
    """The state of this tab."""
    return stored.get("hand", make=DrawingState)
