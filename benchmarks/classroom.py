"""A class: many viewers, each with a run of its own, on one server of this machine.

Viewers speak Streamlit's protocol and read the streams as a browser does, without drawing. First
the same runs train without a page on as many workers; then all viewers open the page, click on
Train within five seconds, and watch. After RENEW seconds each begins its run anew.
"""

import asyncio
import os
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.engine import wait_for_workers
from benchmarks.labs import server
from benchmarks.rows import Row
from dashboard.state.identity import OWNER_COOKIE
from playground.experiment.model import Experiment
from playground.experiment.url import encode
from playground.runs import cluster
from playground.runs.leased import LoopSettings
from playground.runs.run import Run

EXPERIMENT = Experiment().replace(epochs=5_000)
CLICKS = 5.0  # seconds in which all click on Train
RENEW = 60.0  # seconds after which every run begins anew
PATIENCE = 120.0  # seconds for a page, and for the first epoch

STREAM = re.compile(rb"(/stream/[\w-]+)")
BUTTON = rb"\$\$ID-[0-9a-f]+-%s(?!\w)"
EPOCH = re.compile(r'"text":"Epoch ([\d,]+) of')  # under way
STATE = re.compile(r'"state":"([^"]*)"')
DRAWN = re.compile(rb'"state": ?"((?:ready|playing|paused|finished|diverged|lost)[^"]*)"')
COMPUTED = re.compile(r"^: ([\d.]+)$", re.MULTILINE)


@dataclass
class Viewer:
    """A browser tab that watches its run."""

    address: str
    owner: str
    path: str = ""  # of the stream
    ids: dict[str, str] = field(default_factory=dict)  # of buttons
    epoch: int = 0
    state: str = ""  # the page was drawn for
    clicked: float = 0.0
    first: float | None = None  # seconds from the click until the first epoch
    updates: int = 0
    bytes: int = 0
    late: list[float] = field(default_factory=list)  # seconds each update took
    drawn: asyncio.Event = field(default_factory=asyncio.Event)  # the buttons are
    ready: asyncio.Event = field(default_factory=asyncio.Event)  # the initial weights are, too
    _socket: ClientConnection = field(init=False)
    _reader: asyncio.Task[None] | None = None
    _stream: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the page, and read what it sends from now on."""
        where = urlsplit(self.address)
        self._socket = await connect(
            f"ws://{where.netloc}/_stcore/stream", subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": f"{OWNER_COOKIE}={self.owner}"}, max_size=None,
        )  # fmt: skip
        self._reader = asyncio.create_task(self._read())
        await self._rerun()
        await asyncio.wait_for(self.drawn.wait(), PATIENCE)

    async def click(self, name: str) -> None:
        """Click on a button."""
        await self._rerun(self.ids[name])

    async def close(self) -> None:
        """Close the tab."""
        for task in (self._reader, self._stream):
            if task is not None:
                task.cancel()
        await self._socket.close()

    async def _rerun(self, button: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string = encode(EXPERIMENT)
        state.context_info.url = f"{self.address}/?{state.query_string}"
        if button:
            state.widget_states.widgets.add(id=button, trigger_value=True)
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        """Note the stream and the buttons of the page."""
        async for message in self._socket:
            content = message if isinstance(message, bytes) else message.encode()
            for name in ("train", "reset"):
                found = re.search(BUTTON % name.encode(), content)
                if found:
                    self.ids[name] = found[0].decode()
                    self.drawn.set()
            if b"train_graph" in content:
                self.ready.set()
            if drawn := DRAWN.search(content):
                self.state = drawn[1].decode()
            path = STREAM.search(content)
            if path and path[1].decode() != self.path:
                self.path = path[1].decode()
                if self._stream is not None:
                    self._stream.cancel()
                self._stream = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        """Read the stream; the page is run again when the state changes, as in a browser."""
        where = urlsplit(self.address)
        reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=2**24)
        try:
            request = f"GET {self.path} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n"
            writer.write(request.encode())
            await reader.readuntil(b"\r\n\r\n")
            while size := int(await reader.readline(), 16):
                text = (await reader.readexactly(size + 2)).decode()
                self._take(text, time.time())
                state = STATE.search(text)
                if state and state[1] != self.state:
                    self.state = state[1]
                    await self._rerun()
        except (ValueError, asyncio.IncompleteReadError):
            pass  # the stream has ended
        finally:
            writer.close()

    def _take(self, text: str, now: float) -> None:
        computed = COMPUTED.search(text)
        if computed is None:  # a sign of life
            return
        self.updates += 1
        self.bytes += len(text)
        self.late.append(now - float(computed[1]))
        epoch = EPOCH.search(text)
        if epoch:
            self.epoch = int(epoch[1].replace(",", "")) - 1
            if self.epoch and self.clicked and self.first is None:
                self.first = now - self.clicked


def measure(quick: bool, viewers: int = 30, seconds: float = 60.0) -> Iterator[Row]:
    """Rows of the runs without a page, and of the class."""
    if quick:
        viewers, seconds = min(viewers, 8), min(seconds, 20.0)
    alone = _alone(viewers, seconds)
    with server(str(cluster.n_workers())) as (address, process):
        yield from asyncio.run(_class(address, process, viewers, seconds, alone))


def _alone(count: int, seconds: float) -> list[int]:
    """Epochs that as many runs train without a page."""
    cluster.start()
    try:
        wait_for_workers()
        settings = [LoopSettings(lease=1e9) for _ in range(count)]
        runs = [Run(EXPERIMENT, one) for one in settings]
        for run in runs:
            run.play()
        while not all(run.epoch for run in runs):
            time.sleep(0.05)
        before = [run.epoch for run in runs]
        time.sleep(seconds)
        return [run.epoch - epoch for run, epoch in zip(runs, before, strict=True)]
    finally:
        cluster.close()


async def _class(
    address: str, process: psutil.Process, count: int, seconds: float, alone: Sequence[int]
) -> list[Row]:
    viewers = [Viewer(address, os.urandom(16).hex()) for _ in range(count)]
    for viewer in viewers:
        await viewer.open()
    # As in a class that has the page before it: the workers are up, the networks are drawn.
    everybody = asyncio.gather(*(viewer.ready.wait() for viewer in viewers))
    await asyncio.wait_for(everybody, PATIENCE)
    await asyncio.gather(*(_start(v, i * CLICKS / count) for i, v in enumerate(viewers)))
    end = time.monotonic() + PATIENCE
    while any(viewer.first is None for viewer in viewers) and time.monotonic() < end:
        await asyncio.sleep(0.1)
    first = [PATIENCE if viewer.first is None else viewer.first for viewer in viewers]
    epochs = [viewer.epoch for viewer in viewers]
    for viewer in viewers:
        viewer.updates, viewer.bytes, viewer.late = 0, 0, []
    began, used, trained = time.monotonic(), _processor(process), [0] * count
    while (left := began + seconds - time.monotonic()) > 0:
        await asyncio.sleep(min(left, RENEW))
        trained = [t + v.epoch - e for t, v, e in zip(trained, viewers, epochs, strict=True)]
        if left > RENEW:
            await asyncio.gather(*(_renew(viewer) for viewer in viewers))
        epochs = [viewer.epoch for viewer in viewers]
    took, used = time.monotonic() - began, _processor(process) - used
    memory = sum(map(_memory, [process, *process.children(recursive=True)]))
    for viewer in viewers:
        await viewer.close()
    updates = sum(viewer.updates for viewer in viewers)
    late = [value for viewer in viewers for value in viewer.late]
    share = sum(trained) / max(sum(alone), 1)
    each = f"{count} viewers"
    return [
        Row(f"{each}: processor per update", 1000 * used / max(updates, 1), "ms", None, "≤ 1"),
        Row("… updates a second, each", updates / took / count, "1/s", None, "≥ 2.5"),
        Row("… an update, 95th percentile", 1000 * _percentile(late, 95), "ms", None, "≤ 150"),
        Row("… size of an update", sum(v.bytes for v in viewers) / max(updates, 1) / 1e3, "kB"),
        Row("… web process, of a core", 100 * used / took, "%", None, "≤ 20"),
        Row("… first epoch, 95th percentile", _percentile(first, 95), "s", None, "≤ 4"),
        Row("… epochs trained, of those without page", sum(trained), "", share, "≥ 0.85"),
        Row("… slowest run, of the fastest", min(trained), "", min(trained) / max(*trained, 1),
            "≥ 0.7"),
        Row("… without page", min(alone), "", min(alone) / max(*alone, 1)),
        Row("… memory of all processes", memory / 1e9, "GB", None, "≤ 3"),
    ]  # fmt: skip


async def _start(viewer: Viewer, after: float) -> None:
    await asyncio.sleep(after)
    viewer.clicked = time.time()
    await viewer.click("train")


async def _renew(viewer: Viewer) -> None:
    """Begin the run anew."""
    await viewer.click("reset")
    await asyncio.sleep(2)
    viewer.epoch = 0
    await viewer.click("train")


def _processor(process: psutil.Process) -> float:
    """Seconds that the web process has computed."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _memory(process: psutil.Process) -> int:
    """Bytes of a process; of pages shared by several its part, where the system tells it."""
    info = process.memory_full_info()
    return int(getattr(info, "pss", info.rss))


def _percentile(values: Sequence[float], share: int) -> float:
    return statistics.quantiles([*values, *values[:1]], n=100)[share - 1] if values else 0.0
