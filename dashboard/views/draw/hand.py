"""What is in hand on the Draw page: the network, the image, and the example last loaded."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dashboard import session
from dashboard.moment import Moment
from dashboard.pad import Example
from playground.snapshot import Snapshot

Image = NDArray[np.uint8]


@dataclass
class Hand:
    """What the two parts of the page share: the quick one fills it in, the slow one reads it.

    image: as the data set's own, (height, width), 0 … maximum; None while nothing is drawn.
    """

    now: Moment | None = None
    image: Image | None = None
    example: Example | None = None
    label: str = ""  # what the example shows
    next: dict[str, int] = field(default_factory=dict)  # which example of a class comes next
    largest: tuple[Snapshot | None, tuple[float, ...]] = (None, ())  # activations, of which weights


def hand() -> Hand:
    """That of this tab."""
    return session.kept("hand", Hand)
