"""One unit: what it answers to each class, what it weighs, and how it ranks in its layer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    MARK,
    MAX_POINTS,
    NEGATIVE,
    POSITIVE,
    Figure,
    base_layout,
    line,
)

Array = NDArray[Any]


def class_figure(
    means: Array, names: Sequence[str], average: float, uirevision: str = ""
) -> Figure:
    """Mean output (n_classes,) of a unit for the examples of each class, beside that for all."""
    layout = base_layout("Mean output for each class", "", "mean output", uirevision, 280)
    layout["showlegend"] = False
    layout["xaxis"] |= {"type": "category"}
    layout["yaxis"] |= {"zeroline": True, "zerolinecolor": MARK}
    layout["shapes"] = [
        {
            "type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": average, "y1": average,
            "line": {"color": MARK, "width": 2, "dash": "dot"},
        }
    ]  # fmt: skip
    return {"data": [_bars(list(names), means, "%{x}: %{y:.3g}<extra></extra>")], "layout": layout}


def weights_figure(
    title: str, weights: Array, names: Sequence[str], uirevision: str = ""
) -> Figure:
    """The weights (n_features,) of a unit."""
    layout = base_layout(title, "", "weight", uirevision, 280)
    layout["showlegend"] = False
    layout["xaxis"] |= {"type": "category"}
    layout["yaxis"] |= {"zeroline": True, "zerolinecolor": MARK}
    return {
        "data": [_bars(list(names), weights, "%{x}: %{y:.3g}<extra></extra>")],
        "layout": layout,
    }


def _bars(x: list[str], y: Array, hover: str) -> dict[str, Any]:
    return {
        "type": "bar", "uid": "bars", "name": "", "x": x, "y": y.astype(np.float32),
        "marker": {"color": [POSITIVE if value >= 0 else NEGATIVE for value in y.tolist()]},
        "hovertemplate": hover,
    }  # fmt: skip


def class_sentence(means: Array, names: Sequence[str], average: float) -> str:
    """The classes with the largest and the smallest mean output."""
    known = np.flatnonzero(np.isfinite(means))
    if not len(known):
        return "There are no examples to average over."
    most, least = (int(known[which(means[known])]) for which in (np.argmax, np.argmin))
    if means[most] == means[least]:
        return f"Mean output {means[most]:.3g} for every class: it does not separate them."
    return (
        f"Largest mean output for {names[most]} ({means[most]:.3g}), smallest for {names[least]} "
        f"({means[least]:.3g}); dotted: the mean of all ({average:.3g})."
    )


def ranking_figure(
    order: Array, loss: Array, chosen: int, is_accuracy: bool, y: str, uirevision: str = ""
) -> Figure:
    """Loss of score (n,) without each unit, in falling order; at most MAX_POINTS of them."""
    order = order[:MAX_POINTS]
    layout = base_layout("Unit importance", "rank", y, uirevision, 280)
    # A bar can be clicked anywhere in its column, also one without height.
    layout |= {"showlegend": False, "bargap": 0.1, "hovermode": "x", "hoverdistance": -1}
    layout["yaxis"] |= {"zeroline": True, "zerolinecolor": MARK}
    if is_accuracy:
        layout["yaxis"]["tickformat"] = ".1%"
    number = "%{y:.2%}" if is_accuracy else "%{y:.3g}"
    bars = _bars([], loss[order], f"unit %{{customdata}}: {number}<extra></extra>")
    bars["x"] = np.arange(1, len(order) + 1, dtype=np.float32)
    bars["customdata"] = (order + 1).astype(np.float32)
    bars["marker"]["line"] = {"width": 0}
    rows = np.flatnonzero(order == chosen)
    if len(rows):
        rank = int(rows[0]) + 1
        layout["annotations"] = [
            {
                "x": rank, "y": float(loss[chosen]), "text": f"unit {chosen + 1}",
                "showarrow": True, "arrowcolor": MARK, "ax": 0 if rank > len(order) / 8 else 30,
                "ay": -28, "font": {"size": 12},
            }
        ]  # fmt: skip
    return {"data": [bars], "layout": layout}


def response_figure(x: Array, output: Array, name: str, unit: str, uirevision: str = "") -> Figure:
    """A unit's output (n,) over the single input x (n,)."""
    layout = base_layout("Output of the unit", name, "output", uirevision, 320)
    curve = line("unit", x, output, POSITIVE, hover="%{y:.3f}", width=3) | {"name": unit}
    return {"data": [curve], "layout": layout | {"showlegend": False}}


def weights_sentence(weights: Array, names: Sequence[str]) -> str:
    """The input with the largest weight."""
    most = int(np.argmax(np.abs(weights)))
    if not weights[most]:
        return "All weights are 0."
    return f"The largest weight belongs to {names[most]} ({weights[most]:+.3g}, scaled inputs)."


def scatter_figure(targets: Array, output: Array, uirevision: str = "") -> Figure:
    """A unit's output (n,) over the targets (n,), at most MAX_POINTS of them."""
    layout = base_layout("Output and target", "target", "output of the unit", uirevision, 280)
    dots = {
        "type": "scatter", "uid": "dots", "name": "", "x": targets[:MAX_POINTS].astype(np.float32),
        "y": output[:MAX_POINTS].astype(np.float32), "mode": "markers",
        "marker": {"color": POSITIVE, "size": 6, "opacity": 0.7},
        "hovertemplate": "target %{x:.3f}, output %{y:.3f}<extra></extra>",
    }  # fmt: skip
    return {"data": [dots], "layout": layout | {"showlegend": False}}


def scatter_sentence(targets: Array, output: Array) -> str:
    """Correlation of output and target."""
    if np.ptp(output) == 0 or np.ptp(targets) == 0:
        return "Its output is the same for all examples."
    r = float(np.corrcoef(targets, output)[0, 1])
    relation = "rises with" if r > 0.3 else "falls with" if r < -0.3 else "hardly depends on"
    return f"Its output {relation} the target (correlation {r:+.2f})."
