"""Training and validation of one run, with the gap between them shaded."""

from typing import Any

import numpy as np

from dashboard.figures.figure import MARK, NEGATIVE, POSITIVE, Figure, frame, thin
from playground.gap import Curves, Gap
from playground.luck import standard_error

HUES = (NEGATIVE, POSITIVE)  # without, with a cure
SHADES = ("rgba(245, 147, 34, 0.18)", "rgba(8, 119, 189, 0.18)")
CHANCE = 2.0  # standard errors of a difference that chance may well make

Limits = tuple[float, float]


def limits(curves: list[Curves]) -> Limits | None:
    """The smallest and the largest value of all curves: the scale they share."""
    values = [each[np.isfinite(each)] for c in curves for each in (c.training, c.validation)]
    joined = np.concatenate(values) if values else np.zeros(0)
    return (float(joined.min()), float(joined.max())) if joined.size else None


def gap_curves(
    curves: Curves, title: str, y: str, hue: int, epochs: int, scale: Limits | None,
    is_share: bool = False, chance: float | None = None, keep: str = "",
) -> Figure:  # fmt: skip
    """Training solid, validation dashed, the gap shaded, the best epoch marked.

    epochs, scale: what the axes reach over at least, so that two charts beside each other compare;
    chance: a level to draw as a thin line.
    """
    layout = frame(title, "epoch", y, keep, height=340)
    layout["hovermode"] = "x unified"
    layout["legend"] |= {"traceorder": "normal"}
    layout["xaxis"] |= {"hoverformat": "d"}
    reach = {"xaxis": [0, epochs], "yaxis": [0.0, *(scale or (1.0,))]}
    for axis, values in reach.items():
        if len(curves):
            layout[axis] |= {"autorange": True, "autorangeoptions": {"include": values}}
        else:  # Plotly would fit an empty chart to nothing, and show −1 to 4
            layout[axis] |= {"range": [min(values), max(values)]}
    if is_share:
        layout["yaxis"]["tickformat"] = ".0%"
    number = ".1%" if is_share else ".4f"
    data = [_line("training", curves.epoch, curves.training, hue, "solid", number)]
    if len(curves.validation):
        below = _line("validation", curves.epoch, curves.validation, hue, "dash", number)
        data.append(below | {"fill": "tonexty", "fillcolor": SHADES[hue]})
    if curves.best is not None:
        _mark(data, layout, curves, hue)
    if chance is not None:
        _level(layout, chance)
    return {"data": data, "layout": layout}


def _line(name: str, x: Any, y: Any, hue: int, dash: str, number: str) -> dict[str, Any]:
    return {
        "type": "scatter", "uid": name, "name": name, "x": thin(x), "y": thin(y), "mode": "lines",
        "line": {"color": HUES[hue], "dash": dash, "width": 2},
        "hovertemplate": f"%{{y:{number}}}",
    }  # fmt: skip


def _mark(data: list[dict[str, Any]], layout: dict[str, Any], curves: Curves, hue: int) -> None:
    row = curves.best
    epoch, value = float(curves.epoch[row]), float(curves.validation[row])
    data.append(
        {
            "type": "scatter", "uid": "best", "name": "best epoch", "mode": "markers",
            "x": np.array([epoch], np.float32), "y": np.array([value], np.float32),
            "hoverinfo": "skip",
            "marker": {
                "symbol": "circle-open", "size": 12, "color": HUES[hue], "line": {"width": 3}
            },
        }
    )  # fmt: skip
    layout["shapes"] = [
        {
            "type": "line", "x0": epoch, "x1": epoch, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": MARK, "width": 1, "dash": "dot"},
        }
    ]  # fmt: skip


def _level(layout: dict[str, Any], chance: float) -> None:
    layout["shapes"] = [
        *layout.get("shapes", ()),
        {
            "type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": chance, "y1": chance,
            "line": {"color": MARK, "width": 1.5, "dash": "dash"},
        },
    ]  # fmt: skip
    layout["annotations"] = [
        {
            "x": 1, "xref": "paper", "xanchor": "right", "y": chance, "yanchor": "bottom",
            "text": f"chance: {chance:.0%}", "showarrow": False,
            "font": {"size": 11, "color": MARK},
        }
    ]  # fmt: skip


def gap_sentence(curves: Curves, name: str, is_share: bool) -> str:
    """Both values and the best epoch of one chart, in one sentence."""
    if not len(curves) or not len(curves.validation):
        return "No epoch yet."
    show = "{:.1%}" if is_share else "{:.3g}"
    training, validation = show.format(curves.training[-1]), show.format(curves.validation[-1])
    text = f"After epoch {curves.epoch[-1]} {name} is {training} in training, {validation} in "
    text += "validation"
    if curves.best is None or curves.best == len(curves) - 1:
        return text + ", the best so far."
    best = show.format(curves.validation[curves.best])
    return text + f"; it was best at epoch {curves.epoch[curves.best]} ({best})."


def amount(difference: float, is_share: bool) -> str:
    """A difference of accuracies in points, of errors as it is."""
    return f"{100 * difference:.1f} points" if is_share else f"{difference:.3g}"


def verdict(plain: Gap, cured: Gap, told: str, n_validation: int) -> str:
    """What a cure did: to the gap and to validation, in a sentence or two."""
    name = "accuracy" if plain.is_share else "error"
    text = (
        f"With {told} the gap in {name} is {amount(cured.metric, plain.is_share)} instead of "
        f"{amount(plain.metric, plain.is_share)}, the gap in loss {cured.loss:.2f} instead of "
        f"{plain.loss:.2f}"
    )
    better = cured.validation.metric - plain.validation.metric
    better = better if plain.is_share else -better
    size = amount(abs(better), plain.is_share)
    word = "better" if better > 0 else "worse"
    text += f"; validation {name} is {size} {word}" if better else f"; validation {name} is equal"
    if plain.is_share and better and abs(better) < _chance(plain, n_validation):
        text += f", no more than chance makes with {n_validation:,} examples"
    loss = cured.validation.loss - plain.validation.loss
    return f"{text}. Validation loss: {cured.validation.loss:.3g} instead of " + (
        f"{plain.validation.loss:.3g}{', which is lower.' if loss < 0 else '.'}"
    )


def _chance(plain: Gap, n: int) -> float:
    return CHANCE * 2**0.5 * standard_error(plain.validation.metric, n)
