"""Pictures that a page uses again and again: served under their own address, sent once."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from playground.runs.jobs import LRUCache

ADDRESS = "/sprites/{name}.png"
MOST = 40

_PICTURES: LRUCache[bytes] = LRUCache(MOST)


def publish(png: bytes) -> str:
    """The address of a picture; the same for the same one, unguessable without it."""
    name = hashlib.sha256(png).hexdigest()[:32]
    _PICTURES.put(name, png)
    return ADDRESS.format(name=name)


async def sprite(request: Request) -> Response:
    """A published picture, which a browser may keep for good."""
    png = _PICTURES.get(request.path_params["name"])
    if png is None:
        return Response(status_code=404)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return Response(png, media_type="image/png", headers=headers)
