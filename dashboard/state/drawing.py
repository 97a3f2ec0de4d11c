"""State of the Draw page: the network, the image on the pad, and the example loaded last."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dashboard.state import stored
from dashboard.state.network_view import NetworkView
from playground.nn.network import Snapshot

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
