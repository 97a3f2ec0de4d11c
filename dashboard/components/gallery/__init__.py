"""Grid of images with captions. Images that are used again and again have a path of their own."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from dashboard.components import register
from dashboard.state import stored, url
from playground.runs.jobs import LRUCache

_gallery = register("gallery", streamed=True)


@dataclass(frozen=True)
class Tile:
    """Caption of one image, and its text alternative; a `colored` one is never inverted."""

    caption: str
    note: str = ""
    mark: Literal["right", "wrong", ""] = ""
    alternative: str = ""
    colored: bool = False


def gallery(
    sprite: str,
    shape: tuple[int, int],
    tiles: Sequence[Tile],
    key: str,
    size: int = 64,
    clickable: bool = False,
    of: str = "",
    caption: str = "",
    stream: str = "",
    dense: bool = False,
) -> int | None:
    """Draw images in a grid; returns the index of the one clicked last, if it is `clickable`.

    sprite: the address of one picture that holds the images (height, width) below each other;
    size: width of each on the screen in pixels; of: names the images; a click on others is
    dropped; dense: their captions are tooltips.
    """
    clicked = _index(stored.component(key, "chosen"), of, len(tiles)) if clickable else None
    more = {"size": size, "clickable": clickable, "of": of, "chosen": clicked, "dense": dense}
    result = _gallery(
        key=key,
        data=_data(sprite, shape, gallery_data(tiles, caption), **more),
        on_chosen_change=lambda: None,
    )
    return _index(result.chosen, of, len(tiles)) if clickable else None


def streamed_gallery(
    sprite: str,
    shape: tuple[int, int],
    data: Mapping[str, Any],
    key: str,
    stream: str,
    size: int = 64,
) -> None:
    """Draw images whose captions follow the messages of a stream, `gallery_data` under `key`."""
    _gallery(key=key, data=_data(sprite, shape, data, stream=stream, part=key, size=size))


def _data(
    sprite: str, shape: tuple[int, int], data: Mapping[str, Any], **more: object
) -> dict[str, object]:
    usual = {"size": 64, "clickable": False, "of": "", "chosen": None, "stream": "", "dense": False}
    return {**usual, **data, "sprite": sprite, "shape": shape, **more}


def gallery_data(tiles: Sequence[Tile], caption: str = "") -> dict[str, Any]:
    """What of a gallery changes while its images stay; caption: above them."""
    shown = [{**asdict(tile), "alternative": tile.alternative or tile.caption} for tile in tiles]
    return {"tiles": shown, "caption": caption}


def _index(reported: object, of: str, count: int) -> int | None:
    if not isinstance(reported, Mapping) or reported.get("of") != of:
        return None
    index = reported.get("index")
    return index if isinstance(index, int) and 0 <= index < count else None


@dataclass(frozen=True)
class Sample:
    """One example with its label and prediction."""

    label: str
    prediction: str
    confidence: float | None  # 0 to 1

    @property
    def correct(self) -> bool:
        """Whether the prediction is the label."""
        return self.label == self.prediction

    @property
    def tile(self) -> Tile:
        """Label and prediction, correct or incorrect by symbol and by color."""
        confidence = "" if self.confidence is None else f"{self.confidence:.0%}"
        word, symbol = ("correct", "✓") if self.correct else ("incorrect", "✗")
        note = confidence if self.correct else f"{confidence} · is {self.label}".removeprefix(" · ")
        alternative = f"{self.label}, predicted {self.prediction} {confidence}, {word}"
        mark: Literal["right", "wrong"] = "right" if self.correct else "wrong"
        return Tile(f"{symbol} {self.prediction}", note, mark, alternative)


IMAGE_PATH = "/sprites/{name}.png"
MAX_IMAGES = 40

_IMAGES: LRUCache[bytes] = LRUCache(MAX_IMAGES)


def publish(png: bytes) -> str:
    """The path of an image: the same for the same one, unguessable without it."""
    name = hashlib.sha256(png).hexdigest()[:32]
    _IMAGES.put(name, png)
    return url.served(IMAGE_PATH.format(name=name))


async def image_endpoint(request: Request) -> Response:
    """A published image, which a browser may cache for good."""
    png = _IMAGES.get(request.path_params["name"])
    if png is None:
        return Response(status_code=404)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(png, media_type="image/png", headers=headers)
