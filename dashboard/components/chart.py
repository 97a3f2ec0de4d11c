"""What moves on a page and changes in place: charts, grids of images, the slider of epochs."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Literal

import streamlit as st

from dashboard.components import text
from dashboard.figures import Figure, encode
from dashboard.state import session

POLL_SECONDS = 0.4

PLOTLY_ADDRESS = f"/plotly/{version('plotly')}.js"  # the version: browsers keep it for good


_chart = st.components.v2.component(
    "live_chart",
    css=text("chart.css"),
    js=text("chart.js").replace("PLOTLY_ADDRESS", PLOTLY_ADDRESS),
    isolate_styles=False,
)
_handle = st.components.v2.component(
    "handle_chart",
    css=text("chart.css"),
    js=text("chart.js").replace("PLOTLY_ADDRESS", PLOTLY_ADDRESS) + text("handle.js"),
    isolate_styles=False,
)
_gallery = st.components.v2.component(
    "gallery", html="<ul></ul>", css=text("samples.css"), js=text("samples.js")
)
_epoch = st.components.v2.component(
    "epoch", html=text("epoch.html"), css=text("epoch.css"), js=text("epoch.js")
)


@dataclass(frozen=True)
class Click:
    """Where a chart was clicked: the number of the trace, and the place in the chart's own units.

    It comes from a browser: check it before use.
    """

    curve: int
    point: int | tuple[int, ...]  # in the trace; (row, column) of a heat map
    x: float | str
    y: float | str


@dataclass(frozen=True)
class Images:
    """Pictures of a chart's points: one sheet, (height, width) each, in rows of `columns`.

    The `customdata` of a point is the number of its picture.
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
    images: Images | None = None,
) -> Click | None:
    """Show a figure that changes in place: zoom, hidden traces and hover outlive each update.

    cards: the point under the pointer, tapped, or reached by the arrow keys shows its `text` on a
    card, with its picture if there are `images`.

    `sentence` says what there is to see; it stands below the chart and is its text alternative.
    `about` says what the chart is and what to try; a click on a line below it shows this.
    Returns the last click on a `clickable` chart, as long as its `uirevision` is the same.
    """
    of = str(figure["layout"].get("uirevision", ""))
    result = _chart(
        key=key,
        data={
            "figure": encode(figure),
            "sentence": sentence,
            "about": about,
            "clickable": clickable,
            "of": of,
            "cards": cards,
            "images": None if images is None else asdict(images),
        },
        on_clicked_change=lambda: None,
    )
    return _click(result.clicked, of) if clickable else None


def _click(told: object, of: str) -> Click | None:
    if not isinstance(told, Mapping) or told.get("of") != of:
        return None
    curve, point, x, y = (told.get(name) for name in ("curve", "point", "x", "y"))
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


Point = tuple[float, float]
Limits = tuple[float, float]


def held(key: str, at: Point, x: Limits, y: Limits, of: str = "") -> Point:
    """Where a person has moved the handle of the chart `key`; `at` as long as nobody has.

    Ask before computing what the figure shows. x, y: its lowest and highest place in the chart's
    units, a move to anywhere else is ignored. of: what it is the handle of; for another one it
    stands at `at` again.
    """
    told = session.told(key, "moved")
    if isinstance(told, Mapping) and told.get("of") == of:
        place = told.get("x"), told.get("y")
        if _inside(place[0], x) and _inside(place[1], y):
            session.remember(f"handle {key}", of, place)  # also for when the chart comes again
    found: Point = session.remembered(f"handle {key}", of) or at
    return found


def _inside(value: object, limits: Limits) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and limits[0] <= value <= limits[1]


def handle(
    figure: Figure,
    sentence: str,
    key: str,
    at: Point,
    about: str,
    of: str = "",
    axis: Literal["xy", "x"] = "xy",
    step: float | None = None,
    name: str = "Starting point",
) -> Point:
    """Show a figure with a point that is dragged, or moved with the arrow keys; where it is.

    The figure's axes must have ranges: they bound the point. axis "x": it stays on the figure's
    first curve, whose x must rise. step: it moves in multiples of it; by itself 1/200 of an axis.
    Where it has been moved to is known before the figure is made: see `held`, which takes the same
    `key`, `at` and `of`.
    """
    layout = figure["layout"]
    x, y = (_limits(layout[name]["range"]) for name in ("xaxis", "yaxis"))
    now = held(key, at, x, y, of)
    steps = [step or (limits[1] - limits[0]) / 200 for limits in (x, y)]
    point = {"at": now, "of": of, "x": x, "y": y, "axis": axis, "step": steps, "name": name}
    _handle(
        key=key,
        data={
            "figure": encode(figure), "sentence": sentence, "about": about, "clickable": False,
            "cards": False, "images": None, "handle": point,
        },
        on_moved_change=lambda: None,
    )  # fmt: skip
    return now


def _limits(range_: Sequence[float]) -> Limits:
    low, high = sorted(float(end) for end in range_)
    return low, high


@dataclass(frozen=True)
class Tile:
    """What stands below one image of a gallery, and what a screen reader says of it."""

    caption: str
    note: str = ""
    mark: Literal["right", "wrong", ""] = ""
    alternative: str = ""


def gallery(
    sprite: str,
    shape: tuple[int, int],
    tiles: Sequence[Tile],
    key: str,
    size: int = 64,
    clickable: bool = False,
    of: str = "",
) -> int | None:
    """Show images in a grid; returns the index of the one clicked last, if it is `clickable`.

    sprite: the address of one picture that holds the images (height, width) below each other;
    size: width of each on the screen in pixels; of: what the images are, a click on others of
    which is forgotten.
    """
    shown = [{**asdict(tile), "alternative": tile.alternative or tile.caption} for tile in tiles]
    data = {
        "sprite": sprite, "shape": shape, "tiles": shown, "size": size, "clickable": clickable,
        "of": of, "chosen": None,
    }  # fmt: skip
    if not clickable:
        _gallery(key=key, data=data)
        return None
    data["chosen"] = _index(session.told(key, "chosen"), of, len(tiles))
    result = _gallery(key=key, data=data, on_chosen_change=lambda: None)
    return _index(result.chosen, of, len(tiles))


def _index(told: object, of: str, count: int) -> int | None:
    if not isinstance(told, Mapping) or told.get("of") != of:
        return None
    index = told.get("index")
    return index if isinstance(index, int) and 0 <= index < count else None


@dataclass(frozen=True)
class Sample:
    """One example and what the network says of it."""

    label: str
    prediction: str
    confidence: float | None  # 0 to 1

    @property
    def right(self) -> bool:
        """Whether the prediction is the label."""
        return self.label == self.prediction

    @property
    def tile(self) -> Tile:
        """Label and prediction, right or wrong by symbol and by colour."""
        sure = "" if self.confidence is None else f"{self.confidence:.0%}"
        word, symbol = ("right", "✓") if self.right else ("wrong", "✗")
        note = sure if self.right else f"{sure} · is {self.label}".removeprefix(" · ")
        spoken = f"{self.label}, predicted {self.prediction} {sure}, {word}"
        return Tile(f"{symbol} {self.prediction}", note, "right" if self.right else "wrong", spoken)


def epoch(newest: int, of: str, moved: Callable[[], None] = lambda: None) -> int | None:
    """The slider for the epoch shown, shared by all pages; None: the newest, also as it moves on.

    of: names the network; another one is shown from its newest epoch. moved: called on a move.
    """
    before = session.shown_epoch(of)
    data = {"of": of, "epoch": before, "newest": newest}
    told = _epoch(key="epoch", data=data, on_chosen_change=moved).chosen
    if isinstance(told, Mapping) and told.get("of") == of:
        chosen = told.get("epoch")
        before = chosen if isinstance(chosen, int) and 0 <= chosen < newest else None
        session.show_epoch(of, before)
    return before
