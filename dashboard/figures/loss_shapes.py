"""What a prediction costs, and how steeply: several losses over each other."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from dashboard.figures.figure import CLASS_COLOURS, MARK, Figure, frame
from dashboard.figures.lines import dots, line, upright
from playground.losses import LOSSES

Array = NDArray[Any]

DASHES = ("solid", "dash", "dot", "dashdot")

Curves = Mapping[str, Array]  # a loss's name in LOSSES → its values
Values = Mapping[str, float]  # a loss's name in LOSSES → its value now


def look(name: str) -> tuple[str, str]:
    """Colour and dash of a loss, the same in every chart."""
    place = list(LOSSES).index(name)
    return CLASS_COLOURS[place % len(CLASS_COLOURS)], DASHES[place % len(DASHES)]


def shapes(
    title: str, axis: str, x: Array, curves: Curves, at: float, now: Values, mark: float, keep: str,
) -> Figure:  # fmt: skip
    """Curves over the prediction with a dot on each where it is now; `mark`: the target."""
    layout = frame(title, axis, "slope" if "lope" in title else "loss", keep, height=340)
    layout["shapes"] = [upright(mark)]
    layout["annotations"] = [
        {
            "x": mark, "y": 1, "yref": "paper", "xanchor": "left", "yanchor": "top",
            "text": "target", "showarrow": False, "font": {"size": 11, "color": MARK},
        }
    ]  # fmt: skip
    drawn = [line(LOSSES[name].label, x, y, *look(name)) for name, y in curves.items()]
    drawn += [dots(LOSSES[name].label, at, now[name], look(name)[0]) for name in curves]
    return {"data": drawn, "layout": layout}


def _told(now: Values) -> str:
    return ", ".join(f"{LOSSES[name].label} {value:.3g}" for name, value in now.items())


def loss_sentence(where: str, now: Values) -> str:
    """What each loss says of the prediction."""
    return f"At {where}: {_told(now)}."


def slope_sentence(where: str, now: Values) -> str:
    """How strongly each loss pulls at the prediction."""
    strongest = max(now, key=lambda name: abs(now[name]))
    text = f"Slopes at {where}: {_told(now)}."
    if len(now) > 1 and abs(now[strongest]) > 0:
        text += f" {LOSSES[strongest].label} pulls the most; the pull goes against the slope."
    return text
