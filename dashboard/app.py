"""The web server: what it serves besides the pages, and what lives as long as it does.

The pages are in `navigation.py`, which runs again for every viewer and every click.
"""

import asyncio
import gc
import gzip
import logging
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit.runtime.state import SafeSessionState, SessionState
from threadpoolctl import threadpool_limits

from dashboard.components import gallery, identity, stream
from dashboard.components.chart import PLOTLY_PATH
from dashboard.state.background import dataset_load
from dashboard.state.identity import keep
from dashboard.state.url import load_pages
from dashboard.views.train.first_visit import films
from playground.experiment.model import Data
from playground.history.environment import return_free_memory
from playground.nn.format import truncate
from playground.runs import cluster

COLLECT_SECONDS = 20
OURS = tuple(str(files(name)) for name in ("dashboard", "playground"))  # folders of code
STREAMLIT = tuple(str(files(name)) for name in ("streamlit", "starlette"))
KEEP_SECONDS = 2

load_pages()  # here, not while the first visitor waits

PLOTLY = files("plotly") / "package_data" / "plotly.min.js"


@cache
def _plotly(compressed: bool) -> bytes:
    script = PLOTLY.read_bytes()
    return gzip.compress(script, 6) if compressed else script


async def plotly(request: Request) -> Response:
    """Plotly's script as installed: compressed once, cached by browsers for good."""
    compressed = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if compressed:
        headers["Content-Encoding"] = "gzip"
    body = await asyncio.to_thread(_plotly, compressed)
    return Response(body, media_type="text/javascript", headers=headers)


class OneLine(logging.Filter):
    """Tells in one line, with the place in our code, what a client's data caused in Streamlit.

    Such data are damaged frames, and states that no widget of the page can have.
    """

    LOGGERS = (
        "streamlit.error_util",
        "streamlit.web.server.starlette.starlette_websocket",
        "streamlit.components.v2.bidi_component.serialization",
        "uvicorn.error",
    )

    def filter(self, record: logging.LogRecord) -> bool:
        """Shorten a record of an exception that no code of ours has raised."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if frame.filename.startswith(OURS)]
        if not ours or frames[-1].filename.startswith(STREAMLIT):
            said = record.getMessage().partition("\n")[0]
            place = f" ({ours[-1].filename}, line {ours[-1].lineno})" if ours else ""
            record.msg = f"{said}: {type(error).__name__}: {truncate(error, 200)}{place}"
            record.args, record.exc_info, record.exc_text = None, None, None
        return True


for logger in OneLine.LOGGERS:
    logging.getLogger(logger).addFilter(OneLine())


_init, _LOCKS = SafeSessionState.__init__, WeakValueDictionary[int, Any]()  # locks by session


def _init_with_shared_lock(
    self: SafeSessionState, state: SessionState, yield_callback: Callable[[], None]
) -> None:
    """One lock per session: Streamlit makes one per script run, so a run that was overtaken by
    a click removed entries while the next one iterated over them, and either could fail.
    """
    _init(self, state, yield_callback)
    object.__setattr__(self, "_lock", _LOCKS.setdefault(id(state), self._lock))


SafeSessionState.__init__ = _init_with_shared_lock  # type: ignore[method-assign]


async def _keep() -> None:
    """Keep what belongs to open tabs going."""
    while True:
        await asyncio.sleep(KEEP_SECONDS)
        await asyncio.to_thread(keep)


async def _collect() -> None:
    """Collect garbage now and then: `runner.postScriptGC` is off."""
    while True:
        await asyncio.sleep(COLLECT_SECONDS)
        await asyncio.to_thread(gc.collect)
        await asyncio.to_thread(return_free_memory)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, Any]]:
    """Workers start with the server, without delaying the first page, and end with it."""
    stream.close_at_exit()
    cluster.start()
    dataset_load(Data())
    threadpool_limits(1)  # pages multiply small matrices: more threads would only wait
    gc.collect()
    gc.freeze()  # what is imported stays: no collection need visit it again
    tasks = [
        asyncio.create_task(asyncio.to_thread(_plotly, True)),
        asyncio.create_task(asyncio.to_thread(films)),
        asyncio.create_task(_collect()),
        asyncio.create_task(_keep()),
    ]
    yield {}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.to_thread(cluster.close)


SERVED = (
    (PLOTLY_PATH, plotly, ["GET"]),
    (gallery.IMAGE_PATH, gallery.image_endpoint, ["GET"]),
    (stream.PATH, stream.endpoint, ["GET"]),
    (identity.PATH, identity.endpoint, ["POST"]),
)

app = st.App(
    Path(__file__).with_name("navigation.py"),
    lifespan=lifespan,
    middleware=[Middleware(identity.OwnerCookie)],
    # Below a base path too, whether a proxy strips it or not.
    routes=[
        Route(prefix + path, endpoint, methods=methods)
        for path, endpoint, methods in SERVED
        for prefix in ("", "/{base:path}")
    ],
)
