"""Pad to draw on by mouse, pen, finger or keys; it reports the drawing while one draws.

Beside it on the Draw page: the class probabilities and the preprocessing steps of the drawing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.components import register
from dashboard.figures.images import encode_pixels
from dashboard.state import stored
from dashboard.state.network_view import PadExample
from playground.analysis.inspection.drawing_preprocessing import Drawing, decode
from playground.datasets.registry import ImageLayout

_pad = register("drawing_pad")
class_probabilities = register("drawing_pad", "class_probabilities")
preprocessing_steps = register("drawing_pad", "preprocessing")

SHADES = ", in several shades: a photo is never of one gray"


@dataclass(frozen=True)
class PadDrawing:
    """A drawing on the pad.

    placed: whether it began as an image of the data set, which needs no centering;
    count: rises with each change.
    """

    drawing: Drawing
    placed: bool
    count: int


def drawing_on(key: str) -> PadDrawing | None:
    """The drawing on the pad `key`, also before the pad is drawn; None: not reported yet.

    Raises ValueError if the browser reports anything else.
    """
    reported = stored.component(key, "drawing")
    if reported is None:
        return None
    if not isinstance(reported, Mapping):
        raise ValueError(f"a drawing must have ink, got {type(reported).__name__}")
    count = reported.get("count")
    number = count if isinstance(count, int) and not isinstance(count, bool) else 0
    return PadDrawing(decode(reported.get("ink")), reported.get("placed") is True, number)


def drawing_pad(
    key: str,
    layout: ImageLayout,
    example: PadExample | None,
    note: str,
    settled: Callable[[], None],
) -> None:
    """Draw the pad with the tools that suit the data set's images, and a `note` below it.

    Every change reruns the fragment around it, at most ten times a second; half a second after
    the last change `settled` is called.
    """
    data = {
        "of": f"{layout}",
        "hint": f"Draw {layout.noun} here" + (SHADES if layout.filled else ""),
        "label": f"Pad to draw {layout.noun} on. "
        "Arrow keys move the pen, space puts it down or lifts it.",
        "brush": layout.brush,
        "filled": layout.filled,
        "shade": layout.shade,
        "example": None,
        "note": note,
    }
    if example is not None:
        ink = encode_pixels(example.pixels)
        data["example"] = {"id": example.name, "side": len(example.pixels), "ink": ink}
    _pad(key=key, data=data, on_drawing_change=lambda: None, on_settled_change=settled)
