"""Scores by settings: a heat map of units × examples, and parallel coordinates of many runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.figures.style import (
    MARK,
    NEGATIVE,
    OPAQUE,
    POSITIVE,
    Figure,
    base_layout,
    escape_html,
)
from playground.analysis.comparison.hyperparameter_importance import Axis, Importance
from playground.experiment.model import format_value, text_label
from playground.nn.format import format_score

COLORS = ("#fdf3e7", "#7fb6d9", "#0877bd")  # from worst to best

Values = NDArray[np.float64]  # (n_units, n_sizes); NaN where not trained yet


def capacity_map(
    values: Values,
    units: Sequence[int],
    sizes: Sequence[int],
    is_accuracy: bool,
    uirevision: str = "",
) -> Figure:
    """A heat map of scores; cells that are not trained yet are empty."""
    name = "validation accuracy" if is_accuracy else "validation error"
    layout = base_layout(name.capitalize(), "training examples", "units", uirevision, height=420)
    layout["margin"]["t"] = 40
    layout["xaxis"] |= {"type": "category", "showgrid": False}
    layout["yaxis"] |= {"type": "category", "showgrid": False}
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    high = high if high > low else low + 1e-3
    cells = {
        "type": "heatmap", "uid": "capacity", "x": [f"{n:,}" for n in sizes],
        "y": [f"{n:,}" for n in units], "z": _shown(values), "zmin": low, "zmax": high,
        "colorscale": [[i / 2, c] for i, c in enumerate(COLORS[:: 1 if is_accuracy else -1])],
        "colorbar": {"thickness": 12, "tickformat": ".0%" if is_accuracy else ".2g"},
        "xgap": 3, "ygap": 3, "texttemplate": "%{z:.0%}" if is_accuracy else "%{z:.2g}",
        "hovertemplate": f"%{{y}} units, %{{x}} examples: %{{z:{'.1%' if is_accuracy else '.3g'}}}"
        "<extra></extra>", "hoverongaps": False,
    }  # fmt: skip
    return {"data": [cells], "layout": layout | {"showlegend": False}}


def _shown(values: Values) -> list[list[float | None]]:
    # Not an array: Plotly would print NaN in the cell.
    return [[float(v) if np.isfinite(v) else None for v in row] for row in values]


def capacity_sentence(
    values: Values, units: Sequence[int], sizes: Sequence[int], is_accuracy: bool
) -> str:
    """The best cell, and the best number of units for few and for many examples."""
    known = np.isfinite(values)
    if not known.any():
        return "No cell is trained yet."
    order = values if is_accuracy else -values
    row, column = divmod(int(np.nanargmax(order)), len(sizes))
    best = format_score(values[row, column], is_accuracy)
    text = f"Best so far: {best} with {units[row]:,} units and {sizes[column]:,} examples."
    if not known.all():
        return f"{text} {int(known.sum())} of {values.size} cells are trained."
    best_units = [units[int(i)] for i in np.argmax(order, axis=0)]
    text += f" With {sizes[0]:,} examples {best_units[0]:,} units are best, "
    text += f"with {sizes[-1]:,} it is {best_units[-1]:,}."
    data = float(np.abs(values[:, -1] - values[:, 0]).mean())
    size = float(np.abs(values[-1] - values[0]).mean())
    more, less = ("more examples", "more units") if data > size else ("more units", "more examples")
    number = "{:.1f} points" if is_accuracy else "{:.2g}"
    data, size = (100 * data, 100 * size) if is_accuracy else (data, size)
    change = (number.format(max(data, size)), number.format(min(data, size)))
    return f"{text} From one edge to the other {more} change {change[0]}, {less} {change[1]}."


MOST_LINES = 500
LONGEST_TICK = 18  # characters
UNUSED = -0.09  # position of a run on an axis without effect for it
BEST, MIDDLE, WORST = POSITIVE, MARK, NEGATIVE


@dataclass(frozen=True)
class ScoreBand:
    """Runs drawn in one color: `rows` are their numbers."""

    name: str
    rows: NDArray[np.intp]
    color: str
    width: float
    opacity: float


def bands(scores: NDArray[np.float64], largest: bool, best: float) -> list[ScoreBand]:
    """The runs in bands of equal style, the best band last and so on top.

    scores (n,): not all NaN; NaN: a run without a finite score. best: the share to highlight.
    """
    known = np.flatnonzero(np.isfinite(scores))
    order = known[np.argsort(scores[known] if largest else -scores[known], kind="stable")]
    count = max(1, round(best * len(order)))
    first, half = len(order) - count, (len(order) - count) // 2
    all_bands = [
        ScoreBand("no finite score", np.flatnonzero(~np.isfinite(scores)), WORST, 1.0, 0.5),
        ScoreBand("lower half", order[:half], WORST, 1.0, 0.45),
        ScoreBand("better half", order[half:first], MIDDLE, 1.0, 0.55),
        ScoreBand("best", order[first:], BEST, 2.0, 0.95),
    ]
    return [band for band in all_bands if len(band.rows)]


def parallel(
    axes: Sequence[Axis], drawn: Sequence[ScoreBand], names: Sequence[str], uirevision: str = ""
) -> Figure:
    """One vertical axis for each setting, the last one the score; a line for each run."""
    layout = base_layout("Settings and score of each run", "", "", uirevision, height=500)
    layout["margin"] |= {"t": 118, "l": 24, "r": 64, "b": 44}  # on a phone names stand upright
    layout["legend"] |= {"y": -0.02, "yanchor": "top"}
    layout["xaxis"] |= {
        "range": [-0.1, len(axes) - 0.95], "showgrid": False, "ticks": "", "side": "top",
        "tickvals": list(range(len(axes))), "fixedrange": True, "showline": False,
        "ticktext": [_title(axis) for axis in axes],
    }  # fmt: skip
    low = UNUSED - 0.06 if any(axis.partial for axis in axes) else -0.04
    layout["yaxis"] |= {"range": [low, 1.05], "visible": False, "fixedrange": True}
    layout["shapes"] = [
        {
            "type": "line", "x0": i, "x1": i, "y0": 0, "y1": 1, "layer": "below",
            "line": {"color": MARK, "width": 1},
        }
        for i in range(len(axes))
    ]  # fmt: skip
    layout["annotations"] = [note for i, axis in enumerate(axes) for note in _ticks(i, axis)]
    lines = [_lines(axes, band, names) for band in drawn]
    return {"data": lines, "layout": layout}


def run_at(axes: Sequence[Axis], drawn: Sequence[ScoreBand], curve: int, point: int) -> int | None:
    """The run of a point of the figure; None if there is no such point."""
    if not 0 <= curve < len(drawn):
        return None
    place = point // (len(axes) + 1)
    rows = drawn[curve].rows
    return int(rows[place]) if 0 <= place < len(rows) else None


def _title(axis: Axis) -> str:
    text = text_label(axis.name)
    return f"{text[:LONGEST_TICK]}<br>(log)" if axis.scale == "log" else text[:LONGEST_TICK]


def _ticks(x: int, axis: Axis) -> list[dict[str, Any]]:
    ticks = [*axis.ticks, (UNUSED, "not used")] if axis.partial else list(axis.ticks)
    return [
        {
            "x": x, "y": position, "text": escape_html(_short(text)), "showarrow": False,
            "xanchor": "left", "xshift": 4, "font": {"size": 11},
            "name": OPAQUE, "borderpad": 1,
        }
        for position, text in ticks
    ]  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TICK else text[: LONGEST_TICK - 1] + "…"


def _lines(axes: Sequence[Axis], band: ScoreBand, names: Sequence[str]) -> dict[str, Any]:
    """All lines of one band as one curve with gaps: few curves are drawn fast."""
    columns = [np.nan_to_num(axis.positions[band.rows], nan=UNUSED) for axis in axes]
    gap = np.full(len(band.rows), np.nan, np.float32)
    y = np.stack([*columns, gap], axis=1).ravel().astype(np.float32)
    x = np.tile(np.arange(len(axes) + 1, dtype=np.float32), len(band.rows))
    return {
        "type": "scatter",
        "uid": band.name,
        "name": f"{band.name} ({len(band.rows)})",
        "x": x,
        "y": y,
        "mode": "lines+markers",
        "line": {"color": band.color, "width": band.width},
        "marker": {"size": 3 if band.width < 2 else 5},
        "opacity": band.opacity,
        "hoverinfo": "none",
        "text": [name for row in band.rows for name in [names[row]] * (len(axes) + 1)],
    }


def parallel_sentence(
    count: int, best: str, common: dict[str, Any], share: str, matter: Sequence[Importance]
) -> str:
    """The best score, what the best runs have in common, and the most important settings.

    best: the best score; common: fields with one value in the best `share`, "the best tenth".
    """
    sentence = f"The best of {count:,} runs reaches {best}"
    if common:
        values = ", ".join(
            f"{text_label(name)} {format_value(name, value)}" for name, value in common.items()
        )
        sentence += f"; {share} all have {values}"
    strong = [f"{text_label(i.name)} {i.share:.0%}" for i in matter[:2] if i.share >= 0.1]
    if strong:
        sentence += f". Share of the score variance explained by {', '.join(strong)}"
    elif matter:
        sentence += ". No single setting explains the scores"
    return sentence + "."
