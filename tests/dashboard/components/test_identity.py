"""The cookie by which a browser is known before the first run of a page."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from dashboard.components.identity import HEADER, OwnerCookie, endpoint
from dashboard.state.identity import ID, OWNER_COOKIE

OWNER = "0123456789abcdef" * 2


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Its result, from a thread: in this one a browser test may have left a running loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def scope(**headers: str) -> Scope:
    pairs = [(name.encode(), text.encode()) for name, text in headers.items()]
    return {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": pairs}


async def _nothing() -> Message:
    return {"type": "http.request", "body": b""}


def cookie(**headers: str) -> str | None:
    """The owner's id that a page sends to a browser with these headers."""
    sent: list[Message] = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await Response("<html>")(scope, receive, send)

    async def keep(message: Message) -> None:
        sent.append(message)

    run(OwnerCookie(page)(scope(**headers), _nothing, keep))
    found = dict(sent[0]["headers"]).get(b"set-cookie")
    return found and SimpleCookie(found.decode())[OWNER_COOKIE].value


def test_a_page_brings_a_new_browser_an_id_and_a_known_one_its_own() -> None:
    first, second = cookie(accept="text/html"), cookie(accept="text/html")
    assert first != second
    assert ID.fullmatch(str(first))
    assert cookie(accept="text/html,*/*", cookie=f"{OWNER_COOKIE}={OWNER}") == OWNER
    assert cookie(accept="text/html", cookie=f"{OWNER_COOKIE}=guess") not in ("guess", None)


def test_what_is_no_page_brings_none() -> None:
    assert cookie(accept="*/*") is None


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [(OWNER, {HEADER: "1"}, 204), (OWNER, {}, 400), (OWNER.upper(), {HEADER: "1"}, 400)],
)
def test_an_id_of_an_earlier_version_becomes_the_cookie(
    body: str, headers: dict[str, str], status: int
) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": body.encode()}

    answer = run(endpoint(Request(scope(**headers), receive)))
    assert answer.status_code == status
    assert (OWNER in answer.headers.get("set-cookie", "")) == (status == 204)
