"""A pad to draw on by mouse, pen, finger or keys, which tells what is on it while one draws."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard.components import text
from dashboard.figures.images import encoded
from dashboard.state import session
from dashboard.state.drawing import PadExample
from playground.analysis.inspection.drawing_preprocessing import Drawing, decode
from playground.datasets.registry import ImageLayout

_pad = st.components.v2.component(
    "pad", html=text("pad.html"), css=text("pad.css"), js=text("pad.js")
)


SHADES = ", in several shades: a photo is never of one grey"


@dataclass(frozen=True)
class PadDrawing:
    """What is on the pad.

    placed: whether it began with an image of the data set, which already lies as it should;
    count: rises with each change.
    """

    drawing: Drawing
    placed: bool
    count: int


def sketch(key: str) -> PadDrawing | None:
    """What is on the pad `key`, also before it is shown; None: nothing known yet.

    Raises ValueError if what the browser told is no drawing.
    """
    told = session.told(key, "drawing")
    if told is None:
        return None
    if not isinstance(told, Mapping):
        raise ValueError(f"a drawing must be told with its ink, got {type(told).__name__}")
    count = told.get("count")
    number = count if isinstance(count, int) and not isinstance(count, bool) else 0
    return PadDrawing(decode(told.get("ink")), told.get("placed") is True, number)


def pad(
    key: str, frame: ImageLayout, example: PadExample | None, note: str, settled: Callable[[], None]
) -> None:
    """Show the pad with what suits the data set's `frame`, and a `note` below it.

    Every change reruns the fragment it stands in, at most ten times a second; half a second after
    the last one `settled` is called.
    """
    noun = frame.noun
    data = {
        "of": f"{frame}",
        "hint": f"Draw {noun} here" + (SHADES if frame.filled else ""),
        "label": f"Pad to draw {noun} on. Arrow keys move the pen, space puts it down or lifts it.",
        "brush": frame.brush,
        "filled": frame.filled,
        "shade": frame.shade,
        "example": None,
        "note": note,
    }
    if example is not None:
        ink = encoded(example.pixels)
        data["example"] = {"id": example.name, "side": len(example.pixels), "ink": ink}
    _pad(key=key, data=data, on_drawing_change=lambda: None, on_settled_change=settled)
