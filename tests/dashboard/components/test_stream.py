"""Streams: one computation for all viewers, only what is new, nothing missed after a cut."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from dashboard.components import stream as streams


class Counter:
    """A source whose number a test raises."""

    def __init__(self) -> None:
        self.number, self.beats, self.computed = 0, 0, 0

    def heartbeat(self) -> None:
        self.beats += 1

    def parts(self) -> dict[str, object]:
        self.computed += 1
        return {"state": "playing", "number": self.number, "half": self.number // 2}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server with the endpoint of streams."""
    app = Starlette(routes=[Route(streams.PATH, streams.endpoint)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    streams._closing.set()
    server.should_exit = True
    thread.join(10)
    streams._closing.clear()
    assert not thread.is_alive()


@pytest.fixture
def source() -> Counter:
    return Counter()


@pytest.fixture
def path(source: Counter) -> str:
    return streams.stream(("test", id(source)), source, lambda: source.number, source.parts)


class Viewer:
    """A browser's connection to a stream."""

    def __init__(self, port: int, path: str, since: int = 0) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.connection.request("GET", path, headers={"Last-Event-ID": str(since)})
        self.answer = self.connection.getresponse()

    def message(self) -> dict[str, Any]:
        """The next message within 10 s, hellos passed over."""
        end = time.monotonic() + 10
        while True:
            assert time.monotonic() < end
            line = self.answer.readline().decode().strip()
            if line.startswith("data: ") and line != "data: {}":
                message: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return message

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_message_holds_only_what_changed(port: int, path: str, source: Counter) -> None:
    with closing(Viewer(port, path)) as viewer:
        assert viewer.answer.headers["Content-Type"].startswith("text/event-stream")
        first = viewer.message()
        assert first["parts"] == {"state": "playing", "number": 0, "half": 0}
        source.number = 1
        assert viewer.message()["parts"] == {"number": 1}
        source.number = 2
        assert viewer.message()["parts"] == {"number": 2, "half": 1}


def test_all_viewers_share_one_computation(port: int, path: str, source: Counter) -> None:
    viewers = [Viewer(port, path) for _ in range(5)]
    assert {viewer.message()["parts"]["number"] for viewer in viewers} == {0}
    source.number = 7
    assert {viewer.message()["parts"]["number"] for viewer in viewers} == {7}
    assert source.computed == 2
    for viewer in viewers:
        viewer.close()


def test_after_a_cut_only_what_is_newer_comes(port: int, path: str, source: Counter) -> None:
    with closing(Viewer(port, path)) as viewer:
        seen = viewer.message()["version"]
    source.number = 1
    with closing(Viewer(port, path, seen)) as again:
        assert again.message()["parts"] == {"number": 1}


def test_a_version_of_an_earlier_server_brings_everything(port: int, path: str) -> None:
    for since in (1_000, 1_001):  # a stream without a version, and one that has reached one
        with closing(Viewer(port, path, since)) as viewer:
            assert viewer.message()["parts"].keys() == {"state", "number", "half"}


def test_a_source_is_watched_as_long_as_it_has_viewers(
    port: int, path: str, source: Counter
) -> None:
    with closing(Viewer(port, path)) as viewer:
        viewer.message()
        until(lambda: source.beats > 3)
    until(lambda: streams._STREAMS[path.rsplit("/", 1)[1]].viewers == 0)
    beats = source.beats
    time.sleep(0.3)  # the clock is what is tested: several messages' time
    assert source.beats <= beats + 1


def test_polling_gives_the_same_messages(port: int, path: str, source: Counter) -> None:
    def poll(since: int) -> dict[str, Any]:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
            connection.request("GET", f"{path}?since={since}")
            message: dict[str, Any] = json.loads(connection.getresponse().read())
            return message

    first = poll(0)
    assert first["parts"] == {"state": "playing", "number": 0, "half": 0}
    assert poll(first["version"])["parts"] == {}
    source.number = 1
    assert poll(first["version"])["parts"] == {"number": 1}
    assert source.beats == 3


def test_silence_is_short_enough_for_a_page_to_notice_a_network_that_holds_events_back(
    port: int, path: str
) -> None:
    with closing(Viewer(port, path)) as viewer:
        viewer.message()
        began = time.monotonic()
        while viewer.answer.readline() != b"event: hello\n":
            pass
        assert time.monotonic() - began < 2  # of the three seconds after which it polls


def test_who_polls_and_who_listens_share_one_computation(source: Counter) -> None:
    stream = streams.Stream("shared", source, lambda: source.number, source.parts)
    updates = [threading.Thread(target=stream.update) for _ in range(4)]
    for each in updates:
        each.start()
    for each in updates:
        each.join()
    assert source.computed == 1


def test_a_costly_part_is_computed_for_another_key_only_and_not_faster_than_it_may() -> None:
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    cheap, costly = streams.Paced[str](), streams.Paced[str](60)
    for part in (cheap, costly):
        assert [part.get(key, lambda key=key: make(key)) for key in "aab"][:2] == ["a", "a"]
    assert made == ["a", "b", "a"]
    assert costly.get("b", lambda: make("b")) == "a"
    assert costly.get("b", lambda: make("b"), now=True) == "b"


def test_who_watches_the_same_shares_a_stream(source: Counter) -> None:
    def path(key: str, source: Counter) -> str:
        return streams.stream(key, source, lambda: source.number, source.parts)

    assert path("a", source) == path("a", source)
    assert path("a", source) != path("b", source)
    assert path("a", source) != path("a", Counter())


@pytest.mark.parametrize("path", ["/stream/unknown", "/stream/a%00b", "/stream/" + "x" * 500])
def test_an_unknown_stream_is_not_found(port: int, path: str) -> None:
    with closing(Viewer(port, path)) as viewer:
        assert viewer.answer.status == 404
