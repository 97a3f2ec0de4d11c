"""A running server and a real Chromium that reports whatever goes wrong in it."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from playground.experiment.url import PAGES

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HERE = ("localhost", "127.0.0.1")
ADDRESSES = [*PAGES, *(page.former for page in PAGES.values() if page.former)]
START_SECONDS = 120

# Lets every update of a component be overtaken by the next one, as it happens on a busy machine:
# Streamlit then calls the function that is to take the component away, though it stays.
OVERTAKEN = """
window.Blob = class extends Blob {
  constructor(parts, options) {
    super(options?.type === "text/javascript" ? parts.map(late) : parts, options)
  }
}
const late = (script) => script.replace("export default function", "const update = function") + `
  export default async (told) => {
    const end = update(told)
    await new Promise((go) => setTimeout(go, 1000))
    return end
  }`
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # On a machine that others use as well, a page may be late: one more try, which the
            # summary tells. A fault shows twice.
            item.add_marker(pytest.mark.flaky(reruns=1))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium: apt-get install chromium"))


class Server:
    """The server on a free port of this machine, started as the command `mlp-playground` does."""

    def __init__(self, log: Path, base_path: str = "", folder: Path = ROOT) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}/{base_path}".rstrip("/")
        self.base_path, self.folder = base_path, folder
        self.log = log
        self.start()

    def start(self) -> None:
        """Start it, for the first time or again, on the same port."""
        command = [sys.executable, "-m", "dashboard", "--no-browser", "--port", str(self.port)]
        with self.log.open("ab") as out:
            self.process = psutil.Popen(
                [*command, "--base-path", self.base_path],
                cwd=self.folder, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()}")

    def children(self) -> list[psutil.Process]:
        """Every process the server has started and that still lives."""
        return [p for p in self.process.children(recursive=True) if p.is_running()]

    def kill(self) -> list[psutil.Process]:
        """End the server process at once, as a crash does; what outlives it."""
        started = self.children()
        self.process.kill()
        self.process.wait(20)
        _, left = psutil.wait_procs(started, timeout=30)
        for process in left:
            process.kill()
        return left

    def stop(self) -> list[psutil.Process]:
        """End the server as a user does; what it leaves behind (nothing, one hopes)."""
        started = self.children() if self.process.is_running() else []
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        _, left = psutil.wait_procs(started, timeout=30)
        for process in left:
            process.kill()
        return left


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("server") / "log.txt")
    yield running
    left = running.stop()
    assert not left, f"still running after the server ended: {left}"
    assert "Traceback" not in running.log.read_text(), running.log.read_text()


@pytest.fixture
def mortal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of a test's own, with a database of its own, to be killed and started again."""
    monkeypatch.setenv("PLAYGROUND_DATABASE_URL", f"sqlite:///{tmp_path / 'runs.sqlite'}")
    monkeypatch.setenv("PLAYGROUND_WORKERS", "1")
    running = Server(tmp_path / "log.txt")
    yield running
    running.stop()
    assert "Traceback" not in running.log.read_text(), running.log.read_text()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def stop(page: Any) -> None:
    """Pause a run that plays, so that it takes no time from the next test."""
    from playwright.sync_api import Error

    pause = page.locator("[class*=st-key-][class*=pause] button:visible:enabled").first
    with suppress(Error):
        if pause.count():
            pause.click(timeout=5_000)
            pause.wait_for(state="detached", timeout=5_000)


def open_page(page: Any, title: str) -> None:
    """Turn to another page by the navigation."""
    group = next(entry.group for entry in PAGES.values() if entry.title == title)
    page.locator("[data-testid=stTopNavSection]").filter(has_text=group).click()
    page.get_by_role("menuitem", name=title, exact=True).click()


@pytest.fixture
def visit(server: Server, chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open an address of the server in a browser that has never been there.

    When the test ends, no request may have left this machine and no console may hold an error.
    """
    contexts, troubles = [], []

    def watch(request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname not in (
            "localhost",
            "127.0.0.1",
        ):
            troubles.append(f"a request left this machine: {request.url}")

    def complain(message: Any) -> None:
        # Opened at a page's own address, Streamlit first looks for its server below that page.
        looking = re.search(
            rf"/({'|'.join(ADDRESSES)})/_stcore/",
            message.location.get("url", ""),
        )
        if message.type == "error" and not looking:
            troubles.append(message.text)

    def visit(address: str = "", overtaken: bool = False, script: str = "", **options: Any) -> Any:
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 900}} | options)
        contexts.append(context)
        context.on("request", watch)
        if overtaken:
            context.add_init_script(OVERTAKEN)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.set_default_timeout(60_000)  # other programs may be busy here
        page.goto(address if address.startswith("http") else f"{server.url}/{address}")
        return page

    yield visit
    for context in contexts:
        for page in context.pages:
            stop(page)
        context.close()
    assert troubles == []


@pytest.fixture
def page(visit: Callable[..., Any]) -> Any:
    """The dashboard as someone new sees it."""
    return visit()
