"""The loss of one small network with and without four pieces of advice."""

from collections.abc import Mapping

import numpy as np

from dashboard.figures.figure import MARK, POSITIVE, Figure, frame
from playground.labs.advice import Trained

LARGEST = 10.0  # loss that is drawn


def advice_figure(runs: Mapping[str, Trained]) -> Figure:
    """The loss of each run by update: the first is solid, the other one dashed and grey."""
    layout = frame("Loss of the small network", "update", "cross-entropy", "advice", 380)
    layout["yaxis"] |= {"rangemode": "tozero"}
    data = []
    for i, (name, run) in enumerate(runs.items()):
        loss = np.where(run.loss <= LARGEST, run.loss, np.nan).astype(np.float32)
        data.append(
            {
                "type": "scatter", "uid": f"run {i}", "name": name,
                "x": np.arange(len(loss), dtype=np.float32), "y": loss, "mode": "lines",
                "line": {"color": MARK if i else POSITIVE, "width": 2 if i else 3,
                         "dash": "dash" if i else "solid"},
                "hovertemplate": "update %{x}: %{y:.3f}",
            }
        )  # fmt: skip
    return {"data": data, "layout": layout}


def advice_sentence(runs: Mapping[str, Trained]) -> str:
    """How each run ends."""
    told = (f"{name}: {outcome(run)}" for name, run in runs.items())
    return "; ".join(told) + "."


def outcome(run: Trained) -> str:
    """How a run ends, for example "loss 0.01, 100% right"."""
    last = float(run.loss[-1])
    loss = f"loss {last:.3g}" if np.isfinite(last) else "loss beyond every number"
    return f"{loss}, {run.accuracy:.0%} right"
