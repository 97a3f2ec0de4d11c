"""Plane to paint points on by mouse, pen, finger or keys."""

from collections.abc import Mapping

from dashboard.components import register
from dashboard.state import stored
from playground.datasets.custom.table import MOST_POINTS, RANGE, Points, points

_point_painter = register("point_painter")


def has_points(key: str) -> bool:
    """Whether the browser has reported any points."""
    return stored.component(key, "points") is not None


def painted_points(key: str) -> Points:
    """The points on the plane `key`, also before it is drawn.

    Raises ValueError if the browser reports anything else.
    """
    reported = stored.component(key, "points")
    if reported is None:
        return points([])
    if not isinstance(reported, Mapping):
        raise ValueError(f"painted points must be a list, got {type(reported).__name__}")
    return points(reported.get("list"))


def point_painter(key: str, load: tuple[str, list[list[float]]] | None) -> None:
    """Draw the plane. load: a name and the points to begin with; each name is loaded once."""
    data = {
        "range": RANGE,
        "most": MOST_POINTS,
        "label": "Plane to paint points on. Arrow keys move a cursor, space puts a point there; "
        "1 is orange, 2 is blue, 3 is the eraser.",
        "load": load and {"id": load[0], "points": load[1]},
    }
    _point_painter(key=key, data=data, on_points_change=lambda: None)
