"""Images that a page uses again and again, served under their own path and cached by browsers."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from dashboard.state import url
from playground.runs.jobs import LRUCache

PATH = "/sprites/{name}.png"
MAX_IMAGES = 40

_IMAGES: LRUCache[bytes] = LRUCache(MAX_IMAGES)


def publish(png: bytes) -> str:
    """The path of an image: the same for the same one, unguessable without it."""
    name = hashlib.sha256(png).hexdigest()[:32]
    _IMAGES.put(name, png)
    return url.served(PATH.format(name=name))


async def endpoint(request: Request) -> Response:
    """A published image, which a browser may cache for good."""
    png = _IMAGES.get(request.path_params["name"])
    if png is None:
        return Response(status_code=404)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(png, media_type="image/png", headers=headers)
