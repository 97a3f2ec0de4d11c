"""How long training took, without what is done only once before it."""

import numpy as np
from numpy.typing import NDArray

from playground.history import History

USUAL = slice(1, 6)  # the epochs that say how long one takes


def seconds_spent(history: History) -> NDArray[np.float64]:
    """Seconds of training and validating until the end of each epoch.

    The first epoch counts no more than the median of the next five: beside training, a network's
    program is compiled in it, which takes seconds once and says nothing about the competitor.
    """
    seconds = history.seconds.astype(np.float64)
    usual = seconds[USUAL]
    if len(usual):
        seconds[0] = min(seconds[0], float(np.median(usual)))
    return np.cumsum(seconds)
