"""The learning rate a schedule plans for a run."""

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.figure import RATE, Figure, frame


def schedule_figure(epochs: NDArray[np.float64], rates: NDArray[np.float64]) -> Figure:
    """A small curve of the planned learning rate over the epochs of a run."""
    layout = frame("Planned learning rate", "epoch", "learning rate", height=180)
    layout |= {"margin": {"l": 8, "r": 8, "t": 34, "b": 8}, "showlegend": False}
    layout["yaxis"] |= {"rangemode": "tozero", "exponentformat": "e", "nticks": 4}
    line = {
        "type": "scatter",
        "uid": "plan",
        "name": "planned learning rate",
        "x": epochs.astype(np.float32),
        "y": rates.astype(np.float32),
        "mode": "lines",
        "line": {"color": RATE, "width": 2},
        "hovertemplate": "epoch %{x:.3g}: %{y:.3g}",
    }
    return {"data": [line], "layout": layout}


def schedule_sentence(rates: NDArray[np.float64]) -> str:
    """What the plan shows, in one sentence."""
    return (
        f"The plan begins at {rates[0]:.3g}, reaches {rates.max():.3g} at its highest "
        f"and ends at {rates[-1]:.3g}."
    )
