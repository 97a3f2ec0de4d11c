"""Random ids of browser and tab: a cookie, and the tab's own storage; mends the clipboard."""

import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.components import register
from dashboard.state import identity, url
from dashboard.state.identity import ID, OWNER_COOKIE

PATH = "/identity"
HEADER = "x-mlp-playground"  # only scripts of our own pages can send it
DAYS = 400  # that browsers keep a cookie, at most

_identity = register("identity", "identity", "clipboard", isolate_styles=False)


def mount() -> None:
    """Mount the invisible component; `identity.read` takes over what it reports."""
    known, forgotten = identity.current(), " -" if identity.is_forgotten() else ""
    _identity(
        key=identity.KEY,
        data={
            "known": known and " ".join(known) + forgotten,
            "base": url.base_address(),
        },
        on_identity_change=lambda: None,
        on_base_change=lambda: None,
    )


class OwnerCookie:
    """Middleware that sends the owner's id with every page, as a cookie that no script can read."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                owner = request.cookies.get(OWNER_COOKIE, "")
                owner = owner if ID.fullmatch(owner) else secrets.token_hex(16)
                MutableHeaders(scope=message).append("set-cookie", _cookie(owner))
            await send(message)

        is_page = "text/html" in request.headers.get("accept", "")  # also one that is not modified
        await self.app(scope, receive, send_with_cookie if is_page else send)


async def endpoint(request: Request) -> Response:
    """Make the id that a browser has kept since an earlier version its cookie."""
    owner = (await request.body())[:100].decode("ascii", "replace")
    if request.headers.get(HEADER) is None or not ID.fullmatch(owner):
        return Response(status_code=400)
    return Response(status_code=204, headers={"set-cookie": _cookie(owner)})


def _cookie(owner: str) -> str:
    return f"{OWNER_COOKIE}={owner}; Path=/; Max-Age={DAYS * 24 * 3600}; HttpOnly; SameSite=Lax"
