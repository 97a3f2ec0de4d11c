"""Plotly charts that are updated in place, so that zoom and hidden traces outlive an update."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any, Literal

from dashboard.components import register
from dashboard.figures import Figure, encode
from dashboard.state import stored

POLL_SECONDS = 0.4

PLOTLY_PATH = f"/plotly/{version('plotly')}.js"  # the version: browsers cache it for good

_chart = register("chart", isolate_styles=False, streamed=True)
_chart_with_handle = register("chart", "chart", "handle", isolate_styles=False)

_DEFAULTS = {"plotly": PLOTLY_PATH, "clickable": False, "of": "", "cards": False, "images": None}

Point = tuple[float, float]
Limits = tuple[float, float]


@dataclass(frozen=True)
class Click:
    """A click on a chart: number of the trace, point of the trace, and its coordinates.

    It comes from a browser: check it before use.
    """

    curve: int
    point: int | tuple[int, ...]  # (row, column) of a heat map
    x: float | str
    y: float | str


@dataclass(frozen=True)
class PointImages:
    """Images of a chart's points on one sheet: (height, width) each, in rows of `columns`.

    The `customdata` of a point is the index of its image.
    """

    address: str
    shape: tuple[int, int]
    columns: int


def chart(
    figure: Figure,
    sentence: str,
    key: str,
    about: str,
    clickable: bool = False,
    cards: bool = False,
    images: PointImages | None = None,
    share: float = 0.0,
) -> Click | None:
    """Draw a figure; returns the last click on a `clickable` one while its `uirevision` stays.

    sentence: what the data show, below the chart and as its text alternative; about: what the
    chart is and what to try, behind a click; cards: the point under the pointer, tapped, or
    reached by the arrow keys shows its `text` on a card, with its image from `images`; share: of
    the window's height, if that is more than the figure's own.
    """
    of = str(figure["layout"].get("uirevision", ""))
    data = _data(figure, sentence, about) | {
        "clickable": clickable,
        "of": of,
        "cards": cards,
        "images": None if images is None else asdict(images),
        "share": share,
    }
    result = _chart(key=key, data=data, on_clicked_change=lambda: None)
    return _click(result.clicked, of) if clickable else None


def streamed_chart(
    data: Mapping[str, Any],
    key: str,
    stream: str,
    share: float = 0.0,
    large: bool = False,
    epochs: bool = False,
) -> None:
    """Draw a figure that follows the messages of a stream, `chart_data` under `key`.

    share: of the window's height, if that is more than the figure's own; large: for a projector;
    epochs: over epochs: values at the lines' ends, and a click sets the epoch of `slider`.
    """
    more = {"share": share, "large": large, "epochs": epochs, "stream": stream, "part": key}
    _chart(key=key, data=_DEFAULTS | {**data, **more})


def _data(figure: Figure, sentence: str, about: str) -> dict[str, Any]:
    return _DEFAULTS | chart_data(figure, sentence, about)


def chart_data(figure: Figure, sentence: str, about: str, small: bool = False) -> dict[str, Any]:
    """What of a chart changes with its figure; small: its texts stand in its tooltip."""
    return {"figure": encode(figure), "sentence": sentence, "about": about, "small": small}


def _click(reported: object, of: str) -> Click | None:
    if not isinstance(reported, Mapping) or reported.get("of") != of:
        return None
    curve, point, x, y = (reported.get(name) for name in ("curve", "point", "x", "y"))
    if isinstance(point, Sequence) and all(isinstance(i, int) for i in point):
        point = tuple(point)
    elif not isinstance(point, int):
        return None
    if (
        isinstance(curve, int)
        and isinstance(x, (int, float, str))
        and isinstance(y, (int, float, str))
    ):
        return Click(curve, point, x, y)
    return None


def handle_position(key: str, start: Point, x: Limits, y: Limits, of: str = "") -> Point:
    """Position of the handle of the chart `key`; `start` until it is moved.

    Call it before the figure is made. x, y: limits; a move beyond them is ignored. of: names what
    the handle belongs to; for another one it is at `start` again.
    """
    moved = stored.component(key, "moved")
    if isinstance(moved, Mapping) and moved.get("of") == of:
        position = moved.get("x"), moved.get("y")
        if _inside(position[0], x) and _inside(position[1], y):
            stored.set(f"handle {key}", position, of)  # also for when the chart is mounted again
    position_or_none: Point | None = stored.get(f"handle {key}", of)
    return position_or_none or start


def _inside(value: object, limits: Limits) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and limits[0] <= value <= limits[1]


def chart_with_handle(
    figure: Figure,
    sentence: str,
    key: str,
    start: Point,
    about: str,
    of: str = "",
    axis: Literal["xy", "x"] = "xy",
    step: float | None = None,
    name: str = "Starting point",
    share: float = 0.0,
) -> Point:
    """Draw a figure with a point that is dragged, or moved by the arrow keys; its position.

    The ranges of the figure's axes bound the point. axis "x": it stays on the figure's first
    curve, whose x must rise. step: it moves in multiples of it; by default 1/200 of an axis.
    share: as of `chart`. For its position before the figure is made, see `handle_position` (same
    `key`, `start` and `of`).
    """
    layout = figure["layout"]
    x, y = (_limits(layout[axis_name]["range"]) for axis_name in ("xaxis", "yaxis"))
    position = handle_position(key, start, x, y, of)
    steps = [step or (limits[1] - limits[0]) / 200 for limits in (x, y)]
    handle = {"at": position, "of": of, "x": x, "y": y, "axis": axis, "step": steps, "name": name}
    data = _data(figure, sentence, about) | {"handle": handle, "share": share}
    _chart_with_handle(key=key, data=data, on_moved_change=lambda: None)
    return position


def _limits(range_: Sequence[float]) -> Limits:
    low, high = sorted(float(end) for end in range_)
    return low, high
