"""The Draw page: what one draws is recognised while one draws it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dashboard.moment import Moment
from dashboard.views.view import View

Image = NDArray[np.uint8]

# What can be asked of the network and the image in hand: (height, width) uint8, 0 … maximum, an
# example as those of `now.dataset.train.x`, from the pad or loaded.
VIEWS: dict[str, View[Callable[[Moment, Image], None]]] = {}
