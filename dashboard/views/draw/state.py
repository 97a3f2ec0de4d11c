"""What is in hand on the Draw page: the network, the image, and the example last loaded."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dashboard.components.drawing_pad import PadExample
from dashboard.state import session
from dashboard.state.network_view import NetworkView
from playground.nn.network import Snapshot

Image = NDArray[np.uint8]


@dataclass
class DrawingState:
    """What the two parts of the page share: the quick one fills it in, the slow one reads it.

    image: as the data set's own, (height, width), 0 … maximum; None while nothing is drawn.
    """

    now: NetworkView | None = None
    image: Image | None = None
    example: PadExample | None = None
    label: str = ""  # what the example shows
    next: dict[str, int] = field(default_factory=dict)  # which example of a class comes next
    largest: tuple[Snapshot | None, tuple[float, ...]] = (None, ())  # activations, of which weights


def drawing_state() -> DrawingState:
    """That of this tab."""
    return session.kept("hand", DrawingState)
