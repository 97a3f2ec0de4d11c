"""Server-sent events: what moves on a page, computed once and sent to every viewer.

A page draws its components once; those with a `stream` then listen for messages under their key.
A message holds the parts that have changed since the viewer's last one. Script runs happen only
when the source changes its state.
"""

import asyncio
import contextlib
import json
import secrets
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, Protocol, TypeVar

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from dashboard.components import register

PATH = "/stream/{name}"
FASTEST = 1 / 30  # seconds between two messages of a stream, at least
SHARE = 0.012  # …and this many for each stream that somebody watches
SLOWEST = 0.35
LOAD = 2.0  # …and this many times what computing the last one took
HEAVY = 0.03  # of a core, what one kind of costly part takes for all streams together
HEAVY_ALONE = 0.1  # …for a single one
SIGN_OF_LIFE = 1.0  # seconds between two events, at most: a page takes 3 as a sign of a proxy
REDRAW = 0.4  # seconds between two script runs of a fragment, at least
FORGET = 60.0  # seconds after which a stream without viewers is forgotten
MAX_STREAMS = 500

Parts = Mapping[str, object]
Value = TypeVar("Value")


class Source(Protocol):
    """What a stream is about: a run, a race, a sweep."""

    def heartbeat(self) -> None: ...


class Paced(Generic[Value]):
    """A part of a message that is computed anew only for another key, and no faster than it may.

    seconds: between two computations, at least; the more streams are watched and the more it costs,
    the more.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        self._seconds, self._next = seconds, 0.0
        self._made: tuple[Hashable, Value] | None = None

    def get(self, key: Hashable, compute: Callable[[], Value], now: bool = False) -> Value:
        """The value for `key`, or while another one is not due the one before; now: never that."""
        made = self._made
        if made is not None and (made[0] == key or (not now and time.monotonic() < self._next)):
            return made[1]
        began = time.thread_time()
        value = compute()
        share = HEAVY_ALONE if watched() < 2 else HEAVY
        pause = (time.thread_time() - began) * watched() / share
        self._next = time.monotonic() + max(self._seconds, pause if self._seconds else 0.0)
        self._made = key, value
        return value


class Stream:
    """The messages about one source.

    revision: changes whenever there is something new; it must be cheap, and wait for nothing.
    parts: the data of the components by key, as JSON values, and under "state" what `watch` waits
    to change; called in threads.
    """

    def __init__(
        self,
        key: Hashable,
        source: Source,
        revision: Callable[[], Hashable],
        parts: Callable[[], Parts],
    ) -> None:
        self.name = secrets.token_urlsafe(16)
        self.key, self.source = key, source
        self.used = time.monotonic()
        self._revision, self._parts = revision, parts
        self._seen: Hashable = object()
        # Of each part the version of its last change, the part, and its JSON.
        self._encoded: dict[str, tuple[int, object, str]] = {}
        self._version = 0
        self._viewers: set[asyncio.Event] = set()
        self._pump: asyncio.Task[None] | None = None
        self._updating = threading.Lock()
        self._began = 0.0  # time at which the last update was begun

    @property
    def viewers(self) -> int:
        """Number of connected viewers."""
        return len(self._viewers)

    def update(self) -> bool:
        """Compute the parts anew if the source has changed; whether any differs."""
        with self._updating:  # who polls and who listens share one computation
            began, revision = time.time(), self._revision()
            if revision == self._seen:
                return False
            version = self._version + 1
            changed = False
            for name, part in self._parts().items():
                known = self._encoded.get(name)
                if known is not None and known[1] is part:
                    continue
                text = json.dumps(part, separators=(",", ":"))
                if known is None or known[2] != text:
                    self._encoded[name] = version, part, text
                    changed = True
            self._seen, self._version, self._began = revision, version, began
            return changed

    def message(self, since: int) -> str:
        """JSON of the parts that have changed after version `since`."""
        parts = ",".join(
            f"{json.dumps(name)}:{text}"
            for name, (version, _, text) in self._encoded.items()
            if version > since
        )
        return f'{{"version":{self._version},"parts":{{{parts}}}}}'

    async def poll(self, since: int) -> str:
        """The message for a viewer whose network holds events back."""
        self.used = time.monotonic()
        self.source.heartbeat()
        await asyncio.get_running_loop().run_in_executor(_THREADS, self.update)
        return self.message(since if since <= self._version else 0)

    async def events(self, since: int) -> AsyncIterator[str]:
        """Server-sent events from version `since` on, until the viewer leaves or the server ends.

        A version that the stream has not reached is one of an earlier server: everything is sent.
        """
        since = since if since <= self._version else 0
        news = asyncio.Event()
        self._viewers.add(news)
        _WATCHED.add(self)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        try:
            yield "retry: 300\nevent: hello\ndata: {}\n\n"
            while not _closing.is_set():
                if self._version > since:
                    text, since = self.message(since), self._version
                    # Of the benchmark: when it was begun. A browser passes over comments.
                    yield f": {self._began:.3f}\nid: {since}\ndata: {text}\n\n"
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), SIGN_OF_LIFE)
                if news.is_set():
                    news.clear()
                else:
                    yield "event: hello\ndata: {}\n\n"
        finally:
            self._viewers.discard(news)
            if not self._viewers:
                _WATCHED.discard(self)
            self.used = time.monotonic()

    async def _run(self) -> None:
        """Compute messages as long as there are viewers."""
        loop = asyncio.get_running_loop()
        while self._viewers and not _closing.is_set():
            began = time.monotonic()
            self.source.heartbeat()
            is_new = self._revision() != self._seen
            if is_new and await loop.run_in_executor(_THREADS, self.update):
                for news in self._viewers:
                    news.set()
            cost = LOAD * (time.monotonic() - began)
            await asyncio.sleep(max(FASTEST, min(SHARE * watched(), SLOWEST), cost))
        for news in self._viewers:  # the server ends
            news.set()


def watched() -> int:
    """Number of streams with viewers."""
    return len(_WATCHED)


_STREAMS: dict[str, Stream] = {}  # by name
_WATCHED: set[Stream] = set()
_LOCK = threading.Lock()
_THREADS = ThreadPoolExecutor(2, "stream")
_closing = threading.Event()
_watch = register("stream", "stream", "subscribe")


def stream(
    key: Hashable, source: Source, revision: Callable[[], Hashable], parts: Callable[[], Parts]
) -> str:
    """The path of the stream under `key`, made if necessary.

    key: names the source and every option of `parts`; all who watch the same share one stream.
    """
    with _LOCK:
        now = time.monotonic()
        for old in sorted(_STREAMS.values(), key=lambda each: each.used):
            if not old.viewers and (now - old.used > FORGET or len(_STREAMS) > MAX_STREAMS):
                del _STREAMS[old.name]
        same = (s for s in _STREAMS.values() if s.key == key and s.source is source)
        found = next(same, None) or Stream(key, source, revision, parts)
        found.used = now
        _STREAMS[found.name] = found
        return PATH.format(name=found.name)


def watch(path: str, state: str, key: str) -> None:
    """Run the script again as soon as the stream's source is no longer in `state`."""
    _watch(key=key, data={"stream": path, "state": state}, on_state_change=lambda: None)


def fragment(
    draw: Callable[[], None],
    key: str,
    source: Source,
    revision: Callable[[], Hashable],
    moves: Callable[[], bool],
    seconds: float = REDRAW,
) -> None:
    """Draw a part of a page, anew when a source that moves has changed, every `seconds` at most.

    For what is made of Streamlit's own elements; components follow a stream without a script run.
    The page is run once more when the source comes to rest.
    """
    pace = Paced[str](seconds)

    def state() -> str:
        return f"{moves()} {hash(revision())}"

    def parts() -> Parts:
        return {"state": pace.get((moves(), revision()), state, now=not moves())}

    moved = moves()

    def drawn() -> None:
        source.heartbeat()
        seen = state()
        draw()
        if moved and not moves():
            st.rerun()  # last, or the browser would remove what was not drawn yet
        if moved:
            path = stream(("fragment", key), source, lambda: (moves(), revision()), parts)
            watch(path, seen, f"{key}_stream")

    st.fragment(drawn, key=key)()


def close_at_exit() -> None:
    """End all streams when the server is told to end, which waits for them otherwise."""
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def close(received: int, frame: object, before: Any = before) -> None:
            _closing.set()
            if callable(before):
                before(received, frame)

        signal.signal(number, close)


async def endpoint(request: Request) -> Response:
    """Events of a stream; with `?since=N`, one message at once."""
    found = _STREAMS.get(request.path_params["name"])
    if found is None:
        return Response(status_code=404)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    polled = _number(request.query_params.get("since"))
    if polled is not None:
        return Response(await found.poll(polled), media_type="application/json", headers=headers)
    since = _number(request.headers.get("last-event-id")) or 0
    return StreamingResponse(found.events(since), media_type="text/event-stream", headers=headers)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() else None
