"""A plane to paint points on by mouse, pen, finger or keys."""

from collections.abc import Mapping

import streamlit as st

from dashboard.components import text
from dashboard.state import session
from playground.datasets.custom.table import MOST_POINTS, RANGE, Points, points

_paint = st.components.v2.component(
    "paint", html=text("paint.html"), css=text("paint.css"), js=text("paint.js")
)


def is_told(key: str) -> bool:
    """Whether the browser has told any points."""
    return session.told(key, "points") is not None


def told(key: str) -> Points:
    """The points on the plane `key`, also before it is shown.

    Raises ValueError if what the browser told is no such thing.
    """
    said = session.told(key, "points")
    if said is None:
        return points([])
    if not isinstance(said, Mapping):
        raise ValueError(f"painted points must be told in a list, got {type(said).__name__}")
    return points(said.get("list"))


def paint(key: str, load: tuple[str, list[list[float]]] | None) -> None:
    """Show the plane.

    load: points to begin with, and a name for them; the same name is loaded once only.
    """
    data = {
        "range": RANGE,
        "most": MOST_POINTS,
        "label": "Plane to paint points on. Arrow keys move a cursor, space puts a point there; "
        "1 is orange, 2 is blue, 3 is the eraser.",
        "load": load and {"id": load[0], "points": load[1]},
    }
    _paint(key=key, data=data, on_points_change=lambda: None)
